/** Time ↔ pixel, and what zooming and panning do to a range. Times are epoch milliseconds, positions CSS pixels. */

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Below this a range is not zoomed further: the log has whole milliseconds. */
export const MIN_SPAN_MS = 20;
const MAX_INSTANT = 253_402_300_799_999;

export interface TimeScale {
  readonly range: Range;
  readonly left: number;
  readonly width: number;
  /** Not clamped: times outside the range lie outside the plot. */
  toX(at: number): number;
  /** Clamped to the range; whole milliseconds. */
  toTime(x: number): number;
  /** Milliseconds a pixel. */
  readonly msPerPx: number;
}

export function timeScale(range: Range, left: number, width: number): TimeScale {
  const span = Math.max(range.to - range.from, 1);
  const safe = Math.max(width, 1);
  return {
    range,
    left,
    width: safe,
    msPerPx: span / safe,
    toX: (at) => left + ((at - range.from) / span) * safe,
    toTime: (x) => Math.round(range.from + (Math.min(Math.max(x - left, 0), safe) / safe) * span),
  };
}

/** Whole milliseconds, at least {@link MIN_SPAN_MS} long, inside what RFC 3339 can write. Keeps the middle when it must grow. */
export function soundRange(range: Range): Range {
  let from = Math.round(Math.min(range.from, range.to));
  let to = Math.round(Math.max(range.from, range.to));
  if (to - from < MIN_SPAN_MS) {
    from = Math.round((from + to - MIN_SPAN_MS) / 2);
    to = from + MIN_SPAN_MS;
  }
  if (from < 0) {
    to = Math.max(to - from, MIN_SPAN_MS);
    from = 0;
  }
  if (to > MAX_INSTANT) {
    from = Math.max(0, from - (to - MAX_INSTANT));
    to = MAX_INSTANT;
  }
  return { from, to: Math.min(to, MAX_INSTANT) };
}

/** Zooms so that the instant `at` stays under the cursor. A factor below 1 zooms in. */
export function zoomAt(range: Range, at: number, factor: number): Range {
  const anchor = Math.min(Math.max(at, range.from), range.to);
  return soundRange({ from: anchor - (anchor - range.from) * factor, to: anchor + (range.to - anchor) * factor });
}

/** Moves the range by a share of its own length; positive is later. The length stays the same. */
export function pan(range: Range, share: number): Range {
  const by = Math.round((range.to - range.from) * share);
  const bounded = Math.max(-range.from, Math.min(by, MAX_INSTANT - range.to));
  return { from: range.from + bounded, to: range.to + bounded };
}
