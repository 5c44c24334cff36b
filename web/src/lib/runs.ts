/**
 * What one lane shows at one zoom. A segment at least a pixel wide is a run of its own. Narrower ones are merged with
 * their narrow neighbours into one run of at least a pixel, drawn over the wide ones, in which the worst state wins: a
 * one-second flip stays visible in a month, and a gap or an absence is never painted over by `ready`.
 */
import type { Segment } from '../../../src/http/contract.ts';
import type { Range, TimeScale } from './scale.ts';

export type RunState = Segment['state'] | 'absent';

/** Worst first. */
const WORST: readonly RunState[] = ['notReady', 'absent', 'gap', 'before-recording', 'terminating', 'serving', 'ready'];

export function worse(a: RunState, b: RunState): RunState {
  return WORST.indexOf(a) <= WORST.indexOf(b) ? a : b;
}

/** A stretch of a lane in one state; an absence between two segments is a piece too. Epoch milliseconds. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly state: RunState;
  readonly opensBefore: boolean;
  readonly endsAfter: boolean;
  /** Position of the event whose flip opened it. */
  readonly position?: number;
}

const blind = ({ state }: Piece) => state === 'gap' || state === 'before-recording';

/**
 * A lane's segments as pieces in order of time. Absences are made explicit: between segments, and with a window also
 * from its start to the first segment and from the last one to its end.
 */
export function pieces(segments: readonly Segment[], window?: Range): Piece[] {
  const result: Piece[] = [];
  for (const segment of segments) {
    const piece: Piece = {
      from: Date.parse(segment.from),
      to: Date.parse(segment.to),
      state: segment.state,
      opensBefore: segment.opensBefore,
      endsAfter: segment.endsAfter,
      ...(segment.position === undefined ? {} : { position: segment.position }),
    };
    const before = result.at(-1);
    if (before && before.to < piece.from) {
      result.push({ from: before.to, to: piece.from, state: 'absent', opensBefore: blind(before), endsAfter: blind(piece) });
    }
    result.push(piece);
  }
  const [first, last] = [result[0], result.at(-1)];
  if (window && first && first.from > window.from) {
    result.unshift({ from: window.from, to: first.from, state: 'absent', opensBefore: true, endsAfter: blind(first) });
  }
  if (window && last && last.to < window.to) {
    result.push({ from: last.to, to: window.to, state: 'absent', opensBefore: blind(last), endsAfter: true });
  }
  return result;
}

export interface Run {
  /** Pixels, not clamped to the plot. */
  readonly x0: number;
  readonly x1: number;
  /** The worst state in it. */
  readonly state: RunState;
  /** Pieces `first` to `last`, inclusive, of the lane. */
  readonly first: number;
  readonly last: number;
}

/** True when the run stands for several pieces: zoom in to tell them apart. */
export const isMixed = (run: Run): boolean => run.last > run.first;

/** Runs in order of time. Those outside the plot are left out. */
export function runs(lane: readonly Piece[], scale: TimeScale): Run[] {
  const result: Run[] = [];
  const end = scale.left + scale.width;
  let narrow: { -readonly [K in keyof Run]: Run[K] } | undefined;
  for (let index = 0; index < lane.length; index++) {
    const piece = lane[index] as Piece;
    const x0 = scale.toX(piece.from);
    const x1 = scale.toX(piece.to);
    if (x1 < scale.left || x0 > end) {
      narrow = undefined;
      continue;
    }
    if (x1 - x0 >= 1) {
      narrow = undefined;
      result.push({ x0, x1, state: piece.state, first: index, last: index });
    } else if (narrow) {
      narrow.state = worse(narrow.state, piece.state);
      narrow.last = index;
      narrow.x1 = Math.max(narrow.x1, x1);
    } else {
      const left = Math.min(Math.floor(x0), Math.floor(end) - 1);
      narrow = { x0: left, x1: Math.max(x1, left + 1), state: piece.state, first: index, last: index };
      result.push(narrow);
    }
  }
  return result;
}

/** The run under a pixel: a narrow one within two pixels first, because it is the one hard to hit. */
export function runAt(list: readonly Run[], x: number): Run | undefined {
  let under: Run | undefined;
  let near: Run | undefined;
  for (const run of list) {
    if (run.x1 - run.x0 < 4 && x >= run.x0 - 2 && x <= run.x1 + 2) {
      if (!near || Math.abs(x - run.x0) < Math.abs(x - near.x0)) near = run;
    } else if (x >= run.x0 && x < run.x1) under = run;
  }
  return near ?? under;
}
