/** The made-up timeline as a page of so many pixels asks for it. */
import type { Lane, Segment } from '../../src/http/contract.ts';
import type { DrawnTimeline, LaneRuns, RunState } from '../../src/http/contract-timeline.ts';
import { blind, timeline } from './mock-answers.ts';
import { type MockService, RECORDED_FROM } from './mock-data.ts';

/** Nothing is merged, as if the pixels were as many as the milliseconds: the page then merges itself. */
export function drawnTimeline(
  service: MockService,
  from: number,
  to: number,
  question: { px?: number; lanes?: number; lanesAfter?: number; lane?: string; steady?: string } = {},
): DrawnTimeline {
  const { lanes: whole, counts, ...head } = timeline(service, from, to);
  const { px = 1_000, lanes: limit = 60, lanesAfter = 0, steady } = question;
  const lanes = whole
    .map(({ segments, ...lane }) => ({ ...lane, runs: runs(segments, from, to) }))
    .sort((a, b) => b.notReadyMs - a.notReadyMs || b.flips - a.flips || (laneName(a) < laneName(b) ? -1 : 1));
  const isSteady = ({ runs: { states }, flips: count }: (typeof lanes)[number]) =>
    lanes.length > limit && steady !== 'list' && count === 0 && states.length === 1;
  const listed = lanes.filter((each) => !isSteady(each)).map((each, rank) => ({ ...each, rank }));
  const kept = Map.groupBy(lanes.filter(isSteady), ({ runs: { states } }) => states[0] as RunState);
  const known = counts.map((point, index) => ({
    ...point,
    ms: Date.parse(counts[index + 1]?.at ?? head.to) - Date.parse(point.at),
  }));
  const sum = (wanted: (point: (typeof known)[number]) => boolean) =>
    known.filter(wanted).reduce((total, { ms }) => total + ms, 0);
  const isZero = (at: string) => head.zeroReady.some((zero) => zero.from <= at && at < zero.to);
  const least = known
    .filter(({ ready, at }) => ready !== undefined && (ready > 0 || isZero(at)))
    .reduce<(typeof known)[number] | undefined>(
      (min, each) => (min === undefined || (each.ready ?? 0) < (min.ready ?? 0) ? each : min),
      undefined,
    );
  const blanks = counts.flatMap((point, index): Segment[] => {
    if (point.ready !== undefined) return [];
    const state = Date.parse(point.at) < RECORDED_FROM ? ('before-recording' as const) : ('gap' as const);
    return [{ from: point.at, to: counts[index + 1]?.at ?? head.to, state, opensBefore: false, endsAfter: false }];
  });
  const page = listed.slice(lanesAfter, lanesAfter + limit);
  return {
    ...head,
    px,
    blanks,
    facts: {
      ...(least ? { leastReady: { ready: least.ready ?? 0, notReady: least.notReady ?? 0, at: least.at } } : {}),
      zeroReadyMs: sum(({ ready, at }) => ready === 0 && isZero(at)),
      someNotReadyMs: sum(({ notReady = 0 }) => notReady > 0),
      unlistedMs: sum(({ ready, at }) => ready === 0 && !isZero(at)),
      knownMs: sum(({ ready }) => ready !== undefined),
      unknownMs: sum(({ ready }) => ready === undefined),
    },
    counts,
    laneCount: lanes.length,
    steady: [...kept].map(([state, alike]) => ({ state, count: alike.length, runs: alike[0]?.runs as LaneRuns })),
    lanes: [...page, ...listed.filter((each) => each.id === question.lane && !page.includes(each))],
  };
}

const laneName = ({ pod, address }: Pick<Lane, 'pod' | 'address'>) => pod?.name ?? address;

function runs(segments: readonly Segment[], from: number, to: number): LaneRuns {
  const told = segments.map((each) => ({ ...each, from: Date.parse(each.from), to: Date.parse(each.to) }));
  const cuts = [...new Set([from, to, ...told.flatMap((each) => [each.from, each.to])])].sort((a, b) => a - b);
  const all = cuts.slice(1).map((end, index) => {
    const start = cuts[index] as number;
    const [before, after] = [told.find((each) => each.to === start), told.find((each) => each.from === end)];
    const absent = { state: 'absent' as const, opensBefore: start === from || blind(before?.state) };
    return (
      told.find((each) => each.from === start) ?? {
        ...absent,
        from: start,
        to: end,
        endsAfter: end === to || blind(after?.state),
      }
    );
  });
  const indexes = (of: 'opensBefore' | 'endsAfter') => all.flatMap((each, index) => (each[of] ? [index] : []));
  return {
    ms: all.map((each) => each.to - each.from),
    states: all.map(({ state: shown }) => shown),
    opensBefore: indexes('opensBefore'),
    endsAfter: indexes('endsAfter'),
    mixed: [],
  };
}
