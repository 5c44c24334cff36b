import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Schedule } from '../../../src/demo/simulation/schedule.ts';
import { epochMs } from '../../../src/domain/time.ts';

/** Runs tasks that each add another, cut into the given ticks, and tells which ran when. */
function play(delays: readonly number[], ticks: readonly number[]): string[] {
  const schedule = new Schedule(epochMs(1_000));
  const ran: string[] = [];
  for (const [index, delay] of delays.entries()) {
    schedule.after(delay, () => {
      ran.push(`${index} at ${schedule.now}`);
      schedule.after(delay % 7, () => ran.push(`${index} again at ${schedule.now}`));
    });
  }
  for (const tick of ticks) schedule.tick(epochMs(1_000 + tick));
  return ran;
}

describe('the schedule', () => {
  const delays = fc.array(fc.nat(500), { maxLength: 60 });

  test('runs everything that is due, in the order of time and then of adding, at its own instant', () => {
    fc.assert(
      fc.property(delays, (all) => {
        const first = play(all, [1_000]).filter((each) => !each.includes('again'));
        const expected = all.map((delay, index) => ({ delay, index })).sort((a, b) => a.delay - b.delay || a.index - b.index);
        expect(first).toEqual(expected.map(({ delay, index }) => `${index} at ${1_000 + delay}`));
      }),
    );
  });

  test('does the same however the time is cut into ticks', () => {
    const ticks = fc.array(fc.nat(1_000), { maxLength: 20 }).map((cuts) => [...cuts.sort((a, b) => a - b), 1_000]);
    fc.assert(
      fc.property(delays, ticks, (all, cuts) => {
        expect(play(all, cuts)).toEqual(play(all, [1_000]));
      }),
    );
  });

  test('runs nothing before its time', () => {
    const schedule = new Schedule(epochMs(0));
    let ran = false;
    schedule.after(100, () => {
      ran = true;
    });
    schedule.tick(epochMs(99));
    expect(ran).toBe(false);
    expect(schedule.nextAt).toBe(100);
    schedule.tick(epochMs(100));
    expect(ran).toBe(true);
    expect(schedule.nextAt).toBeUndefined();
  });

  test('moves everything on by the time that was slept through', () => {
    const schedule = new Schedule(epochMs(0));
    const ran: number[] = [];
    for (const delay of [10, 20]) schedule.after(delay, () => ran.push(schedule.now));
    schedule.postpone(3_600_000);
    schedule.tick(epochMs(3_600_000));
    expect(ran).toEqual([]);
    schedule.tick(epochMs(3_600_020));
    expect(ran).toEqual([3_600_010, 3_600_020]);
  });

  test('does not run back', () => {
    const schedule = new Schedule(epochMs(1_000));
    schedule.tick(epochMs(500));
    expect(schedule.now).toBe(1_000);
  });
});
