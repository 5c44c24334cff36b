/** Where a time axis puts its marks: on round times of the zone's own clocks, daylight saving or not. */
import { formatInstant, fromWall, offsetMs } from './zone.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 365].map((n) => n * DAY),
];

/** The smallest round step that leaves at least `minPx` between marks. */
export function tickStep(spanMs: number, widthPx: number, minPx: number): number {
  const least = (spanMs * minPx) / Math.max(widthPx, 1);
  return STEPS.find((step) => step >= least) ?? Math.ceil(least / (365 * DAY)) * 365 * DAY;
}

export interface Tick {
  readonly at: number;
  readonly label: string;
  /** Set on the first mark and wherever the day changes. */
  readonly date?: string;
}

/** Marks inside [from, to], growing, at least `minPx` apart except where the zone's clocks are set back. */
export function ticks(from: number, to: number, widthPx: number, zone: string, minPx = 90): Tick[] {
  const span = to - from;
  if (!(span > 0) || !(widthPx > 0)) return [];
  const step = tickStep(span, widthPx, minPx);
  const result: Tick[] = [];
  const style = step < SECOND ? 'clock-ms' : step < MINUTE ? 'clock' : 'minutes';
  let day = '';
  const put = (at: number) => {
    const last = result.at(-1);
    if (at < from || at > to || (last && at <= last.at)) return;
    const date = formatInstant(at, zone, 'date');
    const text = formatInstant(at, zone, style);
    const label = step >= DAY ? date : style === 'minutes' ? text.slice(11) : text;
    result.push({ at, label, ...(date !== day && step < DAY ? { date } : {}) });
    day = date;
  };
  // Below an hour every zone's offset is a whole number of steps or close enough to follow; above, walk on wall time.
  let wall = Math.floor((from + offsetMs(from, zone)) / step) * step;
  const end = to + offsetMs(to, zone) + HOUR;
  for (; wall <= end; wall += step) put(fromWall(wall, zone));
  return result;
}
