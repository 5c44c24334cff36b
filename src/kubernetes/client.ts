/** The API server as the rest of the program knows it. */
import { createHash } from 'node:crypto';
import type { Log } from '../domain/log.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { Connection, RequestError, type RequestOptions, type Transport, wholeBody } from './connection.ts';
import { Access, type ClusterAccess } from './kube-config.ts';
import { parseJson } from './received.ts';

export interface Client {
  /** URL of the API server. */
  readonly server: string;
  /** The configured certificate authority, if any. */
  readonly authority: Uint8Array | undefined;
  /** Connections of their own, for one stream. */
  connect(): Transport;
}

/**
 * Reads the configuration; connects to nothing yet.
 *
 * @throws KubeConfigError when no cluster is configured.
 */
export function createClient(options: ClusterAccess, log: Log, clock: Clock = SYSTEM_CLOCK): Client {
  const access = new Access(options);
  const seen = new Set<string>();
  // Every answer about v1 Endpoints says that they are deprecated; once is enough.
  const warned = (warning: string) => {
    if (seen.has(warning) || seen.size >= 100) return;
    seen.add(warning);
    log.warn({ warning: warning.slice(0, 500) }, 'the API server warns');
  };
  return {
    server: access.server,
    authority: access.authority,
    connect: () => new Connection(access, clock.now, warned),
  };
}

export interface ClusterIdentity {
  /** The UID of namespace `kube-system`, or `connection-` and a hash where that may not be read. */
  readonly uid: string;
  readonly source: 'kube-system' | 'connection';
}

/**
 * What tells this cluster from every other: the UID of its namespace kube-system, which lives exactly as long as its store.
 * Where reading a namespace is not allowed (the recorder's own ClusterRole grants eight resources, and namespaces are not
 * among them), a hash of the configured certificate authority, which each cluster makes for itself; without one, of the
 * server's URL. That fallback is stable over restarts, but changes when the authority is rotated.
 *
 * @throws RequestError when the API server cannot be asked.
 */
export async function clusterIdentity(
  client: Client,
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<ClusterIdentity> {
  const connection = client.connect();
  try {
    const uid = await kubeSystemUid(connection, { signal });
    if (uid !== undefined) return { uid, source: 'kube-system' };
  } finally {
    await connection.close();
  }
  const hash = createHash('sha256').update(client.authority ?? client.server);
  return { uid: `connection-${hash.digest('hex').slice(0, 32)}`, source: 'connection' };
}

/**
 * The UID of namespace kube-system; `undefined` where it may not be read.
 *
 * @throws RequestError when the API server cannot be asked.
 */
export async function kubeSystemUid(connection: Transport, options: RequestOptions): Promise<string | undefined> {
  try {
    const body = await wholeBody(await connection.request('/api/v1/namespaces/kube-system', options));
    const uid = (parseJson(body, 'the namespace kube-system') as { metadata?: { uid?: unknown } } | null)?.metadata?.uid;
    return typeof uid === 'string' && uid !== '' ? uid : undefined;
  } catch (error) {
    const status = error instanceof RequestError && error.failure.kind === 'http' ? error.failure.status : undefined;
    if (status !== 403 && status !== 404) throw error;
    return undefined;
  }
}
