/** The drawing: counts and lanes over one time axis, and everything the pointer does to them. */
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { laneRows, rowHeight, visibleRows } from '../lib/rows.ts';
import { isMixed, type Run, runAt, runs } from '../lib/runs.ts';
import { pan, type Range, zoomAt } from '../lib/scale.ts';
import { ticks } from '../lib/ticks.ts';
import type { LaneModel, TimelineModel } from '../lib/timeline-model.ts';
import { summary } from '../lib/words.ts';
import { zoneLabel } from '../lib/zone.ts';
import { CountsChart } from '../plot/counts-chart.ts';
import { gutter, plotScale } from '../plot/geometry.ts';
import { paintLanes } from '../plot/lanes-canvas.ts';
import { readPalette } from '../plot/palette.ts';
import { go, view, zone } from '../state/location.ts';
import { paintVersion } from '../state/theme.ts';
import { hover, plotGutter, select, selection, setInstant, showRange } from './commands.ts';
import { LaneGrid } from './lane-grid.tsx';
import { Tip } from './tip.tsx';

/** A press that moves less is a click. */
const CLICK_PX = 4;
/** Wheel turns within this time are one zoom: one entry in the history. */
const WHEEL_BURST_MS = 600;

/** Lanes that did not change are told in one row a state, which is drawn like a lane. */
function steadyLanes(model: TimelineModel, steady: ReadonlyMap<string, number>): LaneModel[] {
  return [...steady].map(([state, count]) => {
    const piece = { ...model.range, state: state as Run['state'], opensBefore: true, endsAfter: true };
    const lane = { id: '', address: '', ports: [], segments: [], notReadyMs: 0, flips: 0 };
    return {
      id: `steady:${state}`,
      lane,
      label: `${count.toLocaleString('en')} ${state === 'notReady' ? 'not ready' : state} throughout`,
      pieces: [piece],
      changed: false,
    };
  });
}

