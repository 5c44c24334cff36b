/** The drawing: counts and lanes over one time axis. */
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { gutter, plotScale } from '../lib/geometry.ts';
import { rowHeight, visibleRows } from '../lib/rows.ts';
import { pieces } from '../lib/runs.ts';
import type { Range, TimeScale } from '../lib/scale.ts';
import { ticks } from '../lib/ticks.ts';
import type { LaneModel, TimelineModel } from '../lib/timeline-model.ts';
import { stateWord, summary } from '../lib/words.ts';
import { zoneLabel } from '../lib/zone.ts';
import { CountsChart } from '../plot/counts-chart.ts';
import { paintLanes } from '../plot/lanes-canvas.ts';
import { readPalette } from '../plot/palette.ts';
import { wantLanes } from '../state/lanes.ts';
import { view, zone } from '../state/location.ts';
import { paintVersion } from '../state/theme.ts';
import { hover, plotGutter, selection } from './commands.ts';
import { LaneGrid } from './lane-grid.tsx';
import { STEADY, usePlotPointer } from './plot-pointer.ts';
import { Tip } from './tip.tsx';

const TICK_GAP_PX = 84;
/** While the range moves, only the canvas follows; the cells for keyboard and screen reader come when it rests. */
const REST_MS = 120;
const ROWS_AHEAD = 30;

export function Plot({ model, range }: { model: TimelineModel; range: Range }) {
  const box = useRef<HTMLElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const countsCanvas = useRef<HTMLCanvasElement>(null);
  const lanesCanvas = useRef<HTMLCanvasElement>(null);
  const chart = useRef<CountsChart | undefined>(undefined);
  const width = useSignal(0);
  const viewport = useSignal(0);
  const scrollTop = useSignal(0);

  const told = useMemo(() => steadyLanes(model), [model]);
  const steady = told.length;
  const count = steady + model.listed;
  const laneOf = (row: number): LaneModel | undefined => told[row] ?? model.laneByRank.get(row - steady);
  const height = rowHeight(count);
  const scale = useMemo(() => plotScale(range, width.value), [range.from, range.to, width.value]);
  const marks = useMemo(() => ticks(range.from, range.to, scale.width, zone.value, TICK_GAP_PX), [scale, zone.value]);
  const visible = visibleRows(count, height, scrollTop.value, viewport.value, 1);
  const found = selection();
  const chosen = found && { ...found, index: found.index + steady };
  const selectedLane = found?.lane.id;
  const selectedFrom = found?.chosen.from;
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

  const palette = useMemo(
    () => (box.current ? readPalette(box.current, window.devicePixelRatio || 1) : undefined),
    [version, width.value],
  );

  useLayoutEffect(() => {
    const counts = countsCanvas.current;
    if (!counts || !palette || width.value === 0) return;
    const drawing = { model, scale, ticks: marks, palette };
    if (chart.current) chart.current.update(drawing);
    else chart.current = new CountsChart(counts, drawing);
  }, [model, scale, marks, palette]);

  useLayoutEffect(() => {
    const canvas = lanesCanvas.current;
    if (!canvas || !palette || width.value === 0) return;
    const rows = { laneAt: laneOf, rowHeight: height, first: visible.first, end: visible.end, scrollTop: scrollTop.value };
    const size = { width: width.value, height: viewport.value };
    const selected =
      selectedLane === undefined || selectedFrom === undefined ? undefined : { lane: selectedLane, from: selectedFrom };
    paintLanes(
      canvas,
      { ...rows, ...size, scale, ticks: marks, zero: model.zero, palette, selected },
      window.devicePixelRatio || 1,
    );
  }, [model, scale, marks, palette, viewport.value, scrollTop.value, selectedLane, selectedFrom]);

  // Rows are loaded a little before they come into sight.
  useEffect(() => {
    wantLanes(Math.max(0, visible.first - steady - ROWS_AHEAD), Math.min(model.listed, visible.end - steady + ROWS_AHEAD));
  }, [model, visible.first, visible.end]);

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
    return y < 0 || y > pane.clientHeight ? undefined : laneOf(Math.floor((y + pane.scrollTop) / height));
  };
  const { brush, inPlot, handlers } = usePlotPointer({ box, scale, range, laneAt });

  const resting = useResting(scale);
  const grid = useMemo(
    () => (
      <LaneGrid
        count={count}
        laneAt={laneOf}
        first={visible.first}
        end={visible.end}
        rowHeight={height}
        scale={resting}
        chosen={chosen}
      />
    ),
    [model, visible.first, visible.end, height, resting, selectedLane, chosen?.piece, zone.value],
  );
  const described = useMemo(() => summary(model, zone.value), [model, zone.value]);
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
      {...handlers}
    >
      <div class="counts">
        <canvas ref={countsCanvas} id="counts-canvas" role="img" aria-label={described} />
        <span class="zone-tag">{zoneLabel(zone.value, range.from)}</span>
      </div>
      <div
        class="lanes"
        ref={scroller}
        style={{ height: `${count * height}px` }}
        onScroll={(event) => {
          scrollTop.value = event.currentTarget.scrollTop;
        }}
      >
        <div class="lanes-pane" aria-hidden="true">
          <canvas ref={lanesCanvas} id="lanes-canvas" />
        </div>
        {grid}
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

/** Lanes that did not change are told in one row a state, which is drawn like a lane. */
function steadyLanes({ answer, range }: TimelineModel): LaneModel[] {
  return answer.steady.map(({ state, count, runs }) => {
    const head = { id: '', address: '', ports: [], notReadyMs: 0, flips: 0, rank: -1 };
    const where = runs.states.some((one) => one !== state) ? ' where recorded' : '';
    const label = `${count.toLocaleString('en')} ${stateWord(state)} throughout${where}`;
    return { id: STEADY + state, lane: { ...head, runs }, label, pieces: pieces(runs, range.from) };
  });
}

/** The scale as it was when it last rested. */
function useResting(scale: TimeScale): TimeScale {
  const [resting, setResting] = useState(scale);
  useEffect(() => {
    if (resting === scale) return;
    const timer = setTimeout(() => setResting(scale), resting.width === scale.width ? REST_MS : 0);
    return () => clearTimeout(timer);
  }, [scale, resting]);
  return resting;
}
