/** How many pixels a drawing on this page has at most. */
import { signal } from '@preact/signals';
import { plotScale } from '../lib/geometry.ts';

/** In steps, so that not every pixel of a window being resized is another question. */
const STEP_PX = 64;
const MOST_PX = 20_000;

const measure = () => {
  const { width } = plotScale({ from: 0, to: 1 }, window.innerWidth);
  return Math.min(Math.ceil(width / STEP_PX) * STEP_PX, MOST_PX);
};

/** CSS pixels; never fewer than the plot has. */
export const plotPx = signal(measure());

window.addEventListener('resize', () => {
  plotPx.value = measure();
});
