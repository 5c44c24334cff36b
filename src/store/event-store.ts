/**
 * The store port: what the recorder writes through and history reads through, whatever engine is behind it.
 *
 * Promises that every engine keeps (test/contract holds them to it):
 * - The log is append-only. Positions grow by one from 1, without holes above the horizon; only {@link LogSpace.shed} takes
 *   events away, the oldest first.
 * - A write is one transaction: events, their projections, cursors and coverage appear together or not at all.
 * - A body read back is byte for byte what was appended, or the read throws {@link CorruptLogError}.
 * - The same version of the same object appended again is a repeat: ignored, and said so.
 * - A reader sees one consistent state per call and never waits for the writer.
 * - Projections depend on nothing but the events before them: made again from the log they are identical.
 */
import type { Backend, BackendCounts, FlipState, Source } from '../domain/backends.ts';
import type { CoverageSpan, LedgerFact, ShedReason } from '../domain/ledger.ts';
import type { ResourceName, StreamKey } from '../domain/resources.ts';
import type { ChangeType, Cursor } from '../domain/stream-batch.ts';
import type { EpochMs } from '../domain/time.ts';
import type { LogSpace } from './log-space.ts';

declare const brand: unique symbol;
type Id<Name extends string> = number & { readonly [brand]: Name };

/** Order of appending, from 1. */
export type Position = Id<'Position'>;
export type ClusterId = Id<'ClusterId'>;
export type StreamId = Id<'StreamId'>;
export type ObjectId = Id<'ObjectId'>;
export type ServiceId = Id<'ServiceId'>;
export type BackendId = Id<'BackendId'>;

export const position = (value: number): Position => value as Position;
/** As of this position everything in the log counts. */
export const LATEST = Number.MAX_SAFE_INTEGER as Position;

export * from './log-errors.ts';

/**
 * How a version came to the recorder: `watch`: seen as it happened; `snapshot`: in a stream's first complete state,
 * nothing is known of before; `relist`: inferred from the difference between what was known and a later complete state.
 */
export type Origin = 'watch' | 'snapshot' | 'relist';

export interface ClusterRecord {
  readonly id: ClusterId;
  readonly uid: string;
  readonly name: string;
}

export interface StreamRecord {
  readonly id: StreamId;
  readonly clusterId: ClusterId;
  readonly key: StreamKey;
  /** Grows when the versions of the stream stop being comparable with earlier ones. */
  readonly epoch: number;
  /** Absent before the first commit. */
  readonly cursor?: Cursor;
}

