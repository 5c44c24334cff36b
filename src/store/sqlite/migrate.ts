/** Brings a log to the schema of this version: numbered files, each applied once, in one transaction, and never changed after. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogUnusableError } from '../event-store.ts';
import type { Connection } from './connection.ts';

const FOLDER = join(import.meta.dirname, '../../../migrations/sqlite');

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** In order of number. The checksum leaves line ends out of account: a checkout may have changed them. */
export function migrations(folder = FOLDER): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_.+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Applies what is missing.
 * @throws LogUnusableError when the log was made by a newer version, or by one whose migrations read differently.
 */
export function migrate(connection: Connection, known: readonly Migration[] = migrations()): void {
  connection
    .transaction(() => {
      connection.exec(`CREATE TABLE IF NOT EXISTS migration (
      name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL
    ) STRICT`);
      const applied = requireKnown(connection, known);
      for (const { name, sql, checksum } of known.slice(applied)) {
        connection.exec(sql);
        connection.prepare('INSERT INTO migration (name, checksum, applied_at) VALUES (?, ?, ?)').run(name, checksum, Date.now());
      }
    })
    .immediate();
}

/**
 * Checks that a log that is only read has exactly the schema of this version.
 * @throws LogUnusableError
 */
export function requireCurrent(connection: Connection, known: readonly Migration[] = migrations()): void {
  const hasTable = connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'migration'`).get() !== undefined;
  const applied = hasTable ? requireKnown(connection, known) : 0;
  if (applied < known.length) {
    throw new LogUnusableError(
      `the log ${connection.name} has the schema of an older version: open it once for writing (flipbook record, import or rebuild) to bring it up to date`,
    );
  }
}

/** @returns how many of `known` are applied */
function requireKnown(connection: Connection, known: readonly Migration[]): number {
  const applied = connection.prepare('SELECT name, checksum FROM migration ORDER BY name').all() as Pick<
    Migration,
    'name' | 'checksum'
  >[];
  applied.forEach((row, index) => {
    const expected = known[index];
    if (expected === undefined) {
      throw new LogUnusableError(
        `the log ${connection.name} was made by a newer version of Flipbook (it has migration ${row.name})`,
      );
    }
    if (expected.name !== row.name || expected.checksum !== row.checksum) {
      throw new LogUnusableError(
        `the log ${connection.name} was made by another build of Flipbook: its migration ${row.name} reads differently`,
      );
    }
  });
  return applied.length;
}
