/** What is known of an instant and of a window, against a naive count of milliseconds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EndReason } from '../../../src/domain/stream-batch.ts';
import { epochMs } from '../../../src/domain/time.ts';
import {
  coverageAt,
  coverageWithin,
  gapsBetween,
  knownSpans,
  knownTogether,
  latestKnownInstant,
  partsOfWindow,
  type StreamSpan,
} from '../../../src/history/gaps.ts';

const EXPIRED: EndReason = { code: 'expired', detail: '410' };
const span = (from: number, provenAt: number, end?: EndReason, stream = 'a'): StreamSpan => ({
  from: epochMs(from),
  provenAt: epochMs(provenAt),
  stream,
  ...(end ? { end } : {}),
});
const on = (spans: StreamSpan[], at: number) => coverageAt(knownSpans(spans), epochMs(at));

describe('what is known of an instant', () => {
  const spans = [span(10, 20, EXPIRED), span(30, 40)];
  test('it is complete at both ends of a span and between', () => {
    for (const at of [10, 15, 20, 30, 40]) expect(on(spans, at)).toEqual({ status: 'complete' });
  });
  test('it is before the recording until the first span, and for ever where nothing was recorded', () => {
    expect(on(spans, 9)).toEqual({ status: 'before-recording' });
    expect(on([], 9)).toEqual({ status: 'before-recording' });
  });
  test('between spans there is a gap from the last proof to the next beginning, for the reason that ended the first', () => {
    const gap = { stream: 'a', from: 20, to: 30, reason: 'expired', detail: '410' };
    expect(on(spans, 21)).toEqual({ status: 'gap', gap });
    expect(on(spans, 29)).toEqual({ status: 'gap', gap });
  });
  test('after the proof of a stream that is being watched the gap has no end, and is only not proven yet', () => {
    expect(on(spans, 41)).toEqual({ status: 'gap', gap: { stream: 'a', from: 40, reason: 'not-proven-yet' } });
  });
  test('after the end of the last span the gap has no end, and its reason is that end', () => {
    expect(on([span(10, 20, { code: 'forbidden' })], 25)).toEqual({
      status: 'gap',
      gap: { stream: 'a', from: 20, reason: 'forbidden' },
    });
  });
});

describe('streams that watch the same objects', () => {
  test('vouch for each other', () => {
    const spans = [span(10, 20, EXPIRED), span(30, 40), span(15, 35, EXPIRED, 'b')];
    for (let at = 10; at <= 40; at++) expect(on(spans, at).status).toBe('complete');
    expect(gapsBetween(knownSpans(spans))).toEqual([]);
  });
  test('a gap of both is told by the stream that knew last', () => {
    const spans = [span(10, 20, EXPIRED), span(5, 25, { code: 'forbidden' }, 'b'), span(30, 40)];
    expect(gapsBetween(knownSpans(spans))).toEqual([{ stream: 'b', from: 25, to: 30, reason: 'forbidden' }]);
  });
  test('two spans of one stream that touch keep a gap between them, however short', () => {
    expect(gapsBetween(knownSpans([span(10, 20, EXPIRED), span(20, 30)]))).toHaveLength(1);
    expect(gapsBetween(knownSpans([span(10, 20, EXPIRED, 'a'), span(20, 30, undefined, 'b')]))).toEqual([]);
  });
});

describe('what is known of a window', () => {
  const known = knownSpans([span(10, 20, EXPIRED), span(30, 40)]);
  const within = (from: number, to: number) => coverageWithin(known, epochMs(from), epochMs(to), 'a');
  test('inside one span it is complete, its exclusive end may be one millisecond after the proof', () => {
    expect(within(10, 21)).toEqual({ status: 'complete', gaps: [] });
    expect(within(30, 41)).toEqual({ status: 'complete', gaps: [] });
    expect(within(30, 42).status).toBe('gap');
  });
  test('all of it before the recording is before-recording, a piece of it is a gap without a beginning', () => {
    expect(within(1, 10).status).toBe('before-recording');
    expect(within(1, 15)).toEqual({ status: 'gap', gaps: [{ stream: 'a', to: 10, reason: 'before-recording' }] });
  });
});

const spansArbitrary = fc.array(
  fc.record({
    from: fc.integer({ min: 0, max: 60 }),
    length: fc.integer({ min: 0, max: 20 }),
    stream: fc.constantFrom('a', 'b'),
  }),
  { maxLength: 6 },
);

test('property: an instant is complete exactly when some span holds it; parts cover the window without hole or overlap and agree', () => {
  fc.assert(
    fc.property(spansArbitrary, fc.integer({ min: 0, max: 80 }), fc.integer({ min: 1, max: 40 }), (sketches, from, length) => {
      const spans = sketches.map((each) => span(each.from, each.from + each.length, EXPIRED, each.stream));
      const known = knownSpans(spans);
      const to = from + length;
      const parts = partsOfWindow(known, epochMs(from), epochMs(to));
      expect(parts[0]?.from).toBe(from);
      expect(parts.at(-1)?.to).toBe(to);
      parts.forEach((part, index) => {
        expect(part.from).toBeLessThan(part.to);
        if (index > 0) expect(part.from).toBe(parts[index - 1]?.to);
      });
      for (let at = from; at < to; at++) {
        const isKnown = spans.some((each) => each.from <= at && at <= each.provenAt);
        const isBefore = spans.every((each) => at < each.from);
        const expected = isKnown ? 'complete' : isBefore ? 'before-recording' : 'gap';
        expect(coverageAt(known, epochMs(at)).status).toBe(expected);
        const part = parts.find((each) => each.from <= at && at < each.to);
        expect(part?.kind).toBe(expected === 'complete' ? 'known' : expected);
      }
      const unknown = parts.some(({ kind }) => kind !== 'known');
      const coverage = coverageWithin(known, epochMs(from), epochMs(to), 'a');
      if (unknown) expect(coverage.status).not.toBe('complete');
      expect(coverage.status === 'complete').toBe(coverage.gaps.length === 0);
    }),
    { numRuns: 500 },
  );
});

describe('the latest instant of which the most can be said', () => {
  const instant = (...resources: StreamSpan[][]) => latestKnownInstant(resources.map((spans) => [knownSpans(spans)]));
  test('is the earliest proof of the resources being watched', () => {
    expect(instant([span(0, 50)], [span(0, 40)])).toBe(40);
  });
  test('is not held back by a resource that was lost long ago', () => {
    expect(instant([span(0, 50)], [span(0, 10, { code: 'forbidden' })])).toBe(50);
  });
  test('of a log that is only an import is where all of its streams were still told', () => {
    expect(instant([span(0, 50, { code: 'trace-ended' })], [span(0, 48, { code: 'trace-ended' })])).toBe(48);
  });
  test('of streams that were all lost is the last proof of all, and of none is none', () => {
    expect(instant([span(0, 50, EXPIRED)], [span(0, 48, EXPIRED)])).toBe(50);
    expect(instant([], [])).toBeUndefined();
  });
});

test('property: several resources are known together where each of them is, and an edge of any is an edge', () => {
  const spans = fc
    .array(fc.record({ pause: fc.integer({ min: 0, max: 5 }), length: fc.integer({ min: 0, max: 8 }) }), { maxLength: 5 })
    .map((list) => {
      let now = 0;
      return knownSpans(
        list.map(({ pause, length }) => {
          const from = now + pause;
          now = from + length;
          return span(from, now, EXPIRED);
        }),
      );
    });
  fc.assert(
    fc.property(fc.array(spans, { minLength: 1, maxLength: 3 }), (resources) => {
      const together = knownTogether(resources);
      const inside = (list: readonly { from: number; to: number }[], at: number) =>
        list.filter(({ from, to }) => from <= at && at <= to);
      for (let at = 0; at < 60; at++) {
        expect(inside(together, at).length > 0, `${at}`).toBe(resources.every((known) => inside(known, at).length > 0));
        // Two instants are told of in one breath only where each resource does so.
        const both = (list: typeof together) => inside(list, at).some(({ to }) => at + 1 <= to);
        expect(both(together), `${at}`).toBe(resources.every(both));
      }
      expect(together.map(({ from }) => from)).toEqual(together.map(({ from }) => from).toSorted((a, b) => a - b));
    }),
  );
});
