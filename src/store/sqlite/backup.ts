/**
 * A consistent copy of a log, also while it is being recorded: `VACUUM INTO` over a connection of its own that only reads.
 *
 * SQLite's backup API was the other choice. It copies page by page and begins again whenever another process has written,
 * so beside a recorder it does not end. This one reads one state of the log, whatever is written meanwhile, and leaves out
 * free pages. The price: until it ends, what is written stays in the write-ahead log beside the file, which grows by it.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { LogBusyError } from '../event-store.ts';
import { openForReading } from './connection.ts';
import { requireCurrent } from './migrate.ts';
import { logSize } from './space.ts';
import { lockForWriting } from './writer-lock.ts';

/** A backup cannot be made there, or now. Nothing was written. `message` is for people. */
export class BackupError extends Error {
  override name = 'BackupError';
}

export interface BackupOptions {
  /** Replaces a file of that name. */
  readonly force: boolean;
  readonly signal?: AbortSignal;
  /** Bytes. The last figures are guesses: how large the copy will be shows at its end. */
  readonly onProgress?: (done: number, of: number) => void;
}

export interface BackupSummary {
  /** The last one that the copy holds; 0 for an empty log. */
  readonly position: number;
  readonly bytes: number;
  /** By how many bytes the write-ahead log beside the log grew meanwhile. */
  readonly heldBack: number;
}

/** What the thread that copies is told, and answers: nothing when all went well, else why not. */
export interface BackupOrder {
  readonly file: string;
  readonly target: string;
}

/** Left free on the disk of the copy: where that is the log's too, the recorder would begin to shed history. */
const LEFT_FREE_BYTES = 256 << 20;
const LEFT_FREE_PART = 0.05;
const PROGRESS_EVERY_MS = 100;

/**
 * Writes the copy under a temporary name beside `target`, makes it durable and gives it its name: there is never half a copy
 * under that name, and a copy that was there before stays until then.
 *
 * @throws BackupError, LogUnusableError, LogUnwritableError; the signal's reason when it is aborted
 */
export async function backupLog(
  file: string,
  target: string,
  { force, signal, onProgress }: BackupOptions,
): Promise<BackupSummary> {
  const used = usedBytes(file);
  requireFree(file, target, force);
  requireRoom(target, used);
  const pending = pendingBytes(file);
  const partial = `${target}.partial-${process.pid}`;
  const watching = setInterval(() => onProgress?.(Math.min(sizeOf(partial), used), used), PROGRESS_EVERY_MS);
  try {
    await copy({ file, target: partial }, signal);
    const position = finish(partial);
    // Looked at again: it took a while.
    requireFree(file, target, force);
    renameSync(partial, target);
    syncFolder(dirname(resolve(target)));
    return { position, bytes: sizeOf(target), heldBack: Math.max(0, pendingBytes(file) - pending) };
  } finally {
    clearInterval(watching);
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${partial}${end}`, { force: true });
  }
}

function usedBytes(file: string): number {
  const connection = openForReading(file);
  try {
    requireCurrent(connection);
    return logSize(connection).used;
  } finally {
    connection.close();
  }
}

function requireFree(file: string, target: string, force: boolean): void {
  const found = statSync(target, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw new BackupError(`${target} is a folder: name the file that the copy shall be`);
  const own = statSync(file);
  if (found !== undefined && found.dev === own.dev && found.ino === own.ino) throw new BackupError(`${target} is the log itself`);
  if (found !== undefined && !force) throw new BackupError(`${target} exists: choose another name, or replace it with --force`);
  for (const end of ['-wal', '-journal']) {
    if (existsSync(`${target}${end}`)) {
      throw new BackupError(`${target}${end} is there, so ${target} is in use or was not closed: choose another name`);
    }
  }
  if (existsSync(`${target}.lock`)) requireNoRecorder(target);
}

function requireNoRecorder(target: string): void {
  try {
    lockForWriting(target).release();
  } catch (error) {
    if (error instanceof LogBusyError) throw new BackupError(error.message);
    throw error;
  }
}

function requireRoom(target: string, bytes: number): void {
  const folder = dirname(resolve(target));
  if (!existsSync(folder)) throw new BackupError(`there is no folder ${folder}`);
  const { bavail, blocks, bsize } = statfsSync(folder);
  const needed = bytes + Math.min(LEFT_FREE_BYTES, blocks * bsize * LEFT_FREE_PART);
  if (bavail * bsize >= needed) return;
  const mib = (value: number) => `${Math.ceil(value / (1 << 20))} MiB`;
  throw new BackupError(
    `there is not enough room in ${folder}: the copy takes up to ${mib(bytes)} and some must stay free, ${mib(needed)} together; ${mib(bavail * bsize)} are free`,
  );
}

/** In a thread of its own, so that progress can be told and a signal heard. */
function copy(order: BackupOrder, signal: AbortSignal | undefined): Promise<void> {
  const worker = new Worker(new URL('./backup-thread.ts', import.meta.url), { workerData: order });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the thread that copies ended with ${code}`))));
    // The copying itself cannot be interrupted; it ends with the process, and its file is gone by then.
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal?.aborted) reject(signal.reason);
  });
}

/** Makes the copy durable. @returns its last position */
function finish(partial: string): number {
  const connection = new Database(partial, { readonly: true });
  let position: number;
  try {
    // Not turned to WAL: so it can be read from a folder that nobody may write to, and reading leaves nothing beside it. A
    // recorder that starts on it does that.
    position = connection.prepare('SELECT ifnull(max(position), 0) FROM event').pluck().get() as number;
  } finally {
    connection.close();
  }
  const handle = openSync(partial, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return position;
}

/** So that the new name is durable too. Not every system can. */
function syncFolder(folder: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(folder, 'r');
    fsyncSync(handle);
  } catch {
    // The copy itself is durable; after a power failure it might bear its temporary name.
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
const pendingBytes = (file: string): number => sizeOf(`${file}-wal`);
