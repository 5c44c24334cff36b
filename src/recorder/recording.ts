/** One cluster being recorded into one log: found, watched, and stopped in order. What `record` and `demo` run. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HistoryShed } from '../domain/ledger.ts';
import type { Log } from '../domain/log.ts';
import { streamName } from '../domain/resources.ts';
import type { EndReason } from '../domain/stream-batch.ts';
import { type EpochMs, epochMs } from '../domain/time.ts';
import { type Client, type ClusterIdentity, clusterIdentity, kubeSystemUid } from '../kubernetes/client.ts';
import { RequestError } from '../kubernetes/connection.ts';
import type { ConfirmCluster, StreamStatus } from '../kubernetes/stream.ts';
import { startWatching, type Watcher, type WatchOptions } from '../kubernetes/watcher.ts';
import type { ClusterId, ClusterRecord, EventStore } from '../store/event-store.ts';
import { Recorder, type RecorderTotals } from './recorder.ts';

export interface RecordingOptions {
  readonly store: EventStore;
  readonly client: Client;
  readonly log: Log;
  readonly now: () => EpochMs;
  /** Ends the waiting for the API server. */
  readonly signal?: AbortSignal;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  /** As the user calls the cluster. Absent: as the log calls it already, else `suggestedName`. */
  readonly name?: string | undefined;
  readonly suggestedName: string;
  /** Waits between attempts to reach the API server at the start. Default 1 s doubling to 30 s. */
  readonly retry?: { readonly firstMs: number; readonly maxMs: number };
  readonly watch?: Pick<WatchOptions, 'settings' | 'observer'>;
}

/** The API server is asked who it is for at most this long before the answer counts as a failure. */
const IDENTIFY_WITHIN_MS = 10_000;

interface Running {
  readonly name: string;
  readonly recorder: Recorder;
  readonly watcher: Watcher;
}

export class Recording {
  readonly #options: RecordingOptions;
  readonly #stop = new AbortController();
  #running: Running | undefined;
  #unreached = 'the API server was not asked yet';
  #reaching: Promise<void> = Promise.resolve();
  /** Set once another cluster answered at the address. */
  #replaced: { readonly why: string; readonly stopped: Promise<void> } | undefined;

