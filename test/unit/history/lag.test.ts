import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import { type LaggingFlip, lagsOf, percentile, type ReadinessStep } from '../../../src/history/lag.ts';

const flip = (at: number, to: 'ready' | 'notReady', more: Partial<LaggingFlip> = {}): LaggingFlip => ({
  ...{ position: at, at: epochMs(at), from: to === 'ready' ? 'notReady' : 'ready', to, origin: 'watch' },
  backend: { address: '10.0.0.1', ports: [], pod: { name: 'a', uid: 'u' } },
  ...more,
});
const said = (at: number, ready: boolean, watched = true): ReadinessStep => ({ position: at, at: epochMs(at), ready, watched });
const lags = (flips: readonly LaggingFlip[], versions: readonly ReadinessStep[]) =>
  lagsOf(flips, () => versions).map(({ flip, pod, lagMs }) => [flip.at, pod.at, lagMs]);

describe('the lag of a flip', () => {
  test('is from the version in which the Pod turned, not from one that only says the same again', () => {
    const versions = [said(0, true), said(100, false), said(150, false), said(300, true)];
    expect(lags([flip(180, 'notReady'), flip(320, 'ready')], versions)).toEqual([
      [180, 100, 80],
      [320, 300, 20],
    ]);
  });

  test('is negative where the list was received before its Pod', () => {
    expect(lags([flip(100, 'notReady')], [said(0, true), said(108, false)])).toEqual([[100, 108, -8]]);
    expect(lags([flip(100, 'notReady')], [said(0, true), said(2_101, false)])).toEqual([]);
  });

  test('is not known where the list may be late as well as received first', () => {
    const before = [said(0, true), said(2_000, false), said(5_000, true)];
    expect(lags([flip(5_400, 'notReady')], [...before, said(5_600, false)])).toEqual([]);
    expect(lags([flip(7_400, 'notReady')], [...before, said(7_600, false)])).toEqual([[7_400, 7_600, -200]]);
  });

  test('is not known where the Pod had turned before it was watched, or turned unseen in a gap', () => {
    expect(lags([flip(100, 'notReady')], [said(0, false)])).toEqual([]);
    expect(lags([flip(100, 'notReady')], [said(0, true), said(90, false, false)])).toEqual([]);
    expect(lags([flip(100, 'notReady', { origin: 'relist' })], [said(0, true), said(90, false)])).toEqual([]);
  });

  test('is none of a backend that comes, goes, terminates or has no Pod', () => {
    const versions = [said(0, true), said(90, false)];
    for (const more of [
      { from: 'absent' as const },
      { to: 'absent' as const },
      { to: 'terminating' as const },
      { backend: { address: '10.0.0.1', ports: [] } },
    ])
      expect(lags([flip(100, 'notReady', more)], versions)).toEqual([]);
  });
});

test('property: a list that follows each turn after a delay of its own has exactly these lags', () => {
  const turns = fc.array(fc.record({ pause: fc.integer({ min: 1, max: 50 }), delay: fc.integer({ min: 0, max: 49 }) }));
  fc.assert(
    fc.property(turns, (list) => {
      let now = 0;
      const versions = [said(0, true)];
      const flips: LaggingFlip[] = [];
      const expected: number[] = [];
      for (const [index, { pause, delay }] of list.entries()) {
        // The next turn comes only when the list has followed this one.
        now += pause + (list[index - 1]?.delay ?? 0);
        versions.push(said(now, index % 2 === 1));
        flips.push(flip(now + delay, index % 2 === 1 ? 'ready' : 'notReady'));
        expected.push(delay);
      }
      expect(lagsOf(flips, () => versions).map(({ lagMs }) => lagMs)).toEqual(expected);
    }),
  );
});

test('a percentile is one of the values, by nearest rank', () => {
  const values = Array.from({ length: 20 }, (_, index) => index + 1);
  expect([0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([10, 19, 20]);
  expect([0, 0.5, 1].map((share) => percentile([7], share))).toEqual([7, 7, 7]);
  expect(percentile([], 0.5)).toBeUndefined();
});
