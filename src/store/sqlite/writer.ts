/** Appends to the log and keeps its projections, inside the transaction that the store has open. */
import { crc32 } from 'node:zlib';
import type { CoverageSpan } from '../../domain/ledger.ts';
import type { StreamKey } from '../../domain/resources.ts';
import type { ChangeType, Cursor } from '../../domain/stream-batch.ts';
import { type EpochMs, epochMs } from '../../domain/time.ts';
import {
  type ClusterId,
  ClusterNameTakenError,
  type ClusterRecord,
  LATEST,
  type LedgerEvent,
  type LogWriter,
  type NewLedgerEvent,
  type NewObjectEvent,
  type NoteRecord,
  type ObjectEvent,
  type ObjectId,
  type ObjectIdentity,
  type Position,
  type ServiceProjection,
  type StreamId,
  type StreamRecord,
} from '../event-store.ts';
import type { LogSpace, ShedStep } from '../log-space.ts';
import type { EncodedBody } from './body-codec.ts';
import { BodyWriter } from './body-writer.ts';
import { CHANGE, LEDGER, ORIGIN } from './codes.ts';
import { Gathered } from './gathered.ts';
import { horizonPosition } from './horizons.ts';
import { LatestEvents, type StoredBody } from './latest-events.ts';
import { ProjectedRows } from './projected-rows.ts';
import * as projections from './projection-writes.ts';
import { SqliteReader } from './reader.ts';
import {
  type CoverageRow,
  coverageSpan,
  type EventRow,
  encodeFact,
  eventChecksum,
  identityText,
  type JoinedEventRow,
  objectEvent,
} from './rows.ts';
import { shed } from './shed.ts';
import { settleAllCounts } from './shed-counts.ts';
import type { Statements } from './statements.ts';

/** What deltas are made from, of objects that change often; of another one it is decoded again. */
const DICTIONARY_BYTES = 24 << 20;

