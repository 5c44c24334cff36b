/** A trace of the fixtures imported by the program into a log on disk, beside what the oracle says of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import type { History } from '../../../src/history/history.ts';
import { localHistory } from '../../../src/history/local-history.ts';
import { createApp } from '../../../src/http/app.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { type ImportSummary, importTrace } from '../../../src/recorder/import-trace.ts';
import { traceFile } from '../../../src/recorder/trace-source.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { foldTrace, readTraceFile, type Truth } from '../../support/oracle/index.ts';

export const CLUSTER = 'test';

export interface Imported {
  readonly truth: Truth;
  readonly history: History;
  readonly summary: ImportSummary;
  /** Asks the HTTP side over the same history. */
  get(path: string): Promise<Response>;
  /** Closes the log and removes its folder. */
  close(): void;
}

export async function importFixture(name: 'incident-1' | 'large'): Promise<Imported> {
  const trace = fileURLToPath(new URL(`../../fixtures/traces/${name}.jsonl.zst`, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-incident-'));
  const store = openStore(join(folder, 'flipbook.db'));
  const close = () => {
    store.close();
    rmSync(folder, { recursive: true });
  };
  try {
    const summary = await importTrace({ store, trace: await traceFile(trace), cluster: { name: CLUSTER } });
    const history = localHistory(store.reader);
    const readiness = () => ({ ready: true, reasons: [] });
    const { router } = createApp({ history, readiness, log: SILENT_LOG, metrics: createMetrics({ processMetrics: false }) });
    const get = async (path: string) => router.request(path);
    return { truth: foldTrace(readTraceFile(trace)), history, summary, get, close };
  } catch (error) {
    close();
    throw error;
  }
}
