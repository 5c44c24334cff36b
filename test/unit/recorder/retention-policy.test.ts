import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EpochMs, epochMs } from '../../../src/domain/time.ts';
import {
  defaultMinFree,
  helplessness,
  KEPT_MS,
  type LogState,
  nextStep,
  passDue,
  pauseAfter,
  type RetentionSettings,
} from '../../../src/recorder/retention-policy.ts';

const MIB = 1 << 20;
const DAY = 86_400_000;
const now = epochMs(Date.UTC(2026, 10, 23));
const ago = (ms: number): EpochMs => epochMs(now - ms);

function state(change: { used?: number; file?: number; free?: number; oldestAt?: EpochMs | undefined } = {}): LogState {
  const { used = 100 * MIB, file = used, free = 10_000 * MIB } = change;
  return {
    now,
    size: { file, used, pending: 0, canShrink: true },
    disk: { free, total: 100_000 * MIB },
    oldestAt: 'oldestAt' in change ? change.oldestAt : ago(100 * DAY),
  };
}

describe('a pass is due', () => {
  const cases: [what: string, settings: RetentionSettings, LogState, expected: unknown][] = [
    ['never, without settings and with room on the disk', {}, state(), undefined],
    ['not for an empty log', { retainMs: DAY, maxBytes: 1 }, state({ oldestAt: undefined, free: 0 }), undefined],
    ['for age', { retainMs: 90 * DAY }, state(), { reason: 'retain', olderThan: ago(90 * DAY) }],
    ['not for what is hardly too old', { retainMs: 90 * DAY }, state({ oldestAt: ago(90.5 * DAY) }), undefined],
    [
      'for size, down to a little below',
      { maxBytes: 50 * MIB },
      state(),
      { reason: 'max-size', olderThan: ago(KEPT_MS), usedBytes: 47.5 * MIB },
    ],
    ['not for a large file of which little is in use', { maxBytes: 150 * MIB }, state({ file: 900 * MIB }), undefined],
    [
      'for the disk by default, as much as is missing and a little more',
      {},
      state({ free: 236 * MIB }),
      { reason: 'low-disk', usedBytes: 100 * MIB - (256 * MIB * 1.1 - 236 * MIB) },
    ],
    [
      'for the disk before all else',
      { retainMs: DAY, maxBytes: MIB, minFreeBytes: 20 * MIB },
      state({ free: 0 }),
      { reason: 'low-disk', usedBytes: 78 * MIB },
    ],
    ['for size before age', { retainMs: DAY, maxBytes: 50 * MIB }, state(), { reason: 'max-size' }],
    ['not for the disk when that is turned off', { minFreeBytes: 0 }, state({ free: 0 }), undefined],
    ['not for the disk while the file itself has room', {}, state({ free: 0, file: 500 * MIB }), undefined],
    [
      'not for size or disk when only the last hour is left',
      { maxBytes: MIB },
      state({ free: 0, oldestAt: ago(KEPT_MS) }),
      undefined,
    ],
  ];
  for (const [what, settings, at, expected] of cases) {
    test(what, () => {
      const due = passDue(settings, at);
      if (expected === undefined) expect(due).toBeUndefined();
      else expect(due).toMatchObject(expected as object);
    });
  }

  test('property: one that was made is not due again at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }), (retainDays, ageDays) => {
        const settings = { retainMs: retainDays * DAY };
        const due = passDue(settings, state({ oldestAt: ago(ageDays * DAY) }));
        if (due) expect(passDue(settings, state({ oldestAt: due.olderThan }))).toBeUndefined();
      }),
    );
  });
});

test('5 % of a small disk is kept free, and 256 MiB of others', () => {
  expect(defaultMinFree({ free: 0, total: 1_000 * MIB })).toBe(50 * MIB);
  expect(defaultMinFree({ free: 0, total: 1_000_000 * MIB })).toBe(256 * MIB);
});

test('it is said when space is short and nothing more may go', () => {
  const hour = { oldestAt: ago(KEPT_MS - 1) };
  expect(helplessness({}, state({ ...hour, free: 0 }))).toMatch(/disk is nearly full/);
  expect(helplessness({ maxBytes: MIB }, state(hour))).toMatch(/larger than it may be/);
  expect(helplessness({ maxBytes: MIB }, state())).toBeUndefined();
  expect(helplessness({}, state(hour))).toBeUndefined();
});

test('property: steps shrink while they take long and grow while they are short, within bounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 250 }), fc.double({ min: 0, max: 500, noNaN: true }), (events, tookMs) => {
      const next = nextStep(events, tookMs);
      expect(next).toBeGreaterThanOrEqual(8);
      expect(next).toBeLessThanOrEqual(250);
      if (tookMs > 8) expect(next).toBeLessThanOrEqual(events);
      if (tookMs < 4) expect(next).toBeGreaterThanOrEqual(events);
      expect(pauseAfter('retain', tookMs)).toBeGreaterThanOrEqual(tookMs * 4);
      expect(pauseAfter('low-disk', tookMs)).toBeGreaterThanOrEqual(tookMs);
    }),
  );
});
