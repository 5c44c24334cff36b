/** A log of an incident that lies in the past, and the retention that keeps it within bounds, without waiting. */
import { copyFileSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HistoryShed } from '../../../src/domain/ledger.ts';
import { type EpochMs, epochMs } from '../../../src/domain/time.ts';
import { importTrace } from '../../../src/recorder/import-trace.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { Retention, type RetentionOptions } from '../../../src/recorder/retention.ts';
import { traceFile } from '../../../src/recorder/trace-source.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { newLogFile } from '../../support/log-folder.ts';

const TRACE = new URL('../../fixtures/traces/incident-1.jsonl.zst', import.meta.url).pathname;

let made: Promise<string> | undefined;

/** A file with the incident, as a copy of its own. */
export async function incidentLog(): Promise<string> {
  made ??= (async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'flipbook-test-')), 'flipbook.db');
    const store = openStore(file);
    await importTrace({ store, trace: await traceFile(TRACE), cluster: { name: 'incident' } });
    store.settle();
    store.close();
    return file;
  })();
  const file = newLogFile();
  copyFileSync(await made, file);
  return file;
}

/** Of the file and what belongs to it, as the file system tells. */
export function bytesOnDisk(file: string): number {
  return ['', '-wal'].reduce((sum, end) => sum + (statSync(`${file}${end}`, { throwIfNoEntry: false })?.size ?? 0), 0);
}

interface Keeping extends Partial<Omit<RetentionOptions, 'store'>> {
  /** Called between two steps. */
  readonly between?: (recorder: Recorder) => void;
}

/** Looks once at the log, makes the passes that are due, and stops. */
export async function keep(file: string, { between, ...options }: Keeping) {
  const store = openStore(file);
  const [cluster] = store.reader.clusters();
  if (cluster === undefined) throw new Error('the log holds no cluster');
  const recorder = new Recorder({ store, cluster, times: 'received' });
  const last = store.reader.extent(cluster.id)?.last.at as EpochMs;
  const now = options.now ?? (() => epochMs(last + 10 * 86_400_000));
  const said: { level: string; message: string; fields: object }[] = [];
  const say = (level: string) => (fields: object, message: string) => void said.push({ level, message, fields });
  const told: HistoryShed[] = [];
  let steps = 0;
  const { promise: looked, resolve } = Promise.withResolvers<void>();
  const everyMs = 77_777;
  const retention = Retention.start({
    settings: {},
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    disk: () => undefined,
    tell(_, fact) {
      told.push(fact);
      recorder.tell(now(), fact);
    },
    async wait(ms, signal) {
      if (ms === everyMs) {
        resolve();
        await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
        return;
      }
      steps++;
      between?.(recorder);
    },
    clock: () => performance.now(),
    ...options,
    now,
    store,
    everyMs,
  });
  await looked;
  await retention.stop();
  const status = retention.status();
  return { store, recorder, said, told, steps, status, close: () => store.close() };
}
