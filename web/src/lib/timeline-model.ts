/** A timeline's answer made ready for drawing: times as numbers, lanes as pieces, and the facts that the page tells. */
import type { DrawnLane, DrawnTimeline } from '../../../src/http/contract-timeline.ts';
import { type Piece, pieces, type RunState } from './runs.ts';
import type { Range } from './scale.ts';

export interface LaneModel {
  readonly id: string;
  readonly lane: DrawnLane;
  /** Pod name where there is one, else the address. Untrusted text. */
  readonly label: string;
  readonly pieces: readonly Piece[];
}

export interface CountsStep {
  readonly at: number;
  readonly until: number;
  /** Absent: not known. In a bucket the fewest. */
  readonly ready?: number;
  /** In a bucket the most; absent where it is one count throughout. */
  readonly mostReady?: number;
  /** In a bucket the most. */
  readonly notReady?: number;
  readonly terminating?: number;
  /** Of a bucket: it stands for several counts. */
  readonly flips?: number;
  /**
   * Zero ready, and not in one of the server's zero-ready windows: the source did not list the Service at all then,
   * because there was no Endpoints object or slice (not made yet, or deleted).
   */
  readonly unlisted?: true;
}

export interface ZeroWindow extends Range {
  readonly opensBefore: boolean;
  readonly endsAfter: boolean;
}

export interface TimelineModel {
  readonly answer: DrawnTimeline;
  readonly range: Range;
  /** The lanes that are loaded, in order of rank. */
  readonly lanes: readonly LaneModel[];
  readonly laneByRank: ReadonlyMap<number, LaneModel>;
  /** How many lanes are listed, loaded or not: ranks are 0 to one less. */
  readonly listed: number;
  readonly counts: readonly CountsStep[];
  readonly zero: readonly ZeroWindow[];
  /** The parts of the window that are not known, neighbours as one. */
  readonly blanks: readonly Range[];
  /** The window up to here lies before the first recording; absent when none of it does. */
  readonly recordedFrom?: number;
}

/** @param further lanes that were loaded beside those of the answer */
export function timelineModel(answer: DrawnTimeline, further: readonly DrawnLane[] = []): TimelineModel {
  const range = { from: Date.parse(answer.from), to: Date.parse(answer.to) };
  const laneByRank = new Map<number, LaneModel>();
  for (const lane of [...answer.lanes, ...further]) {
    if (laneByRank.has(lane.rank)) continue;
    laneByRank.set(lane.rank, laneModel(lane, range.from));
  }
  const lanes = [...laneByRank.values()].sort((a, b) => a.lane.rank - b.lane.rank);
  const zero = answer.zeroReady.map((window) => ({ ...window, from: Date.parse(window.from), to: Date.parse(window.to) }));
  const recordedFrom = answer.blanks.findLast(({ state }) => state === 'before-recording')?.to;
  return {
    answer,
    range,
    lanes,
    laneByRank,
    listed: answer.laneCount - answer.steady.reduce((sum, { count }) => sum + count, 0),
    counts: answer.buckets ? bucketSteps(answer.buckets, range) : countsSteps(answer.counts ?? [], zero, range),
    zero,
    blanks: joined(answer.blanks.map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }))),
    ...(recordedFrom === undefined ? {} : { recordedFrom: Date.parse(recordedFrom) }),
  };
}

const models = new WeakMap<DrawnLane, LaneModel>();

/** Once made it stays the same while further lanes come, so that what is drawn of it may be kept. */
function laneModel(lane: DrawnLane, from: number): LaneModel {
  let model = models.get(lane);
  if (model === undefined) {
    model = { id: lane.id, lane, label: lane.pod?.name ?? lane.address, pieces: pieces(lane.runs, from) };
    models.set(lane, model);
  }
  return model;
}

function countsSteps(points: NonNullable<DrawnTimeline['counts']>, zero: readonly Range[], range: Range): CountsStep[] {
  return points.map(({ at: text, ...counts }, index): CountsStep => {
    const next = points[index + 1];
    const at = Date.parse(text);
    const until = next ? Date.parse(next.at) : range.to;
    const unlisted = counts.ready === 0 && !zero.some(({ from, to }) => from < until && at < to);
    return { at, until, ...(unlisted ? { unlisted } : {}), ...counts };
  });
}

