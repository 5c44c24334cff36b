/**
 * Holds a timeline for so many pixels against the whole one. It does not merge: it asks of every run which of the whole
 * timeline's states lie in it, and whether they had to be told apart.
 */
import { expect } from 'vitest';
import type { LaneAnswer, TimelineAnswer } from '../../src/history/answers.ts';
import type { DrawnTimelineAnswer, RunState } from '../../src/history/drawn-answers.ts';

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly state: RunState;
  readonly opensBefore: boolean;
  readonly endsAfter: boolean;
}

const WORST: readonly RunState[] = ['notReady', 'absent', 'gap', 'before-recording', 'terminating', 'serving', 'ready'];
const worst = (states: readonly RunState[]) => WORST.find((state) => states.includes(state));
const blank = (state: RunState | undefined) => state === 'gap' || state === 'before-recording';
const instant = (text: string) => Date.parse(text);
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** The segments of a lane, and what lies between them. */
function stretches(lane: LaneAnswer, from: number, to: number): Stretch[] {
  const told = lane.segments.map((each) => ({ ...each, from: instant(each.from), to: instant(each.to) }));
  const edges = [...told.flatMap((each) => [each.from, each.to]), from, to];
  const cuts = [...new Set(edges)].sort((a, b) => a - b);
  return cuts.slice(1).map((end, index): Stretch => {
    const start = cuts[index] as number;
    const found = told.find((each) => each.from === start);
    if (found) return found;
    const [before, after] = [told.find((each) => each.to === start), told.find((each) => each.from === end)];
    return {
      ...{ from: start, to: end, state: 'absent' },
      opensBefore: start === from || blank(before?.state),
      endsAfter: end === to || blank(after?.state),
    };
  });
}

const keyOf = ({ notReadyMs, flips, id, pod, address }: LaneAnswer) => ({ notReadyMs, flips, name: pod?.name ?? address, id });

/** The order of lanes: the longest not ready, then the most flips, then by name and id. */
export function worstFirst(lanes: readonly LaneAnswer[]): LaneAnswer[] {
  return [...lanes].sort((one, other) => {
    const [a, b] = [keyOf(one), keyOf(other)];
    if (a.notReadyMs !== b.notReadyMs) return b.notReadyMs - a.notReadyMs;
    if (a.flips !== b.flips) return b.flips - a.flips;
    if (a.name !== b.name) return a.name < b.name ? -1 : 1;
    return a.id < b.id ? -1 : 1;
  });
}

/** @param drawn all lanes of it, listed */
export function expectSameLanes(drawn: DrawnTimelineAnswer, whole: TimelineAnswer): void {
  const [from, to] = [instant(whole.from), instant(whole.to)];
  const pixelMs = (to - from) / drawn.px;
  const broken: string[] = [];
  expect(drawn.lanes.map(({ id }) => id)).toEqual(worstFirst(whole.lanes).map(({ id }) => id));
  for (const lane of drawn.lanes) {
    const { runs, rank: _, ...head } = lane;
    const { segments: _segments, ...wholeHead } = whole.lanes.find(({ id }) => id === lane.id) as LaneAnswer;
    expect(head).toEqual(wholeHead);
    expect(sum(runs.ms)).toBe(to - from);
    expect(runs.states).toHaveLength(runs.ms.length);
    const pieces = stretches({ ...wholeHead, segments: _segments }, from, to);
    const mixed = new Map(runs.mixed.map((each) => [each.run, each.flips]));
    let start = from;
    let beforeNarrow: { state: RunState; ms: number } | undefined;
    let next = 0;
    runs.ms.forEach((ms, index) => {
      const end = start + ms;
      const first = next;
      while ((pieces[next]?.to ?? Number.POSITIVE_INFINITY) <= end) next++;
      const inside = pieces.slice(first, next);
      const state = runs.states[index] as RunState;
      const narrow = inside.every((piece) => piece.to - piece.from < pixelMs);
      const flips = inside.filter((piece) => !piece.opensBefore && !blank(piece.state)).length;
      const claims: Record<string, boolean> = {
        'cut only where the whole one is': sum(inside.map((piece) => piece.to - piece.from)) === ms,
        'the worst state wins': state === worst(inside.map((piece) => piece.state)),
        'open before as its first state': runs.opensBefore.includes(index) === inside[0]?.opensBefore,
        'open after as its last state': runs.endsAfter.includes(index) === inside.at(-1)?.endsAfter,
        'merged only where narrow': inside.length === 1 || narrow,
        'flips of a mixed one': mixed.get(index) === (inside.length > 1 ? flips : undefined),
        'narrow neighbours stay apart only where their worst states differ and one fills its pixel':
          !narrow || !beforeNarrow || (beforeNarrow.state !== state && Math.max(beforeNarrow.ms, ms) >= pixelMs),
      };
      for (const [claim, holds] of Object.entries(claims)) if (!holds) broken.push(`${lane.id} run ${index}: ${claim}`);
      beforeNarrow = narrow ? { state, ms } : undefined;
      start = end;
    });
    expect(runs.ms.length).toBeLessThanOrEqual(3 * drawn.px + 2);
  }
  expect(broken).toEqual([]);
}

