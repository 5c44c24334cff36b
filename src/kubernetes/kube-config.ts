/**
 * Which API server, and with which credentials. @kubernetes/client-node reads the configuration and knows the ways to
 * authenticate (token, file, exec plugin, OIDC, client certificate); connections are made by connection.ts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type Cluster, KubeConfig, type RequestContext, type User } from '@kubernetes/client-node';
import { parse } from 'yaml';

/** Where the kubelet mounts the service account of a Pod. */
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface ClusterAccess {
  /** `--kubeconfig`. Absent: `$KUBECONFIG`, `~/.kube/config`, the Pod's service account, in this order. */
  readonly kubeconfig?: string;
  /** `--context`. Absent: the current one. */
  readonly context?: string;
  /** Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Holds `token` and `ca.crt` of the Pod's service account. Default: where the kubelet mounts them. */
  readonly serviceAccountFolder?: string;
}

/** There is no usable configuration. The message is for the person who started the program. */
export class KubeConfigError extends Error {
  override name = 'KubeConfigError';
}

/** What a request needs to be let in. Never logged. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
}

type AgentOptions = Parameters<KubeConfig['createDispatcherOptions']>[1];

/**
 * A token that stands in a file is read at every request: the kubelet writes a new one long before the old one ends, and
 * some tools replace it when the old one has ended. (The authenticator of the base class keeps what it read for a minute.)
 */
const TOKEN_FILE = {
  provider: (file: string) => ({ name: 'file of a token', config: { file } }),
  fileOf: (user: User): string | undefined =>
    user.authProvider?.name === 'file of a token' ? (user.authProvider.config as { file: string }).file : undefined,
  isAuthProvider: (user: User): boolean => TOKEN_FILE.fileOf(user) !== undefined,
  async applyAuthentication(user: User, options: { headers?: object }): Promise<void> {
    const file = TOKEN_FILE.fileOf(user) as string;
    const token = readFileSync(file, 'utf8').trim();
    if (token === '') throw new KubeConfigError(`the token file ${file} is empty`);
    options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
  },
};

/** KubeConfig with what it leaves out, and without its habit of making an Agent at every call. */
class AccessConfig extends KubeConfig {
  #tls: AgentOptions = {};

  constructor() {
    super();
    this.addAuthenticator(TOKEN_FILE);
  }

  /** The key `tokenFile` of a user is part of the kubeconfig format and unknown to the base class. */
  override loadFromString(config: string, options?: Parameters<KubeConfig['loadFromString']>[1]): void {
    super.loadFromString(config, options);
    const raw = parse(config) as { users?: { name?: string; user?: { tokenFile?: unknown } | null }[] | null } | null;
    const files = new Map((raw?.users ?? []).map((each) => [each.name, each.user?.tokenFile]));
    this.users = this.users.map((user) => {
      const tokenFile = files.get(user.name);
      if (typeof tokenFile !== 'string' || tokenFile === '') return user;
      const { token: _, ...rest } = user;
      return { ...rest, authProvider: TOKEN_FILE.provider(tokenFile) };
    });
  }

  override makePathsAbsolute(directory: string): void {
    super.makePathsAbsolute(directory);
    this.users = this.users.map((user) => {
      const file = TOKEN_FILE.fileOf(user);
      if (file === undefined || isAbsolute(file)) return user;
      return { ...user, authProvider: TOKEN_FILE.provider(join(directory, file)) };
    });
  }

  /**
   * As client-go's rest.InClusterConfig, always over TLS: the token must not go over the wire in the clear. (The base class
   * takes host and port from the process's own environment, and port 80 for plain HTTP.)
   *
   * @throws KubeConfigError when the kubelet did not say where the API server is.
   */
  loadServiceAccount(folder: string, env: NonNullable<ClusterAccess['env']>): void {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
    if (!host || !port)
      throw new KubeConfigError(
        `there is a service account in ${folder}, but KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT do not say where its API server is`,
      );
    const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
    this.loadFromClusterAndUser(
      { name: 'in-cluster', server, caFile: join(folder, 'ca.crt'), skipTLSVerify: false },
      { name: 'service-account', authProvider: TOKEN_FILE.provider(join(folder, 'token')) },
    );
  }

  /** Called at the end of applySecurityAuthentication with the TLS options of an Agent, which is made elsewhere. */
  override createDispatcherOptions(_cluster: Cluster | null, options: AgentOptions): { type: 'none' } {
    this.#tls = options;
    return { type: 'none' };
  }

