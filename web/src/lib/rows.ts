/** Which lanes are shown, and which of them must be drawn for the part that is scrolled into sight. */
import type { LaneModel } from './timeline-model.ts';

/** Up to here every lane is shown; above, only those that changed in the range, unless all are asked for. */
export const ALL_LANES_LIMIT = 60;

export interface LaneRows {
  readonly shown: readonly LaneModel[];
  /** Not shown because they did not change in the range, by the one state that they kept. */
  readonly steady: ReadonlyMap<string, number>;
}

export function laneRows(lanes: readonly LaneModel[], all: boolean): LaneRows {
  if (all || lanes.length <= ALL_LANES_LIMIT) return { shown: lanes, steady: new Map() };
  const shown: LaneModel[] = [];
  const steady = new Map<string, number>();
  for (const lane of lanes) {
    const only = lane.pieces.length === 1 ? lane.pieces[0] : undefined;
    // A lane with a gap in it is not steady: nobody knows what it did in there.
    if (lane.changed || !only) shown.push(lane);
    else steady.set(only.state, (steady.get(only.state) ?? 0) + 1);
  }
  return { shown, steady };
}

/** Row height in pixels. A single backend gets a tall lane. */
export const rowHeight = (lanes: number): number => (lanes <= 1 ? 56 : 18);

export interface VisibleRows {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

/** Rows that touch the viewport, with `spare` more on each side. */
export function visibleRows(count: number, height: number, scrollTop: number, viewport: number, spare = 2): VisibleRows {
  const first = Math.min(count, Math.max(0, Math.floor(scrollTop / height) - spare));
  const end = Math.max(first, Math.min(count, Math.ceil((scrollTop + viewport) / height) + spare));
  return { first, end };
}
