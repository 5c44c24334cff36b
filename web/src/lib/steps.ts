/** Counts over time as points of a line, no more of them than pixels can show. */
import type { TimeScale } from './scale.ts';
import type { CountsStep } from './timeline-model.ts';

/** `y` is NaN where the count is not known: the line breaks there. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Each count is held until the next; where it is not known the line breaks and nothing is held. Steps narrower than a
 * pixel are drawn together as their least, their most and their last, so that no extreme is lost.
 */
export function stepPoints(
  counts: readonly CountsStep[],
  pick: (step: CountsStep) => number | undefined,
  scale: TimeScale,
): Point[] {
  const points: Point[] = [];
  let column = Number.NaN;
  let narrow: { x: number; min: number; max: number; last: number } | undefined;
  const flush = () => {
    if (!narrow) return;
    const { x, min, max, last } = narrow;
    points.push({ x, y: min });
    if (max > min) points.push({ x, y: max });
    if (last !== max) points.push({ x, y: last });
    narrow = undefined;
  };
  for (const step of counts) {
    if (step.until < scale.range.from || step.at > scale.range.to) continue;
    const y = step.unlisted ? undefined : pick(step);
    const wide = step.until - step.at >= scale.msPerPx;
    if (y === undefined || wide) {
      flush();
      if (y === undefined) points.push({ x: step.at, y: Number.NaN });
      else points.push({ x: step.at, y }, { x: step.until, y });
      continue;
    }
    const here = Math.floor(scale.toX(step.at));
    if (narrow && here === column) {
      narrow.min = Math.min(narrow.min, y);
      narrow.max = Math.max(narrow.max, y);
      narrow.last = y;
      continue;
    }
    flush();
    column = here;
    narrow = { x: step.at, min: y, max: y, last: y };
  }
  flush();
  return points;
}

/** Neighbouring steps without counts as one. */
export function unknownSpans(counts: readonly CountsStep[]): { at: number; until: number }[] {
  const spans: { at: number; until: number }[] = [];
  for (const { at, until, ready } of counts) {
    if (ready !== undefined || until <= at) continue;
    const last = spans.at(-1);
    if (last && last.until === at) last.until = until;
    else spans.push({ at, until });
  }
  return spans;
}
