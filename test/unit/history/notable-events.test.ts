import { describe, expect, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import type { FlipAnswer } from '../../../src/history/answers.ts';
import { FlipFold } from '../../../src/history/bursts.ts';
import { type Notable, notableEvents } from '../../../src/history/notable-events.ts';

const START = Date.UTC(2026, 10, 23, 16);
const text = (ms: number) => new Date(START + ms).toISOString();
const WINDOW = { from: epochMs(START), to: epochMs(START + 600_000) };

const flip = (ms: number, pod: string, more: Partial<FlipAnswer> = {}): FlipAnswer => ({
  ...{
    at: text(ms),
    notBefore: text(ms),
    notAfter: text(ms),
    position: ms + 1,
    cluster: 'c',
    namespace: 'store',
    service: 'cart',
  },
  ...{ source: 'endpoints', address: `10.0.0.${pod.charCodeAt(0)}`, ports: [], pod: { name: pod, uid: `uid-${pod}` } },
  ...{
    from: 'ready',
    to: 'notReady',
    readyAfter: 1,
    notReadyAfter: 2,
    cause: 'X',
    confidence: 'observed',
    evidence: [],
    origin: 'watch',
  },
  ...more,
});

const nothing: Notable = { bursts: [], zeroReady: [], rollouts: [], scalings: [], serviceEdits: [], gaps: [] };
const told = (notable: Partial<Notable>, most = 100) => notableEvents({ ...nothing, ...notable }, WINDOW, most);
const fold = (flips: readonly FlipAnswer[]) => {
  const folded = new FlipFold();
  for (const each of flips) folded.add(each);
  return folded;
};

describe('flips', () => {
  test('alike and soon after each other are one line, with how many and of how many backends', () => {
    const texts = (...flips: FlipAnswer[]) => told({ bursts: fold(flips).bursts }).events.map((each) => each.text.split(';')[0]);
    expect(texts(flip(0, 'a'))).toEqual(['a (10.0.0.97): ready → not ready']);
    expect(texts(flip(0, 'a'), flip(0, 'b'))).toEqual(['2 backends at once, first a (10.0.0.97): ready → not ready']);
    expect(texts(flip(0, 'a'), flip(5_000, 'a'))).toEqual(['2 flips of a (10.0.0.97) within 5s: ready → not ready']);
    expect(texts(flip(0, 'a'), flip(10, 'b'), flip(42, 'a'))).toEqual([
      '3 flips of 2 backends within 42ms, first a (10.0.0.97): ready → not ready',
    ]);
  });

  test('of another cause, another way or long after are another line', () => {
    const flips = [
      flip(0, 'a'),
      flip(0, 'b', { cause: 'Y' }),
      flip(0, 'c', { from: 'notReady', to: 'ready' }),
      flip(5_001, 'd'),
      flip(5_002, 'e', { origin: 'relist', notBefore: text(1_000), cause: 'unknown', confidence: 'inferred' }),
    ];
    const { events } = told({ bursts: fold(flips).bursts });
    expect(events).toHaveLength(5);
    expect(events.at(-1)?.text).toBe(
      `e (10.0.0.101): ready → not ready; 1 ready, 2 not ready after; cause unknown; seen after a gap, between ${text(1_000)} and ${text(5_002)}`,
    );
  });

  test('add up by cause, and the first that left ready tells the first cause', () => {
    const flips = [
      flip(0, 'a', { from: 'absent', to: 'ready', cause: 'Z' }),
      flip(1, 'a'),
      flip(2, 'b'),
      flip(3, 'c', { cause: 'Y' }),
    ];
    const { causes, firstCause, flips: count } = fold(flips);
    expect(causes.map(({ cause, flips }) => `${flips} ${cause}`)).toEqual(['2 X', '1 Z', '1 Y']);
    expect(firstCause).toMatchObject({ cause: 'X', at: text(1), position: 2 });
    expect(count).toBe(4);
  });

  test('beyond the most that is told are counted, and all else is told still', () => {
    const bursts = fold(Array.from({ length: 10 }, (_, index) => flip(index * 10_000, 'a'))).bursts;
    const gaps = [{ stream: 'v1/endpoints', from: text(300_000), to: text(400_000), reason: 'expired' }];
    const { events, leftOut } = told({ bursts, gaps }, 3);
    expect(leftOut).toBe(7);
    expect(events.map(({ kind }) => kind)).toEqual(['flips', 'flips', 'flips', 'gap-begins', 'gap-ends']);
  });
});

test('edges that are not known, or lie outside the window, are no events', () => {
  const span = (from: number, to: number, opensBefore: boolean, endsAfter: boolean) => ({
    ...{ from: text(from), to: text(to), opensBefore, endsAfter, durationMs: to - from },
  });
  const kinds = (...spans: ReturnType<typeof span>[]) =>
    told({ zeroReady: spans }).events.map(({ kind, text }) => `${kind}: ${text}`);
  expect(kinds(span(0, 600_000, true, true))).toEqual([]);
  expect(kinds(span(1_000, 61_000, false, false))).toEqual([
    'zero-ready-begins: zero ready backends from here on (1m00s)',
    'zero-ready-ends: zero ready backends until here (1m00s)',
  ]);
  expect(kinds(span(1_000, 61_000, true, true))).toEqual([
    'zero-ready-begins: zero ready backends, since when is not known (≥ 1m00s)',
  ]);
  const gap = { stream: 'v1/endpoints', reason: 'expired' };
  const gapKinds = (...gaps: Notable['gaps']) => told({ gaps }).events.map(({ kind }) => kind);
  expect(gapKinds({ ...gap, from: text(-5_000), to: text(1_000) })).toEqual(['gap-ends']);
  expect(gapKinds({ ...gap, from: text(1_000) })).toEqual(['gap-begins']);
  expect(gapKinds({ ...gap, to: text(700_000) })).toEqual([]);
});
