/** The visible lanes on a canvas: rectangles only, so that a frame costs what is in sight and not what was recorded. */
import { runs } from '../lib/runs.ts';
import type { TimeScale } from '../lib/scale.ts';
import type { Tick } from '../lib/ticks.ts';
import type { LaneModel, ZeroWindow } from '../lib/timeline-model.ts';
import { flipsText, STATE_WORDS } from '../lib/words.ts';
import { type Palette, paintRun, plate, prepare } from './palette.ts';

export interface LanesDrawing {
  /** By row; one that is not loaded yet is left empty. */
  laneAt(row: number): LaneModel | undefined;
  readonly rowHeight: number;
  readonly first: number;
  readonly end: number;
  readonly scrollTop: number;
  readonly width: number;
  readonly height: number;
  readonly scale: TimeScale;
  readonly ticks: readonly Tick[];
  readonly zero: readonly ZeroWindow[];
  readonly palette: Palette;
  readonly selected?: { readonly lane: string; readonly from: number } | undefined;
}

const LABEL_MIN_PX = 64;
const MIXED_LABEL_MIN_PX = 140;

export function paintLanes(canvas: HTMLCanvasElement, drawing: LanesDrawing, dpr: number): void {
  const { rowHeight, width, height, scale, palette, selected } = drawing;
  const ctx = prepare(canvas, width, height, dpr);
  if (!ctx) return;
  const right = scale.left + scale.width;
  ctx.fillStyle = palette.grid;
  for (const { at } of drawing.ticks) ctx.fillRect(Math.round(scale.toX(at)), 0, 1, height);
  ctx.save();
  ctx.beginPath();
  ctx.rect(scale.left, 0, scale.width, height);
  ctx.clip();
  const pad = rowHeight > 24 ? 6 : 2;
  const labelled: (() => void)[] = [];
  for (let index = drawing.first; index < drawing.end; index++) {
    const lane = drawing.laneAt(index);
    if (!lane) continue;
    const top = index * rowHeight - drawing.scrollTop + pad;
    const inner = rowHeight - 2 * pad;
    const list = runs(lane.pieces, scale);
    // Wide runs first: the narrow ones must stay visible on top of them.
    for (const run of list) {
      if (run.x1 - run.x0 < 1 || run.mixed) continue;
      const [x0, x1] = [Math.max(run.x0, scale.left - 2), Math.min(run.x1, right + 2)];
      paintRun(ctx, palette, run.state, x0, x1, top, inner);
      if (
        x1 - x0 >= LABEL_MIN_PX &&
        (rowHeight > 24 || (index === drawing.first && (run.state === 'gap' || run.state === 'before-recording')))
      ) {
        const piece = lane.pieces[run.first];
        if (piece)
          labelled.push(() =>
            plate(ctx, palette, STATE_WORDS[run.state] ?? run.state, Math.max(x0, scale.left) + 8, top + inner / 2),
          );
      }
      if (selected && selected.lane === lane.id && lane.pieces[run.first]?.from === selected.from) {
        labelled.push(() => outline(ctx, palette, x0, x1, top, inner));
      }
    }
    for (const run of list) {
      if (!run.mixed && run.x1 - run.x0 > 1.001) continue;
      const x0 = Math.floor(run.x0);
      const x1 = Math.max(Math.ceil(run.x1), x0 + 1);
      ctx.fillStyle = palette.background;
      ctx.fillRect(x0, top, x1 - x0, inner);
      paintRun(ctx, palette, run.state, x0, x1, top, inner);
      if (run.mixed) {
        // A notch on top says that several states share these pixels.
        ctx.fillStyle = palette.text;
        ctx.fillRect(x0, top - 1, x1 - x0, 2);
        const from = Math.max(x0, scale.left);
        if (Math.min(x1, right) - from >= MIXED_LABEL_MIN_PX)
          labelled.push(() => plate(ctx, palette, `${flipsText(lane, run)}, zoom in`, from + 8, top + inner / 2));
      }
    }
  }
  for (const draw of labelled) draw();
  ctx.fillStyle = palette.zero;
  for (const { from, to } of drawing.zero) {
    for (const at of [from, to]) {
      const x = Math.round(scale.toX(at));
      if (at > scale.range.from && at < scale.range.to) dashes(ctx, x, height);
    }
  }
  ctx.restore();
}

function outline(ctx: CanvasRenderingContext2D, palette: Palette, x0: number, x1: number, top: number, height: number): void {
  ctx.strokeStyle = palette.background;
  ctx.lineWidth = 4;
  ctx.strokeRect(x0 + 0.5, top - 0.5, Math.max(x1 - x0 - 1, 2), height + 1);
  ctx.strokeStyle = palette.select;
  ctx.lineWidth = 2;
  ctx.strokeRect(x0 + 0.5, top - 0.5, Math.max(x1 - x0 - 1, 2), height + 1);
}

function dashes(ctx: CanvasRenderingContext2D, x: number, height: number): void {
  for (let y = 0; y < height; y += 6) ctx.fillRect(x, y, 1, 4);
}
