/** Flips that belong together, and the causes that they add up to. Pure. */
import { parseRfc3339 } from '../domain/time.ts';
import type { CauseCountAnswer, FirstCauseAnswer, FlipAnswer } from './answers.ts';

/** Flips alike that follow each other at most so far apart are one burst. */
const BURST_PAUSE_MS = 5_000;

/** Flips alike: the same from, to and cause, each soon after the one before. */
export interface Burst {
  readonly first: FlipAnswer;
  last: FlipAnswer;
  flips: number;
  /** How many backends flipped, each counted once. */
  readonly backends: ReadonlySet<string>;
}

type OpenBurst = Burst & { readonly backends: Set<string> };

/** Folds flips, oldest first, in memory that grows with the bursts and not with the flips. */
export class FlipFold {
  readonly #bursts: OpenBurst[] = [];
  readonly #open = new Map<string, OpenBurst>();
  readonly #causes = new Map<string, CauseCountAnswer>();
  #firstCause: FirstCauseAnswer | undefined;
  #flips = 0;

  add(flip: FlipAnswer): void {
    this.#flips++;
    const { cause, at } = flip;
    const counted = this.#causes.get(cause);
    if (counted) counted.flips++;
    else this.#causes.set(cause, { cause, flips: 1, firstAt: at });
    if (flip.from === 'ready') this.#firstCause ??= firstCause(flip);

    const key = `${flip.from} ${flip.to} ${cause} ${flip.origin}`;
    const open = this.#open.get(key);
    if (open && msBetween(open.last, flip) <= BURST_PAUSE_MS) {
      open.last = flip;
      open.flips++;
      open.backends.add(backendOf(flip));
      return;
    }
    const burst = { first: flip, last: flip, flips: 1, backends: new Set([backendOf(flip)]) };
    this.#open.set(key, burst);
    this.#bursts.push(burst);
  }

  get flips(): number {
    return this.#flips;
  }

  /** In order of their first flips. */
  get bursts(): readonly Burst[] {
    return this.#bursts;
  }

  /** The most frequent first; among equals the one that came first. */
  get causes(): CauseCountAnswer[] {
    return [...this.#causes.values()].sort((a, b) => b.flips - a.flips);
  }

  /** Of the first flip that took a backend out of `ready`. */
  get firstCause(): FirstCauseAnswer | undefined {
    return this.#firstCause;
  }
}

function firstCause({ cause, detail, confidence, at, position, evidence }: FlipAnswer): FirstCauseAnswer {
  return { cause, ...(detail === undefined ? {} : { detail }), confidence, at, position, evidence: [...evidence] };
}

function backendOf({ address, pod }: FlipAnswer): string {
  return `${address} ${pod?.uid ?? ''}`;
}

function msBetween(a: FlipAnswer, b: FlipAnswer): number {
  return (parseRfc3339(b.at) ?? 0) - (parseRfc3339(a.at) ?? 0);
}
