/** Runs a benchmark in a process of its own: cold, and with memory that is nobody else's. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** @returns what the script prints: one JSON document */
export async function runChild<Result>(script: string, ...args: readonly string[]): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, script), ...args]);
  return JSON.parse(stdout) as Result;
}
