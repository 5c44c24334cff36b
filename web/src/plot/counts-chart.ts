/** The counts above the lanes, drawn by Chart.js: ready and not ready as steps, what is unknown as hatching, zero ready as a band. */
import { Chart, Filler, LinearScale, LineController, LineElement, type Plugin, PointElement } from 'chart.js';
import { formatSpan } from '../lib/duration.ts';
import { RIGHT_PAD } from '../lib/geometry.ts';
import type { TimeScale } from '../lib/scale.ts';
import { type Point, stepPoints, withoutZero } from '../lib/steps.ts';
import type { Tick } from '../lib/ticks.ts';
import type { CountsStep, TimelineModel, ZeroWindow } from '../lib/timeline-model.ts';
import { type Palette, plate } from './palette.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale, Filler);

export interface CountsDrawing {
  readonly model: TimelineModel;
  readonly scale: TimeScale;
  readonly ticks: readonly Tick[];
  readonly palette: Palette;
}

/** How far from its band a label may stand. */
const LABEL_SHIFT_PX = 60;

export class CountsChart {
  readonly #chart: Chart<'line', Point[]>;
  #drawing: CountsDrawing;

  constructor(canvas: HTMLCanvasElement, drawing: CountsDrawing) {
    this.#drawing = drawing;
    const line = { stepped: 'before' as const, pointRadius: 0, spanGaps: false, borderJoinStyle: 'miter' as const };
    this.#chart = new Chart<'line', Point[]>(canvas, {
      type: 'line',
      data: {
        datasets: [
          { ...line, label: 'ready', data: [], borderWidth: 2, fill: 'origin', order: 2 },
          { ...line, label: 'not ready', data: [], borderWidth: 2, borderDash: [5, 3], order: 1 },
          { ...line, label: 'terminating', data: [], borderWidth: 1.5, borderDash: [1.5, 2.5], order: 3 },
        ],
      },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        // Pointer and keys are the page's own: they belong to the lanes as well.
        events: [],
        parsing: false,
        normalized: true,
        layout: { padding: { left: 0, right: RIGHT_PAD, top: 20, bottom: 0 } },
        plugins: {},
        scales: {
          x: {
            type: 'linear',
            bounds: 'ticks',
            border: { display: false },
            afterBuildTicks: (axis) => {
              axis.ticks = this.#drawing.ticks.map(({ at }) => ({ value: at }));
            },
            // Its labels may hang over the edge: they must not move the plot away from the lanes'.
            afterFit: (axis) => {
              axis.paddingLeft = 0;
              axis.paddingRight = 0;
            },
            ticks: {
              autoSkip: false,
              maxRotation: 0,
              callback: (_value, index) => {
                const tick = this.#drawing.ticks[index];
                return tick ? (tick.date ? [tick.label, tick.date] : [tick.label, '']) : '';
              },
            },
          },
          y: {
            type: 'linear',
            min: 0,
            border: { display: false },
            grace: 0,
            ticks: { precision: 0, maxTicksLimit: 5 },
            afterFit: (axis) => {
              axis.width = this.#drawing.scale.left;
            },
          },
        },
      },
      plugins: [this.#bands()],
    });
    this.update(drawing);
  }

  update(drawing: CountsDrawing): void {
    this.#drawing = drawing;
    const { model, scale, palette } = drawing;
    const { datasets } = this.#chart.data;
    const ready = (step: CountsStep) =>
      step.ready !== undefined && step.mostReady !== undefined ? ([step.ready, step.mostReady] as const) : step.ready;
    const picks = [ready, (step: CountsStep) => step.notReady, (step: CountsStep) => step.terminating];
    const colours = [palette.ready, palette.notReady, palette.terminating];
    const anyTerminating = model.counts.some(({ terminating }) => (terminating ?? 0) > 0);
    datasets.forEach((dataset, index) => {
      const points = stepPoints(model.counts, picks[index] as (typeof picks)[0], scale);
      // Broken by points that are missing: asking Chart.js for a style a segment costs as much as the rest of the drawing.
      dataset.data = index === 0 ? points : withoutZero(points);
      dataset.borderColor = colours[index] as string;
      dataset.hidden = index === 2 && !anyTerminating;
    });
    const first = datasets[0];
    if (first) first.backgroundColor = /^#[0-9a-f]{6}$/i.test(palette.ready) ? `${palette.ready}24` : 'transparent';
    const { x, y } = this.#chart.options.scales ?? {};
    let most = 1;
    for (const step of model.counts) most = Math.max(most, step.mostReady ?? step.ready ?? 0, step.notReady ?? 0);
    if (x) {
      x.min = scale.range.from;
      x.max = scale.range.to;
      x.grid = { color: palette.grid, drawTicks: false };
      Object.assign(x.ticks ?? {}, { color: palette.dim, font: { size: 11, family: palette.font }, padding: 4 });
    }
    if (y) {
      // A little air above the highest count, so that its line is not cut.
      y.max = most + Math.max(most * 0.06, 0.12);
      y.grid = { color: palette.grid, drawTicks: false };
      Object.assign(y.ticks ?? {}, {
        color: palette.dim,
        font: { size: 11, family: palette.font },
        padding: 8,
        includeBounds: false,
      });
    }
    this.#chart.update('none');
  }

  resize(): void {
    this.#chart.resize();
  }

  destroy(): void {
    this.#chart.destroy();
  }

  #bands(): Plugin<'line'> {
    return {
      id: 'bands',
      beforeDatasetsDraw: (chart) => {
        const { top, bottom } = chart.chartArea;
        const { model, scale, palette } = this.#drawing;
        const ctx = chart.ctx;
        ctx.save();
        for (const blank of model.blanks) {
          const [x0, x1] = clip(scale, blank.from, blank.to);
          if (x1 <= x0) continue;
          ctx.fillStyle = palette.hatch;
          ctx.fillRect(x0, top, Math.max(x1 - x0, 1), bottom - top);
          const text = model.recordedFrom !== undefined && blank.to <= model.recordedFrom ? 'not recorded yet' : 'no data';
          if (x1 - x0 > 70) plate(ctx, palette, text, (x0 + x1) / 2 - 22, (top + bottom) / 2);
        }
        for (const step of model.counts) {
          const [x0, x1] = clip(scale, step.at, step.until);
          if (step.unlisted && x1 - x0 > 60) plate(ctx, palette, 'not listed', (x0 + x1) / 2 - 24, (top + bottom) / 2);
        }
        ctx.restore();
      },
      afterDatasetsDraw: (chart) => {
        const { top, bottom } = chart.chartArea;
        const { model, scale, palette } = this.#drawing;
        const ctx = chart.ctx;
        ctx.save();
        let free = Number.NEGATIVE_INFINITY;
        for (const window of model.zero) {
          const [x0, x1] = clip(scale, window.from, window.to);
          if (x1 < scale.left || x0 > scale.left + scale.width) continue;
          ctx.strokeStyle = palette.zero;
          ctx.lineWidth = 1.5;
          ctx.strokeRect(x0, top - 1, Math.max(x1 - x0, 1), bottom - top + 1);
          const text = zeroText(window);
          ctx.font = `600 11px ${palette.font}`;
          const width = ctx.measureText(text).width;
          // Beside its band where there is room, else a little later; never over another one.
          const at = Math.min(Math.max(x0, scale.left, free), scale.left + scale.width - width - 2);
          if (at >= free && at - x0 < LABEL_SHIFT_PX) {
            plate(ctx, palette, text, at, 9, 600);
            free = at + width + 6;
          }
        }
        ctx.restore();
      },
    };
  }
}

export const zeroText = (window: ZeroWindow): string =>
  `0 ready ${formatSpan(window.to - window.from, window.opensBefore || window.endsAfter)}`;

function clip(scale: TimeScale, from: number, to: number): [number, number] {
  return [Math.max(scale.toX(from), scale.left), Math.min(scale.toX(to), scale.left + scale.width)];
}
