/**
 * What a stream hands to the recorder: units that become durable as a whole, in order, before the stream goes on.
 * The live watcher and the trace importer both speak this language.
 */
import type { KubeObject } from './objects.ts';
import type { StreamKey } from './resources.ts';
import type { EpochMs } from './time.ts';

/** A version of an object, as it will be stored. */
export interface ReceivedObject {
  readonly uid: string;
  /** Empty for a cluster-scoped object. */
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  /**
   * The bytes to store: as received for a `verbatim` resource (an item of a list is completed with the `kind` and
   * `apiVersion` that lists leave out, in the place where the API server writes them), JSON of the kept fields for a
   * `reduced` one.
   */
  readonly body: Uint8Array;
  /** `body` as parsed. */
  readonly value: KubeObject;
}

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface Change {
  readonly type: ChangeType;
  readonly object: ReceivedObject;
}

/** Why a span of coverage ended. Written into the ledger and shown to people. */
export interface EndReason {
  /** One of a small set of codes, for filters: `recorder-stopped`, `expired`, `forbidden`, `trace-ended`, … */
  readonly code: EndReasonCode;
  /** A sentence for people: "410 Expired: too old resource version: 1 (502)". Cut at 300 characters; from an untrusted server. */
  readonly detail?: string;
}

export type EndReasonCode =
  /** The process stopped or was killed; found at the next start. */
  | 'recorder-stopped'
  /** 410: the server has forgotten the versions after the cursor. */
  | 'expired'
  /** The store was restored, or another cluster answers: versions are no longer comparable. What comes next is a new epoch. */
  | 'new-epoch'
  /** 403 */
  | 'forbidden'
  /** 401 that new credentials did not mend, or credentials that could not be had. */
  | 'unauthenticated'
  /** 404: the server does not serve the resource. */
  | 'not-served'
  /** No connection, or errors of the server, for so long that the cursor was lost. */
  | 'unreachable'
  /** What the server sends is not understood, for so long that the stream cannot be said to go on. */
  | 'undecodable'
  /** The trace holds another list of the stream without saying why. */
  | 'relisted'
  /** A full list differed from what the log knew at that version: proven loss. */
  | 'loss-proven'
  /** The trace that was imported ends here. */
  | 'trace-ended';

/**
 * A complete state of the stream at one version: the first list, a streamed first state, or a relist.
 * The recorder decides from the log which it is: the first one makes no flips, a later one is a gap, and its
 * difference to the known state is recorded as inferred.
 */
export interface SnapshotBatch {
  readonly kind: 'snapshot';
  readonly stream: StreamKey;
  /** When the recorder had received all of it. */
  readonly at: EpochMs;
  readonly resourceVersion: string;
  readonly objects: readonly ReceivedObject[];
  /** Why the stream could not go on from its cursor. Ignored for a stream's first snapshot. */
  readonly reason: EndReason;
  /** True when versions before and after cannot be compared (etcd restored, another cluster behind the same address). */
  readonly newEpoch?: boolean;
}

/** Changes as watched, in order, and how far they prove the stream complete. */
export interface ChangesBatch {
  readonly kind: 'changes';
  readonly stream: StreamKey;
  readonly at: EpochMs;
  /** May be empty: a bookmark or a probe only moves the cursor and the proof. */
  readonly changes: readonly Change[];
  /** The version to resume from once this batch is durable. */
  readonly cursor: string;
  /** The stream is proven complete up to this instant; never after `at`. */
  readonly provenAt: EpochMs;
}

/** The stream goes on from the stored cursor after a restart or an error, and the server has accepted that. */
export interface ResumedBatch {
  readonly kind: 'resumed';
  readonly stream: StreamKey;
  readonly at: EpochMs;
}

/** The stream is not being watched from here on, or was not since it was last proven. */
export interface InterruptedBatch {
  readonly kind: 'interrupted';
  readonly stream: StreamKey;
  readonly at: EpochMs;
  readonly reason: EndReason;
}

export type StreamBatch = SnapshotBatch | ChangesBatch | ResumedBatch | InterruptedBatch;

/** Where a stream goes on after a restart. */
export interface Cursor {
  readonly resourceVersion: string;
  /** Up to when the stream was proven complete. */
  readonly provenAt: EpochMs;
}

/**
 * The recorder as streams see it. All calls are synchronous: when `commit` returns, the batch is on disk.
 */
export interface BatchSink {
  /** @throws when the batch could not be made durable; nothing of it was then written, and the stream must not go on. */
  commit(batch: StreamBatch): void;
  /** `undefined`: the stream was never recorded (or its epoch ended); start from its first state. */
  cursor(stream: StreamKey): Cursor | undefined;
  /**
   * Holds what the log knows to exist against a complete state at exactly the cursor's version. Writes nothing.
   *
   * @param objects all of that state
   * @returns what differs, for people: how many objects, and one of them by name, never content. `undefined`: nothing does.
   */
  disagreement(stream: StreamKey, objects: readonly ReceivedObject[]): string | undefined;
}