export interface ObjectIdentity {
  readonly clusterId: ClusterId;
  readonly resource: ResourceName;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** An event that carries a version of an object. */
export interface ObjectEvent {
  readonly position: Position;
  readonly at: EpochMs;
  readonly type: ChangeType;
  readonly origin: Origin;
  readonly streamId: StreamId;
  readonly epoch: number;
  readonly resourceVersion: string;
  readonly objectId: ObjectId;
  readonly object: ObjectIdentity;
}

/** An event that carries a ledger fact. */
export interface LedgerEvent {
  readonly position: Position;
  readonly at: EpochMs;
  readonly streamId: StreamId;
  readonly epoch: number;
  readonly fact: LedgerFact;
}

export type StoredEvent = ObjectEvent | LedgerEvent;

export const isLedgerEvent = (event: StoredEvent): event is LedgerEvent => 'fact' in event;

export interface ServiceRecord {
  readonly id: ServiceId;
  readonly clusterId: ClusterId;
  readonly namespace: string;
  readonly name: string;
}

/** A flip as projected. Counts are the Service's, in this source, after the event. */
export interface FlipRecord {
  readonly position: Position;
  /** Among the flips of one event, from 0. */
  readonly ordinal: number;
  readonly at: EpochMs;
  readonly service: ServiceRecord;
  readonly source: Source;
  readonly backend: Backend;
  readonly from: FlipState;
  readonly to: FlipState;
  readonly readyAfter: number;
  readonly notReadyAfter: number;
  readonly notBefore: EpochMs;
  readonly origin: Origin;
}

/** An event that told of a Service's address lists: the Service's counts in this source after it. */
export interface ListChange {
  readonly at: EpochMs;
  readonly position: Position;
  readonly ready: number;
  readonly notReady: number;
  readonly terminating: number;
  /** An Endpoints object, or a slice, exists. */
  readonly listed: boolean;
  /** How many flips it brought. */
  readonly flips: number;
}

/**
 * Flips as columns, an entry a flip. Of which event each is says {@link ListChange.flips}, and what it has in common with the
 * backend's other flips is left out, so that a hundred thousand of them can be read for one picture.
 */
export interface FlipColumns {
  readonly backend: readonly BackendId[];
  readonly to: readonly FlipState[];
}

/** Where a page of flips ended: the next one starts after this flip. */
export interface FlipKey {
  readonly at: EpochMs;
  readonly position: Position;
  readonly ordinal: number;
}

/** All given conditions hold. Oldest first, by `at`, then position, then ordinal. */
export interface FlipQuery {
  readonly clusterId?: ClusterId;
  readonly serviceId?: ServiceId;
  readonly namespace?: string;
  /** Name of the Service. */
  readonly service?: string;
  /** Absent: of each Service the source that it is told by: Endpoints where it ever had them, else slices. */
  readonly source?: Source;
  /** Name of the Pod. */
  readonly pod?: string;
  readonly node?: string;
  /** Inclusive. */
  readonly from: EpochMs;
  /** Exclusive. */
  readonly to: EpochMs;
  readonly asOf: Position;
  readonly after?: FlipKey;
  readonly limit: number;
}

/** A Service's counts in one source from an event on, until the next record. */
export interface CountsRecord extends BackendCounts {
  readonly at: EpochMs;
  readonly position: Position;
  /** False from the event on that took the Endpoints object, or the last slice, away. */
  readonly listed: boolean;
  /** The Endpoints object was cut at 1,000 addresses. */
  readonly truncated: boolean;
  /** Field managers that wrote this version by hand; empty when a controller did, or when it does not show. */
  readonly editors: readonly string[];
}

/** What a v1 Event says of an object. */
export interface NoteRecord {
  readonly position: Position;
  /** When it was received; of one from a list, when it says that it happened. */
  readonly at: EpochMs;
  readonly reason: string;
  readonly message: string;
}

/** A Service and what is known of it at one instant. */
export interface ServiceAtRecord {
  readonly service: ServiceRecord;
  /** Whether the Service object existed; `undefined` when its stream had not told of it. */
  readonly exists: boolean | undefined;
  readonly counts: Readonly<Partial<Record<Source, CountsRecord>>>;
  /** Time of the last flip at or before the instant, in the source that the Service is told by. */
  readonly lastFlip?: FlipRecord;
}

/** One stream's coverage, oldest span first. The open span's `provenAt` is the stream's present proof. */
export interface CoverageRecord {
  readonly stream: StreamRecord;
  readonly spans: readonly CoverageSpan[];
}

/**
 * How far history of a cluster was shed. Instants from `at` on, as of positions from `position` on, are answered as if
 * nothing had been: of every object the version in force at the horizon is kept. Of earlier ones nothing can be said.
 */
export interface Horizon {
  readonly clusterId: ClusterId;
  readonly position: Position;
  readonly at: EpochMs;
  readonly reason: ShedReason;
}

export interface EventReader {
  /** Runs `read`, which may not wait, over one state of the log: no call in it sees what is written meanwhile. */
  consistently<T>(read: () => T): T;
  /** 0 for an empty log. */
  lastPosition(): Position;
  /** Of the clusters that history was shed of. */
  horizons(): Horizon[];
  clusters(): ClusterRecord[];
  streams(clusterId?: ClusterId): StreamRecord[];
  /** Coverage as the ledger tells it up to `asOf`. */
  coverage(query: { clusterId?: ClusterId; asOf: Position }): CoverageRecord[];