/** Counts, facts, zero-ready windows and everything else that is not a lane. @param flipsAt instants of all flips of the window */
export function expectSameCounts(drawn: DrawnTimelineAnswer, whole: TimelineAnswer, flipsAt: readonly number[]): void {
  const [from, to] = [instant(whole.from), instant(whole.to)];
  const { service, asOf, source, coverage, gaps, zeroReady, flips } = whole;
  expect(drawn).toMatchObject({ service, from: whole.from, to: whole.to, asOf, source, coverage, gaps, zeroReady, flips });
  expect(drawn.laneCount).toBe(whole.lanes.length);
  const steps = whole.counts.map((point, index) => ({
    ...point,
    from: instant(point.at),
    to: instant(whole.counts[index + 1]?.at ?? whole.to),
  }));
  const zero = whole.zeroReady.map((each) => ({ from: instant(each.from), to: instant(each.to) }));
  /** What holds over [start, end), each with how long. */
  const within = (start: number, end: number) =>
    steps
      .filter((step) => step.from < end && start < step.to)
      .map((step) => {
        const [a, b] = [Math.max(start, step.from), Math.min(end, step.to)];
        const zeroMs = sum(zero.map((each) => Math.max(0, Math.min(b, each.to) - Math.max(a, each.from))));
        const listed = step.ready !== undefined && (step.ready > 0 || zeroMs > 0);
        return { ...step, ms: b - a, zeroMs, listed, unlistedMs: step.ready === 0 ? b - a - zeroMs : 0 };
      });
  const all = within(from, to);
  expect(drawn.facts).toMatchObject({
    zeroReadyMs: sum(zero.map((each) => each.to - each.from)),
    someNotReadyMs: sum(all.map(({ notReady = 0, ms }) => (notReady > 0 ? ms : 0))),
    unlistedMs: sum(all.map(({ unlistedMs }) => unlistedMs)),
    knownMs: sum(all.map(({ ready, ms }) => (ready === undefined ? 0 : ms))),
    unknownMs: sum(all.map(({ ready, ms }) => (ready === undefined ? ms : 0))),
  });
  const least = all.filter(({ listed }) => listed).reduce((min, { ready = 0 }) => Math.min(min, ready), Infinity);
  expect(drawn.facts.leastReady?.ready ?? Infinity).toBe(least);
  if (whole.counts.length <= drawn.px) {
    expect(drawn.counts).toEqual(whole.counts);
    expect(drawn.buckets).toBeUndefined();
    return;
  }
  expect(drawn.counts).toBeUndefined();
  const { buckets } = drawn;
  if (!buckets) throw new Error('neither counts nor buckets');
  const edge = (index: number) => from + Math.floor((index * (to - from)) / drawn.px);
  for (const column of Object.values(buckets)) expect(column).toHaveLength(drawn.px);
  const expected: Record<keyof typeof buckets, (number | null)[]> = {
    ...{ leastReady: [], mostReady: [], mostNotReady: [], mostTerminating: [] },
    ...{ zeroMs: [], unlistedMs: [], unknownMs: [], flips: [] },
  };
  for (let index = 0; index < drawn.px; index++) {
    const [start, end] = [edge(index), edge(index + 1)];
    const here = within(start, end);
    const listed = here.filter((each) => each.listed);
    const most = (of: 'ready' | 'notReady' | 'terminating') =>
      listed.length === 0 ? null : Math.max(...listed.map((each) => each[of] ?? 0));
    expected.leastReady.push(listed.length === 0 ? null : Math.min(...listed.map(({ ready = 0 }) => ready)));
    expected.mostReady.push(most('ready'));
    expected.mostNotReady.push(most('notReady'));
    expected.mostTerminating.push(most('terminating'));
    expected.zeroMs.push(sum(here.map(({ zeroMs }) => zeroMs)));
    expected.unlistedMs.push(sum(here.map(({ unlistedMs }) => unlistedMs)));
    expected.unknownMs.push(sum(here.map(({ ready, ms }) => (ready === undefined ? ms : 0))));
    expected.flips.push(flipsAt.filter((at) => start <= at && at < end).length);
  }
  expect(buckets).toEqual(expected);
}
