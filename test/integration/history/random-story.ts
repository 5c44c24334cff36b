/**
 * A random story of one Service's address list: changes, gaps and relists. It goes through the real recorder and store, and
 * apart from that into plain lists, one a millisecond, for tests to fold as naively as can be.
 */
import fc from 'fast-check';
import type { Source } from '../../../src/domain/backends.ts';
import type { AddressSketch } from '../../support/objects.ts';
import { endpoints, RESOURCE, recordedLog, START, slice } from './recorded-log.ts';

export const CART = { namespace: 'store', name: 'cart' };
export const addresses = fc.uniqueArray(
  fc.record({ ip: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.10'), pod: fc.constantFrom('a', 'b'), ready: fc.boolean() }),
  { maxLength: 4, selector: ({ ip, pod }) => `${ip} ${pod}` },
);
export const step = fc.record({
  after: fc.integer({ min: 0, max: 6 }),
  what: fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), list: addresses }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('prove' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('lose' as const),
        list: fc.option(addresses),
        forMs: fc.integer({ min: 1, max: 8 }),
      }),
    },
  ),
});
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What is true of one millisecond: `undefined` list: no such object. */
export interface Tick {
  known: 'complete' | 'gap' | 'before-recording';
  list: readonly AddressSketch[] | undefined;
}

const BEGIN = 5;

/** Plays the story into the log and, apart from that, into a list with one entry a millisecond. */
export function play(source: Source, first: readonly AddressSketch[] | null, steps: readonly Step[]) {
  const log = recordedLog();
  const resource = RESOURCE[source];
  const sketch = (list: readonly AddressSketch[]) =>
    source === 'endpoints' ? endpoints('cart', list) : slice('cart-1', 'cart', list);
  let now = BEGIN;
  let list: readonly AddressSketch[] | undefined = first ?? undefined;
  const told: { at: number; list: typeof list; provenFrom?: boolean }[] = [{ at: now, list, provenFrom: true }];
  const lost: { from: number; to: number }[] = [];
  let proven = now;
  log.snapshot(now, resource, list ? [sketch(list)] : []);
  for (const { after, what } of steps) {
    now += after;
    if (what.kind === 'set' || (what.kind === 'delete' && list)) {
      const next: typeof list = what.kind === 'set' ? what.list : undefined;
      log.change(now, resource, next === undefined ? 'DELETED' : list ? 'MODIFIED' : 'ADDED', sketch(next ?? list ?? []));
      list = next;
      told.push({ at: now, list });
      proven = now;
    } else if (what.kind === 'lose') {
      log.interrupt(now, resource);
      now += what.forMs;
      list = what.list ?? undefined;
      log.snapshot(now, resource, list ? [sketch(list)] : []);
      lost.push({ from: proven, to: now });
      told.push({ at: now, list });
      proven = now;
    } else {
      log.prove(now, resource);
      proven = now;
    }
  }
  const tick = (ms: number): Tick => {
    if (ms < BEGIN) return { known: 'before-recording', list: undefined };
    const blind = ms > proven || lost.some(({ from, to }) => ms > from && ms < to);
    return { known: blind ? 'gap' : 'complete', list: told.findLast((each) => each.at <= ms)?.list };
  };
  /** Two changes in one millisecond: a state may end and begin again there. */
  const isDouble = (ms: number) => told.filter((each) => each.at === ms).length > 1;
  /** A gap ends here, perhaps one that no millisecond fell into. */
  const isEdge = (ms: number) => lost.some(({ to }) => to === ms);
  return { log, tick, isDouble, isEdge };
}

/** Milliseconds of a story. */
export const ms = (time: string) => Date.parse(time) - START;
