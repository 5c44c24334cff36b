/** Reads of the projections: Services, counts and notes. Every query here goes by an index, never over a table that grows. */
import { SOURCES, type Source } from '../../domain/backends.ts';
import type {
  ClusterId,
  CountsRecord,
  EventReader,
  FlipRecord,
  NoteRecord,
  ServiceAtRecord,
  ServiceRecord,
} from '../event-store.ts';
import { SOURCE } from './codes.ts';
import { Conditions } from './conditions.ts';
import {
  type CountsRow,
  countsRecord,
  type FlipRow,
  flipRecord,
  NAMES_OF_FLIP,
  SELECT_FLIP,
  type ServiceRow,
  serviceRecord,
} from './rows.ts';
import type { Statements } from './statements.ts';

type Query<Name extends keyof EventReader> = EventReader[Name] extends (query: infer Q) => unknown ? Q : never;

export function service(sql: Statements, { clusterId, namespace, name }: Query<'service'>): ServiceRecord | undefined {
  const row = sql.get<ServiceRow>(
    'SELECT * FROM service WHERE cluster_id = ? AND namespace = ? AND name = ?',
    clusterId,
    namespace,
    name,
  );
  return row && serviceRecord(row);
}

export function servicesAt(sql: Statements, reader: EventReader, query: Query<'servicesAt'>): ServiceAtRecord[] {
  const { at, asOf } = query;
  const told = new Map<ClusterId, boolean>();
  const servicesTold = (clusterId: ClusterId): boolean => {
    const known = told.get(clusterId) ?? servicesWereTold(sql, clusterId, at);
    told.set(clusterId, known);
    return known;
  };
  return serviceRows(sql, query).map((row) => {
    const record = serviceRecord(row);
    const object = reader.objectAt({ ...record, resource: 'v1/services', at, asOf });
    const counts: Partial<Record<Source, CountsRecord>> = {};
    for (const source of SOURCES) {
      const inForce = countsAt(sql, { serviceId: record.id, source, at, asOf });
      if (inForce) counts[source] = inForce;
    }
    const lastFlip = lastFlipAt(sql, row, query);
    const exists = object ? object.type !== 'DELETED' : servicesTold(record.clusterId) ? false : undefined;
    return { service: record, exists, counts, ...(lastFlip ? { lastFlip } : {}) };
  });
}

function serviceRows(sql: Statements, query: Query<'servicesAt'>): ServiceRow[] {
  const where = new Conditions();
  if (query.clusterId !== undefined) where.add('cluster_id = ?', query.clusterId);
  if (query.namespace !== undefined) where.add('namespace = ?', query.namespace);
  if (query.q !== undefined) where.add(`instr(namespace || '/' || name, ?) > 0`, query.q);
  if (query.after)
    where.add('(cluster_id, namespace, name) > (?, ?, ?)', query.after.clusterId, query.after.namespace, query.after.name);
  return sql.all<ServiceRow>(
    `SELECT * FROM service WHERE ${where.text} ORDER BY cluster_id, namespace, name LIMIT ?`,
    ...where.values,
    query.limit,
  );
}

/** Whether the Services of the cluster had been listed by T: then one that was not told of did not exist. */
function servicesWereTold(sql: Statements, clusterId: ClusterId, at: number): boolean {
  return (
    sql.get(
      `SELECT 1 FROM stream s JOIN coverage c ON c.stream_id = s.stream_id AND c.began_at <= ?
       WHERE s.cluster_id = ? AND s.resource = 'v1/services' LIMIT 1`,
      at,
      clusterId,
    ) !== undefined
  );
}

function lastFlipAt(sql: Statements, row: ServiceRow, { at, asOf }: Query<'servicesAt'>): FlipRecord | undefined {
  const found = sql.get<FlipRow>(
    `${SELECT_FLIP} FROM flip f ${NAMES_OF_FLIP} WHERE f.service_id = ? AND f.source = ? AND f.at <= ? AND f.position <= ?
     ORDER BY f.at DESC, f.position DESC, f.ordinal DESC LIMIT 1`,
    row.service_id,
    row.has_endpoints ? SOURCE.code('endpoints') : SOURCE.code('endpointslices'),
    at,
    asOf,
  );
  return found && flipRecord(found);
}

const COUNTS =
  'SELECT at, position, ready, not_ready, terminating, listed, truncated, editors FROM counts WHERE service_id = ? AND source = ?';

export function countsAt(sql: Statements, query: Query<'countsAt'>): CountsRecord | undefined {
  const row = sql.get<CountsRow>(
    `${COUNTS} AND at <= ? AND position <= ? ORDER BY at DESC, position DESC LIMIT 1`,
    query.serviceId,
    SOURCE.code(query.source),
    query.at,
    query.asOf,
  );
  return row && countsRecord(row);
}

export function counts(sql: Statements, query: Query<'counts'>): CountsRecord[] {
  return sql
    .all<CountsRow>(
      `${COUNTS} AND at > ? AND at < ? AND position <= ? ORDER BY at, position`,
      query.serviceId,
      SOURCE.code(query.source),
      query.from,
      query.to,
      query.asOf,
    )
    .map(countsRecord);
}

export function notesAbout(sql: Statements, { clusterId, uid, from, to, asOf }: Query<'notesAbout'>): NoteRecord[] {
  return sql.all<NoteRecord>(
    `SELECT position, at, reason, message FROM note
     WHERE cluster_id = ? AND about = ? AND at >= ? AND at <= ? AND position <= ? ORDER BY at, position`,
    clusterId,
    uid,
    from,
    to,
    asOf,
  );
}
