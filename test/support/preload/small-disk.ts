/**
 * A log that cannot grow while the file FLIPBOOK_TEST_DISK_FULL exists: SQLite itself then refuses new pages with
 * SQLITE_FULL, as it does when the file system has none left.
 */
import { existsSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { beforeEveryStep } from './sqlite-steps.ts';

const file = process.env.FLIPBOOK_TEST_DISK_FULL;
const UNLIMITED = 4_294_967_294;

if (isMainThread && file !== undefined) {
  beforeEveryStep(({ connection, sql }) => {
    // SQLite raises the limit to the pages that there are.
    if (sql === 'BEGIN IMMEDIATE') connection.pragma(`max_page_count = ${existsSync(file) ? 1 : UNLIMITED}`);
  });
}
