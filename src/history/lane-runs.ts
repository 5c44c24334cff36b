/**
 * What a lane shows at one zoom. A state that lasts at least a pixel is a run of its own, exact to the millisecond.
 * Narrower ones are merged with their narrow neighbours, pixel by pixel, into mixed runs in which the worst state wins: a
 * one-second flip stays visible in a month, and a gap or an absence is never painted over by `ready`. Pure.
 */
import type { EpochMs } from '../domain/time.ts';
import type { LaneRunsAnswer, RunState } from './drawn-answers.ts';
import type { LaneSegment } from './lanes.ts';

/** A stretch of a lane in one state, absence included. */
export interface Piece {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly state: RunState;
  readonly opensBefore: boolean;
  readonly endsAfter: boolean;
}

export interface Run extends Piece {
  /** How often the state changed inside, at its start included; `undefined` where it is one state throughout. */
  readonly mixed?: number;
}

/** Worst first. */
const WORST: readonly RunState[] = ['notReady', 'absent', 'gap', 'before-recording', 'terminating', 'serving', 'ready'];
const RANK = new Map(WORST.map((state, rank) => [state, rank]));
const rank = (state: RunState): number => RANK.get(state) ?? 0;
const isWorse = (a: RunState, b: RunState): boolean => rank(a) < rank(b);
const isBlank = (state: RunState): boolean => state === 'gap' || state === 'before-recording';

/** A lane's segments and the absences between them, without a hole from the window's start to its end. */
export function piecesOf(segments: readonly LaneSegment[], window: { readonly from: EpochMs; readonly to: EpochMs }): Piece[] {
  const pieces: Piece[] = [];
  const absent = (to: EpochMs, next: LaneSegment | undefined) => {
    const last = pieces.at(-1);
    const from = last?.to ?? window.from;
    if (from >= to) return;
    pieces.push({
      from,
      to,
      state: 'absent',
      opensBefore: last === undefined || isBlank(last.state),
      endsAfter: next === undefined || isBlank(next.state),
    });
  };
  for (const segment of segments) {
    absent(segment.from, segment);
    pieces.push(segment);
  }
  absent(window.to, undefined);
  return pieces;
}

/** @param pixelMs how much time a pixel stands for; 0 merges nothing */
export function mergeNarrow(pieces: readonly Piece[], pixelMs: number): Run[] {
  const runs: Run[] = [];
  /** The narrow neighbours so far: whole pixels, then the one that is being filled. */
  let whole: Mutable<Run> | undefined;
  let filling: Mutable<Run> | undefined;
  const flush = () => {
    if (whole && filling && !isWorse(filling.state, whole.state)) {
      join(whole, filling);
      filling = undefined;
    }
    if (whole) runs.push(whole);
    if (filling) runs.push(filling);
    whole = filling = undefined;
  };
  for (const { from, to, state, opensBefore, endsAfter } of pieces) {
    const piece = { from, to, state, opensBefore, endsAfter };
    if (to - from >= pixelMs) {
      flush();
      runs.push(piece);
      continue;
    }
    if (filling) join(filling, piece);
    else filling = piece;
    if (filling.to - filling.from < pixelMs) continue;
    if (whole && whole.state !== filling.state) {
      runs.push(whole);
      whole = undefined;
    }
    if (whole) join(whole, filling);
    else whole = filling;
    filling = undefined;
  }
  flush();
  return runs;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function join(run: Mutable<Run>, next: Run): void {
  run.mixed = (run.mixed ?? changesAt(run)) + (next.mixed ?? changesAt(next));
  if (isWorse(next.state, run.state)) run.state = next.state;
  run.to = next.to;
  run.endsAfter = next.endsAfter;
}

/** A piece begins with a flip, unless it only begins to be known or not to be. */
const changesAt = ({ state, opensBefore }: Piece): number => (opensBefore || isBlank(state) ? 0 : 1);

/** Columns instead of objects: after gzip a run costs four bytes instead of eighteen. */
export function runsAnswer(runs: readonly Run[]): LaneRunsAnswer {
  const indexes = (has: (run: Run) => boolean) => runs.flatMap((run, index) => (has(run) ? [index] : []));
  return {
    ms: runs.map(({ from, to }) => to - from),
    states: runs.map(({ state }) => state),
    opensBefore: indexes(({ opensBefore }) => opensBefore),
    endsAfter: indexes(({ endsAfter }) => endsAfter),
    mixed: indexes(({ mixed }) => mixed !== undefined).map((run) => ({ run, flips: runs[run]?.mixed ?? 0 })),
  };
}
