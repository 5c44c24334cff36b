/** Reads of the log itself: events, bodies, objects at an instant, streams and their coverage. */
import type { Backend } from '../../domain/backends.ts';
import type {
  BackendId,
  ClusterId,
  ClusterRecord,
  CountsRecord,
  CoverageRecord,
  EventReader,
  FlipColumns,
  FlipQuery,
  FlipRecord,
  Horizon,
  ListChange,
  NoteRecord,
  ObjectEvent,
  Position,
  ServiceAtRecord,
  ServiceRecord,
  StoredEvent,
  StreamRecord,
} from '../event-store.ts';
import { BodyReader } from './bodies.ts';
import type { BodyRow } from './body-codec.ts';
import { CHANGE } from './codes.ts';
import * as flipReads from './flip-reads.ts';
import { horizons } from './horizons.ts';
import { backends, flipColumns, listChanges } from './picture-reads.ts';
import * as projections from './projection-reads.ts';
import {
  type CoverageRow,
  coverageSpan,
  type EventRow,
  isLedgerRow,
  type JoinedEventRow,
  ledgerEvent,
  objectEvent,
  SELECT_OBJECT_EVENT,
  type StreamRow,
  streamRecord,
} from './rows.ts';
import { servicesAt } from './services-at.ts';
import type { Statements } from './statements.ts';
import { versions } from './versions.ts';

const DELETED = CHANGE.code('DELETED');

const SELECT_STREAM = `
  SELECT s.*, c.epoch, c.resource_version, c.proven_at FROM stream s LEFT JOIN cursor c ON c.stream_id = s.stream_id`;

export class SqliteReader implements EventReader {
  protected readonly sql: Statements;
  protected readonly bodies: BodyReader;
  /** Where the bodies of events are stored whose rows were read with it. */
  readonly #bodyOf = new WeakMap<ObjectEvent, number>();

  constructor(statements: Statements, bodyCacheBytes?: number) {
    this.sql = statements;
    this.bodies = new BodyReader(
      (position) => this.sql.get<BodyRow>('SELECT base, size, crc, data FROM body WHERE position = ?', position),
      bodyCacheBytes,
    );
  }

  consistently<T>(read: () => T): T {
    const { connection } = this.sql;
    return connection.inTransaction ? read() : connection.transaction(read).deferred();
  }

  horizons(): Horizon[] {
    return horizons(this.sql);
  }

  lastPosition(): Position {
    return (this.sql.get<{ last: number | null }>('SELECT max(position) AS last FROM event')?.last ?? 0) as Position;
  }

  clusters(): ClusterRecord[] {
    return this.sql.all<ClusterRecord>('SELECT cluster_id AS id, uid, name FROM cluster ORDER BY cluster_id');
  }

  streams(clusterId?: ClusterId): StreamRecord[] {
    const rows =
      clusterId === undefined
        ? this.sql.all<StreamRow>(`${SELECT_STREAM} ORDER BY s.stream_id`)
        : this.sql.all<StreamRow>(`${SELECT_STREAM} WHERE s.cluster_id = ? ORDER BY s.stream_id`, clusterId);
    return rows.map(streamRecord);
  }

  coverage({ clusterId, asOf }: { clusterId?: ClusterId; asOf: Position }): CoverageRecord[] {
    return this.streams(clusterId).map((stream) => {
      const rows = this.sql.all<CoverageRow>(
        'SELECT * FROM coverage WHERE stream_id = ? AND began_position <= ? ORDER BY began_position',
        stream.id,
        asOf,
      );
      return { stream, spans: rows.map((row) => coverageSpan(row, stream.cursor?.provenAt, asOf)) };
    });
  }

  events({ after, limit }: { after: Position; limit: number }): StoredEvent[] {
    return this.sql
      .all<JoinedEventRow | EventRow>(
        `SELECT e.*, o.cluster_id, o.resource, o.namespace, o.name, o.uid
         FROM event e LEFT JOIN object o ON o.object_id = e.object_id
         WHERE e.position > ? ORDER BY e.position LIMIT ?`,
        after,
        limit,
      )
      .map((row) => this.stored(row));
  }

  event(position: Position): StoredEvent | undefined {
    return this.events({ after: (position - 1) as Position, limit: 1 }).find((event) => event.position === position);
  }

  extent(clusterId: ClusterId): { first: StoredEvent; last: StoredEvent } | undefined {
    const edge = (order: 'ASC' | 'DESC', after = 0) =>
      this.sql.get<{ position: Position }>(
        `SELECT position FROM event WHERE stream_id IN (SELECT stream_id FROM stream WHERE cluster_id = ?) AND position > ?
         ORDER BY position ${order} LIMIT 1`,
        clusterId,
        after,
      )?.position;
    const horizon = this.horizons().find((each) => each.clusterId === clusterId);
    // A cluster's first event opens the coverage of a stream: found there without reading the clusters before it.
    const firstPosition =
      horizon !== undefined
        ? edge('ASC', horizon.position)
        : this.sql.get<{ position: Position | null }>(
            'SELECT min(began_position) AS position FROM coverage JOIN stream USING (stream_id) WHERE cluster_id = ?',
            clusterId,
          )?.position;
    const lastPosition = edge('DESC');
    if (lastPosition === undefined) return undefined;
    const first = this.event(firstPosition ?? (horizon === undefined ? edge('ASC') : undefined) ?? lastPosition);
    const last = this.event(lastPosition);
    return first && last ? { first, last } : undefined;
  }

