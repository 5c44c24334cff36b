/**
 * The only writer of the log: turns what streams hand over into events, and their projections, cursor and coverage with
 * them, one transaction a batch.
 */
import type { HistoryShed, LedgerFact } from '../domain/ledger.ts';
import { compareResourceVersions, type StreamKey, streamName } from '../domain/resources.ts';
import type {
  BatchSink,
  Change,
  ChangesBatch,
  Cursor,
  EndReason,
  InterruptedBatch,
  ReceivedObject,
  ResumedBatch,
  SnapshotBatch,
  StreamBatch,
} from '../domain/stream-batch.ts';
import { type EpochMs, epochMs } from '../domain/time.ts';
import type { ClusterId, EventStore, LogWriter, ObjectEvent, Origin, StreamRecord } from '../store/event-store.ts';
import { disagreement } from './disagreement.ts';
import { familyOf } from './family.ts';
import { Projector } from './projector.ts';
import { inferChanges } from './relist.ts';
import { storeWentBack } from './went-back.ts';

/** What has been recorded since the recorder was made. */
export interface RecorderTotals {
  /** Appended, ledger facts included. */
  events: number;
  flips: number;
  /** Versions that were already in the log. */
  repeats: number;
  /** Versions of reduced objects whose stored part did not change. */
  unchanged: number;
}

export interface RecorderOptions {
  readonly store: EventStore;
  readonly cluster: { readonly uid: string; readonly name: string };
  /**
   * `received`: batches carry the recorder's own clock, which may step back; events then keep the time of the event
   * before them, and the step is told in the ledger. `given`: batches carry a trace's times, which are taken as they are.
   */
  readonly times: 'received' | 'given';
}

/** A batch came for a stream in a state that it cannot follow: a mistake of the stream, not of the cluster. */
export class UnexpectedBatchError extends Error {
  override name = 'UnexpectedBatchError';
}

interface StreamState {
  readonly record: StreamRecord;
  readonly covered: boolean;
}

export class Recorder implements BatchSink {
  readonly totals: RecorderTotals = { events: 0, flips: 0, repeats: 0, unchanged: 0 };
  readonly #store: EventStore;
  readonly #times: RecorderOptions['times'];
  readonly #projector = new Projector();
  readonly #clusterId: ClusterId;
  /** `at` of the cluster's last event; read from the log when unknown. */
  #lastAt: EpochMs | undefined;
  /** Streams and whether they are covered, as of the last commit; what is missing here is read from the log. */
  readonly #streams = new Map<string, StreamState>();
  /** How far the clock is behind the log, as the ledger was last told. */
  #behindMs = 0;

  constructor({ store, cluster, times }: RecorderOptions) {
    this.#store = store;
    this.#times = times;
    this.#clusterId = store.write((log) => log.cluster(cluster).id);
  }

  get clusterId(): ClusterId {
    return this.#clusterId;
  }

  /**
   * Ends the coverage that an earlier process left open, at what it had proven. A stream that then resumes from its
   * cursor makes it whole again; one that cannot leaves a gap.
   */
  open(at: EpochMs): void {
    this.endCoverage(at, { code: 'recorder-stopped' });
  }

  /** Ends the coverage of every stream that is still open. */
  endCoverage(at: EpochMs, reason: EndReason): void {
    this.#write((log) => {
      this.#streams.clear();
      const now = this.#clamp(log, at);
      for (const stream of log.streams(this.#clusterId)) this.#endSpan(log, stream, now, reason);
    });
  }

