/** The embedded demo cluster, as the composition root sees it: a past to import, an API server to record, and a life of its own. */
import { randomUUID } from 'node:crypto';
import type { Log } from '../domain/log.ts';
import type { EpochMs } from '../domain/time.ts';
import { startDemoApiServer } from './demo-api-server.ts';
import { stateAfter } from './incident-state.ts';
import { type DemoObject, kubeTime } from './objects.ts';
import { readIncident, secondsToShift, shiftTimes } from './shifted-trace.ts';
import { type Simulation, startSimulation } from './simulation/simulation.ts';

export interface DemoClusterOptions {
  /** The real clock. */
  readonly now: () => EpochMs;
  /** The same seed gives the same episodes with the same names and delays. */
  readonly seed: number;
  readonly log: Log;
}

/** A kubeconfig file as an object: `new KubeConfig().loadFromString(JSON.stringify(kubeconfig))` takes it. */
export interface DemoKubeconfig {
  readonly apiVersion: 'v1';
  readonly kind: 'Config';
  readonly clusters: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
  readonly users: readonly { readonly name: string; readonly user: Readonly<Record<string, never>> }[];
  readonly contexts: readonly { readonly name: string; readonly context: { readonly cluster: string; readonly user: string } }[];
  readonly 'current-context': string;
}

export interface DemoCluster {
  readonly clusterName: 'demo';
  /**
   * The UID of namespace `kube-system`. New at every start: two starts are two clusters, because each has its own past,
   * and resourceVersions of one mean nothing to the other.
   */
  readonly clusterUid: string;
  readonly kubeconfig: DemoKubeconfig;
  /**
   * The incident, in the format of traces, moved to end three to four seconds before the start: one line a chunk, with its
   * newline. Import it under this cluster's identity **before** recording: the API server's state and versions go on
   * where its last line ends, so a recorder whose cursors come from it resumes without a gap. Can be read again.
   */
  traceLines(): AsyncIterable<Uint8Array>;
  /** Ends the cluster's life and its open watches, and closes the port. */
  stop(): Promise<void>;
}

/** A step that comes so late means that the machine slept; what was due then is not crammed into one moment. */
const SLEPT_MS = 5_000;
const LONGEST_WAIT_MS = 1_000;

/**
 * A quiet stream is proven complete only up to its last bookmark, and answers about now reach no further. A real server
 * sends one a minute; nobody who tries a demo should look at a page that lags by so much.
 */
const BOOKMARK_EVERY_MS = 1_000;

/**
 * Starts the demo cluster on a free port of 127.0.0.1. The first new flips come within ten seconds, then every few seconds.
 *
 * @throws when the packaged incident cannot be read or no port can be opened.
 */
export async function startDemoCluster({ now, seed, log }: DemoClusterOptions): Promise<DemoCluster> {
  const recorded = await readIncident();
  const start = now();
  const seconds = secondsToShift(recorded, start);
  const lines = recorded.map((line) => shiftTimes(line, seconds));
  const state = stateAfter(lines);
  const clusterUid = randomUUID();
  // The first thing that an API server makes tells how old the cluster is.
  const cradle = state.get('v1/services', 'default/kubernetes');
  const bornAt = cradle?.object.metadata.creationTimestamp ?? kubeTime(start);
  const server = await startDemoApiServer(state, namespaces(clusterUid, bornAt), { bookmarkEveryMs: BOOKMARK_EVERY_MS });
  const stopLife = live(startSimulation(state, start, seed), now, log);
  log.info({ url: server.url, clusterUid, seed }, 'demo cluster started');
  return {
    clusterName: 'demo',
    clusterUid,
    kubeconfig: kubeconfig(server.url),
    async *traceLines() {
      for (const line of lines) yield Buffer.from(`${line}\n`);
    },
    async stop() {
      stopLife();
      await server.stop();
    },
  };
}

/** Lets the simulation's clock follow the real one. @returns A function that stops it. */
function live(simulation: Simulation, now: () => EpochMs, log: Log): () => void {
  let timer: NodeJS.Timeout;
  let expected: number = now();
  const step = () => {
    const at = now();
    const lateMs = at - expected;
    if (lateMs > SLEPT_MS) {
      log.info({ lateMs }, 'the demo cluster slept, together with this machine');
      simulation.postpone(lateMs);
    }
    try {
      simulation.tick(at);
    } catch (error) {
      log.error({ err: error }, 'an episode of the demo cluster failed; the next ones go on');
    }
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(1, (simulation.nextAt ?? Number.POSITIVE_INFINITY) - at));
    expected = at + waitMs;
    timer = setTimeout(step, waitMs);
  };
  step();
  return () => clearTimeout(timer);
}

function namespaces(kubeSystemUid: string, creationTimestamp: string): DemoObject[] {
  const uids: Record<string, string> = { default: randomUUID(), 'kube-system': kubeSystemUid, store: randomUUID() };
  return Object.entries(uids).map(([name, uid]) => ({
    kind: 'Namespace',
    apiVersion: 'v1',
    metadata: {
      name,
      uid,
      resourceVersion: '4',
      creationTimestamp,
      labels: { 'kubernetes.io/metadata.name': name },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }));
}

function kubeconfig(server: string): DemoKubeconfig {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'demo', cluster: { server } }],
    users: [{ name: 'demo', user: {} }],
    contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'demo' } }],
    'current-context': 'demo',
  };
}
