/** Runs command lines without a process: real parsing, real output, and whatever history a test gives. */
import { Readable, Writable } from 'node:stream';
import type { CommandContext, Wiring } from '../../../src/cli/context.ts';
import { Output } from '../../../src/cli/output.ts';
import { runCommandLine } from '../../../src/cli/program.ts';
import { epochMs } from '../../../src/domain/time.ts';
import type { FlipAnswer, FlipsAnswer, GapAnswer, StateAnswer } from '../../../src/history/answers.ts';
import type { History } from '../../../src/history/history.ts';

export const NOW = epochMs(Date.UTC(2026, 10, 23, 17, 0, 0));

export class Sink extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 120;
  readonly #closesAfter: number;

  constructor({ isTTY = false, closesAfter = Number.POSITIVE_INFINITY } = {}) {
    super();
    this.isTTY = isTTY;
    this.#closesAfter = closesAfter;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (this.text.length >= this.#closesAfter) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return;
    }
    this.text += chunk.toString('utf8');
    done();
  }
}

export interface RunOptions {
  readonly history?: Partial<History>;
  readonly wiring?: Partial<Wiring>;
  readonly env?: Record<string, string>;
  readonly stdout?: Sink;
  readonly stderr?: Sink;
  readonly stop?: AbortController;
  readonly stdin?: Readable;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Names of the logs that were opened for reading, and how many histories were closed again. */
  readonly opened: readonly string[];
  readonly closed: number;
}

const unexpected = (what: string) => () => {
  throw new Error(`${what} was not expected`);
};

export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { env = {}, stdout = new Sink(), stderr = new Sink(), stop = new AbortController() } = options;
  const opened: string[] = [];
  let closed = 0;
  const context: CommandContext = {
    stdin: options.stdin ?? Readable.from([]),
    stdout: new Output(stdout, env),
    stderr: new Output(stderr, env),
    env,
    now: () => NOW,
    version: '1.2.3',
    stopSignal: () => stop.signal,
    wiring: {
      openHistory: async (db) => {
        opened.push(db);
        return {
          ...options.history,
          close: async () => {
            closed++;
          },
        } as History;
      },
      openStore: unexpected('writing'),
      verify: unexpected('verify'),
      backup: unexpected('backup'),
      record: unexpected('record'),
      serve: unexpected('serve'),
      demo: unexpected('demo'),
      ...options.wiring,
    },
  };
  const code = await runCommandLine(argv, context);
  return { code, stdout: stdout.text, stderr: stderr.text, opened, closed };
}

export const GAP: GapAnswer = {
  stream: 'v1/endpoints',
  from: '2026-11-23T16:20:00.000Z',
  to: '2026-11-23T16:25:00.000Z',
  reason: 'expired',
  detail: '410 Expired: too old resource version: 1 (502)',
};

export function stateAnswer(more: Partial<StateAnswer> = {}): StateAnswer {
  return {
    service: { cluster: 'c1', namespace: 'store', name: 'checkout' },
    at: '2026-11-23T16:20:00.000Z',
    position: 41,
    asOf: 99,
    source: 'endpoints',
    coverage: 'complete',
    truncated: false,
    ready: [
      {
        address: '10.0.0.1',
        ports: [
          { name: 'http', port: 8080, protocol: 'TCP' },
          { name: 'grpc', port: 9090, protocol: 'TCP' },
        ],
        pod: { name: 'checkout-1', uid: 'u1' },
        node: 'node-1',
      },
    ],
    notReady: [{ address: '10.100.100.102', ports: [{ name: '', port: 80, protocol: 'TCP' }], zone: 'zone-a' }],
    terminating: [],
    ...more,
  };
}

export function flip(position: number, more: Partial<FlipAnswer> = {}): FlipAnswer {
  return {
    at: '2026-11-23T16:20:01.234Z',
    notBefore: '2026-11-23T16:20:00.000Z',
    notAfter: '2026-11-23T16:20:01.234Z',
    position,
    cluster: 'c1',
    namespace: 'store',
    service: 'checkout',
    source: 'endpoints',
    address: '10.0.0.1',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    pod: { name: 'checkout-1', uid: 'u1' },
    node: 'node-1',
    from: 'ready',
    to: 'notReady',
    readyAfter: 1,
    notReadyAfter: 2,
    cause: 'unknown',
    confidence: 'unknown',
    evidence: [],
    origin: 'watch',
    ...more,
  };
}

export function flipsAnswer(items: FlipAnswer[], more: Partial<FlipsAnswer> = {}): FlipsAnswer {
  return {
    from: '2026-11-23T16:18:00.000Z',
    to: '2026-11-23T16:30:00.000Z',
    asOf: 99,
    coverage: 'complete',
    gaps: [],
    items,
    ...more,
  };
}
