/** Bodies are read back as they were written, whatever they stand on, and never through more than four decodes. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptLogError } from '../../../src/store/event-store.ts';

import { BodyReader, MOST_DECODES } from '../../../src/store/sqlite/bodies.ts';
import type { BodyRow } from '../../../src/store/sqlite/body-codec.ts';

import { BodyWriter } from '../../../src/store/sqlite/body-writer.ts';

interface Version {
  readonly object: number;
  readonly family: string | undefined;
  readonly body: string;
  /** The writer starts anew before this version. */
  readonly restart: boolean;
}

/** Objects that change a little from version to version, sometimes much, sometimes into something that is hardly a body. */
const version: fc.Arbitrary<Version> = fc.record({
  object: fc.integer({ min: 1, max: 4 }),
  family: fc.constantFrom(undefined, 'a', 'b'),
  body: fc
    .record({
      filler: fc.constantFrom(0, 5, 60, 900),
      step: fc.integer({ min: 0, max: 9 }),
      text: fc.string({ maxLength: 40 }),
      odd: fc.constantFrom(undefined, undefined, undefined, undefined, '', '{}', '[]', 'x'.repeat(200)),
    })
    .map(
      ({ filler, step, text, odd }) =>
        odd ?? JSON.stringify({ step, list: Array.from({ length: filler }, (_, i) => i * 7), text }),
    ),
  restart: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

class Stored {
  readonly rows = new Map<number, BodyRow>();
  readonly raw = new Map<number, string>();
  readonly #last = new Map<number, number>();
  #writer = this.#start();

  #start(): BodyWriter {
    return new BodyWriter(this.reader());
  }

  reader(): BodyReader {
    return new BodyReader((position) => this.rows.get(position));
  }

  append({ object, family, body, restart }: Version): void {
    if (restart) this.#writer = this.#start();
    const position = this.rows.size + 1;
    const own = family && `${family}${object % 2}`;
    const raw = Buffer.from(body);
    const encoded = this.#writer.encode(position, object, this.#last.get(object), own, raw);
    this.rows.set(position, { ...encoded, size: raw.length, crc: crc32(raw) });
    this.raw.set(position, body);
    this.#last.set(object, position);
  }

  decodes(position: number): number {
    const base = this.rows.get(position)?.base;
    return base === null || base === undefined ? 1 : 1 + this.decodes(base);
  }

  get bytes(): number {
    return [...this.rows.values()].reduce((sum, { data }) => sum + data.length, 0);
  }
}

describe('bodies', () => {
  it('are read back byte for byte in any order, also after restarts of the writer', () => {
    fc.assert(
      fc.property(fc.array(version, { maxLength: 60 }), fc.infiniteStream(fc.nat()), (versions, order) => {
        const stored = new Stored();
        for (const each of versions) stored.append(each);
        const reader = stored.reader();
        for (let left = versions.length; left > 0; left--) {
          const position = ((order.next().value as number) % versions.length) + 1;
          expect(reader.read(position).toString()).toBe(stored.raw.get(position));
        }
        for (const [position, body] of stored.raw) expect(stored.reader().read(position).toString()).toBe(body);
      }),
      { numRuns: 40 },
    );
  });

  it('are the same read together, whichever and however many; one that is damaged is named', () => {
    fc.assert(
      fc.property(fc.array(version, { minLength: 1, maxLength: 60 }), fc.infiniteStream(fc.nat()), (versions, dice) => {
        const stored = new Stored();
        for (const each of versions) stored.append(each);
        const rows = [...stored.rows].flatMap(([position, row]) =>
          (dice.next().value as number) % 3 > 0 ? { position, ...row } : [],
        );
        const read = stored.reader().readTogether(rows);
        expect([...read].map(([position, raw]) => [position, raw.toString()]).sort()).toEqual(
          rows.map(({ position }) => [position, stored.raw.get(position)]).sort(),
        );
        const [damaged] = rows.filter(({ size }) => size > 0);
        if (damaged === undefined) return;
        const others = rows.filter((row) => row !== damaged && row.base !== damaged.position);
        const together = [{ ...damaged, crc: damaged.crc ^ 1 }, ...others];
        expect(() => stored.reader().readTogether(together)).toThrow(`position ${damaged.position} `);
        expect(() => stored.reader().readTogether(together)).toThrow(CorruptLogError);
      }),
      { numRuns: 40 },
    );
  });

  it('are never more than four decodes away', () => {
    expect(MOST_DECODES).toBe(4);
    fc.assert(
      fc.property(fc.array(version, { maxLength: 80 }), (versions) => {
        const stored = new Stored();
        for (const each of versions) stored.append(each);
        for (const position of stored.rows.keys()) expect(stored.decodes(position)).toBeLessThanOrEqual(4);
      }),
      { numRuns: 40 },
    );
  });

  /** Without pattern: whoever has it not at hand must spell it. */
  const said = (what: string) => createHash('sha512').update(what).digest('hex');
  const texts = ['Pending', 'Starting', 'Running'].map((phase) => [1, 2, 3, 4].map((part) => said(phase + part)).join(' '));
  /** As of Pods: each tells what the ones before do, and more. */
  const states = texts.map((_, state) => texts.slice(0, state + 1).join(' '));
  const pod = (object: number, state: number, round = 0): Version => ({
    object,
    family: 'a',
    body: JSON.stringify({ uid: said(`Pod ${object}`).slice(0, 36), state: states[state], round }),
    restart: false,
  });

  it('of Pods of one ReplicaSet learn a state once for all of them, also one that none began with', () => {
    const stored = new Stored();
    // By two, as their families go.
    const pods = Array.from({ length: 30 }, (_, n) => 2 * n + 2);
    for (const object of pods) for (const state of [0, 1, 2]) stored.append(pod(object, state));
    const long = [...stored.rows.values()].filter(({ data }) => data.length > 200);
    // A Pod that spelt its three states would take three each.
    expect(long.length).toBeLessThanOrEqual(12);
    expect([...stored.rows.values()].slice(-30).filter(({ data }) => data.length > 80)).toEqual([]);
  });

  it('of a Pod that changes little stand on its own versions, one above the other', () => {
    const stored = new Stored();
    for (let round = 0; round < 8; round++) for (let object = 2; object < 22; object += 2) stored.append(pod(object, 0, round));
    const depths = [...stored.rows.keys()].map((position) => stored.decodes(position));
    expect(new Set(depths)).toEqual(new Set([1, 2, 3, 4]));
    expect(depths.filter((depth) => depth === 1)).toHaveLength(1);
  });

  it('that stand on more than they may are told as damage', () => {
    const stored = new Stored();
    for (let round = 0; round < 6; round++) {
      stored.append({
        object: 1,
        family: undefined,
        restart: false,
        body: JSON.stringify({ round, text: 'as before '.repeat(30) }),
      });
    }
    const last = [...stored.rows.keys()].find((position) => stored.decodes(position) === 4) as number;
    const row = stored.rows.get(last) as BodyRow;
    stored.rows.set(99, { ...row, base: last });
    expect(() => stored.reader().read(99)).toThrow(CorruptLogError);
    expect(() => stored.reader().read(99)).toThrow('stands on more than it may');
    // A ring would be read for ever.
    stored.rows.set(98, { ...row, base: 97 });
    stored.rows.set(97, { ...row, base: 98 });
    expect(() => stored.reader().read(98)).toThrow(CorruptLogError);
  });
});
