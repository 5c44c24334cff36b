/** Where the plot lies in its box. Chart and lanes share it, so that an instant is at the same x in both. CSS pixels. */
import { type Range, type TimeScale, timeScale } from './scale.ts';

export const RIGHT_PAD = 20;

/** Room for lane names on the left; narrower on narrow screens. */
export const gutter = (width: number): number => (width < 760 ? 132 : width < 1_100 ? 196 : 260);

export function plotScale(range: Range, width: number): TimeScale {
  const left = gutter(width);
  return timeScale(range, left, Math.max(width - left - RIGHT_PAD, 10));
}
