/**
 * What one lane shows at one zoom. A piece at least a pixel wide is a run of its own. Narrower ones are merged with
 * their narrow neighbours into one run of at least a pixel, drawn over the wide ones, in which the worst state wins: a
 * one-second flip stays visible in a month, and a gap or an absence is never painted over by `ready`. The server has merged
 * so already at the zoom that it was asked for; until its next answer comes the page does it at every other.
 */
import type { LaneRuns, RunState } from '../../../src/http/contract-timeline.ts';
import type { TimeScale } from './scale.ts';

export type { RunState };

/** Worst first. */
const WORST: readonly RunState[] = ['notReady', 'absent', 'gap', 'before-recording', 'terminating', 'serving', 'ready'];

export function worse(a: RunState, b: RunState): RunState {
  return WORST.indexOf(a) <= WORST.indexOf(b) ? a : b;
}

/** A stretch of a lane in one state, or several that the server merged; an absence is a piece too. Epoch milliseconds. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  /** Of several the worst. */
  readonly state: RunState;
  readonly opensBefore: boolean;
  readonly endsAfter: boolean;
  /** It stands for several states: how often the state changed in it. */
  readonly mixed?: number;
}

/** A lane's runs as pieces, without a hole from the window's start to its end. */
export function pieces({ ms, states, opensBefore, endsAfter, mixed }: LaneRuns, from: number): Piece[] {
  const [opens, ends] = [new Set(opensBefore), new Set(endsAfter)];
  const flips = new Map(mixed.map((each) => [each.run, each.flips]));
  let at = from;
  return ms.map((length, index): Piece => {
    const start = at;
    at += length;
    const inside = flips.get(index);
    return {
      from: start,
      to: at,
      state: states[index] ?? 'gap',
      opensBefore: opens.has(index),
      endsAfter: ends.has(index),
      ...(inside === undefined ? {} : { mixed: inside }),
    };
  });
}

const isBlank = ({ state }: Piece) => state === 'gap' || state === 'before-recording';

/** How often the state changed in a piece, its beginning included. */
export const flipsIn = (piece: Piece): number => piece.mixed ?? (piece.opensBefore || isBlank(piece) ? 0 : 1);

export interface Run {
  /** Pixels, not clamped to the plot. */
  readonly x0: number;
  readonly x1: number;
  /** The worst state in it. */
  readonly state: RunState;
  /** Pieces `first` to `last`, inclusive, of the lane. */
  readonly first: number;
  readonly last: number;
  /** It stands for several states: zoom in to tell them apart. */
  readonly mixed: boolean;
}

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
      result.push({ x0, x1, state: piece.state, first: index, last: index, mixed: piece.mixed !== undefined });
    } else if (narrow) {
      narrow.state = worse(narrow.state, piece.state);
      narrow.last = index;
      narrow.mixed = true;
      narrow.x1 = Math.max(narrow.x1, x1);
    } else {
      const left = Math.min(Math.floor(x0), Math.floor(end) - 1);
      narrow = {
        ...{ x0: left, x1: Math.max(x1, left + 1), state: piece.state },
        ...{ first: index, last: index, mixed: piece.mixed !== undefined },
      };
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