  private constructor(options: RecordingOptions) {
    this.#options = options;
    options.signal?.addEventListener('abort', () => this.#stop.abort(), { once: true });
    if (options.signal?.aborted) this.#stop.abort();
  }

  /**
   * Asks the API server which cluster it is and starts to watch. When it cannot be reached, the recording goes on trying
   * by itself, because the past can be read meanwhile and a restart would not help.
   *
   * @throws when the log cannot take this cluster
   */
  static async start(options: RecordingOptions): Promise<Recording> {
    const recording = new Recording(options);
    if (!(await recording.#reach())) recording.#reaching = recording.#keepReaching();
    return recording;
  }

  /** `undefined` until the API server was reached. */
  get clusterName(): string | undefined {
    return this.#running?.name;
  }

  /** What was recorded since the start. `undefined` until the API server was reached. */
  get totals(): Readonly<RecorderTotals> | undefined {
    return this.#running?.recorder.totals;
  }

  /** None until the API server was reached. */
  streams(): readonly StreamStatus[] {
    return this.#running?.watcher.status() ?? [];
  }

  readiness(): { ready: boolean; reasons: string[] } {
    if (this.#replaced) return { ready: false, reasons: [this.#replaced.why] };
    const reasons = this.#running === undefined ? [this.#unreached] : notReadyReasons(this.streams());
    return { ready: reasons.length === 0, reasons };
  }

  /**
   * Tells a fact in the ledger of a cluster: of the recorded one in its turn, of another one that the log holds with the time
   * of now, unless that is before its last event.
   */
  tell(clusterId: ClusterId, fact: HistoryShed): void {
    const { store, now } = this.#options;
    if (this.#running?.recorder.clusterId === clusterId) {
      this.#running.recorder.tell(now(), fact);
      return;
    }
    store.write((log) => {
      const [first] = log.streams(clusterId);
      if (first === undefined) return;
      const at = epochMs(Math.max(now(), log.lastAt(clusterId) ?? 0));
      log.projectLedger(log.appendLedger({ at, streamId: first.id, epoch: first.epoch, fact }));
    });
  }

  /** Stops watching and ends the coverage in the log. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#reaching;
    await this.#replaced?.stopped;
    await this.#end({ code: 'recorder-stopped' });
  }

  async #end(reason: EndReason): Promise<void> {
    if (this.#running === undefined) return;
    const { watcher, recorder } = this.#running;
    await watcher.stop();
    try {
      recorder.endCoverage(this.#options.now(), reason);
    } catch (error) {
      // The next start finds the coverage open and ends it where it was proven.
      this.#options.log.error({ err: error }, 'the end of the recording could not be written');
    }
  }

  async #keepReaching(): Promise<void> {
    const { retry = { firstMs: 1_000, maxMs: 30_000 }, log } = this.#options;
    const { signal } = this.#stop;
    for (let waitMs = retry.firstMs; !signal.aborted; waitMs = Math.min(waitMs * 2, retry.maxMs)) {
      await sleep(waitMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        if (await this.#reach()) return;
      } catch (error) {
        this.#unreached = messageOf(error);
        log.error({ err: error }, 'the cluster cannot be recorded');
      }
    }
  }

  /** @returns whether the API server could be reached */
  async #reach(): Promise<boolean> {
    const { client, log } = this.#options;
    let identity: ClusterIdentity;
    try {
      identity = await clusterIdentity(client, AbortSignal.any([this.#stop.signal, AbortSignal.timeout(IDENTIFY_WITHIN_MS)]));
    } catch (error) {
      if (!(error instanceof RequestError) && !this.#stop.signal.aborted) throw error;
      this.#unreached = `the API server ${client.server} cannot be reached: ${messageOf(error)}`;
      if (!this.#stop.signal.aborted) log.error({ server: client.server }, `${this.#unreached}; trying again`);
      return false;
    }
    if (!this.#stop.signal.aborted) this.#begin(identity);
    return true;
  }

  #begin(identity: ClusterIdentity): void {
    const { store, client, log, now, namespaces, watch } = this.#options;
    const name = this.#nameOf(identity.uid);
    const recorder = new Recorder({ store, cluster: { uid: identity.uid, name }, times: 'received' });
    recorder.open(now());
    const confirmCluster = identity.source === 'kube-system' ? this.#confirm(identity.uid) : undefined;
    const watcher = startWatching({ client, sink: recorder, log, namespaces, confirmCluster, ...watch });
    log.info({ cluster: name, uid: identity.uid, identity: identity.source, server: client.server }, 'recording');
    this.#running = { name, recorder, watcher };
  }

  /**
   * Behind one address another cluster may come to answer: made anew, or chosen by a proxy. Writing on would put two clusters
   * into one history, so the recording ends until someone has looked.
   */
  #confirm(recorded: string): ConfirmCluster {
    const { client, log } = this.#options;
    return async (transport, options) => {
      const uid = await kubeSystemUid(transport, options);
      // Where it may not be read any more nothing can be told.
      if (uid === undefined || uid === recorded) return;
      const why = `another cluster answers at ${client.server}: its kube-system has the uid ${uid}, and the recorded one has ${recorded}`;
      if (!this.#replaced) {
        log.error({ server: client.server, uid, recorded }, `${why}; recording has ended, restart to record the other cluster`);
        this.#replaced = { why, stopped: this.#end({ code: 'new-epoch', detail: why.slice(0, 300) }) };
      }
      throw new RequestError({ kind: 'connection', message: why });
    };
  }

  #nameOf(uid: string): string {
    const { store, name, suggestedName } = this.#options;
    return name ?? freeClusterName(store.reader.clusters(), uid, suggestedName);
  }
}

/** The name that the log has for this cluster, else the suggested one, numbered when another cluster bears it. */
export function freeClusterName(known: readonly ClusterRecord[], uid: string, suggested: string): string {
  const own = known.find((each) => each.uid === uid);
  if (own) return own.name;
  const taken = new Set(known.map(({ name }) => name));
  let name = suggested;
  for (let number = 2; taken.has(name); number++) name = `${suggested}-${number}`;
  return name;
}

/**
 * Why a recording does not do its work: nothing can be written, or a stream that no answer can do without is not being
 * watched. Of Endpoints and EndpointSlices either will do (v1 Endpoints is deprecated since 1.33 and may be switched off);
 * what only explains causes is a gap in the ledger, and no reason to be taken for broken.
 */
export function notReadyReasons(statuses: readonly StreamStatus[]): string[] {
  const unwritten = statuses.filter(({ notWritten }) => notWritten);
  if (unwritten.length > 0)
    // The error names the log and says that it cannot be written, and why.
    return unwritten.map((status) => `${nameOf(status)}: ${status.lastError?.message ?? 'the log cannot be written'}`);
  const of = (resource: string) => statuses.filter(({ stream }) => stream.resource === resource);
  const unwatched = (resource: string) => of(resource).filter((each) => !isWatched(each));
  const [endpoints, slices] = [unwatched('v1/endpoints'), unwatched('discovery.k8s.io/v1/endpointslices')];
  const addresses = endpoints.length > 0 && slices.length > 0 ? [...endpoints, ...slices] : [];
  return [...addresses, ...unwatched('v1/services'), ...unwatched('v1/pods')].map(
    (status) => `${nameOf(status)} is not watched${lastError(status)}`,
  );
}

/** It has a complete state to go on from, and neither was it stopped nor does the ledger say that it was interrupted. */
export function isWatched({ phase, cursor, interrupted }: StreamStatus): boolean {
  return phase !== 'stopped' && cursor !== undefined && interrupted === undefined;
}

const nameOf = ({ stream }: StreamStatus): string => streamName(stream);

function lastError({ lastError: last }: StreamStatus): string {
  return last === undefined ? '' : `: ${last.message}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
