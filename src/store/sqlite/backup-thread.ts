/** The thread that copies a log: see {@link ./backup.ts}. */
import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { BackupOrder } from './backup.ts';
import { openForReading, writeError } from './connection.ts';
import { logSize } from './space.ts';

const { file, target } = workerData as BackupOrder;
const connection = openForReading(file);
try {
  connection.prepare('VACUUM INTO ?').run(target);
  if (!logSize(connection).canShrink) makeShrinkable();
} catch (error) {
  throw writeError(target, error);
} finally {
  connection.close();
}

/** Of a log that was made without: the copy can give free space back. It is written a second time for that. */
function makeShrinkable(): void {
  const copy = new Database(target);
  try {
    copy.pragma('auto_vacuum = INCREMENTAL');
    copy.exec('VACUUM');
  } finally {
    copy.close();
  }
}
