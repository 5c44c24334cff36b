/**
 * Instants and durations. Everything inside the program is {@link EpochMs}; text exists only at the edges.
 * All arithmetic is on UTC milliseconds, so neither time zones nor daylight saving can bend it.
 */

declare const epochMsBrand: unique symbol;

/** An instant: whole milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number & { readonly [epochMsBrand]: true };

/** Takes a number that is known to be epoch milliseconds. Fractions are cut off. */
export const epochMs = (value: number): EpochMs => Math.trunc(value) as EpochMs;

/** The last instant that RFC 3339 can write with a four-digit year: 9999-12-31T23:59:59.999Z. */
export const MAX_INSTANT = epochMs(253_402_300_799_999);

/** The text given as a time could not be understood. `message` is written for the person who typed it. */
export class InvalidTimeError extends Error {
  override name = 'InvalidTimeError';
}

// Not years 0000 to 0099, which Date.UTC would read as 1900 to 1999.
const RFC3339 =
  /^((?!00)\d{4})-(0[1-9]|1[0-2])-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const RELATIVE = /^now(?:([+-])(\d+(?:\.\d+)?)(ms|s|m|h|d|w))?$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * Reads an instant as users and scripts write it: RFC 3339 with any offset (`2026-11-23T16:18:12.5+01:00`),
 * epoch milliseconds (`1795450692000`), or relative to `now` (`now`, `now-15m`, `now-1h`; units ms s m h d w).
 *
 * Digits beyond the millisecond are cut off, never rounded, so that an instant never moves into the future.
 *
 * @throws InvalidTimeError when the text is none of these, or names a day that does not exist.
 */
export function parseTime(text: string, now: EpochMs): EpochMs {
  const trimmed = text.trim();
  const relative = RELATIVE.exec(trimmed);
  if (relative) {
    const [, sign, amount, unit] = relative;
    if (amount === undefined) return now;
    const offset = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
    return withinRange(sign === '-' ? now - offset : now + offset, text);
  }
  if (/^-?\d+$/.test(trimmed)) {
    if (/^-/.test(trimmed) || trimmed.length > 15) throw invalid(text);
    return withinRange(Number(trimmed), text);
  }
  const instant = parseRfc3339(trimmed);
  if (instant === undefined) throw invalid(text);
  return instant;
}

/** Reads RFC 3339 alone, the form in which Kubernetes writes times. `undefined` when the text is not one. */
export function parseRfc3339(text: string): EpochMs | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  // A leap second (:60) is the following second; Date.UTC carries it over.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (new Date(date).getUTCDate() !== Number(day)) return undefined;
  const clock = Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second) * 1_000 + milliseconds;
  const instant = date + clock - offsetMs(zone);
  return instant >= 0 && instant <= MAX_INSTANT ? epochMs(instant) : undefined;
}

const MINUTE_MS = 60_000;
/** What the instants of one minute share, `2026-11-23T16:18:`: answers name many instants, and neighbours of each other. */
let minute = { number: Number.NaN, text: '' };

/** RFC 3339 in UTC with milliseconds, the only form in which the program writes a time. */
export function formatTime(at: EpochMs): string {
  const number = Math.floor(at / MINUTE_MS);
  if (number !== minute.number) minute = { number, text: new Date(number * MINUTE_MS).toISOString().slice(0, -'00.000Z'.length) };
  const ms = at - number * MINUTE_MS;
  const seconds = Math.floor(ms / 1_000);
  return `${minute.text}${TWO_DIGITS[seconds]}.${THREE_DIGITS[ms - seconds * 1_000]}Z`;
}

const digits = (count: number, length: number) =>
  Array.from({ length: count }, (_, value) => String(value).padStart(length, '0'));
const TWO_DIGITS = digits(60, 2);
const THREE_DIGITS = digits(1_000, 3);

/** A duration for people: `0.4s`, `52s`, `1m45s`, `3h02m`, `2d04h`. Negative durations keep their sign. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 10_000) return `${Math.floor(ms / 100) / 10}s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h${two(Math.floor(seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${two(Math.floor(seconds / 3_600) % 24)}h`;
}

const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+$/;

/** Milliseconds of a duration as people write it: `500ms`, `5s`, `1m`, `1h30m` (units ms s m h d w). `undefined` when the text is not one. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!DURATION.test(trimmed)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)) {
    sum += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return sum <= MAX_INSTANT ? Math.trunc(sum) : undefined;
}

function offsetMs(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 3_600_000 + Number(zone.slice(4, 6)) * 60_000);
}

function withinRange(value: number, text: string): EpochMs {
  if (!(value >= 0 && value <= MAX_INSTANT)) throw invalid(text);
  return epochMs(value);
}

function invalid(text: string): InvalidTimeError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return new InvalidTimeError(
    `${JSON.stringify(shown)} is not a time: write RFC 3339 (2026-11-23T16:18:12Z), epoch milliseconds, or now, now-15m, now-1h`,
  );
}