  async credentials(): Promise<Credentials> {
    const headers: Record<string, string> = {};
    const context = {
      // A token file that ends in a newline would otherwise make an illegal header.
      setHeaderParam: (name: string, value: string) => {
        headers[name.toLowerCase()] = value.trim();
      },
      setDispatcher: () => {},
    };
    await this.applySecurityAuthentication(context as unknown as RequestContext);
    return { headers, tls: { ...clusterTls(this.getCurrentCluster()), ...defined(this.#tls) } };
  }
}

/** Configuration that can be loaded afresh when its credentials are refused. */
export class Access {
  readonly #options: ClusterAccess;
  #config: AccessConfig;
  #asking: Promise<Credentials> | undefined;

  /** @throws KubeConfigError when there is none, or its context does not exist. */
  constructor(options: ClusterAccess) {
    this.#options = options;
    this.#config = load(options);
  }

  /** `https://10.96.0.1:443`, perhaps with a path; without a trailing slash. */
  get server(): string {
    return currentCluster(this.#config).server.replace(/\/+$/, '');
  }

  get proxy(): string | undefined {
    return currentCluster(this.#config).proxyUrl;
  }

  /** The certificate authority as bytes, where one is configured. */
  get authority(): Uint8Array | undefined {
    return clusterTls(currentCluster(this.#config)).ca;
  }

  /** Something that changes when the configuration was loaded afresh: tells which one a request was made with. */
  get generation(): object {
    return this.#config;
  }

  /**
   * Calls that overlap share one answer: an exec plugin runs once for all streams, not once for each.
   *
   * @throws Error when a plugin fails or a file is missing.
   */
  credentials(): Promise<Credentials> {
    this.#asking ??= this.#config.credentials().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /**
   * Loads the configuration again, unless that has happened since `generation`: many streams are refused at once, and an
   * exec plugin should run once.
   *
   * @throws Error when it is gone or broken.
   */
  renew(generation: object): void {
    if (generation !== this.#config) return;
    this.#config = load(this.#options);
    this.#asking = undefined;
  }
}

function load(options: ClusterAccess): AccessConfig {
  const config = loadFiles(options);
  if (options.context !== undefined) {
    if (!config.getContextObject(options.context)) {
      const known = config.getContexts().map((each) => each.name);
      throw new KubeConfigError(
        `the kubeconfig has no context ${JSON.stringify(options.context)}; it has: ${known.join(', ') || 'none'}`,
      );
    }
    config.setCurrentContext(options.context);
  }
  currentCluster(config);
  return config;
}

function loadFiles({
  kubeconfig,
  env = process.env,
  serviceAccountFolder = SERVICE_ACCOUNT_FOLDER,
}: ClusterAccess): AccessConfig {
  const config = new AccessConfig();
  const listed = kubeconfig === undefined ? (env.KUBECONFIG ?? '').split(delimiter).filter(Boolean) : [kubeconfig];
  const files =
    listed.length > 0
      ? listed.filter((file) => kubeconfig !== undefined || existsSync(file))
      : [join(env.HOME ?? homedir(), '.kube', 'config')].filter(existsSync);
  const [first, ...others] = files;
  if (first !== undefined) {
    readInto(config, first);
    for (const file of others) merge(config, readInto(new AccessConfig(), file));
    return config;
  }
  if (existsSync(join(serviceAccountFolder, 'token'))) {
    config.loadServiceAccount(serviceAccountFolder, env);
    return config;
  }
  throw new KubeConfigError(
    'no cluster is configured: give --kubeconfig, set KUBECONFIG, create ~/.kube/config, or run inside a cluster with a service account',
  );
}

function readInto(config: AccessConfig, file: string): AccessConfig {
  try {
    config.loadFromString(readFileSync(file, 'utf8'));
    config.makePathsAbsolute(dirname(file));
    return config;
  } catch (error) {
    // The parser's message may quote the file, which holds secrets.
    const code = (error as NodeJS.ErrnoException).code;
    throw new KubeConfigError(`cannot read the kubeconfig ${file}: ${code ?? 'it is not a kubeconfig'}`);
  }
}

/** As kubectl merges: of two entries of one name the first file's counts. */
function merge(into: AccessConfig, from: AccessConfig): void {
  const add = <Entry extends { name: string }>(known: Entry[], more: Entry[]) => [
    ...known,
    ...more.filter((each) => !known.some((other) => other.name === each.name)),
  ];
  into.clusters = add(into.clusters, from.clusters);
  into.users = add(into.users, from.users);
  into.contexts = add(into.contexts, from.contexts);
  into.currentContext ||= from.currentContext;
}

function currentCluster(config: KubeConfig): Cluster {
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new KubeConfigError(
      `the kubeconfig's current context ${JSON.stringify(config.getCurrentContext() ?? '')} names no cluster`,
    );
  return cluster;
}

/** The base class ignores these when the context has no user. */
function clusterTls(cluster: Cluster | null): TlsOptions & { ca?: Uint8Array & Buffer } {
  if (!cluster) return {};
  const ca = cluster.caFile ? readFileSync(cluster.caFile) : cluster.caData ? Buffer.from(cluster.caData, 'base64') : undefined;
  return {
    ...(ca ? { ca } : {}),
    ...(cluster.skipTLSVerify ? { rejectUnauthorized: false } : {}),
    ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
  };
}

function defined(options: AgentOptions): TlsOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as TlsOptions;
}