/** Buckets as the contract cuts them. */
function bucketSteps(buckets: NonNullable<DrawnTimeline['buckets']>, { from, to }: Range): CountsStep[] {
  const { leastReady, mostReady, mostNotReady, mostTerminating, unlistedMs, flips } = buckets;
  const edge = (index: number) => from + Math.floor((index * (to - from)) / leastReady.length);
  return leastReady.map((least, index): CountsStep => {
    const span = { at: edge(index), until: edge(index + 1), flips: flips[index] ?? 0 };
    if (least === null) return (unlistedMs[index] ?? 0) > 0 ? { ...span, ready: 0, notReady: 0, unlisted: true } : span;
    return {
      ...span,
      ready: least,
      mostReady: mostReady[index] ?? least,
      notReady: mostNotReady[index] ?? 0,
      terminating: mostTerminating[index] ?? 0,
    };
  });
}

function joined(spans: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const { from, to } of spans) {
    const last = result.at(-1);
    if (last?.to === from) result[result.length - 1] = { from: last.from, to };
    else result.push({ from, to });
  }
  return result;
}

export interface Facts {
  readonly zeroMs: number;
  readonly zeroWindows: number;
  /** Some window touches a gap or an edge, or there is a gap that may hold more of them. */
  readonly zeroIsLowerBound: boolean;
  readonly least?: { readonly ready: number; readonly of: number; readonly at: number };
  readonly notAllReadyMs: number;
  /** Time in which the counts are known; without any, nothing can be said. */
  readonly knownMs: number;
  /** Time in which the counts are not known, before the recording included. */
  readonly unknownMs: number;
  readonly unknownSpans: number;
  readonly flips: number;
  /** Time in which there was no address list at all. */
  readonly unlistedMs: number;
}

export function facts({ answer, zero, blanks }: TimelineModel): Facts {
  const { leastReady, zeroReadyMs, someNotReadyMs, unlistedMs, knownMs, unknownMs } = answer.facts;
  return {
    zeroMs: zeroReadyMs,
    zeroWindows: zero.length,
    zeroIsLowerBound: unknownMs > 0 || zero.some(({ opensBefore, endsAfter }) => opensBefore || endsAfter),
    ...(leastReady
      ? { least: { ready: leastReady.ready, of: leastReady.ready + leastReady.notReady, at: Date.parse(leastReady.at) } }
      : {}),
    notAllReadyMs: someNotReadyMs,
    knownMs,
    unknownMs,
    unknownSpans: blanks.length,
    flips: answer.flips,
    unlistedMs,
  };
}

/** The step that holds at an instant. */
export function countsAt(counts: readonly CountsStep[], at: number): CountsStep | undefined {
  let low = 0;
  let high = counts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((counts[middle] as CountsStep).at <= at) low = middle;
    else high = middle - 1;
  }
  return counts[low];
}

/** The nearest instant before (−1) or after (+1) `at`; instants grow. */
export function neighbour(instants: readonly number[], at: number, direction: -1 | 1): number | undefined {
  return direction > 0 ? instants.find((instant) => instant > at) : instants.findLast((instant) => instant < at);
}

export interface Change {
  readonly at: number;
  readonly lane: LaneModel;
  readonly from: RunState;
  readonly to: RunState;
  /** Start of the segment to look at: the new one, or the old one where the backend left. */
  readonly segment: number;
}

/** The changes of all lanes nearest to an instant, at most `count`, in order of time; `except` itself is left out. */
export function changesNear(model: TimelineModel, at: number, count: number, except: { lane: string; at: number }): Change[] {
  let near: Change[] = [];
  for (const lane of model.lanes) {
    lane.pieces.forEach((piece, index) => {
      if (piece.opensBefore || piece.mixed !== undefined || piece.from <= model.range.from) return;
      if (lane.id === except.lane && piece.from === except.at) return;
      const before = lane.pieces[index - 1];
      const segment = piece.state === 'absent' && before ? before.from : piece.from;
      near.push({ at: piece.from, lane, from: before?.state ?? 'absent', to: piece.state, segment });
    });
    // Kept short on the way: a long recording has a hundred thousand of them.
    if (near.length > 1_000) near = nearest(near, at, count);
  }
  return nearest(near, at, count).sort((a, b) => a.at - b.at);
}

const nearest = (list: Change[], at: number, count: number) =>
  list.sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at) || a.at - b.at).slice(0, count);
