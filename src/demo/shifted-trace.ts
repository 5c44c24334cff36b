/**
 * The real incident that lies in the demo cluster's past: a trace of a real cluster, moved in time so that it ends a few
 * seconds before now.
 */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, zstdDecompress } from 'node:zlib';
import { type EpochMs, parseRfc3339 } from '../domain/time.ts';

/** Shipped beside this file, because a container image holds only the sources. */
const INCIDENT = new URL('./incident-1.jsonl.zst', import.meta.url);

/** How long before now the last line of the shifted trace lies at least. At most one second more. */
const QUIET_BEFORE_NOW_MS = 3_000;

/** As Kubernetes writes times: UTC, whole seconds (`Time`) or microseconds (`MicroTime`), and a trace's `at` in milliseconds. */
const TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?=(?:\.\d{1,9})?Z)/g;

/** The trace has no lines, or its last one does not say when it was received. A fault of the packaged file, not of a user. */
export class DemoTraceError extends Error {
  override name = 'DemoTraceError';
}

/** The incident as it was recorded, one line of JSON each, without line ends. */
export async function readIncident(): Promise<string[]> {
  const compressed = await readFile(INCIDENT);
  const raw = await promisify(zstdDecompress)(compressed, { params: { [constants.ZSTD_d_windowLogMax]: 27 } });
  return raw.toString('utf8').split('\n').filter(Boolean);
}

/**
 * By how many whole seconds a trace must be moved to end {@link QUIET_BEFORE_NOW_MS} before `now`. Whole, because most
 * times inside objects have no fraction, and all must keep their distances.
 *
 * @throws DemoTraceError when the last line has no time.
 */
export function secondsToShift(lines: readonly string[], now: EpochMs): number {
  const last = lines.at(-1);
  const at = last === undefined ? undefined : parseRfc3339((JSON.parse(last) as { at?: string }).at ?? '');
  if (at === undefined) throw new DemoTraceError('the trace of the demo cluster does not end with a line that has a time');
  return Math.floor((now - QUIET_BEFORE_NOW_MS - at) / 1_000);
}

/**
 * Moves every time in the text by `seconds`, a whole number: the time of receipt and all times inside the object, also
 * those inside annotations and messages. Fractions stay as they are, and so does everything that is not a time, so
 * shifting by the opposite gives the same text again.
 */
export function shiftTimes(text: string, seconds: number): string {
  // A line has some twenty times but only a few different ones.
  const shifted = new Map<string, string>();
  return text.replace(TIME, (time) => {
    const known = shifted.get(time);
    if (known !== undefined) return known;
    const result = shiftTime(time, seconds);
    shifted.set(time, result);
    return result;
  });
}

/** A text that only looks like a time (month 13, second 60) is left alone. */
function shiftTime(time: string, seconds: number): string {
  const at = Date.parse(`${time}Z`);
  if (Number.isNaN(at) || wholeSeconds(at) !== time) return time;
  return wholeSeconds(at + seconds * 1_000);
}

function wholeSeconds(at: number): string {
  return new Date(at).toISOString().slice(0, -5);
}
