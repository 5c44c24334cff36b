/** What counts over a window add up to: how few were ready, and for how long. Pure; all durations in milliseconds. */
import type { EpochMs } from '../domain/time.ts';

/** Counts from `at` until the next point. Without counts: not known. */
export interface CountsPoint {
  readonly at: EpochMs;
  readonly ready?: number;
  readonly notReady?: number;
  readonly terminating?: number;
}

export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export interface CountFacts {
  /** The fewest that were ready while the Service had an address list, and when that began. Absent: never had one, or not known. */
  readonly leastReady?: { readonly ready: number; readonly notReady: number; readonly at: EpochMs };
  readonly zeroReadyMs: number;
  readonly someNotReadyMs: number;
  /** Without any address list: not made yet, or deleted. */
  readonly unlistedMs: number;
  readonly knownMs: number;
  readonly unknownMs: number;
}

/**
 * @param points oldest first, the first of them at the window's start
 * @param zeroReady the spans with an address list in which none was ready
 */
export function countFacts(points: readonly CountsPoint[], zeroReady: readonly Span[], window: Span): CountFacts {
  let leastReady: CountFacts['leastReady'];
  const sums = { someNotReadyMs: 0, unlistedMs: 0, knownMs: 0, unknownMs: 0 };
  let zero = 0;
  points.forEach(({ at, ready, notReady = 0 }, index) => {
    const until = points[index + 1]?.at ?? window.to;
    const lasted = until - at;
    if (lasted <= 0) return;
    if (ready === undefined) {
      sums.unknownMs += lasted;
      return;
    }
    sums.knownMs += lasted;
    if (notReady > 0) sums.someNotReadyMs += lasted;
    // Counts of a Service that has no list are zero as well. Neither a zero-ready span nor a point reaches over the other's end.
    while ((zeroReady[zero]?.to ?? Number.POSITIVE_INFINITY) <= at) zero++;
    const zeroMs = ready === 0 ? overlap(zeroReady, zero, { from: at, to: until }) : 0;
    if (ready === 0) sums.unlistedMs += lasted - zeroMs;
    const isListed = ready > 0 || zeroMs > 0;
    if (isListed && (leastReady === undefined || ready < leastReady.ready)) {
      const since = ready > 0 ? at : (Math.max(at, zeroReady[zero]?.from ?? at) as EpochMs);
      leastReady = { ready, notReady, at: since };
    }
  });
  const zeroReadyMs = zeroReady.reduce((sum, { from, to }) => sum + to - from, 0);
  return { ...(leastReady ? { leastReady } : {}), zeroReadyMs, ...sums };
}

function overlap(spans: readonly Span[], first: number, { from, to }: Span): number {
  let sum = 0;
  for (let index = first; (spans[index]?.from ?? to) < to; index++) {
    const span = spans[index] as Span;
    sum += Math.max(0, Math.min(span.to, to) - Math.max(span.from, from));
  }
  return sum;
}
