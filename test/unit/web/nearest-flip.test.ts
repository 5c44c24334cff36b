import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AskFlips, flipAfter, flipBefore } from '../../../web/src/lib/nearest-flip.ts';

/** Answers from a list as the server does, a smaller page at a time. */
function asker(instants: readonly number[], most: number) {
  let asked = 0;
  const ask: AskFlips = async (from, to, limit) => {
    asked++;
    const within = instants.filter((at) => from <= at && at < to);
    const page = Math.min(limit, most);
    return { instants: within.slice(0, page), more: within.length > page };
  };
  return { ask, asked: () => asked };
}

const TO = 100_000;
const history = fc.record({
  instants: fc
    .array(fc.oneof(fc.integer({ min: 0, max: TO }), fc.integer({ min: 500, max: 520 })), { maxLength: 200 })
    .map((list) => list.sort((a, b) => a - b)),
  at: fc.oneof(fc.integer({ min: 0, max: TO }), fc.integer({ min: 490, max: 530 })),
  from: fc.integer({ min: 0, max: 1_000 }),
  most: fc.integer({ min: 1, max: 20 }),
  firstMs: fc.double({ min: 0, max: TO, noNaN: true }),
});

describe('the flip beside an instant', () => {
  it('is the nearest of all in the range, however many come at once', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ instants, at, from, most, firstMs }) => {
        const { ask } = asker(instants, most);
        expect(await flipAfter(ask, at, TO)).toBe(instants.find((one) => one > at && one < TO));
        expect(await flipBefore(ask, at, from, firstMs)).toBe(instants.findLast((one) => one < at && one >= from));
      }),
    );
  });

  it('is found in few questions where there are very many, or none for long', async () => {
    const day = 86_400_000;
    const dense = asker(
      Array.from({ length: 100_000 }, (_, index) => index * 864),
      1_000,
    );
    expect(await flipBefore(dense.ask, day, 0, day / 200)).toBe(99_999 * 864);
    const bare = asker([5], 1_000);
    expect(await flipBefore(bare.ask, 30 * day, 0, 1)).toBe(5);
    expect(dense.asked() + bare.asked()).toBeLessThan(30);
  });
});
