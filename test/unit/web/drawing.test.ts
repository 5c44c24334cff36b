import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleRows } from '../../../web/src/lib/rows.ts';
import { type Piece, runAt, runs, worse } from '../../../web/src/lib/runs.ts';
import { MIN_SPAN_MS, pan, soundRange, timeScale, zoomAt } from '../../../web/src/lib/scale.ts';
import { type Point, stepPoints, withoutZero } from '../../../web/src/lib/steps.ts';
import type { CountsStep } from '../../../web/src/lib/timeline-model.ts';

const FROM = Date.parse('2026-11-23T14:00:00Z');
const range = fc
  .tuple(fc.integer({ min: 0, max: 2_000_000_000_000 }), fc.integer({ min: MIN_SPAN_MS, max: 400 * 86_400_000 }))
  .map(([from, span]) => ({ from, to: from + span }));

describe('time and pixels', () => {
  it('map onto each other to within half a pixel', () => {
    fc.assert(
      fc.property(
        range,
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 50, max: 4_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (window, left, width, share) => {
          const scale = timeScale(window, left, width);
          const at = Math.round(window.from + share * (window.to - window.from));
          expect(scale.toTime(scale.toX(at))).toBe(at);
          expect(scale.toX(window.from)).toBe(left);
          expect(scale.toX(window.to)).toBeCloseTo(left + width, 6);
          expect(scale.toTime(left - 50)).toBe(window.from);
          expect(scale.toTime(left + width + 50)).toBe(window.to);
        },
      ),
    );
  });

  it('a zoom keeps the instant under the cursor where it is', () => {
    fc.assert(
      fc.property(
        range,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        (window, share, factor) => {
          const at = window.from + share * (window.to - window.from);
          const zoomed = zoomAt(window, at, factor);
          const span = zoomed.to - zoomed.from;
          if (zoomed.from === 0 || span <= MIN_SPAN_MS) return;
          expect(Math.abs((at - zoomed.from) / span - share)).toBeLessThan(2 / span + 1e-9);
        },
      ),
    );
  });

  it('panning never changes the length, and every range stays sound', () => {
    fc.assert(
      fc.property(range, fc.double({ min: -20, max: 20, noNaN: true }), (window, share) => {
        const moved = pan(window, share);
        expect(moved.to - moved.from).toBe(window.to - window.from);
        expect(moved.from).toBeGreaterThanOrEqual(0);
      }),
    );
    fc.assert(
      fc.property(
        fc.double({ min: -1e15, max: 1e15, noNaN: true }),
        fc.double({ min: -1e15, max: 1e15, noNaN: true }),
        (from, to) => {
          const sound = soundRange({ from, to });
          expect(Number.isInteger(sound.from) && Number.isInteger(sound.to)).toBe(true);
          expect(sound.from).toBeGreaterThanOrEqual(0);
          expect(sound.to - sound.from).toBeGreaterThanOrEqual(MIN_SPAN_MS);
          expect(() => new Date(sound.to).toISOString()).not.toThrow();
        },
      ),
    );
  });
});

const STATES = ['ready', 'notReady', 'serving', 'terminating', 'gap', 'before-recording'] as const;
const lane = fc
  .array(fc.tuple(fc.constantFrom(...STATES, 'absent' as const), fc.integer({ min: 1, max: 20_000 })), {
    minLength: 1,
    maxLength: 120,
  })
  .map((states) => {
    let at = FROM;
    const list = states.map(([state, length]): Piece => {
      const from = at;
      at += length;
      return { from, to: at, state, opensBefore: false, endsAfter: false };
    });
    return { list, end: at };
  });

