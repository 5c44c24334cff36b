/** What the benchmarks measure, and the statistics over repetitions. */

/** One row of the table. */
export interface Figure {
  /** Short and stable: the key in the JSON. */
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: '×' | '%' | 'ms' | 'B' | 'kB' | 'MB' | 'GB';
  /** Absent: nothing is asked of it, it is for people to reckon with. */
  readonly goal?: { readonly most: number } | { readonly least: number };
  /** The two things that were measured, in words: they make the value. */
  readonly from: string;
  /** More numbers, for the JSON. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface BenchOptions {
  /** Smaller histories and fewer repetitions. */
  readonly quick: boolean;
  /** An empty folder for logs and traces, on the disk that is measured. */
  readonly folder: string;
  readonly say: (what: string) => void;
}

export const isMet = (value: number, goal: NonNullable<Figure['goal']>): boolean =>
  'most' in goal ? value <= goal.most : value >= goal.least;

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** By linear interpolation between the two values next to it. @throws RangeError for no values */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** Milliseconds that `work` took. */
export async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

export const seconds = (ms: number): string => `${(ms / 1_000).toPrecision(3)} s`;
export const count = (value: number): string => value.toLocaleString('en-US');
