/** Counts over a window in as many buckets as there are pixels: what was least, most, and for how long. Pure. */
import type { EpochMs } from '../domain/time.ts';
import type { CountsPoint, Span } from './count-facts.ts';
import type { BucketsAnswer } from './drawn-answers.ts';

interface Bucket {
  /** Absent: no address list is known of in it. */
  leastReady?: number;
  mostReady?: number;
  mostNotReady?: number;
  mostTerminating?: number;
  zeroMs: number;
  unlistedMs: number;
  unknownMs: number;
  flips: number;
}

/** Buckets of equal length, to the millisecond: bucket `i` is [edge(i), edge(i + 1)). */
export class Buckets {
  readonly #window: Span;
  readonly #buckets: readonly Bucket[];

  /** @param length how many; not more than the window has milliseconds */
  constructor(window: Span, length: number) {
    this.#window = window;
    this.#buckets = Array.from({ length }, () => ({ zeroMs: 0, unlistedMs: 0, unknownMs: 0, flips: 0 }));
  }

  /** @param at inside the window */
  addFlips(at: EpochMs, count: number): void {
    const bucket = this.#buckets[this.#indexOf(at)];
    if (bucket) bucket.flips += count;
  }

  /**
   * @param points oldest first, the first of them at the window's start
   * @param zeroReady the spans with an address list in which none was ready
   */
  addCounts(points: readonly CountsPoint[], zeroReady: readonly Span[]): void {
    let zero = 0;
    points.forEach((point, index) => {
      const until = points[index + 1]?.at ?? this.#window.to;
      if (point.ready !== 0) {
        this.#add(point, point.at, until, point.ready === undefined ? 'unknown' : 'listed');
        return;
      }
      // Counts of a Service that has no list are zero as well, and the two may follow each other inside one point.
      let at: number = point.at;
      while ((zeroReady[zero]?.to ?? Number.POSITIVE_INFINITY) <= at) zero++;
      for (let next = zero; (zeroReady[next]?.from ?? until) < until; next++) {
        const { from, to } = zeroReady[next] as Span;
        this.#add(point, at, Math.max(at, from), 'unlisted');
        this.#add(point, Math.max(at, from), Math.min(to, until), 'zero');
        at = Math.min(to, until);
      }
      this.#add(point, at, until, 'unlisted');
    });
  }

  get answer(): BucketsAnswer {
    const all = this.#buckets;
    return {
      leastReady: all.map(({ leastReady = null }) => leastReady),
      mostReady: all.map(({ mostReady = null }) => mostReady),
      mostNotReady: all.map(({ mostNotReady = null }) => mostNotReady),
      mostTerminating: all.map(({ mostTerminating = null }) => mostTerminating),
      zeroMs: all.map(({ zeroMs }) => zeroMs),
      unlistedMs: all.map(({ unlistedMs }) => unlistedMs),
      unknownMs: all.map(({ unknownMs }) => unknownMs),
      flips: all.map(({ flips }) => flips),
    };
  }

  #add(point: CountsPoint, from: number, to: number, kind: 'listed' | 'zero' | 'unlisted' | 'unknown'): void {
    if (from >= to) return;
    for (let index = this.#indexOf(from); this.#edge(index) < to; index++) {
      const bucket = this.#buckets[index];
      if (bucket === undefined) return;
      const lasted = Math.min(to, this.#edge(index + 1)) - Math.max(from, this.#edge(index));
      if (kind === 'unknown') bucket.unknownMs += lasted;
      else if (kind === 'unlisted') bucket.unlistedMs += lasted;
      else {
        if (kind === 'zero') bucket.zeroMs += lasted;
        count(bucket, point);
      }
    }
  }

  #edge(index: number): number {
    const { from, to } = this.#window;
    return from + Math.floor((index * (to - from)) / this.#buckets.length);
  }

  #indexOf(at: number): number {
    const { from, to } = this.#window;
    let index = Math.floor(((at - from) * this.#buckets.length) / (to - from));
    while (this.#edge(index + 1) <= at) index++;
    return index;
  }
}

function count(bucket: Bucket, { ready = 0, notReady = 0, terminating = 0 }: CountsPoint): void {
  bucket.leastReady = Math.min(bucket.leastReady ?? ready, ready);
  bucket.mostReady = Math.max(bucket.mostReady ?? 0, ready);
  bucket.mostNotReady = Math.max(bucket.mostNotReady ?? 0, notReady);
  bucket.mostTerminating = Math.max(bucket.mostTerminating ?? 0, terminating);
}
