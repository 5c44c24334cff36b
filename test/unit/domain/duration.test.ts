import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/domain/time.ts';

const UNIT_MS: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

/** Reads `1m45s` back, as a person does. */
function read(text: string): { ms: number; smallest: number } {
  let ms = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([dhms])/g)) {
    const unitMs = UNIT_MS[unit as string] as number;
    ms += Number(amount) * unitMs;
    smallest = amount?.includes('.') ? unitMs / 10 : unitMs;
  }
  return { ms: Math.round(ms), smallest };
}

describe('a duration for people', () => {
  it.each([
    [0, '0s'],
    [99, '0s'],
    [400, '0.4s'],
    [999, '0.9s'],
    [1_000, '1s'],
    [9_999, '9.9s'],
    [10_000, '10s'],
    [59_999, '59s'],
    [60_000, '1m00s'],
    [105_000, '1m45s'],
    [3_599_999, '59m59s'],
    [3_600_000, '1h00m'],
    [10_920_000, '3h02m'],
    [86_399_999, '23h59m'],
    [86_400_000, '1d00h'],
    [187_200_000, '2d04h'],
    [400 * 86_400_000, '400d00h'],
    [-105_000, '-1m45s'],
  ])('of %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('is never told longer than it was, nor shorter by its smallest unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000 * 86_400_000 }), (ms) => {
        const { ms: told, smallest } = read(formatDuration(ms));
        expect(told).toBeLessThanOrEqual(ms);
        expect(ms - told).toBeLessThan(smallest);
      }),
    );
  });

  it('has at most two units and seven characters in a hundred days', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 * 86_400_000 - 1 }), (ms) => {
        expect(formatDuration(ms)).toMatch(/^(\d(\.\d)?s|\d{2}s|\d{1,2}m\d{2}s|\d{1,2}h\d{2}m|\d{1,2}d\d{2}h)$/);
      }),
    );
  });
});

describe('a duration as people write it', () => {
  it.each([
    ['0', 0],
    ['500ms', 500],
    ['5s', 5_000],
    [' 1.5s ', 1_500],
    ['1m', 60_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['0.0004s', 0],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', 's', '-5s', '5 s', '5sec', '1m-5s', 'soon', '1e3s', '99999999999999999w', 'NaNs'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('is read back from what is written, to the tenth of a second that is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(Math.floor(ms / 100) * 100);
      }),
    );
  });
});
