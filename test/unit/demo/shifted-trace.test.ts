import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { DemoTraceError, readIncident, secondsToShift, shiftTimes } from '../../../src/demo/shifted-trace.ts';
import { type EpochMs, epochMs, parseRfc3339 } from '../../../src/domain/time.ts';

const ANY_TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;
const timesIn = (text: string): EpochMs[] => (text.match(ANY_TIME) ?? []).map((time) => parseRfc3339(time) as EpochMs);

describe('the shifted trace', () => {
  let lines: string[];
  beforeAll(async () => {
    lines = await readIncident();
  });

  test('is the whole incident', () => {
    expect(lines).toHaveLength(637);
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });

  test('is the same file as the fixture that imports are tested with', async () => {
    const [packaged, fixture] = ['../../../src/demo/incident-1.jsonl.zst', '../../fixtures/traces/incident-1.jsonl.zst'].map(
      (path) => readFile(new URL(path, import.meta.url)),
    );
    expect((await packaged)?.equals((await fixture) as Buffer)).toBe(true);
  });

  test('moves every time by the same number of seconds, in whatever form it is written', () => {
    const seconds = 86_400 * 200 + 12_345;
    const kinds = new Set<string>();
    for (const line of lines) {
      const after = shiftTimes(line, seconds);
      expect(timesIn(after)).toEqual(timesIn(line).map((at) => at + seconds * 1_000));
      expect(after.replace(ANY_TIME, '')).toBe(line.replace(ANY_TIME, ''));
      for (const time of line.match(ANY_TIME) ?? []) kinds.add(time.replace(/\d/g, '9'));
    }
    expect([...kinds].sort()).toEqual(['9999-99-99T99:99:99.999999Z', '9999-99-99T99:99:99.999Z', '9999-99-99T99:99:99Z']);
  });

  test('shifted back gives the original bytes', () => {
    const tenYears = 10 * 365 * 86_400;
    fc.assert(
      fc.property(fc.integer({ min: -tenYears, max: tenYears }), fc.nat(lines.length - 1), (seconds, index) => {
        const line = lines[index] as string;
        expect(shiftTimes(shiftTimes(line, seconds), -seconds)).toBe(line);
      }),
    );
  });

  test('shifted back gives the original text, whatever stands between the times', () => {
    const time = fc
      .tuple(
        fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
        fc.stringMatching(/^(\.\d{1,9})?$/),
      )
      .map(([date, fraction]) => `${date.toISOString().slice(0, 19)}${fraction}Z`);
    const wrong = fc.constantFrom('2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01T00:00:60Z', '2026-01-01T25:00:00Z');
    const text = fc.array(fc.oneof(time, wrong, fc.string()), { maxLength: 8 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(text, fc.integer({ min: -1e8, max: 1e8 }), (before, seconds) => {
        expect(shiftTimes(shiftTimes(before, seconds), -seconds)).toBe(before);
      }),
    );
  });

  test('ends a few seconds before now', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2100, 0) }), (instant) => {
        const now = epochMs(instant);
        const last = shiftTimes(lines.at(-1) as string, secondsToShift(lines, now));
        const age = now - (parseRfc3339(JSON.parse(last).at) as EpochMs);
        expect(age).toBeGreaterThanOrEqual(3_000);
        expect(age).toBeLessThan(4_000);
      }),
    );
  });

  test('needs a last line with a time', () => {
    expect(() => secondsToShift([], epochMs(0))).toThrow(DemoTraceError);
    expect(() => secondsToShift(['{"at":"yesterday"}'], epochMs(0))).toThrow(DemoTraceError);
  });
});
