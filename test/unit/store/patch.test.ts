/** A patch gives back exactly what it was made of, is short where little differs, and never reads or writes beyond what is there. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPatch, makePatch, mostPatchBytes, PATCH } from '../../../src/store/sqlite/patch.ts';

const roundTrip = (base: Buffer, next: Buffer) => {
  const patch = makePatch(base, next);
  return { patch, back: applyPatch(base, patch, next.length) };
};

/** Bytes with repeats inside, as texts have them. */
const text = fc
  .array(fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom('"ready":true,', '{"ip":"10.0.0.1"},', 'x'.repeat(40))), {
    maxLength: 40,
  })
  .map((parts) => Buffer.from(parts.join('')));

/** A change of a text: parts of it moved, left out, doubled and replaced. */
const change = fc.array(
  fc.record({
    kind: fc.constantFrom('cut', 'insert', 'replace', 'move', 'double'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 0, max: 80 }),
    added: fc.uint8Array({ maxLength: 20 }),
    to: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 8 },
);

function changed(base: Buffer, changes: typeof change extends fc.Arbitrary<infer T> ? T : never): Buffer {
  return changes.reduce((bytes, { kind, at, length, added, to }) => {
    const from = Math.floor(at * bytes.length);
    const [head, part, tail] = [bytes.subarray(0, from), bytes.subarray(from, from + length), bytes.subarray(from + length)];
    if (kind === 'insert') return Buffer.concat([head, added, part, tail]);
    if (kind === 'replace') return Buffer.concat([head, added, tail]);
    if (kind === 'double') return Buffer.concat([head, part, part, tail]);
    const without = Buffer.concat([head, tail]);
    if (kind === 'cut') return without;
    const place = Math.floor(to * without.length);
    return Buffer.concat([without.subarray(0, place), part, without.subarray(place)]);
  }, Buffer.from(base));
}

describe('a patch', () => {
  it('gives back what it was made of, whatever was changed', () => {
    fc.assert(
      fc.property(text, change, (base, changes) => {
        const next = changed(base, changes);
        expect(roundTrip(base, next).back.equals(next)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives back what has nothing to do with its base', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (base, next) => {
        expect(roundTrip(Buffer.from(base), Buffer.from(next)).back.equals(Buffer.from(next))).toBe(true);
      }),
    );
  });

  it('of one small change in a long text is short, wherever it is', () => {
    const base = Buffer.from(randomBytes(6_000).toString('hex'));
    for (const at of [0, 1, 700, 5_999, 11_999]) {
      const next = Buffer.from(base);
      next[at] = 0x21;
      expect(roundTrip(base, next).patch.length).toBeLessThan(16);
      const longer = Buffer.concat([base.subarray(0, at), Buffer.from('one more'), base.subarray(at)]);
      expect(roundTrip(base, longer).patch.length).toBeLessThan(24);
    }
    const swapped = Buffer.concat([base.subarray(6_000), base.subarray(0, 6_000)]);
    expect(roundTrip(base, swapped).patch.length).toBeLessThan(24);
  });

  it('is never longer than is told before', () => {
    fc.assert(
      fc.property(text, change, text, (base, changes, other) => {
        for (const next of [changed(base, changes), other])
          expect(makePatch(base, next).length).toBeLessThanOrEqual(mostPatchBytes(next.length));
      }),
    );
  });

  it('that is damaged makes something of the right size or is refused, never more', () => {
    fc.assert(
      fc.property(text, change, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(), (base, changes, place, byte, cut) => {
        const next = changed(base, changes);
        const { patch } = roundTrip(base, next);
        if (patch.length < 2) return;
        const damaged = Buffer.from(patch.subarray(0, 1 + (cut % patch.length)));
        damaged[1 + (place % (patch.length - 1))] = byte;
        let made: Buffer | undefined;
        try {
          made = applyPatch(base, damaged, next.length);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
        expect(made?.length ?? next.length).toBe(next.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is told from a zstd frame by its first byte', () => {
    expect(roundTrip(Buffer.from('{"a":1}'), Buffer.from('{"a":2}')).patch[0]).toBe(PATCH);
    expect(PATCH).not.toBe(0x28);
  });
});
