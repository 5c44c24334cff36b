/** Instants that lie close together, joined into spans, so that what is around them is read once. */
import { type EpochMs, epochMs } from '../../domain/time.ts';

export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Spans closer together are read as one: looking an object up anew costs more than what little it did in between. */
const APART_MS = 3_600_000;

/**
 * Each instant with what is wanted before and after it. Spans that are near each other are one; far-apart instants stay apart,
 * so that a quiet year between two flips is not read.
 */
export function spansAround(instants: readonly number[], beforeMs: number, afterMs: number): Span[] {
  const spans: { from: EpochMs; to: EpochMs }[] = [];
  for (const at of instants.toSorted((a, b) => a - b)) {
    const [from, to] = [epochMs(Math.max(0, at - beforeMs)), epochMs(at + afterMs)];
    const last = spans.at(-1);
    if (last !== undefined && from <= last.to + APART_MS) last.to = to;
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

/** Instants that are collected first; then what is read around them, span by span, when it is first asked for. */
export class Instants {
  readonly #beforeMs: number;
  readonly #afterMs: number;
  readonly #all: number[] = [];
  #spans: readonly Span[] | undefined;

  constructor(beforeMs: number, afterMs: number) {
    this.#beforeMs = beforeMs;
    this.#afterMs = afterMs;
  }

  add(at: number): void {
    this.#all.push(at);
    this.#spans = undefined;
  }

  spanOf(at: number): Span {
    this.#spans ??= spansAround(this.#all, this.#beforeMs, this.#afterMs);
    return spanOf(this.#spans, at);
  }
}

/** Something that is read for a span, once for all instants that lie in it. */
export class PerSpan<T> {
  readonly #instants: Instants;
  readonly #read: (span: Span) => T;
  readonly #known = new Map<Span, T>();

  constructor(instants: Instants, read: (span: Span) => T) {
    this.#instants = instants;
    this.#read = read;
  }

  at(at: number): T {
    return this.of(this.#instants.spanOf(at));
  }

  of(span: Span): T {
    const known = this.#known.get(span);
    if (known !== undefined || this.#known.has(span)) return known as T;
    const value = this.#read(span);
    this.#known.set(span, value);
    return value;
  }
}
