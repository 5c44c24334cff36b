/** Which stored versions are still needed: those that an event carries, and those that deltas stand on. */
import type { Statements } from './statements.ts';

/** Deletes a body, and what only it stood on, unless an event carries it or a delta stands on it. */
export function dropUnheldBody(sql: Statements, position: number): void {
  if (isCarried(sql, position) || hasDeltas(sql, position)) return;
  const [dropped] = sql.all<{ base: number | null }>('DELETE FROM body WHERE position = ? RETURNING base', position);
  const base = dropped?.base ?? null;
  if (base === null) return;
  sql.run('UPDATE footing SET deltas = deltas - 1 WHERE position = ?', base);
  if (sql.run('DELETE FROM footing WHERE position = ? AND deltas = 0', base) > 0) dropUnheldBody(sql, base);
}

/** By its own event, or by a later one with the same version. */
function isCarried(sql: Statements, position: number): boolean {
  return (
    sql.get('SELECT 1 FROM event WHERE position = ?', position) !== undefined ||
    sql.get('SELECT 1 FROM event WHERE body = ? AND body <> position LIMIT 1', position) !== undefined
  );
}

function hasDeltas(sql: Statements, position: number): boolean {
  return sql.get('SELECT 1 FROM footing WHERE position = ?', position) !== undefined;
}
