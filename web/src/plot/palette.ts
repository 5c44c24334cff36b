/** Colours and patterns of the states. The stylesheet holds the colours, so that themes and forced colours reach the canvas too. */
import type { RunState } from '../lib/runs.ts';

export interface Palette {
  readonly ready: string;
  readonly notReady: string;
  readonly terminating: string;
  readonly gap: string;
  readonly zero: string;
  readonly background: string;
  readonly text: string;
  readonly dim: string;
  readonly grid: string;
  readonly select: string;
  /** Background-coloured diagonal stripes, laid over `notReady`. */
  readonly stripes: CanvasPattern | string;
  /** Cross-hatch in the gap's colour on nothing. */
  readonly hatch: CanvasPattern | string;
  readonly font: string;
}

function tile(size: number, dpr: number, draw: (ctx: CanvasRenderingContext2D, size: number) => void): CanvasPattern | undefined {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.round(size * dpr);
  const ctx = canvas.getContext('2d');
  if (!ctx) return undefined;
  ctx.scale(canvas.width / size, canvas.width / size);
  draw(ctx, size);
  const pattern = ctx.createPattern(canvas, 'repeat') ?? undefined;
  pattern?.setTransform(new DOMMatrix().scale(size / canvas.width));
  return pattern;
}

function lines(colour: string, width: number, both: boolean) {
  return (ctx: CanvasRenderingContext2D, size: number) => {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    for (const shift of [-size, 0, size]) {
      ctx.moveTo(shift, size);
      ctx.lineTo(shift + size, 0);
      if (both) {
        ctx.moveTo(shift, 0);
        ctx.lineTo(shift + size, size);
      }
    }
    ctx.stroke();
  };
}

export function readPalette(element: Element, dpr: number): Palette {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const background = read('--bg');
  const gap = read('--gap');
  return {
    ready: read('--ready'),
    notReady: read('--not-ready'),
    terminating: read('--terminating'),
    gap,
    zero: read('--zero'),
    background,
    text: read('--text'),
    dim: read('--dim'),
    grid: read('--grid'),
    select: read('--focus'),
    stripes: tile(5, dpr, lines(background, 1.1, false)) ?? background,
    hatch: tile(7, dpr, lines(gap, 1, true)) ?? gap,
    font: style.fontFamily,
  };
}

/** Draws one run of a lane into a row's box. Every state differs from the others in shape as well as in colour. */
export function paintRun(
  ctx: CanvasRenderingContext2D,
  palette: Palette,
  state: RunState,
  x0: number,
  x1: number,
  top: number,
  height: number,
): void {
  const width = Math.max(x1 - x0, 1);
  switch (state) {
    case 'ready':
      ctx.fillStyle = palette.ready;
      ctx.fillRect(x0, top, width, height);
      return;
    case 'notReady': {
      const half = Math.ceil(height / 2);
      ctx.fillStyle = palette.notReady;
      ctx.fillRect(x0, top + height - half, width, half);
      if (width >= 6) {
        ctx.fillStyle = palette.stripes;
        ctx.fillRect(x0, top + height - half, width, half);
      }
      return;
    }
    case 'gap':
    case 'before-recording':
      ctx.fillStyle = width < 3 ? palette.gap : palette.hatch;
      ctx.fillRect(x0, top, width, height);
      return;
    case 'absent':
      return;
    default: {
      // Terminating, serving, and whatever a newer server may tell of: thin, with a dashed outline.
      const thin = Math.max(4, Math.round(height / 3));
      const y = top + Math.round((height - thin) / 2);
      ctx.fillStyle = palette.terminating;
      if (state === 'serving' || width < 4) ctx.fillRect(x0, y, width, thin);
      if (width >= 4) {
        ctx.strokeStyle = palette.terminating;
        ctx.lineWidth = 1;
        ctx.setLineDash([3, 2]);
        ctx.strokeRect(x0 + 0.5, y + 0.5, width - 1, thin - 1);
        ctx.setLineDash([]);
      }
    }
  }
}

/** Text on a small background plate, so that it can be read over patterns. */
export function plate(ctx: CanvasRenderingContext2D, palette: Palette, text: string, x: number, y: number, weight = 400): void {
  ctx.font = `${weight} 11px ${palette.font}`;
  ctx.textBaseline = 'middle';
  const width = ctx.measureText(text).width;
  ctx.fillStyle = palette.background;
  ctx.fillRect(x - 4, y - 8, width + 8, 16);
  ctx.fillStyle = palette.text;
  ctx.fillText(text, x, y + 0.5);
}

/** Sizes a canvas for the screen's pixels and gives a context that draws in CSS pixels. */
export function prepare(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  dpr: number,
): CanvasRenderingContext2D | undefined {
  const [w, h] = [Math.round(width * dpr), Math.round(height * dpr)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const ctx = canvas.getContext('2d') ?? undefined;
  ctx?.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx?.clearRect(0, 0, width, height);
  return ctx;
}