  /** Tells a fact that concerns the whole cluster, in the ledger of its first stream. */
  tell(at: EpochMs, fact: HistoryShed): void {
    this.#write((log) => {
      const [first] = log.streams(this.#clusterId);
      if (first !== undefined) this.#ledger(log, first, first.epoch, this.#clamp(log, at), fact);
    });
  }

  commit(batch: StreamBatch): void {
    this.#write((log) => {
      const name = streamName(batch.stream);
      const { record: stream, covered } = this.#streams.get(name) ?? this.#readStream(log, batch.stream);
      const at = this.#clamp(log, batch.at, stream);
      if (batch.kind === 'changes') {
        if (!covered) throw new UnexpectedBatchError(`changes of ${name} came while the stream was not covered`);
        const cursor = this.#changes(log, stream, at, batch);
        this.#streams.set(name, { record: { ...stream, cursor }, covered });
        return;
      }
      this.#streams.delete(name);
      switch (batch.kind) {
        case 'snapshot':
          return this.#snapshot(log, stream, at, batch);
        case 'resumed':
          return this.#resumed(log, stream, at, batch);
        case 'interrupted':
          return this.#interrupted(log, stream, at, batch);
        default:
          throw new UnexpectedBatchError(`not a batch: ${(batch satisfies never as StreamBatch).kind}`);
      }
    });
  }

  cursor(key: StreamKey): Cursor | undefined {
    return this.#store.reader
      .streams(this.#clusterId)
      .find((stream) => stream.key.resource === key.resource && stream.key.namespace === key.namespace)?.cursor;
  }

  disagreement(key: StreamKey, objects: readonly ReceivedObject[]): string | undefined {
    return this.#store.write((log) => disagreement(log, log.stream(this.#clusterId, key), objects));
  }

  #snapshot(log: LogWriter, stream: StreamRecord, at: EpochMs, batch: SnapshotBatch): void {
    const span = log.lastSpan(stream.id);
    // Traces may be imported in any order.
    const wentBack = this.#times === 'received' && !batch.newEpoch ? storeWentBack(log, stream, batch) : undefined;
    const epoch = stream.epoch + ((batch.newEpoch || wentBack !== undefined) && span ? 1 : 0);
    this.#endSpan(log, stream, at, wentBack === undefined ? batch.reason : { code: 'new-epoch', detail: wentBack });
    const known = log.liveObjects({ clusterId: this.#clusterId, ...batch.stream });
    const wasCovered = this.#coveredNamespaces(log, stream);
    const began = { type: 'COVERAGE_BEGAN', resourceVersion: batch.resourceVersion } as const;
    // In the ledger a first state opens its stream, and what a relist infers stands inside the gap that it closes.
    if (span === undefined) this.#ledger(log, stream, epoch, at, began);
    for (const change of inferChanges(known, batch.objects, epoch)) {
      if ('missing' in change) this.#appendMissing(log, stream, at, change.missing);
      else this.#apply(log, stream, epoch, at, wasCovered(change.object.namespace) ? 'relist' : 'snapshot', change);
    }
    if (span !== undefined) this.#ledger(log, stream, epoch, at, began);
    log.saveCursor(stream.id, epoch, { resourceVersion: batch.resourceVersion, provenAt: at });
  }

  /**
   * Tells for which namespaces the resource was ever covered before: what is found new there has come since. Elsewhere
   * nothing is known of before.
   */
  #coveredNamespaces(log: LogWriter, { key }: StreamRecord): (namespace: string) => boolean {
    const covered = log
      .streams(this.#clusterId)
      .filter((stream) => stream.key.resource === key.resource && log.lastSpan(stream.id) !== undefined)
      .map((stream) => stream.key.namespace);
    return (namespace) => covered.some((each) => each === undefined || each === namespace);
  }

  #readStream(log: LogWriter, key: StreamKey): StreamState {
    const record = log.stream(this.#clusterId, key);
    const span = log.lastSpan(record.id);
    return { record, covered: span !== undefined && span.end === undefined };
  }

  /** @returns the new cursor */
  #changes(log: LogWriter, stream: StreamRecord, at: EpochMs, { changes, cursor, provenAt }: ChangesBatch): Cursor {
    for (const change of changes) this.#apply(log, stream, stream.epoch, at, 'watch', change);
    // Neither goes back: not the proof, whatever the clock does, and not the version to resume from, whatever is repeated.
    const known = stream.cursor?.resourceVersion;
    const proven = Math.max(stream.cursor?.provenAt ?? 0, Math.min(provenAt, at));
    const resourceVersion = known !== undefined && compareResourceVersions(known, cursor) > 0 ? known : cursor;
    const moved = { resourceVersion, provenAt: epochMs(proven) };
    log.saveCursor(stream.id, stream.epoch, moved);
    return moved;
  }

  #resumed(log: LogWriter, stream: StreamRecord, at: EpochMs, _batch: ResumedBatch): void {
    const span = log.lastSpan(stream.id);
    if (span === undefined) throw new UnexpectedBatchError(`${streamName(stream.key)} cannot be resumed: it was never covered`);
    if (span.end !== undefined) this.#ledger(log, stream, stream.epoch, at, { type: 'COVERAGE_RESUMED' });
  }

  #interrupted(log: LogWriter, stream: StreamRecord, at: EpochMs, { reason }: InterruptedBatch): void {
    this.#endSpan(log, stream, at, reason);
  }

  #endSpan(log: LogWriter, stream: StreamRecord, at: EpochMs, reason: EndReason): void {
    const span = log.lastSpan(stream.id);
    // A stop was told already when a loss comes to light after the restart; that it was proven must be told all the same.
    if (span === undefined || (span.end !== undefined && reason.code !== 'loss-proven')) return;
    this.#ledger(log, stream, stream.epoch, at, { type: 'COVERAGE_ENDED', provenAt: span.provenAt, reason });
  }

  /** Appends a version unless the log has it, or nothing of what is stored of it changed. */
  #apply(log: LogWriter, stream: StreamRecord, epoch: number, at: EpochMs, origin: Origin, change: Change): void {
    const { object } = change;
    const last = log.lastEvent({ clusterId: this.#clusterId, resource: stream.key.resource, ...object });
    // Versions of one resource compare across its objects, so this tells a repeat even when the name has another uid by now.
    if (last && last.epoch === epoch && compareResourceVersions(object.resourceVersion, last.resourceVersion) <= 0) {
      this.totals.repeats++;
      return;
    }
    if (last && last.object.uid !== object.uid && last.type !== 'DELETED') {
      // The name was given to another object: the former one was deleted, though no one told.
      this.#appendMissing(log, stream, at, last);
    }
    const isSame = last?.object.uid === object.uid && last.type !== 'DELETED' && change.type !== 'DELETED';
    if (last && isSame && log.hasBody(last, object.body)) {
      this.totals.unchanged++;
      return;
    }
    this.#append(log, stream, epoch, at, origin, change, last);
  }

  #append(
    log: LogWriter,
    stream: StreamRecord,
    epoch: number,
    at: EpochMs,
    origin: Origin,
    { type, object }: Change,
    last: ObjectEvent | undefined,
  ): void {
    const { namespace, name, uid, resourceVersion, value } = object;
    const { resource } = stream.key;
    // A deletion mostly brings what is known; the expiry of a v1 Event brings nothing else.
    const body = type === 'DELETED' && last?.object.uid === uid && log.hasBody(last, object.body) ? 'same' : object.body;
    const event = log.appendObject({
      at,
      type,
      origin,
      streamId: stream.id,
      epoch,
      resourceVersion,
      object: { clusterId: this.#clusterId, resource, namespace, name, uid },
      body,
      family: familyOf(resource, value),
    });
    if (event === undefined) {
      this.totals.repeats++;
      return;
    }
    this.totals.events++;
    this.totals.flips += this.#projector.project(log, event, value);
  }

  /** A known object is not in a complete state: it was deleted; its final state is not known, the last known one stands for it. */
  #appendMissing(log: LogWriter, stream: StreamRecord, at: EpochMs, last: ObjectEvent): void {
    const event = log.appendObject({
      at,
      type: 'DELETED',
      origin: 'relist',
      streamId: stream.id,
      // The version is one of the epoch in which the object was known, and compares with those alone.
      epoch: last.epoch,
      resourceVersion: last.resourceVersion,
      object: last.object,
      body: 'same',
    });
    if (event === undefined) return;
    this.totals.events++;
    this.totals.flips += this.#projector.project(log, event);
  }

  #ledger(log: LogWriter, stream: StreamRecord, epoch: number, at: EpochMs, fact: LedgerFact): void {
    const event = log.appendLedger({ at, streamId: stream.id, epoch, fact });
    this.totals.events++;
    this.#projector.project(log, event);
  }

  /** The time for the next events: never before the event before them, nor before an instant that was proven complete. */
  #clamp(log: LogWriter, at: EpochMs, stream?: StreamRecord): EpochMs {
    const last = this.#lastAt ?? this.#lastKnownAt(log) ?? at;
    if (at >= last || this.#times === 'given') {
      this.#behindMs = 0;
      this.#lastAt = at;
      return at;
    }
    this.#lastAt = last;
    const behind = last - at;
    // One step is told once; while the clock catches up the distance only shrinks.
    if (behind > this.#behindMs) {
      // A ledger fact belongs to a stream: the next batch tells.
      if (stream === undefined) return last;
      this.#ledger(log, stream, stream.epoch, last, { type: 'CLOCK_STEPPED', byMs: -behind });
    }
    this.#behindMs = behind;
    return last;
  }

  #lastKnownAt(log: LogWriter): EpochMs | undefined {
    const times = log.streams(this.#clusterId).flatMap(({ cursor }) => cursor?.provenAt ?? []);
    const last = log.lastAt(this.#clusterId);
    if (last !== undefined) times.push(last);
    return times.length > 0 ? epochMs(Math.max(...times)) : undefined;
  }

  #write(work: (log: LogWriter) => void): void {
    const totals = { ...this.totals };
    const behindMs = this.#behindMs;
    try {
      this.#store.write(work);
    } catch (error) {
      // What was learnt inside the transaction never happened.
      this.#projector.forget();
      this.#streams.clear();
      this.#lastAt = undefined;
      this.#behindMs = behindMs;
      Object.assign(this.totals, totals);
      throw error;
    }
  }
}
