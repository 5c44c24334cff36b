/**
 * What is left of a Service's counts at a horizon: how many backends it then had, and nothing of how that came about.
 * Shedding and rebuilding must leave the same rows, so both go through here.
 */
import { SOURCE } from './codes.ts';
import type { Statements } from './statements.ts';

interface CountsBrief {
  at: number;
  position: number;
  listed: number;
}

/** Counts at or below a position, of events with `at` up to this one. */
export interface Settled {
  readonly service: number;
  /** The code of the source. */
  readonly source: number;
  readonly at: number;
  readonly position: number;
}

/** Keeps the newest of the rows, or none when nothing was listed any more. */
export function settleCounts(sql: Statements, { service, source, at, position }: Settled): void {
  const rows = sql.all<CountsBrief>(
    'SELECT at, position, listed FROM counts WHERE service_id = ? AND source = ? AND at <= ? AND position <= ?',
    service,
    source,
    at,
    position,
  );
  const kept = rows.reduce<CountsBrief | undefined>((a, b) => (a === undefined || b.position > a.position ? b : a), undefined);
  for (const row of rows) {
    if (row === kept && row.listed === 1) continue;
    sql.run(
      'DELETE FROM counts WHERE service_id = ? AND source = ? AND at = ? AND position = ?',
      service,
      source,
      row.at,
      row.position,
    );
  }
  if (kept === undefined || kept.listed === 0) return;
  // An Endpoints object is told by one event, which stays. The counts of slices may come from the end of one of them, which
  // does not: they hold since before anything that is left.
  const since = source === SOURCE.code('endpoints') ? kept : { at: 0, position: 0 };
  sql.run(
    `UPDATE counts SET at = ?, position = ?, flips = 0, editors = NULL
     WHERE service_id = ? AND source = ? AND at = ? AND position = ?`,
    since.at,
    since.position,
    service,
    source,
    kept.at,
    kept.position,
  );
}

/** The same for every Service, once a rebuild has come to the horizon. */
export function settleAllCounts(sql: Statements): void {
  const told = sql.all<{ service_id: number; source: number }>('SELECT DISTINCT service_id, source FROM counts');
  for (const { service_id: service, source } of told) {
    settleCounts(sql, { service, source, at: Number.MAX_SAFE_INTEGER, position: Number.MAX_SAFE_INTEGER });
  }
}
