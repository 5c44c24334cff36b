import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesNear, countsAt, facts, type LaneModel, neighbour, timelineModel } from '../../../web/src/lib/timeline-model.ts';
import { countsText, neverText, pieceText, summary } from '../../../web/src/lib/words.ts';
import * as answers from '../../support/mock-answers.ts';
import { MARKUP_NAME, type MockService, mockServices, RECORDED_FROM, RECORDED_TO } from '../../support/mock-data.ts';
import { drawnTimeline } from '../../support/mock-timeline.ts';

const service = (name: string) => mockServices().find((one) => one.name === name) as MockService;
const checkout = service('checkout');
const model = timelineModel(drawnTimeline(checkout, RECORDED_FROM, RECORDED_TO));

const pieceAt = (lane: LaneModel, at: number) => lane.pieces.find(({ from, to }) => from <= at && at < to);

describe('the model of a timeline', () => {
  it('tells at every instant what the state then tells, and nothing inside a gap', () => {
    fc.assert(
      fc.property(fc.integer({ min: RECORDED_FROM, max: RECORDED_TO - 1 }), (at) => {
        const state = answers.state(checkout, at);
        const step = countsAt(model.counts, at);
        if (state.coverage === 'gap') {
          expect(step?.ready).toBeUndefined();
          for (const lane of model.lanes) expect(['gap', undefined]).toContain(pieceAt(lane, at)?.state);
          return;
        }
        expect(step).toMatchObject({ ready: state.ready.length, notReady: state.notReady.length });
        const inState = (wanted: string) =>
          model.lanes.filter((lane) => pieceAt(lane, at)?.state === wanted).map(({ lane }) => lane.address);
        expect(inState('ready').sort()).toEqual(state.ready.map(({ address }) => address).sort());
        expect(inState('notReady').sort()).toEqual(state.notReady.map(({ address }) => address).sort());
      }),
    );
  });

  it('makes absences between segments explicit, and leaves no hole between pieces', () => {
    for (const { pieces } of model.lanes) {
      expect(pieces.slice(1).map(({ from }) => from)).toEqual(pieces.slice(0, -1).map(({ to }) => to));
    }
  });

  it('adds up the facts', () => {
    expect(facts(model)).toMatchObject({
      zeroWindows: 1,
      zeroMs: 252_500,
      zeroIsLowerBound: true,
      unknownMs: 150_000,
      unknownSpans: 1,
      flips: 15,
    });
    expect(facts(model).least).toMatchObject({ ready: 0, of: 3, at: Date.parse('2026-11-23T14:12:04.012Z') });
  });

  it('a window that begins before the recording says how much of it was not recorded', () => {
    const early = timelineModel(drawnTimeline(checkout, RECORDED_FROM - 600_000, RECORDED_FROM + 600_000));
    expect(facts(early).unknownMs).toBe(600_000);
    expect(early.recordedFrom).toBe(RECORDED_FROM);
  });

  it('denies nothing of a window of which nothing is known', () => {
    const before = timelineModel(drawnTimeline(checkout, RECORDED_FROM - 600_000, RECORDED_FROM - 1));
    expect(facts(before)).toMatchObject({ knownMs: 0, zeroWindows: 0 });
    expect(neverText(facts(before))).toBe('not known');
    expect(neverText(facts(model))).toBe('never, where recorded');
    expect(neverText(facts(timelineModel(drawnTimeline(service('cart'), RECORDED_FROM, RECORDED_TO))))).toBe('never');
    expect(summary(before, 'UTC')).toContain('Zero ready: not known.');
  });

  it('steps from one to the next in both directions and stops at the ends', () => {
    const instants = [10, 20, 30];
    expect([0, 10, 25, 30].map((at) => neighbour(instants, at, 1))).toEqual([10, 20, 30, undefined]);
    expect([10, 20, 25, 40].map((at) => neighbour(instants, at, -1))).toEqual([undefined, 10, 20, 30]);
  });
});

describe('the changes next to a selected one', () => {
  it('are the nearest in time, without itself, in order', () => {
    const lane = model.lanes.find(({ label }) => label.endsWith('x28t5'));
    const at = Date.parse('2026-11-23T14:12:04.012Z');
    const near = changesNear(model, at, 3, { lane: lane?.id ?? '', at });
    expect(near.map((change) => `${change.at - at} ${change.from} ${change.to}`)).toEqual([
      '-210012 notReady ready',
      '-142 ready notReady',
      '0 ready notReady',
    ]);
    expect(near.at(-1)?.lane.id).not.toBe(lane?.id);
  });
});

describe('the lanes', () => {
  const search = service('search');
  const question = { lanes: 60 };
  const first = drawnTimeline(search, RECORDED_FROM, RECORDED_TO, question);

  it('are those that came, by rank, and it is known how many more are listed', () => {
    const few = timelineModel(first);
    expect([few.lanes.length, few.listed, few.answer.laneCount]).toEqual([60, 100, 300]);
    expect(few.laneByRank.get(59)?.lane.rank).toBe(59);
    expect(few.laneByRank.get(60)).toBeUndefined();
  });

  it('take in further pages, each lane once', () => {
    const { lanes } = drawnTimeline(search, RECORDED_FROM, RECORDED_TO, { ...question, lanesAfter: 60 });
    const all = timelineModel(first, [...lanes, ...first.lanes]);
    expect(all.lanes.map(({ lane }) => lane.rank)).toEqual(Array.from({ length: 100 }, (_, rank) => rank));
  });
});

describe('counts in buckets', () => {
  const { counts: _, ...timeline } = drawnTimeline(checkout, RECORDED_FROM, RECORDED_FROM + 5);
  const buckets = {
    ...{ leastReady: [3, null], mostReady: [5, null], mostNotReady: [2, null], mostTerminating: [0, null] },
    ...{ zeroMs: [0, 0], unlistedMs: [0, 0], unknownMs: [0, 3], flips: [7, 0] },
  };
  const steps = timelineModel({ ...timeline, buckets }).counts;

  it('cover the window without a hole', () => {
    expect(steps.map(({ at, until }) => [at - RECORDED_FROM, until - RECORDED_FROM])).toEqual([
      [0, 2],
      [2, 5],
    ]);
  });

  it('are told as spans, and what is not known as that', () => {
    expect(countsText(steps[0] as (typeof steps)[0])).toBe('3–5 ready, up to 2 not ready, 7 flips');
    expect(steps[1]?.ready).toBeUndefined();
  });
});

describe('the words', () => {
  it('say state, both ends, zone and duration, and ≥ where the range or a gap cuts', () => {
    const lane = model.lanes.find(({ label }) => label.endsWith('x28t5'));
    const texts = lane?.pieces.map((piece) => pieceText(piece, 'UTC'));
    expect(texts).toContain('not ready 14:12:04.012–14:16:16.512 UTC, 4m12s');
    expect(texts).toContain('ready 14:16:16.512–14:20:00.000 UTC, ≥ 3m43s');
    expect(texts).toContain('no data 14:20:00.000–14:22:30.000 UTC, 2m30s');
  });

  it('sum the drawing up, with what is not known', () => {
    expect(summary(model, 'UTC')).toBe(
      'Service store/checkout, 14:00:00.000–14:30:00.000 UTC: 4 backends, 15 flips. Least ready: 0 of 3. Zero ready for ≥ 4m12s in 1 window. No data for 2m30s.',
    );
  });

  it('take names as they are', () => {
    expect(model.lanes.map(({ label }) => label)).toContain(MARKUP_NAME);
  });
});
