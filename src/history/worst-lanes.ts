/** Which lanes come first, and which of them are only counted. Pure. */
import { compareText } from './address-order.ts';
import type { RunState } from './drawn-answers.ts';
import { type FoldedLane, type LaneSegment, withBlanks } from './lanes.ts';

/** Lanes that kept one state throughout, as far as is known: they look alike, gaps included. */
export interface SteadyLanes {
  readonly state: RunState;
  readonly count: number;
  /** One of them. */
  readonly first: FoldedLane;
}

/**
 * The longest not ready first, then those with the most flips, then by name.
 *
 * @param blanks the parts of the window that are not known
 * @param limit where there are more lanes than that, those that did not change are counted instead of listed
 */
export function sortOut(
  lanes: readonly FoldedLane[],
  blanks: readonly LaneSegment[],
  windowMs: number,
  limit: number,
): { listed: FoldedLane[]; steady: SteadyLanes[] } {
  const steady = new Map<RunState, { state: RunState; count: number; first: FoldedLane }>();
  const listed = lanes.filter((lane) => {
    const state = lanes.length > limit ? steadyState(lane, blanks, windowMs) : undefined;
    if (state === undefined) return true;
    const alike = steady.get(state);
    if (alike) alike.count++;
    else steady.set(state, { state, count: 1, first: lane });
    return false;
  });
  const nameOf = ({ backend }: FoldedLane) => backend.pod?.name ?? backend.address;
  listed.sort(
    (a, b) => b.notReadyMs - a.notReadyMs || b.flips - a.flips || compareText(nameOf(a), nameOf(b)) || compareText(a.id, b.id),
  );
  return { listed, steady: [...steady.values()].sort((a, b) => b.count - a.count) };
}

/**
 * The one state of a lane that did not change: it had it wherever the window is known. Not of one that was absent for a part.
 */
function steadyState(lane: FoldedLane, blanks: readonly LaneSegment[], windowMs: number): RunState | undefined {
  if (lane.flips > 0) return undefined;
  let told: RunState | undefined;
  let sum = 0;
  for (const { from, to, state } of withBlanks(lane, blanks)) {
    sum += to - from;
    if (told === undefined || isBlank(told)) told = state;
    else if (state !== told && !isBlank(state)) return undefined;
  }
  return sum === windowMs ? told : undefined;
}

const isBlank = (state: RunState): boolean => state === 'gap' || state === 'before-recording';
