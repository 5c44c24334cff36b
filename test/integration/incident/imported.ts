/** A trace of the fixtures imported by the program into a log on disk, beside what the oracle says of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ImportSummary, importTrace } from '../../../src/recorder/import-trace.ts';
import { traceFile } from '../../../src/recorder/trace-source.ts';
import type { EventStore } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { foldTrace, readTraceFile, type Truth } from '../../support/oracle/index.ts';

export const CLUSTER = 'test';

export interface Imported {
  readonly truth: Truth;
  readonly store: EventStore;
  /** The log's file. */
  readonly file: string;
  readonly summary: ImportSummary;
  /** Closes the log and removes its folder. */
  close(): void;
}

export async function importFixture(name: 'incident-1' | 'large'): Promise<Imported> {
  const trace = fileURLToPath(new URL(`../../fixtures/traces/${name}.jsonl.zst`, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-incident-'));
  const file = join(folder, 'flipbook.db');
  const store = openStore(file);
  const close = () => {
    store.close();
    rmSync(folder, { recursive: true });
  };
  try {
    const summary = await importTrace({ store, trace: await traceFile(trace), cluster: { name: CLUSTER } });
    return { truth: foldTrace(readTraceFile(trace)), store, file, summary, close };
  } catch (error) {
    close();
    throw error;
  }
}