export function Plot({ model, range }: { model: TimelineModel; range: Range }) {
  const box = useRef<HTMLElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const countsCanvas = useRef<HTMLCanvasElement>(null);
  const lanesCanvas = useRef<HTMLCanvasElement>(null);
  const chart = useRef<CountsChart | undefined>(undefined);
  const width = useSignal(0);
  const viewport = useSignal(0);
  const scrollTop = useSignal(0);
  const brush = useSignal<{ x0: number; x1: number } | undefined>(undefined);

  const rows = laneRows(model.lanes, view.value.allLanes);
  const steady = steadyLanes(model, rows.steady);
  const lanes = [...steady, ...rows.shown];
  const height = rowHeight(lanes.length);
  const scale = plotScale(range, width.value);
  const marks = ticks(range.from, range.to, scale.width, zone.value, 84);
  const visible = visibleRows(lanes.length, height, scrollTop.value, viewport.value, 1);
  const found = selection();
  const chosen = found && { ...found, index: found.index + steady.length };
  const version = paintVersion.value;

  useLayoutEffect(() => {
    const [outer, inner] = [box.current, scroller.current];
    if (!outer || !inner) return;
    const measure = () => {
      width.value = outer.clientWidth;
      viewport.value = inner.clientHeight;
      plotGutter.value = gutter(outer.clientWidth);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(outer);
    observer.observe(inner);
    return () => {
      observer.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
      hover.value = undefined;
    };
  }, []);

  useLayoutEffect(() => {
    const [outer, counts, canvas] = [box.current, countsCanvas.current, lanesCanvas.current];
    if (!outer || !counts || !canvas || width.value === 0) return;
    const dpr = window.devicePixelRatio || 1;
    const palette = readPalette(outer, dpr);
    const drawing = { model, scale, ticks: marks, palette };
    if (chart.current) chart.current.update(drawing);
    else chart.current = new CountsChart(counts, drawing);
    paintLanes(
      canvas,
      {
        ...drawing,
        lanes,
        rowHeight: height,
        first: visible.first,
        end: visible.end,
        scrollTop: scrollTop.value,
        width: width.value,
        height: viewport.value,
        zero: model.zero,
        selected: chosen && { lane: chosen.lane.id, from: chosen.chosen.from },
      },
      dpr,
    );
  }, [model, range.from, range.to, width.value, viewport.value, scrollTop.value, view.value, version]);

  // The selected lane comes into sight.
  useEffect(() => {
    const pane = scroller.current;
    if (!chosen || !pane) return;
    const top = chosen.index * height;
    if (top < pane.scrollTop) pane.scrollTop = top;
    else if (top + height > pane.scrollTop + pane.clientHeight) pane.scrollTop = top + height - pane.clientHeight;
  }, [chosen?.index, height]);

  const laneAt = (clientY: number): LaneModel | undefined => {
    const pane = scroller.current;
    if (!pane) return undefined;
    const y = clientY - pane.getBoundingClientRect().top;
    if (y < 0 || y > pane.clientHeight) return undefined;
    return lanes[Math.floor((y + pane.scrollTop) / height)];
  };
  const xOf = (event: MouseEvent) => event.clientX - (box.current?.getBoundingClientRect().left ?? 0);
  const inPlot = (x: number) => x >= scale.left && x <= scale.left + scale.width;

  const press = useRef<{ x: number; range: Range; shift: boolean } | undefined>(undefined);
  const onPointerDown = (event: PointerEvent) => {
    const x = xOf(event);
    if (event.button !== 0 || !inPlot(x) || (event.target as Element).closest('button, a')) return;
    press.current = { x, range, shift: event.shiftKey };
    box.current?.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent) => {
    const x = xOf(event);
    const start = press.current;
    if (start) {
      if (start.shift) {
        const moved = pan(start.range, (start.x - x) / scale.width);
        showRange(moved, 'replace');
      } else if (Math.abs(x - start.x) > CLICK_PX) {
        const edge = Math.min(Math.max(x, scale.left), scale.left + scale.width);
        brush.value = { x0: Math.min(start.x, edge), x1: Math.max(start.x, edge) };
      }
    }
    const top = box.current?.getBoundingClientRect().top ?? 0;
    const lane = laneAt(event.clientY);
    hover.value = inPlot(x) ? { at: scale.toTime(x), x, y: event.clientY - top, ...(lane ? { lane } : {}) } : undefined;
  };
  const onPointerUp = (event: PointerEvent) => {
    const start = press.current;
    press.current = undefined;
    const done = brush.value;
    brush.value = undefined;
    if (!start || start.shift) return;
    if (done) {
      showRange({ from: scale.toTime(done.x0), to: scale.toTime(done.x1) }, 'push');
      return;
    }
    click(xOf(event), laneAt(event.clientY));
  };
  const click = (x: number, lane: LaneModel | undefined) => {
    if (!lane) {
      setInstant('at', scale.toTime(x));
      return;
    }
    const run = runAt(runs(lane.pieces, scale), x);
    if (!run || run.state === 'absent') return;
    if (lane.id.startsWith('steady:')) {
      go({ allLanes: true });
      return;
    }
    if (isMixed(run)) {
      const [first, last] = [lane.pieces[run.first], lane.pieces[run.last]];
      if (first && last) {
        const room = Math.max((last.to - first.from) * 0.5, 50);
        showRange({ from: first.from - room, to: last.to + room }, 'push');
      }
      return;
    }
    select(lane, run.first);
  };

  const lastWheel = useRef(0);
  const onWheel = useRef((_event: WheelEvent) => {});
  onWheel.current = (event) => {
    const x = xOf(event);
    if (!(event.ctrlKey || event.metaKey) || !inPlot(x)) return;
    event.preventDefault();
    const burst = event.timeStamp - lastWheel.current < WHEEL_BURST_MS;
    lastWheel.current = event.timeStamp;
    const factor = Math.exp(Math.max(-100, Math.min(100, event.deltaY)) * 0.004);
    showRange(zoomAt(range, scale.toTime(x), factor), burst ? 'replace' : 'push');
  };
  useEffect(() => {
    // Preact's wheel listeners are passive; a zoom must keep the page from zooming as well.
    const outer = box.current;
    const listener = (event: WheelEvent) => onWheel.current(event);
    outer?.addEventListener('wheel', listener, { passive: false });
    return () => outer?.removeEventListener('wheel', listener);
  }, []);

  const described = useComputed(() => summary(model, zone.value));
  const instants = [
    ['A', view.value.at],
    ['B', view.value.b],
  ] as const;
  return (
    <section
      class="plot"
      ref={box}
      aria-label="Timeline"
      data-from={range.from}
      data-to={range.to}
      data-plot-left={scale.left}
      data-plot-width={scale.width}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => {
        press.current = undefined;
        brush.value = undefined;
      }}
      onPointerLeave={() => (hover.value = undefined)}
      onDblClick={(event) => {
        const x = xOf(event);
        if (inPlot(x)) showRange(zoomAt(range, scale.toTime(x), 2), 'push');
      }}
    >
      <div class="counts">
        <canvas ref={countsCanvas} id="counts-canvas" role="img" aria-label={described.value} />
        <span class="zone-tag">{zoneLabel(zone.value, range.from)}</span>
      </div>
      <div
        class="lanes"
        ref={scroller}
        style={{ height: `${lanes.length * height}px` }}
        onScroll={(event) => (scrollTop.value = event.currentTarget.scrollTop)}
      >
        <div class="lanes-pane" aria-hidden="true">
          <canvas ref={lanesCanvas} id="lanes-canvas" />
        </div>
        <LaneGrid
          lanes={lanes}
          first={visible.first}
          end={visible.end}
          rowHeight={height}
          scale={scale}
          chosen={chosen}
          viewport={viewport.value}
        />
      </div>
      {instants.map(([name, text]) => {
        const x = text === undefined ? Number.NaN : scale.toX(Date.parse(text));
        return inPlot(x) ? (
          <div key={name} class="instant" style={{ transform: `translateX(${x - 1}px)` }}>
            <span>{name}</span>
          </div>
        ) : null;
      })}
      {brush.value && (
        <div class="brush" style={{ left: `${brush.value.x0}px`, width: `${brush.value.x1 - brush.value.x0}px` }} />
      )}
      <Tip model={model} scale={scale} width={width.value} brush={brush.value} />
    </section>
  );
}
