/** Instants as clocks of a time zone show them, on `Intl` alone. Instants are epoch milliseconds, zones IANA names or `UTC`. */

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, found);
  }
  return found;
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** How far the zone's clocks are ahead of UTC at this instant. */
export function offsetMs(at: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const part: Record<string, number> = {};
  for (const { type, value } of format(zone).formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1_000) * 1_000;
}

/**
 * The instant at which the zone's clocks show this wall time, given as if it were UTC. A wall time that daylight saving
 * skips gives the instant as far after the change as the wall time is; one that comes twice gives the first.
 */
export function fromWall(wall: number, zone: string): number {
  if (zone === 'UTC') return wall;
  const before = wall - offsetMs(wall - 86_400_000, zone);
  const after = wall - offsetMs(wall + 86_400_000, zone);
  const earlier = Math.min(before, after);
  for (const guess of [earlier, Math.max(before, after)]) {
    if (guess + offsetMs(guess, zone) === wall) return guess;
  }
  return Math.max(before, after);
}

/** As much of `2026-11-23 14:02:10.123` as asked for. */
export type TimeStyle = 'full' | 'seconds' | 'minutes' | 'clock' | 'clock-ms' | 'date';

const SLICES: Record<TimeStyle, [number, number]> = {
  full: [0, 23],
  seconds: [0, 19],
  minutes: [0, 16],
  clock: [11, 19],
  'clock-ms': [11, 23],
  date: [0, 10],
};

export function formatInstant(at: number, zone: string, style: TimeStyle = 'full'): string {
  const [start, end] = SLICES[style];
  return new Date(at + offsetMs(at, zone)).toISOString().replace('T', ' ').slice(start, end);
}

/** `UTC`, or `Europe/Berlin, UTC+01:00` as it is at this instant. */
export function zoneLabel(zone: string, at: number): string {
  if (zone === 'UTC') return 'UTC';
  const minutes = Math.round(offsetMs(at, zone) / 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  const text = `${minutes < 0 ? '−' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  return `${zone}, UTC${text}`;
}