  /** Events by position, oldest first, with `position` > `after`. */
  events(query: { after: Position; limit: number }): StoredEvent[];
  event(position: Position): StoredEvent | undefined;
  /** First event of a cluster after its horizon, and its last event; the last one twice when none is after the horizon. */
  extent(clusterId: ClusterId): { first: StoredEvent; last: StoredEvent } | undefined;
  /** The version that an event carries. @throws CorruptLogError */
  body(event: ObjectEvent): Uint8Array;
  /** The versions that several events carry, sooner than one after the other. @throws CorruptLogError when one of them is */
  bodiesOf(events: readonly ObjectEvent[]): Uint8Array[];
  /**
   * The last event of the object with this name, whichever its uid, with `at` ≤ T and position ≤ asOf.
   * A DELETED event means that the object did not exist at T.
   */
  objectAt(query: Omit<ObjectIdentity, 'uid'> & { at: EpochMs; asOf: Position }): ObjectEvent | undefined;
  /**
   * The last event of each slice that existed at T and ever carried the Service's label, in order of name. Whether it
   * carried it at T is for the caller to see in the body; slices do not change hands in practice.
   */
  slicesAt(query: { clusterId: ClusterId; namespace: string; service: string; at: EpochMs; asOf: Position }): ObjectEvent[];

  /** Whether there ever was an object of the resource, in one namespace or in any; what came after any `asOf` counts too. */
  hasObjects(query: { clusterId: ClusterId; resource: ResourceName; namespace?: string }): boolean;
  /**
   * What the objects with this name, or with a name that begins so, were in a span: of each the version in force at `from`,
   * if it existed, and the versions with from < at ≤ to. By position.
   */
  versions(query: {
    clusterId: ClusterId;
    resource: ResourceName;
    namespace: string;
    name: string | { readonly prefix: string };
    from: EpochMs;
    to: EpochMs;
    asOf: Position;
  }): ObjectEvent[];
  /** What v1 Events said of the object with this uid, with from ≤ at ≤ to, oldest first. */
  notesAbout(query: { clusterId: ClusterId; uid: string; from: EpochMs; to: EpochMs; asOf: Position }): NoteRecord[];

  service(query: { clusterId: ClusterId; namespace: string; name: string }): ServiceRecord | undefined;
  /** Services in order of cluster, namespace and name, with `after` excluded. `q` is a part of `namespace/name`. */
  servicesAt(query: {
    clusterId?: ClusterId;
    namespace?: string;
    q?: string;
    at: EpochMs;
    asOf: Position;
    after?: { clusterId: ClusterId; namespace: string; name: string };
    limit: number;
  }): ServiceAtRecord[];

