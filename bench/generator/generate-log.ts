/**
 * A log of any length: its beginning written by the real recorder, the rest by repeating a cycle that the recorder wrote
 * ({@link ./repeat-cycle.ts}). 10⁷ flips take a few minutes; the same plan and seed give the same log.
 */
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type EpochMs, epochMs } from '../../src/domain/time.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { type Cycle, type HistoryPlan, LongHistory } from './long-history.ts';
import type { GeneratedService } from './objects.ts';
import { repeatCycle } from './repeat-cycle.ts';

export interface GeneratedLog {
  readonly file: string;
  readonly bytes: number;
  readonly events: number;
  readonly flips: number;
  /** Time of the first lists. */
  readonly from: EpochMs;
  /** Time of the last event. */
  readonly to: EpochMs;
  readonly services: readonly GeneratedService[];
}

/** How far to go: the first one that is reached; a repeated history goes on to the end of its cycle. */
export interface LogLength {
  readonly events?: number;
  readonly flips?: number;
}

export interface GenerateOptions {
  /** Keeps a copy of the log as it is when it holds so many events; fewer than {@link RECORDED_EVENTS}. */
  readonly early?: { readonly file: string; readonly events: number };
  readonly onProgress?: (share: number) => void;
}

/** Written through the recorder before anything is repeated: Pods are replaced, keyframes and deltas find their measure. */
export const RECORDED_EVENTS = 10_000;
const CYCLE_EVENTS = 20_000;
/** The versions of a cycle stand in memory. */
const CYCLE_BYTES = 128_000_000;
const BYTES_PER_BACKEND = 250;

export async function generateLog(
  file: string,
  plan: HistoryPlan,
  length: LogLength,
  { early, onProgress }: GenerateOptions = {},
): Promise<{ log: GeneratedLog; early?: GeneratedLog }> {
  const store = openStore(file);
  const history = new LongHistory(store, plan);
  const described = (path: string, totals = history.totals): GeneratedLog => ({
    file: path,
    bytes: statSync(path).size,
    events: totals.events,
    flips: totals.flips,
    from: plan.from,
    to: totals.to,
    services: history.services,
  });
  let kept: GeneratedLog | undefined;
  if (early) {
    await history.goOn({ events: early.events });
    await copy(file, early.file);
    kept = described(early.file);
  }
  let cycle: Cycle | undefined;
  const cycleEvents = Math.min(CYCLE_EVENTS, Math.ceil(CYCLE_BYTES / bytesPerEvent(plan)));
  await history.goOn({ ...length, events: Math.min(length.events ?? Number.POSITIVE_INFINITY, RECORDED_EVENTS) });
  if (isShorter(history.totals, length)) cycle = await history.cycle(cycleEvents);
  const { totals } = history;
  store.close();
  const times = cycle ? timesFor(totals, cycle, length) : 0;
  if (cycle && times > 0) repeatCycle(file, cycle, { times, ...(onProgress ? { onProgress } : {}) });
  const repeated = cycle
    ? {
        events: totals.events + times * (cycle.last - cycle.after),
        flips: totals.flips + times * cycle.flips,
        to: epochMs(totals.to + times * cycle.ms),
      }
    : totals;
  return { log: described(file, repeated), ...(kept ? { early: kept } : {}) };
}

function isShorter({ events, flips }: { events: number; flips: number }, length: LogLength): boolean {
  return events < (length.events ?? Number.POSITIVE_INFINITY) && flips < (length.flips ?? Number.POSITIVE_INFINITY);
}

function timesFor(totals: { events: number; flips: number }, cycle: Cycle, { events, flips }: LogLength): number {
  const byEvents = events === undefined ? Number.POSITIVE_INFINITY : (events - totals.events) / (cycle.last - cycle.after);
  const byFlips = flips === undefined ? Number.POSITIVE_INFINITY : (flips - totals.flips) / cycle.flips;
  return Math.max(0, Math.ceil(Math.min(byEvents, byFlips)));
}

function bytesPerEvent({ backendsPerService, record }: HistoryPlan): number {
  const slice = Math.min(100, backendsPerService) * BYTES_PER_BACKEND;
  const endpoints = Math.min(1_000, backendsPerService) * BYTES_PER_BACKEND;
  return record.endpoints ? (slice + endpoints) / 2 : slice;
}

async function copy(from: string, to: string): Promise<void> {
  const db = new Database(from, { readonly: true });
  await db.backup(to);
  db.close();
}
