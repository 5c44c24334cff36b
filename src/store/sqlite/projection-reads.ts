import type { CountsRecord, EventReader, NoteRecord, ServiceRecord } from '../event-store.ts';
import { SOURCE } from './codes.ts';
import { type CountsRow, countsRecord, type ServiceRow, serviceRecord } from './rows.ts';
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

export function hasUnusualLists(sql: Statements, query: Query<'hasUnusualLists'>): boolean {
  const { serviceId, source, from, to, asOf } = query;
  const list = [serviceId, SOURCE.code(source)];
  const row = sql.get(
    `SELECT 1 FROM counts
     WHERE service_id = ? AND source = ? AND at <= ? AND position <= ? AND at >= coalesce(
       (SELECT at FROM counts WHERE service_id = ? AND source = ? AND at <= ? AND position <= ?
        ORDER BY at DESC, position DESC LIMIT 1), 0)
       AND (listed = 0 OR truncated = 1 OR editors IS NOT NULL) LIMIT 1`,
    ...list,
    to,
    asOf,
    ...list,
    from,
    asOf,
  );
  return row !== undefined;
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
