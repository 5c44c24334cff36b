/** Instants that lie close together, joined into spans, so that what is around them is read once. */
import { type EpochMs, epochMs } from '../../domain/time.ts';

export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/**
 * Each instant with what is wanted before and after it. Spans that touch are one; far-apart instants stay apart, so that a
 * quiet year between two flips is not read.
 */
export function spansAround(instants: readonly number[], beforeMs: number, afterMs: number): Span[] {
  const spans: { from: EpochMs; to: EpochMs }[] = [];
  for (const at of instants.toSorted((a, b) => a - b)) {
    const [from, to] = [epochMs(Math.max(0, at - beforeMs)), epochMs(at + afterMs)];
    const last = spans.at(-1);
    if (last !== undefined && from <= last.to) last.to = to;
    else spans.push({ from, to });
  }
  return spans;
}

/** The span that an instant lies in; there is one for every instant that the spans were made from. */
export function spanOf(spans: readonly Span[], at: number): Span {
  let low = 0;
  let high = spans.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as Span).to < at) low = middle + 1;
    else high = middle;
  }
  const span = spans[low];
  if (span === undefined || at < span.from || at > span.to) throw new RangeError(`no span around ${at}`);
  return span;
}
