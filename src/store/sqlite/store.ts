/** The SQLite engine of the event store. */
import type { EventReader, EventStore, LogWriter } from '../event-store.ts';
import type { LogSize, LogSpace, ShedStep } from '../log-space.ts';
import { type Connection, openForReading, openForWriting, writeError } from './connection.ts';
import { migrate, requireCurrent } from './migrate.ts';
import { SqliteReader } from './reader.ts';
import { giveBack, logSize } from './space.ts';
import { Statements } from './statements.ts';
import { SqliteWriter } from './writer.ts';
import { lockForWriting, type WriterLock } from './writer-lock.ts';

/**
 * How long a write waits for a lock that another program has on the file. Short, because everything waits with it: the
 * watches, which a server drops when they are not read, the answers, and the end of the process. It is tried again later.
 */
const WRITE_WAITS_MS = 100;

/** A reader with its own connection, which must be closed. */
export interface OpenReader {
  readonly reader: EventReader;
  close(): void;
}

/**
 * Opens a log for reading only; any number may be open beside one writer, in any thread.
 * @throws LogUnusableError
 */
export function openReader(file: string): OpenReader {
  const connection = openForReading(file);
  try {
    requireCurrent(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  return { reader: new SqliteReader(new Statements(connection)), close: () => connection.close() };
}

/**
 * Opens a log for writing, making it when there is none and bringing it to the present schema.
 * @throws LogBusyError when another process writes it
 * @throws LogUnusableError when the file cannot be a log
 * @throws LogUnwritableError when there is no room for it
 */
export function openStore(file: string): EventStore {
  // Looked at first: a file that is no log gets no lock beside it.
  openForWriting(file).close();
  const lock = lockForWriting(file);
  let connection: Connection | undefined;
  try {
    connection = openForWriting(file);
    migrate(connection);
    connection.pragma(`busy_timeout = ${WRITE_WAITS_MS}`);
    return new SqliteStore(connection, lock);
  } catch (error) {
    connection?.close();
    lock.release();
    throw writeError(file, error);
  }
}

class SqliteStore implements EventStore {
  readonly #connection: Connection;
  readonly #lock: WriterLock;
  readonly #writer: SqliteWriter;
  #together: Together | undefined;

  constructor(connection: Connection, lock: WriterLock) {
    this.#connection = connection;
    this.#lock = lock;
    this.#writer = new SqliteWriter(new Statements(connection));
  }

  get reader(): EventReader {
    return this.#writer;
  }

  write<T>(work: (log: LogWriter) => T): T {
    if (this.#together !== undefined) return this.#inside(this.#together, work);
    return this.#transaction(() => settled(work(this.#writer)));
  }

  async writeTogether<T>(work: () => Promise<T>): Promise<T> {
    if (this.#together !== undefined) throw new Error('writeTogether cannot be nested');
    const together: Together = {};
    this.#together = together;
    try {
      this.#connection.exec('BEGIN IMMEDIATE');
      const result = await work();
      if (together.failure !== undefined) throw together.failure;
      this.#writer.finish();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      this.#rollback();
      throw writeError(this.#connection.name, error);
    } finally {
      this.#together = undefined;
    }
  }

  shed(step: Parameters<LogSpace['shed']>[0]): ShedStep {
    return this.#transaction(() => this.#writer.shed(step));
  }

  size(): LogSize {
    return logSize(this.#connection);
  }

  giveBack(bytes: number): void {
    this.#passing(() => giveBack(this.#connection, bytes));
  }

  settle(): void {
    this.#passing(() => this.#connection.pragma('wal_checkpoint(TRUNCATE)'));
  }

  close(): void {
    this.#connection.close();
    this.#lock.release();
  }

  /** A write that fails spoils the whole: it may have written a part, and the transaction cannot end well any more. */
  #inside<T>(together: Together, work: (log: LogWriter) => T): T {
    try {
      return settled(work(this.#writer));
    } catch (error) {
      together.failure ??= error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }

  #transaction<T>(work: () => T): T {
    try {
      this.#connection.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#writer.finish();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      this.#rollback();
      throw writeError(this.#connection.name, error);
    }
  }

  #passing(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw writeError(this.#connection.name, error);
    }
  }

  #rollback(): void {
    // A full disk ends the transaction by itself.
    if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
    this.#writer.forget();
  }
}

/** The state of a {@link EventStore.writeTogether} in progress. */
interface Together {
  failure?: Error;
}

function settled<T>(result: T): T {
  if (result instanceof Promise) throw new TypeError('work inside a write must not wait: the transaction would end before it');
  return result;
}
