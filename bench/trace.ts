/** The large trace: 176 MB of one Service growing to 1,200 Pods, then 2,672 readiness flips. */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { traceFile, traceLines } from '../src/recorder/trace-source.ts';

export const LARGE_TRACE = join(import.meta.dirname, '../test/fixtures/traces/large.jsonl.zst');
export const TRACES = {
  'incident-1': join(import.meta.dirname, '../test/fixtures/traces/incident-1.jsonl.zst'),
  large: LARGE_TRACE,
} as const;

/** Writes it decompressed. */
export async function writePlainTrace(file: string): Promise<void> {
  const lines = traceLines(await traceFile(LARGE_TRACE), () => undefined);
  await pipeline(async function* () {
    for await (const line of lines) {
      // The stream reads ahead, and a line lasts only until the next one.
      yield Buffer.concat([line, Buffer.from('\n')]);
    }
  }, createWriteStream(file));
}
