/**
 * Reads of flips. A page is read as narrow rows of numbers; the Service and the backend of each, which a page names many times
 * over, are read once and shared by its records.
 */
import type { Backend, Source } from '../../domain/backends.ts';
import {
  CorruptLogError,
  type EventReader,
  type FlipQuery,
  type FlipRecord,
  LATEST,
  type ServiceId,
  type ServiceRecord,
} from '../event-store.ts';
import { SOURCE } from './codes.ts';
import { Conditions } from './conditions.ts';
import { type BackendRow, backendOf, type FlipRow, flipRecord, type ServiceRow, serviceRecord } from './rows.ts';
import type { Statements } from './statements.ts';

/** Narrow: the Service and the backend of each are read once. */
type NarrowRow = readonly [...FlipRow, serviceId: number, backendId: number];

const SELECT = `
  SELECT f.position, f.ordinal, f.at, f.source, f.from_state, f.to_state, f.ready_after, f.not_ready_after, f.spread_ms, f.origin,
         f.service_id, f.backend_id`;
// CROSS JOIN keeps the order of reading.
const OF_SERVICE = 'CROSS JOIN service s ON s.service_id = c.service_id';
const OF_COUNTS =
  'CROSS JOIN flip f ON f.service_id = c.service_id AND f.source = c.source AND f.at = c.at AND f.position = c.position';
const OF_BACKEND = 'CROSS JOIN backend b ON b.backend_id = f.backend_id';

export function flips(sql: Statements, query: FlipQuery): FlipRecord[] {
  return sql.connection.transaction(() =>
    query.serviceId === undefined ? flipsOfAll(sql, query) : flipsOfService(sql, query, query.serviceId),
  )();
}

function flipsOfService(sql: Statements, query: FlipQuery, serviceId: ServiceId): FlipRecord[] {
  const where = new Conditions();
  const source = query.source ?? preferredSource(sql, serviceId);
  where.add('f.service_id = ? AND f.source = ?', serviceId, SOURCE.code(source));
  where.add('f.at >= ? AND f.at < ?', Math.max(query.from, query.after?.at ?? 0), query.to);
  if (query.asOf < LATEST) where.add('f.position <= ?', query.asOf);
  const backend = addFlipConditions(where, query);
  const rows = sql.arrays<NarrowRow>(
    `${SELECT} FROM flip f ${backend} WHERE ${where.text} ORDER BY f.at, f.position, f.ordinal LIMIT ?`,
    ...where.values,
    query.limit,
  );
  return records(sql, rows);
}

/** What holds for all flips of an event is asked of its counts, before the flips are read. */
function flipsOfAll(sql: Statements, query: FlipQuery): FlipRecord[] {
  const where = new Conditions();
  where.add('c.flips > 0 AND c.at >= ? AND c.at < ?', Math.max(query.from, query.after?.at ?? 0), query.to);
  if (query.asOf < LATEST) where.add('c.position <= ?', query.asOf);
  if (query.source === undefined) where.add('c.source = 1 - s.has_endpoints');
  else where.add('c.source = ?', SOURCE.code(query.source));
  if (query.clusterId !== undefined) where.add('s.cluster_id = ?', query.clusterId);
  if (query.namespace !== undefined) where.add('s.namespace = ?', query.namespace);
  if (query.service !== undefined) where.add('s.name = ?', query.service);
  const backend = addFlipConditions(where, query);
  const rows = sql.arrays<NarrowRow>(
    `${SELECT} FROM counts c INDEXED BY counts_by_time ${OF_SERVICE} ${OF_COUNTS} ${backend}
     WHERE ${where.text} ORDER BY c.at, c.position, f.ordinal LIMIT ?`,
    ...where.values,
    query.limit,
  );
  return records(sql, rows);
}

/** @returns the join with the backend, where a condition needs it */
function addFlipConditions(where: Conditions, { after, pod, node }: FlipQuery): string {
  if (after) where.add('(f.at, f.position, f.ordinal) > (?, ?, ?)', after.at, after.position, after.ordinal);
  if (pod !== undefined) where.add('b.pod = ?', pod);
  if (node !== undefined) where.add('b.node = ?', node);
  return pod !== undefined || node !== undefined ? OF_BACKEND : '';
}

function preferredSource(sql: Statements, serviceId: number): Source {
  const row = sql.get<{ has_endpoints: number }>('SELECT has_endpoints FROM service WHERE service_id = ?', serviceId);
  return row?.has_endpoints ? 'endpoints' : 'endpointslices';
}

export function flipsAfter(sql: Statements, { after, through, limit }: Parameters<EventReader['flipsAfter']>[0]): FlipRecord[] {
  return sql.connection.transaction(() => {
    const rows = sql.arrays<NarrowRow>(
      `${SELECT} FROM event e
       CROSS JOIN counts c INDEXED BY counts_by_time ON c.flips > 0 AND c.at = e.at AND c.position = e.position ${OF_COUNTS}
       WHERE e.position > ? AND e.position <= ? ORDER BY e.position, f.ordinal LIMIT ?`,
      after,
      through,
      limit,
    );
    return records(sql, rows);
  })();
}

/** Within the transaction in which the rows were read: a rebuild gives Services and backends other numbers. */
function records(sql: Statements, rows: readonly NarrowRow[]): FlipRecord[] {
  const services = new Map<number, ServiceRecord>();
  const backends = new Map<number, Backend>();
  return rows.map((row) => {
    const [serviceId, backendId] = [row[10], row[11]];
    const service = once(services, serviceId, () => readService(sql, serviceId));
    return flipRecord(
      row,
      service,
      once(backends, backendId, () => readBackend(sql, backendId)),
    );
  });
}

function once<T>(known: Map<number, T>, id: number, read: () => T): T {
  const found = known.get(id);
  if (found !== undefined) return found;
  const value = read();
  known.set(id, value);
  return value;
}

function readService(sql: Statements, id: number): ServiceRecord {
  const row = sql.get<ServiceRow>('SELECT * FROM service WHERE service_id = ?', id);
  if (row === undefined) throw new CorruptLogError(`a flip names Service ${id}, which the log does not have`);
  return serviceRecord(row);
}

function readBackend(sql: Statements, id: number): Backend {
  const row = sql.get<BackendRow>('SELECT address, ports, pod_uid, pod, node, zone FROM backend WHERE backend_id = ?', id);
  if (row === undefined) throw new CorruptLogError(`a flip names backend ${id}, which the log does not have`);
  return backendOf(row);
}