describe('the runs of a lane', () => {
  const drawn = fc.tuple(lane, fc.integer({ min: 20, max: 900 })).map(([{ list, end }, width]) => {
    const scale = timeScale({ from: FROM, to: end }, 100, width);
    return { list, scale, result: runs(list, scale) };
  });

  it('tell every piece exactly once, in order', () => {
    fc.assert(
      fc.property(drawn, ({ list, result }) => {
        const told = result.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, offset) => first + offset));
        expect(told).toEqual(list.map((_, index) => index));
      }),
    );
  });

  it('are at least a pixel wide, and no more than the pixels can show', () => {
    fc.assert(
      fc.property(drawn, ({ scale, result }) => {
        for (const run of result) expect(run.x1 - run.x0).toBeGreaterThanOrEqual(0.999);
        expect(result.length).toBeLessThanOrEqual(2 * scale.width + 2);
      }),
    );
  });

  it('show the worst state wherever several share pixels: a gap or a failure is never painted ready', () => {
    fc.assert(
      fc.property(drawn, ({ list, result }) => {
        for (const run of result) {
          const states = list.slice(run.first, run.last + 1).map(({ state }) => state);
          expect(run.state).toBe(states.reduce(worse));
          if (run.state === 'ready') expect(new Set(states)).toEqual(new Set(['ready']));
        }
      }),
    );
  });

  it('say so wherever several states share pixels, those that the server merged too', () => {
    fc.assert(
      fc.property(drawn, fc.nat(), ({ list, scale, result }, chance) => {
        for (const run of result) expect(run.mixed).toBe(run.last > run.first);
        const index = chance % list.length;
        const merged = list.map((piece, at) => (at === index ? { ...piece, mixed: 37 } : piece));
        const run = runs(merged, scale).find(({ first, last }) => first <= index && index <= last);
        expect(run?.mixed).toBe(true);
      }),
    );
  });

  it('keep a flip of one second visible in thirty days, under the pointer too', () => {
    const month = 30 * 86_400_000;
    const middle = FROM + month / 2;
    const span = (from: number, to: number, state: Piece['state']): Piece => ({
      from,
      to,
      state,
      opensBefore: false,
      endsAfter: false,
    });
    const list = [
      span(FROM, middle, 'ready'),
      span(middle, middle + 1_000, 'notReady'),
      span(middle + 1_000, FROM + month, 'ready'),
    ];
    const scale = timeScale({ from: FROM, to: FROM + month }, 0, 1_000);
    const found = runAt(runs(list, scale), scale.toX(middle));
    expect(found).toMatchObject({ state: 'notReady', first: 1, last: 1, mixed: false });
  });

  it('leave out what lies outside the plot', () => {
    fc.assert(
      fc.property(lane, ({ list, end }) => {
        const scale = timeScale({ from: end + 1_000, to: end + 2_000 }, 0, 500);
        expect(runs(list, scale)).toEqual([]);
      }),
    );
  });
});

describe('the points of the counts', () => {
  const counts = fc
    .array(fc.tuple(fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }), fc.integer({ min: 1, max: 5_000 })), {
      minLength: 1,
      maxLength: 300,
    })
    .map((list) => {
      let at = FROM;
      return list.map(([ready, length]): CountsStep => {
        const step = { at, until: at + length, ...(ready === undefined ? {} : { ready }) };
        at += length;
        return step;
      });
    });
  const whole = (steps: CountsStep[], width: number) => timeScale({ from: FROM, to: steps.at(-1)?.until ?? FROM + 1 }, 0, width);

  it('lose no extreme, however few the pixels', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 10, max: 400 }), (steps, width) => {
        const points = stepPoints(steps, ({ ready }) => ready, whole(steps, width));
        const told = points.map(({ y }) => y).filter((y) => !Number.isNaN(y));
        const known = steps.flatMap(({ ready }) => (ready === undefined ? [] : [ready]));
        expect(Math.min(...told)).toBe(Math.min(...known));
        expect(Math.max(...told)).toBe(Math.max(...known));
        expect(points.length).toBeLessThanOrEqual(6 * (width + 2) + 2 * steps.filter(({ ready }) => ready === undefined).length);
      }),
    );
  });

  it('grow in time, and break where nothing is known', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 10, max: 400 }), (steps, width) => {
        const points = stepPoints(steps, ({ ready }) => ready, whole(steps, width));
        const times = points.map(({ x }) => x);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        for (const span of steps.filter(({ ready }) => ready === undefined)) {
          expect(points.some(({ x, y }) => x === span.at && Number.isNaN(y))).toBe(true);
          expect(points.some(({ x, y }) => x > span.at && x < span.until && !Number.isNaN(y))).toBe(false);
        }
      }),
    );
  });

  it('are drawn as before without zero, save for what runs along it', () => {
    const line = (points: readonly Point[]) =>
      points.slice(1).flatMap((to, index) => {
        const from = points[index] as Point;
        return Number.isNaN(from.y) || Number.isNaN(to.y) ? [] : [[from.x, from.y, to.x, to.y]];
      });
    const often = counts.map((steps) =>
      steps.map((step) => (step.ready === undefined ? step : { ...step, ready: step.ready % 3 })),
    );
    fc.assert(
      fc.property(often, fc.integer({ min: 10, max: 400 }), (steps, width) => {
        const points = stepPoints(steps, ({ ready }) => ready, whole(steps, width));
        const shown = withoutZero(points);
        expect(line(shown)).toEqual(line(points).filter(([, from, , to]) => from !== 0 || to !== 0));
        const times = shown.map(({ x }) => x);
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }),
    );
    const calm = Array.from({ length: 500 }, (_, index) => ({ x: index, y: 0 }));
    expect(withoutZero(calm).length).toBeLessThan(4);
  });
});

describe('rows in sight', () => {
  it('cover the viewport and little more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 0, max: 2_000 }),
        (count, scrollTop, viewport) => {
          const { first, end } = visibleRows(count, 18, scrollTop, viewport, 2);
          expect(end).toBeLessThanOrEqual(count);
          expect(end - first).toBeLessThanOrEqual(Math.ceil(viewport / 18) + 6);
          for (const y of [scrollTop, scrollTop + viewport / 2, scrollTop + viewport - 1]) {
            const row = Math.floor(y / 18);
            if (viewport > 0 && row >= 0 && row < count) expect(row >= first && row < end).toBe(true);
          }
        },
      ),
    );
  });
});