  flips(query: FlipQuery): FlipRecord[];
  /** The events that told of one Service in one source with from ≤ at < to, by `at`, then position. */
  listChanges(query: { serviceId: ServiceId; source: Source; from: EpochMs; to: EpochMs; asOf: Position }): ListChange[];
  /** Their flips: all of the first event, then all of the second, and so on. */
  flipColumns(query: { serviceId: ServiceId; source: Source; from: EpochMs; to: EpochMs; asOf: Position }): FlipColumns;
  /** Backends as their flips describe them. One that does not exist is left out. */
  backends(ids: readonly BackendId[]): Map<BackendId, Backend>;
  /** Flips of the events with `after` < position ≤ `through`, by position: what a live view has not seen yet. */
  flipsAfter(query: { after: Position; through: Position; limit: number }): FlipRecord[];
  /** The counts in force at T. `undefined`: the source had told nothing of the Service by then. */
  countsAt(query: { serviceId: ServiceId; source: Source; at: EpochMs; asOf: Position }): CountsRecord | undefined;
  /**
   * Whether a version of the Service's address list that was in force in a span (its ends belong to it) was cut at 1,000
   * addresses, written by hand, or no list at all.
   */
  hasUnusualLists(query: { serviceId: ServiceId; source: Source; from: EpochMs; to: EpochMs; asOf: Position }): boolean;
  /** Changes of the counts with from < at < to, oldest first. */
  counts(query: { serviceId: ServiceId; source: Source; from: EpochMs; to: EpochMs; asOf: Position }): CountsRecord[];
}

export interface NewObjectEvent {
  readonly at: EpochMs;
  readonly type: ChangeType;
  readonly origin: Origin;
  readonly streamId: StreamId;
  readonly epoch: number;
  readonly resourceVersion: string;
  readonly object: ObjectIdentity;
  /** `same`: the version is the one that the object's last event carries (a deletion that was inferred). */
  readonly body: Uint8Array | 'same';
  /** Objects that resemble each other, such as the Pods of one ReplicaSet: an engine may store one as its difference from another. */
  readonly family?: string;
}

export interface NewLedgerEvent {
  readonly at: EpochMs;
  readonly streamId: StreamId;
  readonly epoch: number;
  readonly fact: LedgerFact;
}

export interface NewFlip {
  readonly backend: Backend;
  readonly from: FlipState;
  readonly to: FlipState;
  readonly notBefore: EpochMs;
}

/** What one event adds to the projections of one Service in one source. */
export interface ServiceProjection {
  readonly event: ObjectEvent;
  readonly service: Omit<ServiceRecord, 'id'>;
  readonly source: Source;
  readonly counts: BackendCounts;
  readonly listed: boolean;
  readonly truncated: boolean;
  readonly editors: readonly string[];
  readonly flips: readonly NewFlip[];
  /** Ordinal of the first of `flips`: an event that concerns two Services (a slice that changes hands) numbers on. */
  readonly firstOrdinal: number;
}

/** Valid only inside {@link EventStore.write}; reads see what the transaction wrote so far. */
export interface LogWriter extends EventReader {
  /** The cluster with this uid, made when new. A new name renames it. @throws ClusterNameTakenError */
  cluster(identity: { uid: string; name: string }): ClusterRecord;
  /** The stream, made when new, in epoch 1. */
  stream(clusterId: ClusterId, key: StreamKey): StreamRecord;
  /** The latest span of the stream, open or ended; `undefined` when it was never covered. */
  lastSpan(streamId: StreamId): CoverageSpan | undefined;
  /** Moves the cursor and the proof; `epoch` grows when versions stop being comparable. */
  saveCursor(streamId: StreamId, epoch: number, cursor: Cursor): void;

  /** The last event of the object with this name, whichever its uid, by position. */
  lastEvent(object: Omit<ObjectIdentity, 'uid'>): ObjectEvent | undefined;
  /** The last event of every object of a resource that exists, in one namespace or in all. */
  liveObjects(query: { clusterId: ClusterId; resource: ResourceName; namespace?: string }): ObjectEvent[];
  /** `at` of the cluster's last event by position: no later event of the cluster may be older. `undefined` for none. */
  lastAt(clusterId: ClusterId): EpochMs | undefined;

  /** Whether the version that an event carries is, byte for byte, this one. */
  hasBody(event: ObjectEvent, body: Uint8Array): boolean;
  /** Names of the Services, in the slice's own namespace, whose label its last event carried; none once it was deleted. */
  servicesOfSlice(slice: ObjectId): readonly string[];

  /** @returns `undefined` when it is a repeat: the same epoch, object, resourceVersion and type. */
  appendObject(event: NewObjectEvent): ObjectEvent | undefined;
  appendLedger(event: NewLedgerEvent): LedgerEvent;

  /** Projections. `projectObject` and `projectLedger` come for every event, in order of position. */
  projectObject(event: ObjectEvent, service: string | undefined): void;
  projectLedger(event: LedgerEvent): void;
  projectService(projection: ServiceProjection): void;
  /** For an event that carries a v1 Event; `about` is the uid of the object that it is about. */
  projectNote(clusterId: ClusterId, note: NoteRecord & { readonly about: string }): void;
  clearProjections(): void;
  /** For a rebuild that has projected all that is left at or below the horizon, without flips and notes, and nothing after it. */
  settleAtHorizon(): void;
}

export interface EventStore extends LogSpace {
  /**
   * Runs `work` in one transaction and returns what it returns. `work` is synchronous: a promise would let the
   * transaction end before it. When `work` throws, nothing is written and the error is passed on.
   * @throws LogUnwritableError
   */
  write<T>(work: (log: LogWriter) => T): T;
  /**
   * Runs `work`, which may wait, so that all its `write`s become durable together at its end, or none of them.
   * For an import, which must leave nothing half-written; no other `write` may run meanwhile.
   */
  writeTogether<T>(work: () => Promise<T>): Promise<T>;
  readonly reader: EventReader;
  close(): void;
}
