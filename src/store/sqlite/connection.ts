/** Opens the database file, and says in plain words why it cannot be opened. */
import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { LogUnusableError, LogUnwritableError } from '../event-store.ts';

export type Connection = Database.Database;

/** `FLIP`, in the header of every log (PRAGMA application_id): tells a log from any other SQLite file. */
const APPLICATION_ID = 0x464c4950;

/**
 * Opens a log for writing, making the file when there is none.
 * @throws LogUnusableError
 */
export function openForWriting(file: string): Connection {
  return usable(file, () => {
    const connection = new Database(file);
    connection.pragma('busy_timeout = 5000');
    const fresh = connection.pragma('schema_version', { simple: true }) === 0;
    if (!fresh) requireLog(connection, file);
    // Before anything is written: free pages can then be given back while recording.
    if (fresh) connection.pragma('auto_vacuum = INCREMENTAL');
    // A commit that is lost with the power takes its cursor along: the watch replays it. So NORMAL is enough.
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = NORMAL');
    // Held by `verify`: SQLite would search all events for every body that is shed.
    connection.pragma('foreign_keys = OFF');
    connection.pragma('cache_size = -32768');
    connection.pragma('journal_size_limit = 67108864');
    if (fresh) connection.pragma(`application_id = ${APPLICATION_ID}`);
    return connection;
  });
}

/**
 * Opens a log for reading; the file must exist. Readers neither wait for the writer nor delay it (WAL).
 * @throws LogUnusableError
 */
export function openForReading(file: string): Connection {
  return usable(file, () => {
    if (!existsSync(file)) throw new LogUnusableError(`there is no log at ${file}`);
    const connection = new Database(file, { readonly: true, fileMustExist: true });
    connection.pragma('busy_timeout = 5000');
    requireLog(connection, file);
    connection.pragma('cache_size = -16384');
    return connection;
  });
}

function requireLog(connection: Connection, file: string): void {
  if (connection.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    connection.close();
    throw new LogUnusableError(`${file} is a SQLite database, but not a Flipbook log`);
  }
}

function usable(file: string, open: () => Connection): Connection {
  try {
    return open();
  } catch (error) {
    if (error instanceof LogUnusableError) throw error;
    throw new LogUnusableError(`cannot open the log ${file}: ${explain(file, error)}`, { cause: error });
  }
}

/** What a failed write is passed on as: SQLite's own words say little to whoever has to make room. */
export function writeError(file: string, error: unknown): unknown {
  const reason = unwritable(codeOf(error));
  return reason === undefined ? error : new LogUnwritableError(`the log ${file} cannot be written: ${reason}`, { cause: error });
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** Why SQLite could not write, when that may pass. */
function unwritable(code: string): string | undefined {
  if (code === 'SQLITE_FULL') return 'the disk is full';
  if (code.startsWith('SQLITE_BUSY')) return 'another program holds it locked';
  if (code.startsWith('SQLITE_READONLY')) return 'the file or its folder is not writable';
  // A quota ends here too: SQLite takes for a full disk only what the system calls one.
  if (code.startsWith('SQLITE_IOERR')) return `the disk reports an error or a limit (${code})`;
  return undefined;
}

function explain(file: string, error: unknown): string {
  const code = codeOf(error);
  const reason = unwritable(code);
  if (reason !== undefined) return reason;
  if (code === 'SQLITE_NOTADB') return 'it is not a SQLite database';
  if (code.startsWith('SQLITE_CORRUPT')) return 'the file is damaged (truncated or overwritten)';
  if (code.startsWith('SQLITE_CANTOPEN') || error instanceof TypeError) {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) return 'it is a folder';
    return 'the file cannot be made or read: does its folder exist, and may this user write there?';
  }
  return error instanceof Error ? error.message : String(error);
}
