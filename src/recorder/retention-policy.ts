/** Whether history is to be shed, and up to where. Pure. */
import type { ShedReason } from '../domain/ledger.ts';
import { type EpochMs, epochMs } from '../domain/time.ts';
import type { LogSize } from '../store/log-space.ts';

export interface RetentionSettings {
  /** History older than this is shed. Absent: age is no reason. */
  readonly retainMs?: number | undefined;
  /** The log is shed to below this. Absent: size is no reason. */
  readonly maxBytes?: number | undefined;
  /** Free bytes on the disk below which history is shed. Absent: {@link defaultMinFree}. 0: the disk is no reason. */
  readonly minFreeBytes?: number | undefined;
}

/** Of the file system that the log is on, in bytes. */
export interface Disk {
  /** What this user may still write. */
  readonly free: number;
  readonly total: number;
}

export interface LogState {
  readonly now: EpochMs;
  readonly size: LogSize;
  /** Absent: cannot be told, and is no reason then. */
  readonly disk: Disk | undefined;
  /** `at` of the first event after the horizon. Absent: there is none. */
  readonly oldestAt: EpochMs | undefined;
}

/** A pass: the horizon moves on while events are older than `olderThan` and more than `usedBytes` of the file are in use. */
export interface Pass {
  readonly reason: ShedReason;
  readonly olderThan: EpochMs;
  /** Absent: however much is in use. */
  readonly usedBytes?: number;
}

/** Neither size nor disk makes the last hour go: a history that short would answer nothing, and the cause lies elsewhere. */
export const KEPT_MS = 3_600_000;
/** History may become this much older before a pass sheds it: passes are told in the ledger, which must not fill the log. */
export const AGE_SLACK = 0.01;
const MIN_AGE_SLACK_MS = 60_000;
/** A log that is too large is shed to this part of its size, so that the next pass is not the next minute's. */
export const SIZE_AFTER = 0.95;
/** What a pass for the disk aims at, as a part of what must be free. */
const FREE_AFTER = 1.1;

const DEFAULT_MIN_FREE_BYTES = 256 << 20;
const DEFAULT_MIN_FREE_PART = 0.05;

/** 256 MiB, or 5 % of a disk that is smaller than 5 GiB. */
export function defaultMinFree({ total }: Disk): number {
  return Math.min(DEFAULT_MIN_FREE_BYTES, Math.floor(total * DEFAULT_MIN_FREE_PART));
}

/** Space that the recorder can still write to: of the disk, and what is free inside the file. */
export function roomOf({ free }: Disk, { file, used }: LogSize): number {
  return free + file - used;
}

/** @returns the pass that is due, the most urgent first; `undefined` when there is none */
export function passDue(settings: RetentionSettings, { now, size, disk, oldestAt }: LogState): Pass | undefined {
  if (oldestAt === undefined) return undefined;
  const kept = epochMs(Math.max(0, now - KEPT_MS));
  const sheddable = oldestAt < kept;
  const minFree = disk === undefined ? 0 : (settings.minFreeBytes ?? defaultMinFree(disk));
  if (disk !== undefined && sheddable && roomOf(disk, size) < minFree) {
    const missing = minFree * FREE_AFTER - roomOf(disk, size);
    return { reason: 'low-disk', olderThan: kept, usedBytes: Math.max(0, size.used - missing) };
  }
  if (settings.maxBytes !== undefined && sheddable && size.used > settings.maxBytes) {
    return { reason: 'max-size', olderThan: kept, usedBytes: settings.maxBytes * SIZE_AFTER };
  }
  if (settings.retainMs !== undefined) {
    const slack = Math.max(MIN_AGE_SLACK_MS, settings.retainMs * AGE_SLACK);
    if (oldestAt < now - settings.retainMs - slack) {
      return { reason: 'retain', olderThan: epochMs(Math.max(0, now - settings.retainMs)) };
    }
  }
  return undefined;
}

/** What is wrong though nothing is left that may be shed; `undefined` when nothing is. */
export function helplessness(settings: RetentionSettings, { size, disk, oldestAt, now }: LogState): string | undefined {
  if (oldestAt !== undefined && oldestAt < now - KEPT_MS) return undefined;
  const minFree = disk === undefined ? 0 : (settings.minFreeBytes ?? defaultMinFree(disk));
  if (disk !== undefined && roomOf(disk, size) < minFree)
    return 'the disk is nearly full, and no history older than an hour is left to shed';
  if (settings.maxBytes !== undefined && size.used > settings.maxBytes)
    return 'the log is larger than it may be, and no history older than an hour is left to shed';
  return undefined;
}

/** A step that takes longer than this is followed by a smaller one. */
const LONG_STEP_MS = 8;
const SHORT_STEP_MS = 4;
const FEWEST_EVENTS = 8;
const MOST_EVENTS = 250;
export const FIRST_EVENTS = 64;

/** How many events the next step may pass, after one of `events` that took so long. */
export function nextStep(events: number, tookMs: number): number {
  if (tookMs > LONG_STEP_MS) return Math.max(FEWEST_EVENTS, Math.floor(events / 2));
  if (tookMs < SHORT_STEP_MS) return Math.min(MOST_EVENTS, Math.ceil(events * 1.25));
  return events;
}

/** Between steps the watch has the process to itself for several times as long; less when space is pressing. */
export function pauseAfter(reason: ShedReason, tookMs: number): number {
  return reason === 'low-disk' ? Math.max(2, tookMs) : Math.max(10, tookMs * 4);
}
