/**
 * Settings: one schema for flags and `FLIPBOOK_…` variables. A flag wins over its variable, a variable over the default;
 * an empty variable counts as not set, because manifests often leave one behind.
 */
import { z } from 'zod';
import { parseDuration } from './domain/time.ts';

/** A setting that cannot be used. The message names the flag or the variable it came from. The exit code is 2. */
export class InvalidSettingError extends Error {
  override name = 'InvalidSettingError';
}

/** Where the HTTP server listens. */
export interface ListenAddress {
  /** A name or an IP address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose a free one. */
  readonly port: number;
}

/** From most to least talkative, then nothing at all. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** What help pages say of a setting, and how it is given. */
export interface SettingMeta {
  /** As commander writes it: `--db <file>`. */
  readonly flag: string;
  /** The flag may be given several times; the variable separates by commas. */
  readonly repeatable?: true;
  readonly variable: string;
  readonly description: string;
  /** For people; absent where there is none. */
  readonly defaultText?: string;
}

const setting = <T extends z.ZodType>(type: T, meta: SettingMeta): T => type.meta({ ...meta }) as T;

const text = (what: string) => z.string().trim().min(1, `${what} must not be empty`);

/** RFC 1123 label, as the API server demands of a namespace. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Control characters, which must not reach terminals, metrics and URLs through a name. */
const CONTROL = /\p{Cc}/u;

export const Config = z.object({
  db: setting(text('a file name').refine(isFileName, 'the log must be a file, not SQLite’s :memory: or a file: URI'), {
    flag: '--db <file>',
    variable: 'FLIPBOOK_DB',
    description: 'the log: one SQLite file (and its -wal and -shm beside it)',
    defaultText: './flipbook.db',
  }).prefault('./flipbook.db'),

  listen: setting(z.string().trim().transform(parseListenAddress), {
    flag: '--listen <host:port>',
    variable: 'FLIPBOOK_LISTEN',
    description: 'where to serve API and page; an IPv6 host in brackets, port 0 for any free one',
    defaultText: '127.0.0.1:8080',
  }).prefault('127.0.0.1:8080'),

  kubeconfig: setting(text('a file name'), {
    flag: '--kubeconfig <file>',
    variable: 'FLIPBOOK_KUBECONFIG',
    description: 'how to reach the cluster',
    defaultText: '$KUBECONFIG, else ~/.kube/config, else the ServiceAccount of the Pod',
  }).optional(),

  context: setting(text('a context'), {
    flag: '--context <name>',
    variable: 'FLIPBOOK_CONTEXT',
    description: 'context of the kubeconfig',
    defaultText: 'its current context',
  }).optional(),

  namespace: setting(
    z.array(z.string().regex(NAMESPACE, 'not the name of a namespace: lower-case letters, digits and -, at most 63')),
    {
      flag: '--namespace <name>',
      repeatable: true,
      variable: 'FLIPBOOK_NAMESPACE',
      description: 'only this namespace; repeat the flag, or separate by commas, for several',
      defaultText: 'all namespaces',
    },
  ).prefault([]),

  cluster: setting(
    text('the name of a cluster')
      .max(100, 'the name of a cluster has at most 100 characters')
      .refine((name) => !CONTROL.test(name), 'the name of a cluster has no control characters'),
    {
      flag: '--cluster <name>',
      variable: 'FLIPBOOK_CLUSTER',
      description: 'the cluster’s name in the log: how it is called, or which one is asked about',
    },
  ).optional(),

  retain: setting(z.string().transform(parseRetain), {
    flag: '--retain <age>',
    variable: 'FLIPBOOK_RETAIN',
    description: 'keep history for so long, such as 90d or 12h; older history is shed',
    defaultText: 'for ever',
  }).optional(),

  maxSize: setting(z.string().transform(parseMaxSize), {
    flag: '--max-size <bytes>',
    variable: 'FLIPBOOK_MAX_SIZE',
    description: 'greatest size of the log, such as 10GiB; beyond it the oldest history is shed',
    defaultText: 'any',
  }).optional(),

  minFree: setting(z.string().transform(parseBytes), {
    flag: '--min-free <bytes>',
    variable: 'FLIPBOOK_MIN_FREE',
    description: 'shed the oldest history while less is free on the disk of the log; 0: never',
    defaultText: '256MiB, or 5% of a disk below 5GiB',
  }).optional(),

  logLevel: setting(z.enum(LOG_LEVELS, `not a level: write one of ${LOG_LEVELS.join(', ')}`), {
    flag: '--log-level <level>',
    variable: 'FLIPBOOK_LOG_LEVEL',
    description: `what to log to stderr: ${LOG_LEVELS.join(', ')}; from debug on, errors show where they arose`,
    defaultText: 'info',
  }).prefault('info'),
});

export type Config = z.output<typeof Config>;
export type SettingName = keyof Config;

