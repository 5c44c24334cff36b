/** The logs that questions are measured over, generated once. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type EpochMs, epochMs } from '../../src/domain/time.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { type BenchOptions, count, seconds } from '../figure.ts';
import { type HistoryTotals, LongHistory } from '../generator/long-history.ts';
import type { GeneratedService } from '../generator/objects.ts';

export interface GeneratedLog extends HistoryTotals {
  readonly file: string;
  readonly bytes: number;
  readonly from: EpochMs;
  readonly services: readonly GeneratedService[];
}

const FROM = epochMs(Date.UTC(2026, 9, 1));
const DAY_MS = 86_400_000;

/**
 * 100 Services of 10 backends: the log when it holds 10⁴ events, and the same log later, with 10⁶ of them or as many as
 * can be written in time.
 */
export async function growingLog({ quick, folder, say }: BenchOptions): Promise<{ short: GeneratedLog; long: GeneratedLog }> {
  const startedAt = performance.now();
  const [events, withinMs] = quick ? [60_000, 10_000] : [1_000_000, 170_000];
  const file = join(folder, 'long.db');
  const store = openStore(file);
  const history = new LongHistory(store, {
    seed: 1,
    services: 100,
    backendsPerService: 10,
    record: { endpoints: true, pods: false },
    wave: [3, 5],
    from: FROM,
    everyMs: 5_000,
  });
  say(`generating a log of ${count(events)} events`);
  await history.goOn({ events: 10_000 });
  const shortFile = join(folder, 'short.db');
  await copy(file, shortFile);
  const described = (path: string): GeneratedLog => ({
    ...history.totals,
    file: path,
    bytes: statSync(path).size,
    from: FROM,
    services: history.services,
  });
  const short = described(shortFile);
  await history.goOn({ events }, startedAt + withinMs);
  store.close();
  const long = described(file);
  const took = performance.now() - startedAt;
  say(
    `${count(long.events)} events and ${count(long.flips)} flips in ${seconds(took)}, ${count(Math.round(long.bytes / 1e6))} MB`,
  );
  return { short, long };
}

/** One Service of 2,000 backends in 20 slices, with 100,000 flips in 24 hours (a fifth of them when it is to be quick). */
export async function wideLog({ quick, folder, say }: BenchOptions): Promise<GeneratedLog> {
  const file = join(folder, 'wide.db');
  const store = openStore(file);
  const [flips, flipsAWave] = [quick ? 20_000 : 100_000, 3.76];
  say(`generating a day of ${count(flips)} flips over 2,000 backends`);
  const history = new LongHistory(store, {
    seed: 1,
    services: 1,
    backendsPerService: 2_000,
    // Endpoints would hold only 1,000 of them.
    record: { endpoints: false, pods: false },
    wave: [1, 7],
    from: FROM,
    everyMs: (DAY_MS * flipsAWave) / flips,
  });
  await history.goOn({ flips });
  store.close();
  return { ...history.totals, file, bytes: statSync(file).size, from: FROM, services: history.services };
}

async function copy(from: string, to: string): Promise<void> {
  const db = new Database(from, { readonly: true });
  await db.backup(to);
  db.close();
}
