/** How long to wait after a failure. */
import type { BackoffSettings, Range } from './settings.ts';

/**
 * Full jitter: anything between nothing and the limit, which doubles from 800 ms to 30 s as in client-go's reflector, so
 * that recorders that lost one server do not come back to it together.
 *
 * @param failures in a row before this one
 * @param random in [0, 1)
 */
export function backoffMs(settings: BackoffSettings, failures: number, random: number): number {
  return Math.floor(random * Math.min(settings.maxMs, settings.firstMs * 2 ** Math.min(failures, 30)));
}

/**
 * Milliseconds that an HTTP `Retry-After` header asks for: seconds or an HTTP date (RFC 9110 §10.2.3). `undefined` when there
 * is none or it makes no sense.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) || !/[a-z]/i.test(text) ? undefined : Math.max(0, date - now);
}

/** A whole number of the range. */
export function within(range: Range, random: number): number {
  return range.min + Math.floor(random * (range.max - range.min + 1));
}
