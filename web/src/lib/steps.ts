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
  pick: (step: CountsStep) => number | readonly [least: number, most: number] | undefined,
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
    const picked = step.unlisted ? undefined : pick(step);
    if (picked === undefined) {
      flush();
      points.push({ x: step.at, y: Number.NaN });
      continue;
    }
    const [y, high] = typeof picked === 'number' ? [picked, picked] : picked;
    if (step.until - step.at >= scale.msPerPx) {
      flush();
      points.push({ x: step.at, y });
      if (high > y) points.push({ x: step.at, y: high });
      points.push({ x: step.until, y: high });
      continue;
    }
    const here = Math.floor(scale.toX(step.at));
    if (narrow && here === column) {
      narrow.min = Math.min(narrow.min, y);
      narrow.max = Math.max(narrow.max, high);
      narrow.last = high;
      continue;
    }
    flush();
    column = here;
    narrow = { x: step.at, min: y, max: high, last: high };
  }
  flush();
  return points;
}

/**
 * The same line without the stretches that run along zero: drawn, they say nothing and look like an alarm. The steps down to
 * zero and up from it stay.
 */
export function withoutZero(points: readonly Point[]): Point[] {
  const isZero = (index: number) => points[index]?.y === 0;
  const shown: Point[] = [];
  points.forEach((point, index) => {
    const comesAlong = isZero(index - 1) && isZero(index);
    const goesAlong = isZero(index) && isZero(index + 1);
    if (!(comesAlong && goesAlong)) shown.push(point);
    if (goesAlong && !Number.isNaN(shown.at(-1)?.y)) shown.push({ x: point.x, y: Number.NaN });
  });
  return shown;
}
