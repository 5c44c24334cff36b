/** Runs a benchmark in a process of its own: cold, and with memory that is nobody else's. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Flags of Node with which `npm start` starts the recorder. */
function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  const found = /node((?: --\S+)*) src\/main\.ts record/.exec(scripts.start);
  if (found === null) throw new Error('package.json does not say how the recorder is started');
  return (found[1] ?? '').split(' ').filter((flag) => flag !== '');
}

/**
 * @param script runs as the recorder does, with the same flags of Node
 * @returns what it prints: one JSON document
 */
export async function runChild<Result>(script: string, ...args: readonly string[]): Promise<Result> {
  const program = [...startFlags(), join(import.meta.dirname, script), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, program);
  return JSON.parse(stdout) as Result;
}
