/** Flips by themselves, for pictures of very many of them. */
import type { Backend } from '../../domain/backends.ts';
import type { EpochMs } from '../../domain/time.ts';
import { type BackendId, type EventReader, type FlipStep, LATEST, type Position } from '../event-store.ts';
import { SOURCE, STATE } from './codes.ts';
import { Conditions } from './conditions.ts';
import { type BackendRow, backendOf } from './rows.ts';
import type { Statements } from './statements.ts';

type Query = Parameters<EventReader['flipSteps']>[0];

export function flipSteps(sql: Statements, query: Query): FlipStep[] {
  for (let { limit } = query; ; limit *= 2) {
    const steps = read(sql, query, limit);
    if (steps.length < limit) return steps;
    // The last event may have been cut.
    const cut = steps.at(-1)?.position;
    const whole = steps.findLastIndex(({ position }) => position !== cut) + 1;
    if (whole > 0) return steps.slice(0, whole);
  }
}

/** One number says backend and state: every column of a hundred thousand rows counts. */
const STATES = 8;

function read(sql: Statements, { serviceId, source, from, to, asOf, after }: Query, limit: number): FlipStep[] {
  const where = new Conditions();
  where.add('f.service_id = ? AND f.source = ?', serviceId, SOURCE.code(source));
  where.add('f.at >= ? AND f.at < ?', Math.max(from, after?.at ?? 0), to);
  if (asOf < LATEST) where.add('f.position <= ?', asOf);
  if (after) where.add('(f.at, f.position) > (?, ?)', after.at, after.position);
  return sql
    .arrays<[EpochMs, Position, number]>(
      `SELECT f.at, f.position, f.backend_id * ${STATES} + f.to_state FROM flip f
       WHERE ${where.text} ORDER BY f.at, f.position, f.ordinal LIMIT ?`,
      ...where.values,
      limit,
    )
    .map(([at, position, packed]) => ({
      at,
      position,
      backend: Math.trunc(packed / STATES) as BackendId,
      to: STATE.word(packed % STATES),
    }));
}

export function backends(sql: Statements, ids: readonly BackendId[]): Map<BackendId, Backend> {
  const rows = sql.all<BackendRow & { backend_id: BackendId }>(
    'SELECT b.* FROM json_each(?) j CROSS JOIN backend b ON b.backend_id = j.value',
    JSON.stringify(ids),
  );
  return new Map(rows.map((row) => [row.backend_id, backendOf(row)]));
}
