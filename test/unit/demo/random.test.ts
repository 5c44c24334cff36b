import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/demo/simulation/random.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('seeded randomness', () => {
  test('gives the same again for the same seed', () => {
    const draw = (random: Random) => [random.next(), random.uuid(), random.suffix(), random.shuffled([1, 2, 3, 4, 5])];
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(draw(new Random(seed))).toEqual(draw(new Random(seed)));
      }),
    );
  });

  test('reaches both ends of a range and nothing beyond them', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: -50, max: 50 }), fc.nat(4), (seed, least, width) => {
        const random = new Random(seed);
        const drawn = new Set(Array.from({ length: 400 }, () => random.between(least, least + width)));
        expect([...drawn].sort((a, b) => a - b)).toEqual(Array.from({ length: width + 1 }, (_, index) => least + index));
      }),
    );
  });

  test('shuffles without losing or doubling anything', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.nat()), (seed, all) => {
        const shuffled = new Random(seed).shuffled(all);
        expect([...shuffled].sort()).toEqual([...all].sort());
      }),
    );
  });

  test('makes names and UIDs of the form that Kubernetes gives them', () => {
    const random = new Random(1);
    for (let each = 0; each < 100; each++) {
      expect(random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(random.suffix()).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    }
  });

  test('has nothing to pick from an empty list', () => {
    expect(() => new Random(1).pick([])).toThrow(RangeError);
  });
});
