/** Flips by themselves, for pictures of very many of them. */
import type { Backend, FlipState } from '../../domain/backends.ts';
import { type BackendId, type EventReader, type FlipStep, LATEST } from '../event-store.ts';
import { SOURCE, STATE } from './codes.ts';
import { Conditions } from './conditions.ts';
import { type BackendRow, backendOf } from './rows.ts';
import type { Statements } from './statements.ts';

export function flipSteps(sql: Statements, query: Parameters<EventReader['flipSteps']>[0]): FlipStep[] {
  const where = new Conditions();
  const { serviceId, source, from, to, asOf, after, limit } = query;
  where.add('f.service_id = ? AND f.source = ?', serviceId, SOURCE.code(source));
  where.add('f.at >= ? AND f.at < ?', Math.max(from, after?.at ?? 0), to);
  if (asOf < LATEST) where.add('f.position <= ?', asOf);
  if (after) where.add('(f.at, f.position, f.ordinal) > (?, ?, ?)', after.at, after.position, after.ordinal);
  const rows = sql.all<{ to: number | FlipState }>(
    `SELECT f.at, f.position, f.ordinal, f.backend_id AS backend, f.to_state AS "to" FROM flip f
     WHERE ${where.text} ORDER BY f.at, f.position, f.ordinal LIMIT ?`,
    ...where.values,
    limit,
  );
  // In place: a copy of every row would cost as much as reading them.
  for (const row of rows) row.to = STATE.word(row.to as number);
  return rows as unknown as FlipStep[];
}

export function backends(sql: Statements, ids: readonly BackendId[]): Map<BackendId, Backend> {
  const rows = sql.all<BackendRow & { backend_id: BackendId }>(
    'SELECT b.* FROM json_each(?) j CROSS JOIN backend b ON b.backend_id = j.value',
    JSON.stringify(ids),
  );
  return new Map(rows.map((row) => [row.backend_id, backendOf(row)]));
}