  body(event: ObjectEvent): Uint8Array {
    return this.bodies.read(this.#bodyOf.get(event) ?? this.bodyPosition(event.position));
  }

  bodiesOf(events: readonly ObjectEvent[]): Uint8Array[] {
    const positions = events.map((event) => this.#bodyOf.get(event) ?? this.bodyPosition(event.position));
    const rows = this.sql.all<BodyRow & { position: number }>(
      'SELECT b.position, b.base, b.size, b.crc, b.data FROM json_each(?) j CROSS JOIN body b ON b.position = j.value',
      JSON.stringify([...new Set(positions)]),
    );
    const read = this.bodies.readTogether(rows);
    return positions.map((position) => read.get(position) ?? this.bodies.read(position));
  }

  objectAt(query: Parameters<EventReader['objectAt']>[0]): ObjectEvent | undefined {
    // The newest uid of the name is tried first; one that came after T or after asOf has no row here and the next is tried.
    const row = this.sql.get<JoinedEventRow>(
      `${SELECT_OBJECT_EVENT}
       WHERE o.cluster_id = ? AND o.resource = ? AND o.namespace = ? AND o.name = ? AND e.at <= ? AND e.position <= ?
       ORDER BY o.object_id DESC, e.at DESC, e.position DESC LIMIT 1`,
      query.clusterId,
      query.resource,
      query.namespace,
      query.name,
      query.at,
      query.asOf,
    );
    return row && this.#found(row);
  }

  slicesAt(query: Parameters<EventReader['slicesAt']>[0]): ObjectEvent[] {
    const { at, asOf } = query;
    return this.sql
      .all<{ object_id: number }>(
        `SELECT l.object_id
         FROM service v JOIN service_slice m ON m.service_id = v.service_id JOIN lifespan l ON l.object_id = m.object_id
         JOIN object o ON o.object_id = l.object_id
         WHERE v.cluster_id = ? AND v.namespace = ? AND v.name = ?
           AND l.added_at <= ? AND (l.deleted_at IS NULL OR l.deleted_at > ? OR l.last_position > ?)
         ORDER BY o.name, o.object_id`,
        query.clusterId,
        query.namespace,
        query.service,
        at,
        at,
        asOf,
      )
      .flatMap(({ object_id }) => {
        const row = this.sql.get<JoinedEventRow>(
          `${SELECT_OBJECT_EVENT} WHERE e.object_id = ? AND e.at <= ? AND e.position <= ?
           ORDER BY e.at DESC, e.position DESC LIMIT 1`,
          object_id,
          at,
          asOf,
        );
        return row && row.type !== DELETED ? [this.#found(row)] : [];
      });
  }

  hasObjects({ clusterId, resource, namespace }: Parameters<EventReader['hasObjects']>[0]): boolean {
    const any = 'SELECT 1 FROM object WHERE cluster_id = ? AND resource = ?';
    const found =
      namespace === undefined
        ? this.sql.get(`${any} LIMIT 1`, clusterId, resource)
        : this.sql.get(`${any} AND namespace = ? LIMIT 1`, clusterId, resource, namespace);
    return found !== undefined;
  }

  versions(query: Parameters<EventReader['versions']>[0]): ObjectEvent[] {
    return versions(this.sql, query).map(({ event, body }) => {
      this.#bodyOf.set(event, body);
      return event;
    });
  }

  notesAbout(query: Parameters<EventReader['notesAbout']>[0]): NoteRecord[] {
    return projections.notesAbout(this.sql, query);
  }

  service(query: Parameters<EventReader['service']>[0]): ServiceRecord | undefined {
    return projections.service(this.sql, query);
  }

  servicesAt(query: Parameters<EventReader['servicesAt']>[0]): ServiceAtRecord[] {
    return this.sql.connection.transaction(() => servicesAt(this.sql, query))();
  }

  flips(query: FlipQuery): FlipRecord[] {
    return flipReads.flips(this.sql, query);
  }

  listChanges(query: Parameters<EventReader['listChanges']>[0]): ListChange[] {
    return listChanges(this.sql, query);
  }

  flipColumns(query: Parameters<EventReader['flipColumns']>[0]): FlipColumns {
    return flipColumns(this.sql, query);
  }

  backends(ids: readonly BackendId[]): Map<BackendId, Backend> {
    return backends(this.sql, ids);
  }

  flipsAfter(query: Parameters<EventReader['flipsAfter']>[0]): FlipRecord[] {
    return flipReads.flipsAfter(this.sql, query);
  }

  countsAt(query: Parameters<EventReader['countsAt']>[0]): CountsRecord | undefined {
    return projections.countsAt(this.sql, query);
  }

  hasUnusualLists(query: Parameters<EventReader['hasUnusualLists']>[0]): boolean {
    return projections.hasUnusualLists(this.sql, query);
  }

  counts(query: Parameters<EventReader['counts']>[0]): CountsRecord[] {
    return projections.counts(this.sql, query);
  }

  #found(row: JoinedEventRow): ObjectEvent {
    const event = objectEvent(row);
    this.#bodyOf.set(event, row.body);
    return event;
  }

  protected stored(row: JoinedEventRow | EventRow): StoredEvent {
    return isLedgerRow(row) ? ledgerEvent(row, this.bodies.read(row.body)) : objectEvent(row as JoinedEventRow);
  }

  /** Where the version that an event carries is stored: an inferred deletion carries that of the event before it. */
  protected bodyPosition(position: Position): number {
    return this.sql.get<{ body: number }>('SELECT body FROM event WHERE position = ?', position)?.body ?? position;
  }
}