export class SqliteWriter extends SqliteReader implements LogWriter {
  readonly #encoder = new BodyWriter(
    this.bodies,
    (position) => this.sql.get('SELECT 1 FROM body WHERE position = ?', position) !== undefined,
  );
  readonly #latest = new LatestEvents();
  readonly #gathered: Gathered;
  readonly #rows: ProjectedRows;
  /** Position of the next event; `undefined` until read from the log. */
  #next: number | undefined;

  constructor(statements: Statements) {
    super(statements, DICTIONARY_BYTES);
    this.#gathered = new Gathered(statements);
    this.#rows = new ProjectedRows(statements, this.#gathered);
  }

  /** Inside a transaction; what was learnt of what is shed is forgotten. */
  shed(step: Parameters<LogSpace['shed']>[0]): ShedStep {
    this.#gathered.write();
    const { objects, ...done } = shed(this.sql, step);
    // Rows of Services and backends may have gone with what told of them.
    this.#rows.clear();
    this.#encoder.shed(
      horizonPosition(this.sql),
      objects.map(({ id }) => id),
    );
    for (const object of objects) this.#latest.forget(object);
    return done;
  }

  /** Writes what waits for the end of the transaction: to be called before it. */
  finish(): void {
    this.#gathered.write();
  }

  /** Forgets what was learnt inside a transaction that has been rolled back. */
  forget(): void {
    this.#next = undefined;
    this.#encoder.clear();
    this.bodies.clear();
    this.#latest.clear();
    this.#gathered.forget();
    this.#rows.clear();
  }

  cluster({ uid, name }: { uid: string; name: string }): ClusterRecord {
    const holder = this.clusters().find((cluster) => cluster.name === name);
    if (holder && holder.uid !== uid) throw new ClusterNameTakenError(name);
    this.sql.run('INSERT INTO cluster (uid, name) VALUES (?, ?) ON CONFLICT (uid) DO UPDATE SET name = excluded.name', uid, name);
    return this.sql.get<ClusterRecord>('SELECT cluster_id AS id, uid, name FROM cluster WHERE uid = ?', uid) as ClusterRecord;
  }

  stream(clusterId: ClusterId, { resource, namespace = '' }: StreamKey): StreamRecord {
    this.sql.run(
      'INSERT INTO stream (cluster_id, resource, namespace) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      clusterId,
      resource,
      namespace,
    );
    return this.streams(clusterId).find(
      ({ key }) => key.resource === resource && (key.namespace ?? '') === namespace,
    ) as StreamRecord;
  }

  lastSpan(streamId: StreamId): CoverageSpan | undefined {
    const row = this.sql.get<CoverageRow>(
      'SELECT * FROM coverage WHERE stream_id = ? ORDER BY began_position DESC LIMIT 1',
      streamId,
    );
    if (row === undefined) return undefined;
    this.#gathered.writeCursors();
    const cursor = this.sql.get<{ proven_at: number }>('SELECT proven_at FROM cursor WHERE stream_id = ?', streamId);
    return coverageSpan(row, cursor?.proven_at, LATEST);
  }

  override streams(clusterId?: ClusterId): StreamRecord[] {
    this.#gathered.writeCursors();
    return super.streams(clusterId);
  }

  saveCursor(streamId: StreamId, epoch: number, cursor: Cursor): void {
    this.#gathered.cursor(streamId, epoch, cursor);
  }

  lastEvent(object: Omit<ObjectIdentity, 'uid'>): ObjectEvent | undefined {
    const known = this.#latest.get(object);
    if (known !== undefined) return known.event;
    const { clusterId, resource, namespace, name } = object;
    const row = this.sql.get<JoinedEventRow & StoredBody>(
      `SELECT e.*, o.cluster_id, o.resource, o.namespace, o.name, o.uid, b.size, b.crc
       FROM event e JOIN object o ON o.object_id = e.object_id JOIN body b ON b.position = e.body WHERE e.position = (
         SELECT l.last_position FROM object o JOIN lifespan l ON l.object_id = o.object_id
         WHERE o.cluster_id = ? AND o.resource = ? AND o.namespace = ? AND o.name = ?
         ORDER BY o.object_id DESC LIMIT 1)`,
      clusterId,
      resource,
      namespace,
      name,
    );
    if (row === undefined) return undefined;
    const event = objectEvent(row);
    this.#latest.set({ event, body: row.body, size: row.size, crc: row.crc });
    return event;
  }

  liveObjects({ clusterId, resource, namespace }: Parameters<LogWriter['liveObjects']>[0]): ObjectEvent[] {
    const scope = namespace === undefined ? '' : 'AND o.namespace = ?';
    return this.sql
      .all<JoinedEventRow>(
        `SELECT e.*, o.cluster_id, o.resource, o.namespace, o.name, o.uid
         FROM lifespan l CROSS JOIN object o ON o.object_id = l.object_id JOIN event e ON e.position = l.last_position
         WHERE l.deleted_at IS NULL AND o.cluster_id = ? AND o.resource = ? ${scope}
         ORDER BY o.namespace, o.name, o.object_id`,
        clusterId,
        resource,
        ...(namespace === undefined ? [] : [namespace]),
      )
      .map(objectEvent);
  }

  lastAt(clusterId: ClusterId): EpochMs | undefined {
    const row = this.sql.get<{ at: number }>(
      `SELECT at FROM event WHERE stream_id IN (SELECT stream_id FROM stream WHERE cluster_id = ?)
       ORDER BY position DESC LIMIT 1`,
      clusterId,
    );
    return row && epochMs(row.at);
  }

  hasBody(event: ObjectEvent, body: Uint8Array): boolean {
    const latest = this.#latest.get(event.object);
    const stored = latest?.event.position === event.position ? latest : this.#storedBody(event.position);
    // The checksum spares decoding what is different anyway; it does not prove that two are the same.
    return stored?.size === body.length && stored.crc === crc32(body) && this.bodies.read(stored.body).equals(body);
  }

  servicesOfSlice(slice: ObjectId): readonly string[] {
    const known = this.#rows.ownersOfSlice(slice);
    if (known !== undefined) return known;
    return this.sql
      .all<{ name: string }>(
        `SELECT v.name FROM lifespan l
         JOIN service_slice m ON m.object_id = l.object_id AND m.last_position = l.last_position
         JOIN service v ON v.service_id = m.service_id
         WHERE l.object_id = ? AND l.deleted_at IS NULL ORDER BY v.name`,
        slice,
      )
      .map(({ name }) => name);
  }

  appendObject(event: NewObjectEvent): ObjectEvent | undefined {
    const { object, type, epoch, resourceVersion } = event;
    const known = this.#latest.get(object);
    const isLatest = known?.event.object.uid === object.uid;
    const objectId = isLatest ? known.event.objectId : this.#objectId(object, type);
    const last = isLatest ? known : this.#lastBody(objectId);
    const position = this.#nextPosition();
    const stored = event.body === 'same' ? last : storedAt(position, event.body);
    if (stored === undefined) throw new Error('an event without a body of its own needs an earlier one of the same object');
    const isNew = this.#insertEvent(
      {
        position,
        at: event.at,
        type: CHANGE.code(type),
        origin: ORIGIN.code(event.origin),
        stream_id: event.streamId,
        epoch,
        object_id: objectId,
        resource_version: resourceVersion,
        body: stored.body,
      },
      identityText(object),
      stored.crc,
    );
    if (!isNew) return undefined;
    this.#next = position + 1;
    if (event.body !== 'same') {
      this.#saveBody(stored, this.#encoder.encode(position, objectId, last?.body, event.family, event.body));
    }
    const appended: ObjectEvent = {
      position: position as Position,
      at: event.at,
      type,
      origin: event.origin,
      streamId: event.streamId,
      epoch,
      resourceVersion,
      objectId,
      object,
    };
    this.#latest.append({ event: appended, body: stored.body, size: stored.size, crc: stored.crc });
    return appended;
  }

  appendLedger(event: NewLedgerEvent): LedgerEvent {
    const position = this.#nextPosition();
    this.#next = position + 1;
    const raw = encodeFact(event.fact);
    const stored = storedAt(position, raw);
    this.#saveBody(stored, this.#encoder.encode(position, -event.streamId, undefined, 'ledger', raw));
    this.#insertEvent(
      {
        position,
        at: event.at,
        type: LEDGER.code(event.fact.type),
        origin: ORIGIN.code('ledger'),
        stream_id: event.streamId,
        epoch: event.epoch,
        object_id: null,
        resource_version: null,
        body: position,
      },
      '',
      stored.crc,
    );
    return { position: position as Position, ...event };
  }

  projectObject(event: ObjectEvent, service: string | undefined): void {
    projections.projectObject(this.sql, this.#rows, event, service);
    this.#latest.project(event);
  }

  projectLedger(event: LedgerEvent): void {
    projections.projectLedger(this.sql, event);
  }

  projectService(projection: ServiceProjection): void {
    projections.projectService(this.sql, this.#rows, projection);
  }

  projectNote(clusterId: ClusterId, note: NoteRecord & { readonly about: string }): void {
    projections.projectNote(this.sql, clusterId, note);
  }

  clearProjections(): void {
    this.#gathered.write();
    projections.clearProjections(this.sql);
    this.#rows.clear();
    this.#latest.clear();
  }

  settleAtHorizon(): void {
    settleAllCounts(this.sql);
  }

  /**
   * The row of an object is the newest of its name while it exists: reads find the present holder of a name by that. So an
   * object that lives again after another one had its name (a backup was restored) gets a row of its own once more.
   */
  #objectId({ clusterId, resource, namespace, name, uid }: ObjectIdentity, type: ChangeType): ObjectId {
    const rows = this.sql.all<{ object_id: ObjectId; uid: string }>(
      `SELECT object_id, uid FROM object WHERE cluster_id = ? AND resource = ? AND namespace = ? AND name = ?
       ORDER BY object_id DESC ${type === 'DELETED' ? '' : 'LIMIT 1'}`,
      clusterId,
      resource,
      namespace,
      name,
    );
    const known = rows.find((row) => row.uid === uid);
    if (known) return known.object_id;
    return this.sql.insert(
      'INSERT INTO object (cluster_id, resource, namespace, name, uid) VALUES (?, ?, ?, ?, ?)',
      clusterId,
      resource,
      namespace,
      name,
      uid,
    ) as ObjectId;
  }

  #lastBody(objectId: ObjectId): StoredBody | undefined {
    return this.sql.get<StoredBody>(
      `SELECT e.body, b.size, b.crc FROM event e JOIN body b ON b.position = e.body
       WHERE e.position = (SELECT last_position FROM lifespan WHERE object_id = ?)`,
      objectId,
    );
  }

  #storedBody(event: Position): StoredBody | undefined {
    return this.sql.get<StoredBody>(
      'SELECT e.body, b.size, b.crc FROM event e JOIN body b ON b.position = e.body WHERE e.position = ?',
      event,
    );
  }

  #nextPosition(): number {
    return this.#next ?? this.lastPosition() + 1;
  }

  #saveBody({ body, size, crc }: StoredBody, { base, data }: EncodedBody): void {
    this.sql.run('INSERT INTO body (position, base, size, crc, data) VALUES (?, ?, ?, ?, ?)', body, base, size, crc, data);
    if (base !== null) this.#gathered.delta(base);
  }

  /** @returns `false` for a repeat, of which nothing is written */
  #insertEvent(row: Omit<EventRow, 'checksum'>, identity: string, bodyCrc: number): boolean {
    const inserted = this.sql.run(
      `INSERT INTO event (position, at, type, origin, stream_id, epoch, object_id, resource_version, body, checksum)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (object_id, resource_version, epoch, type) WHERE object_id IS NOT NULL DO NOTHING`,
      row.position,
      row.at,
      row.type,
      row.origin,
      row.stream_id,
      row.epoch,
      row.object_id,
      row.resource_version,
      row.body,
      eventChecksum(row, identity, bodyCrc),
    );
    return inserted > 0;
  }
}

const storedAt = (position: number, raw: Uint8Array): StoredBody => ({ body: position, size: raw.length, crc: crc32(raw) });
