/** Reads for pictures of very many flips: no more of each than a picture shows. */
import type { Backend } from '../../domain/backends.ts';
import type { EpochMs } from '../../domain/time.ts';
import { type BackendId, type EventReader, type FlipColumns, LATEST, type ListChange, type Position } from '../event-store.ts';
import { SOURCE, STATE } from './codes.ts';
import { Conditions } from './conditions.ts';
import { type BackendRow, backendOf } from './rows.ts';
import type { Statements } from './statements.ts';

type Query = Parameters<EventReader['flipColumns']>[0];

type ListChangeRow = readonly [
  at: EpochMs,
  position: Position,
  ready: number,
  notReady: number,
  terminating: number,
  listed: number,
  flips: number,
];

export function listChanges(sql: Statements, query: Query): ListChange[] {
  const where = within(query);
  return sql
    .arrays<ListChangeRow>(
      `SELECT at, position, ready, not_ready, terminating, listed, flips FROM counts
       WHERE ${where.text} ORDER BY at, position`,
      ...where.values,
    )
    .map(([at, position, ready, notReady, terminating, listed, flips]) => {
      return { at, position, ready, notReady, terminating, listed: listed === 1, flips };
    });
}

/** One number says backend and state: what crosses from SQLite is what a hundred thousand flips cost. */
const STATES = 8;

export function flipColumns(sql: Statements, query: Query): FlipColumns {
  const where = within(query);
  const packed = sql.column<number>(
    `SELECT backend_id * ${STATES} + to_state FROM flip WHERE ${where.text} ORDER BY at, position, ordinal`,
    ...where.values,
  );
  return {
    backend: packed.map((both) => Math.trunc(both / STATES) as BackendId),
    to: packed.map((both) => STATE.word(both % STATES)),
  };
}

function within({ serviceId, source, from, to, asOf }: Query): Conditions {
  const where = new Conditions();
  where.add('service_id = ? AND source = ?', serviceId, SOURCE.code(source));
  where.add('at >= ? AND at < ?', from, to);
  if (asOf < LATEST) where.add('position <= ?', asOf);
  return where;
}

export function backends(sql: Statements, ids: readonly BackendId[]): Map<BackendId, Backend> {
  const rows = sql.all<BackendRow & { backend_id: BackendId }>(
    'SELECT b.* FROM json_each(?) j CROSS JOIN backend b ON b.backend_id = j.value',
    JSON.stringify(ids),
  );
  return new Map(rows.map((row) => [row.backend_id, backendOf(row)]));
}
