/** What the pointer does over the plot: brush to zoom, Shift+drag to pan, wheel with Ctrl or ⌘ to zoom, click to choose. */
import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { runAt, runs } from '../lib/runs.ts';
import { pan, type Range, type TimeScale, zoomAt } from '../lib/scale.ts';
import type { LaneModel } from '../lib/timeline-model.ts';
import { go, goTo, patched, view } from '../state/location.ts';
import { choose, hover, setInstant, showRange } from './commands.ts';

/** A press that moves less is a click. */
const CLICK_PX = 4;
/** Wheel turns within this time are one zoom: one entry in the history. */
const WHEEL_BURST_MS = 600;
/** Browsers take two clicks within about this time for one double-click. */
const DOUBLE_CLICK_MS = 500;
const WHEEL_FACTOR = 0.004;

/** Lanes that stand for many others carry this in front of their id. */
export const STEADY = 'steady:';

export interface Brush {
  readonly x0: number;
  readonly x1: number;
}

export interface PlotPointer {
  readonly box: RefObject<HTMLElement | null>;
  readonly scale: TimeScale;
  readonly range: Range;
  /** The lane at a height on the screen; `undefined` over the counts. */
  laneAt(clientY: number): LaneModel | undefined;
}

export function usePlotPointer({ box, scale, range, laneAt }: PlotPointer) {
  const brush: Signal<Brush | undefined> = useSignal(undefined);
  const press = useRef<{ x: number; range: Range; shift: boolean } | undefined>(undefined);
  const xOf = (event: MouseEvent) => event.clientX - (box.current?.getBoundingClientRect().left ?? 0);
  const inPlot = (x: number) => x >= scale.left && x <= scale.left + scale.width;

  const clicked = useRef({ atMs: Number.NEGATIVE_INFINITY, view: view.peek() });
  const onPointerDown = (event: PointerEvent) => {
    const x = xOf(event);
    if (event.button !== 0 || !inPlot(x)) return;
    press.current = { x, range, shift: event.shiftKey };
    box.current?.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent) => {
    const x = xOf(event);
    const start = press.current;
    if (start?.shift) showRange(pan(start.range, (start.x - x) / scale.width), 'move');
    else if (start && Math.abs(x - start.x) > CLICK_PX) {
      const edge = Math.min(Math.max(x, scale.left), scale.left + scale.width);
      brush.value = { x0: Math.min(start.x, edge), x1: Math.max(start.x, edge) };
    }
    const top = box.current?.getBoundingClientRect().top ?? 0;
    const lane = laneAt(event.clientY);
    hover.value = inPlot(x) ? { at: scale.toTime(x), x, y: event.clientY - top, ...(lane ? { lane } : {}) } : undefined;
  };
  const forget = () => {
    press.current = undefined;
    brush.value = undefined;
  };
  const onPointerUp = (event: PointerEvent) => {
    const [start, done] = [press.current, brush.value];
    forget();
    if (!start || start.shift) return;
    if (done) showRange({ from: scale.toTime(done.x0), to: scale.toTime(done.x1) }, 'push');
    else {
      if (event.timeStamp - clicked.current.atMs > DOUBLE_CLICK_MS)
        clicked.current = { atMs: event.timeStamp, view: view.peek() };
      clickOn(xOf(event), laneAt(event.clientY), scale);
    }
  };
  const onPointerLeave = () => {
    hover.value = undefined;
  };
  const onDblClick = (event: MouseEvent) => {
    const x = xOf(event);
    if (!inPlot(x)) return;
    // Its first click has chosen something: that is taken back, and the zoom takes its place in the history.
    const wider = zoomAt(range, scale.toTime(x), 2);
    const times = { from: new Date(wider.from).toISOString(), to: new Date(wider.to).toISOString() };
    goTo(patched(times, clicked.current.view), 'replace');
  };

  const lastWheelMs = useRef(Number.NEGATIVE_INFINITY);
  const onWheel = useRef((_event: WheelEvent) => {});
  onWheel.current = (event) => {
    const x = xOf(event);
    if (!(event.ctrlKey || event.metaKey) || !inPlot(x)) return;
    event.preventDefault();
    const burst = event.timeStamp - lastWheelMs.current < WHEEL_BURST_MS;
    lastWheelMs.current = event.timeStamp;
    const factor = Math.exp(Math.max(-100, Math.min(100, event.deltaY)) * WHEEL_FACTOR);
    showRange(zoomAt(range, scale.toTime(x), factor), burst ? 'move' : 'push');
  };
  useEffect(() => {
    // Not by a property: browsers take those wheel listeners for passive, and the page itself would be zoomed as well.
    const outer = box.current;
    const listener = (event: WheelEvent) => onWheel.current(event);
    outer?.addEventListener('wheel', listener, { passive: false });
    return () => outer?.removeEventListener('wheel', listener);
  }, [box]);

  return {
    brush,
    inPlot,
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: forget, onPointerLeave, onDblClick },
  };
}

/** A click on the counts asks for the state then, on a lane for what it shows there. */
function clickOn(x: number, lane: LaneModel | undefined, scale: TimeScale): void {
  if (!lane) {
    setInstant('at', scale.toTime(x));
    return;
  }
  const run = runAt(runs(lane.pieces, scale), x);
  if (!run) return;
  if (lane.id.startsWith(STEADY)) go({ allLanes: true });
  else choose(lane, run);
}
