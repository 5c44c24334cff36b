/** Causes of flips, told from the log as of one position. */
import { type Cause, type CauseName, explain, UNKNOWN } from '../../domain/causes/index.ts';
import type { FlipKey, FlipQuery, FlipRecord } from '../../store/event-store.ts';
import type { LogView } from '../log-view.ts';
import { EvidenceReader } from './evidence-reader.ts';

export interface ExplainedFlip {
  readonly flip: FlipRecord;
  readonly cause: Cause;
}

/**
 * What flips are asked about together is read together: give all flips of a page at once. The answer to each is the same
 * whatever it is asked with.
 *
 * @throws CorruptLogError
 */
export function explainFlips({ reader, asOf }: Pick<LogView, 'reader' | 'asOf'>, flips: readonly FlipRecord[]): ExplainedFlip[] {
  const evidence = new EvidenceReader(reader, asOf, flips);
  return flips.map((flip) => ({
    flip,
    cause: evidence.isSilentAbout(flip) ? UNKNOWN : explain(evidence.evidenceOf(flip)),
  }));
}

export interface FlipsPage {
  readonly items: readonly ExplainedFlip[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: FlipKey;
}

/** Flips that are looked at together when they are sought by cause. */
const LOOKED_AT = 1_000;
/**
 * The log does not hold causes, so flips of a rare one are found by telling those of all. A page ends after this many, full or
 * not, so that no question keeps a reader for long.
 */
const MOST_LOOKED_AT = 20_000;

/** One page of flips with their causes: at most `query.limit`, with `only` those of this cause. */
export function flipsWithCause(view: Pick<LogView, 'reader' | 'asOf'>, query: FlipQuery, only: CauseName | undefined): FlipsPage {
  const { limit } = query;
  if (only === undefined) {
    const found = view.reader.flips({ ...query, limit: limit + 1 });
    const items = explainFlips(view, found.slice(0, limit));
    return found.length > limit ? { items, next: keyOf(items) } : { items };
  }
  const items: ExplainedFlip[] = [];
  let { after } = query;
  for (let looked = 0; looked < MOST_LOOKED_AT; looked += LOOKED_AT) {
    const page = view.reader.flips({ ...query, ...(after ? { after } : {}), limit: LOOKED_AT });
    for (const each of explainFlips(view, page)) {
      if (each.cause.name !== only) continue;
      if (items.length === limit) return { items, next: keyOf(items) };
      items.push(each);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < LOOKED_AT) return { items };
    after = { at: last.at, position: last.position, ordinal: last.ordinal };
  }
  return after ? { items, next: after } : { items };
}

function keyOf(items: readonly ExplainedFlip[]): FlipKey {
  const { at, position, ordinal } = (items.at(-1) as ExplainedFlip).flip;
  return { at, position, ordinal };
}
