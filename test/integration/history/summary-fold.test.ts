/** The figures of an incident against a naive count of the same story, millisecond by millisecond. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Source } from '../../../src/domain/backends.ts';
import { addresses, CART, ms, play, step } from './random-story.ts';
import { at } from './recorded-log.ts';

test('property: zero-ready spans and all durations are what counting every millisecond gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Source>('endpoints', 'endpointslices'),
      fc.option(addresses),
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 60 }),
      async (source, first, steps, from, length) => {
        const { log, tick, isDouble, isEdge } = play(source, first, [...steps, { after: 1, what: { kind: 'set', list: [] } }]);
        const to = from + length;
        try {
          const summary = await log.history.summary({ ...CART, source, from: at(from), to: at(to) });
          const expected = { zeroReadyMs: 0, someNotReadyMs: 0, unlistedMs: 0, knownMs: 0, unknownMs: 0 };
          let least: { ready: number; at: number } | undefined;
          const zeros = new Set<number>();
          for (let instant = from; instant < to; instant++) {
            const { known, list } = tick(instant);
            if (known !== 'complete') {
              expected.unknownMs++;
              continue;
            }
            expected.knownMs++;
            if (list === undefined) {
              expected.unlistedMs++;
              continue;
            }
            const ready = list.filter((each) => each.ready).length;
            if (ready < list.length) expected.someNotReadyMs++;
            if (ready === 0) {
              expected.zeroReadyMs++;
              zeros.add(instant);
            }
            if (least === undefined || ready < least.ready) least = { ready, at: instant };
          }
          const { zeroReadyMs, someNotReadyMs, unlistedMs, knownMs, unknownMs, zeroReady, leastReady } = summary;
          expect({ zeroReadyMs, someNotReadyMs, unlistedMs, knownMs, unknownMs }).toEqual(expected);
          expect(leastReady && { ready: leastReady.ready, at: ms(leastReady.at) }).toEqual(least);

          const told = new Set<number>();
          for (const span of zeroReady) {
            const [begin, end] = [ms(span.from), ms(span.to)];
            expect(span.durationMs).toBe(end - begin);
            for (let instant = begin; instant < end; instant++) told.add(instant);
            const isZero = (instant: number) => {
              const { known, list } = tick(instant);
              return known === 'complete' && list !== undefined && !list.some((each) => each.ready);
            };
            const isOpen = (beside: number, edge: number) => tick(beside).known !== 'complete' || isEdge(edge) || isZero(beside);
            if (!isDouble(begin)) expect(span.opensBefore).toBe(isOpen(begin - 1, begin));
            if (!isDouble(end)) expect(span.endsAfter).toBe(isOpen(end, end));
          }
          expect(told).toEqual(zeros);

          const flips = await log.history.flips({
            ...CART,
            service: CART.name,
            source,
            from: at(from),
            to: at(to),
            limit: 1_000,
          });
          expect(summary.flips).toBe(flips.items.length);
          expect(summary.causes.reduce((sum, each) => sum + each.flips, 0)).toBe(summary.flips);
          expect(summary.events.map((each) => each.at)).toEqual(summary.events.map((each) => each.at).toSorted());
        } finally {
          log.store.close();
        }
      },
    ),
    { numRuns: 100 },
  );
});
