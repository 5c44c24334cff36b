/** One recorder per log. */
import { hostname } from 'node:os';
import Database from 'better-sqlite3';
import { LogBusyError } from '../event-store.ts';
import { writeError } from './connection.ts';

/** Says who writes the log, and releases it. */
export interface WriterLock {
  release(): void;
}

/**
 * Takes the log for this process, or names the process that has it.
 *
 * The lock is the operating system's, on a small file beside the log, so it ends with the process however that ends;
 * SQLite is used to take it because Node has no file locks of its own.
 *
 * @throws LogBusyError, LogUnwritableError
 */
export function lockForWriting(file: string): WriterLock {
  const lockFile = `${file}.lock`;
  const connection = new Database(lockFile, { timeout: 0 });
  try {
    // Nothing in this file outlives the process: no need to wait for the disk.
    connection.pragma('synchronous = OFF');
    connection.pragma('journal_mode = DELETE');
    connection.exec(
      'BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER, host TEXT, since TEXT); DELETE FROM holder',
    );
    connection.prepare('INSERT INTO holder VALUES (?, ?, ?)').run(process.pid, hostname(), new Date().toISOString());
    connection.exec('COMMIT');
    // Held until the connection closes: keeps other writers out, and lets them read who it is. Should another one have
    // slipped in between, it is the holder now, and this fails.
    connection.exec('BEGIN IMMEDIATE');
  } catch (error) {
    connection.close();
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) {
      throw new LogBusyError(`the log ${file} is being written by ${holder(lockFile)}: only one recorder may write a log`);
    }
    throw writeError(lockFile, error);
  }
  return { release: () => connection.close() };
}

function holder(lockFile: string): string {
  try {
    const connection = new Database(lockFile, { readonly: true, timeout: 1_000 });
    try {
      const row = connection.prepare('SELECT pid, host, since FROM holder').get() as
        | { pid: number; host: string; since: string }
        | undefined;
      return row ? `process ${row.pid} on ${row.host}, since ${row.since}` : 'another process';
    } finally {
      connection.close();
    }
  } catch {
    return 'another process';
  }
}
