/** A folder for the files of one test, removed after it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** @returns the path of a log that does not exist yet, in a folder of its own */
export function newLogFile(name = 'flipbook.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}
