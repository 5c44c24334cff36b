/** A timeline's answer made ready for drawing: times as numbers, lanes as pieces, and the facts that the page tells. */
import type { Lane, TimelineAnswer } from '../../../src/http/contract.ts';
import { type Piece, pieces, type RunState } from './runs.ts';
import type { Range } from './scale.ts';

export interface LaneModel {
  readonly id: string;
  readonly lane: Lane;
  /** Pod name where there is one, else the address. Untrusted text. */
  readonly label: string;
  readonly pieces: readonly Piece[];
  readonly changed: boolean;
}

export interface CountsStep {
  readonly at: number;
  readonly until: number;
  /** Absent: not known. */
  readonly ready?: number;
  readonly notReady?: number;
  readonly terminating?: number;
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
  readonly answer: TimelineAnswer;
  readonly range: Range;
  readonly lanes: readonly LaneModel[];
  readonly counts: readonly CountsStep[];
  readonly zero: readonly ZeroWindow[];
  /** Every instant at which a lane changes, growing, each once. */
  readonly changes: readonly number[];
  /** The window up to here lies before the first recording; absent when none of it does. */
  readonly recordedFrom?: number;
}

/** Lanes keep the server's order of time not ready, longest first; equal ones by name. */
export function timelineModel(answer: TimelineAnswer): TimelineModel {
  const range = { from: Date.parse(answer.from), to: Date.parse(answer.to) };
  const lanes = answer.lanes.map((lane): LaneModel => {
    const laneData = pieces(lane.segments, range);
    return { id: lane.id, lane, label: lane.pod?.name ?? lane.address, pieces: laneData, changed: lane.flips > 0 };
  });
  lanes.sort(
    (a, b) =>
      b.lane.notReadyMs - a.lane.notReadyMs || b.lane.flips - a.lane.flips || compare(a.label, b.label) || compare(a.id, b.id),
  );
  const zero = answer.zeroReady.map((window) => ({ ...window, from: Date.parse(window.from), to: Date.parse(window.to) }));
  const counts = answer.counts.map((point, index): CountsStep => {
    const next = answer.counts[index + 1];
    const at = Date.parse(point.at);
    const until = next ? Date.parse(next.at) : range.to;
    const unlisted = point.ready === 0 && !zero.some(({ from, to }) => from < until && at < to);
    return {
      at,
      until,
      ...(unlisted ? { unlisted } : {}),
      ...(point.ready === undefined ? {} : { ready: point.ready }),
      ...(point.notReady === undefined ? {} : { notReady: point.notReady }),
      ...(point.terminating === undefined ? {} : { terminating: point.terminating }),
    };
  });
  const first = counts[0];
  if (first && first.at > range.from) counts.unshift({ at: range.from, until: first.at });
  if (!first && range.to > range.from) counts.push({ at: range.from, until: range.to });
  const changes = new Set<number>();
  let recordedFrom: number | undefined;
  for (const { pieces: list } of lanes) {
    for (const piece of list) {
      if (piece.state === 'before-recording') recordedFrom = Math.max(recordedFrom ?? 0, piece.to);
      if (!piece.opensBefore && piece.from > range.from) changes.add(piece.from);
      if (!piece.endsAfter && piece.to < range.to) changes.add(piece.to);
    }
  }
  for (const gap of answer.gaps) {
    if (gap.from === undefined) recordedFrom = Math.max(recordedFrom ?? 0, gap.to === undefined ? range.to : Date.parse(gap.to));
  }
  return {
    answer,
    range,
    lanes,
    counts,
    zero,
    changes: [...changes].sort((a, b) => a - b),
    ...(recordedFrom === undefined ? {} : { recordedFrom }),
  };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

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

export function facts(model: TimelineModel): Facts {
  let notAllReadyMs = 0;
  let knownMs = 0;
  let unknownMs = 0;
  let unlistedMs = 0;
  let unknownSpans = 0;
  let least: Facts['least'];
  let knownBefore = true;
  for (const step of model.counts) {
    const length = Math.max(0, step.until - step.at);
    if (length === 0) continue;
    const known = step.ready !== undefined;
    if (!known) {
      unknownMs += length;
      if (knownBefore) unknownSpans++;
    } else {
      knownMs += length;
      const ready = step.ready ?? 0;
      const of = ready + (step.notReady ?? 0);
      if (step.unlisted) unlistedMs += length;
      else if (!least || ready < least.ready) least = { ready, of, at: step.at };
      if ((step.notReady ?? 0) > 0) notAllReadyMs += length;
    }
    knownBefore = known;
  }
  return {
    zeroMs: model.zero.reduce((sum, { from, to }) => sum + (to - from), 0),
    zeroWindows: model.zero.length,
    zeroIsLowerBound: unknownMs > 0 || model.zero.some(({ opensBefore, endsAfter }) => opensBefore || endsAfter),
    ...(least ? { least } : {}),
    notAllReadyMs,
    knownMs,
    unknownMs,
    unknownSpans,
    flips: model.answer.flips,
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

/** The piece of a lane that holds at an instant. */
export function pieceAt(lane: LaneModel, at: number): Piece | undefined {
  return lane.pieces.find((piece) => piece.from <= at && at < piece.to);
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
      if (piece.opensBefore || piece.from <= model.range.from || (lane.id === except.lane && piece.from === except.at)) return;
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
