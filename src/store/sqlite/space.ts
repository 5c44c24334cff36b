/** How much room the log takes, and giving back what it does not need. */
import { statSync } from 'node:fs';
import type { LogSize } from '../log-space.ts';
import type { Connection } from './connection.ts';

/** PRAGMA auto_vacuum of a file that gives free pages back when asked to. */
const INCREMENTAL = 2;

const number = (connection: Connection, pragma: string): number => connection.pragma(pragma, { simple: true }) as number;

export function logSize(connection: Connection): LogSize {
  const pageSize = number(connection, 'page_size');
  const [pages, free] = [number(connection, 'page_count'), number(connection, 'freelist_count')];
  return {
    // As it will be once all that is pending is in it.
    file: pages * pageSize,
    used: (pages - free) * pageSize,
    pending: statSync(`${connection.name}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    canShrink: number(connection, 'auto_vacuum') === INCREMENTAL,
  };
}

/** The file itself becomes shorter when the write-ahead log is next brought into it. */
export function giveBack(connection: Connection, bytes: number): void {
  const pages = Math.max(1, Math.ceil(bytes / number(connection, 'page_size')));
  connection.pragma(`incremental_vacuum(${pages})`);
}
