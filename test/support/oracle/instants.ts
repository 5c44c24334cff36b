/** Which instants to ask about: where answers change, just beside, in between, and at random. */
import type { Truth } from './fold.ts';

export interface InstantOptions {
  /** How many random instants to add. */
  readonly random: number;
  /** The same seed gives the same instants. */
  readonly seed: number;
  /** At most about so many events to ask around, evenly taken. Absent: all. */
  readonly events?: number;
}

/** Epoch milliseconds, ascending, each once: around each event, 1 ms before and after it, and midway to the next. */
export function instantsOf(truth: Truth, options: InstantOptions): number[] {
  const all = [...new Set(truth.versions.map((one) => one.at))].sort((a, b) => a - b);
  const step = Math.max(1, Math.floor(all.length / (options.events ?? all.length)));
  const last = all.at(-1);
  const events = all.filter((at, index) => index % step === 0 || at === last);

  const instants = new Set<number>();
  events.forEach((at, index) => {
    for (const near of [at - 1, at, at + 1]) instants.add(near);
    const next = events[index + 1];
    if (next !== undefined) instants.add(Math.floor((at + next) / 2));
  });

  const lineTimes = truth.lines.map((one) => one.at);
  const from = (lineTimes[0] ?? 0) - 2_000;
  const to = (lineTimes.at(-1) ?? from) + 2_000;
  const random = seededRandom(options.seed);
  for (let i = 0; i < options.random; i++) instants.add(Math.floor(from + random() * (to - from)));
  return [...instants].sort((a, b) => a - b);
}

/** Marsaglia's xorshift32: numbers in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let x = seed | 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}