/** Flags as commander hands them over. */
export type SettingFlags = { readonly [Name in SettingName]?: string | readonly string[] | undefined };

/** How a setting is given and what its help says. */
export function describeSetting(name: SettingName): SettingMeta {
  const type: z.ZodType = Config.shape[name];
  const inner = type instanceof z.ZodPrefault || type instanceof z.ZodOptional ? (type.unwrap() as z.ZodType) : type;
  return inner.meta() as unknown as SettingMeta;
}

/**
 * Reads all settings.
 *
 * @param defaults a command's own defaults, in place of the common ones
 * @throws InvalidSettingError for the first one that cannot be used
 */
export function readConfig(
  flags: SettingFlags,
  env: Readonly<Record<string, string | undefined>>,
  defaults: { readonly [Name in SettingName]?: string } = {},
): Config {
  const given: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const name of Object.keys(Config.shape) as SettingName[]) {
    const { flag, variable, repeatable } = describeSetting(name);
    const fromVariable = env[variable]?.trim() || undefined;
    const value = flags[name] ?? fromVariable ?? defaults[name];
    if (value === undefined) continue;
    origins[name] = flags[name] === undefined ? variable : (flag.split(' ', 1)[0] as string);
    given[name] = repeatable ? listOf(value) : value;
  }
  const read = Config.safeParse(given);
  if (read.success) return read.data;
  const issue = read.error.issues[0] as z.core.$ZodIssue;
  const name = String(issue.path[0]);
  const shown = JSON.stringify(issue.path.length > 1 ? (given[name] as unknown[])[issue.path[1] as number] : given[name]);
  throw new InvalidSettingError(`${origins[name]} ${shown}: ${issue.message}`);
}

/** `127.0.0.1:8080`, `[::1]:8080`: as {@link ListenAddress} is written. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function parseListenAddress(value: string, context: z.RefinementCtx): ListenAddress {
  const problem = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d+)$/.exec(value);
  if (!match) {
    if (/^\d+$/.test(value)) return problem(`no host: write 127.0.0.1:${value}, or 0.0.0.0:${value} for every interface`);
    if ((value.match(/:/g)?.length ?? 0) > 1 && !value.startsWith('[')) {
      return problem('write an IPv6 address in brackets, and a port: [::1]:8080');
    }
    return problem('write HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080');
  }
  const host = match[1] ?? match[2] ?? '';
  const port = Number(match[3]);
  if (host === '') return problem(`no host: write 127.0.0.1:${port}, or 0.0.0.0:${port} for every interface`);
  if (match[1] !== undefined && !/^[0-9a-f:.]+(%[\w.-]+)?$/i.test(host))
    return problem('not an IPv6 address between the brackets');
  if (/[\s/@]/.test(host)) return problem('the host is a name or an IP address, not a URL');
  if (port > 65_535) return problem('a port is at most 65535');
  return { host, port };
}

const HOUR_MS = 3_600_000;
/** A log that holds nothing takes a tenth of this. */
const LEAST_MAX_SIZE = 1 << 20;

function parseRetain(value: string, context: z.RefinementCtx): number {
  const ms = parseDuration(value);
  if (ms !== undefined && ms >= HOUR_MS) return ms;
  const message = ms === undefined ? 'not an age: write 90d, 12h or 4w' : 'history is kept for at least 1h';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

const BYTES = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?|b)?$/i;

/** Bytes of a size as people write it: `10GiB`, `500MB`, `1.5T`; K, M, G, T alone are powers of 1,024, as with an i. */
function parseBytes(value: string, context: z.RefinementCtx): number {
  const [, amount, prefix, binary] = BYTES.exec(value.trim()) ?? [];
  const isDecimal = binary === '' && /b$/i.test(value.trim());
  const power = prefix === undefined ? 0 : 'kmgt'.indexOf(prefix.toLowerCase()) + 1;
  const bytes = Math.floor(Number(amount) * (isDecimal ? 1_000 : 1_024) ** power);
  if (amount !== undefined && Number.isSafeInteger(bytes)) return bytes;
  context.addIssue({ code: 'custom', message: 'not a size: write bytes, or 500MiB, 10GiB, 1TB' });
  return z.NEVER;
}

function parseMaxSize(value: string, context: z.RefinementCtx): number {
  const bytes = parseBytes(value, context);
  if (bytes < LEAST_MAX_SIZE) context.addIssue({ code: 'custom', message: 'a log takes at least 1MiB' });
  return bytes;
}

function isFileName(name: string): boolean {
  return name !== ':memory:' && !name.startsWith('file:');
}

function listOf(value: string | readonly string[]): string[] {
  const parts = (typeof value === 'string' ? [value] : value).flatMap((each) => each.split(','));
  return [...new Set(parts.map((each) => each.trim()).filter((each) => each !== ''))];
}
