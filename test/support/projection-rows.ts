/** Every row of every projection, to compare two states of a log. */
import Database from 'better-sqlite3';
import { PROJECTIONS } from '../../src/store/sqlite/projection-writes.ts';

export function projectionRows(file: string): Record<string, unknown[]> {
  const connection = new Database(file, { readonly: true });
  try {
    return Object.fromEntries(PROJECTIONS.map((table) => [table, connection.prepare(`SELECT * FROM ${table}`).all()]));
  } finally {
    connection.close();
  }
}
