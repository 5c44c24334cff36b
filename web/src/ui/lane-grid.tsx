// biome-ignore-all lint/a11y/useSemanticElements: a table cannot lie over a canvas with cells placed by time
// biome-ignore-all lint/a11y/useFocusableInteractive: one tab stop for the whole grid; the cells take it
/**
 * The lanes for people who do not see the canvas, and for the keyboard: a grid that lies over the drawing, one row a
 * lane, one cell a run, whose names say state, times and duration. Only rows in sight exist.
 */
import { useEffect, useRef } from 'preact/hooks';
import { type Run, runs } from '../lib/runs.ts';
import type { TimeScale } from '../lib/scale.ts';
import type { LaneModel } from '../lib/timeline-model.ts';
import { runText } from '../lib/words.ts';
import { causeText } from '../state/causes.ts';
import { go, zone } from '../state/location.ts';
import { choose, type selection } from './commands.ts';
import { STEADY } from './plot-pointer.ts';

export interface LaneGridProps {
  /** How many rows there are. */
  readonly count: number;
  laneAt(row: number): LaneModel | undefined;
  readonly first: number;
  readonly end: number;
  readonly rowHeight: number;
  readonly scale: TimeScale;
  readonly chosen: ReturnType<typeof selection>;
}

export function LaneGrid({ count, laneAt, first, end, rowHeight, scale, chosen }: LaneGridProps) {
  const grid = useRef<HTMLDivElement>(null);
  // A selection made by keys takes the focus along, as long as the focus is among the cells.
  useEffect(() => {
    if (!chosen || !grid.current?.contains(document.activeElement)) return;
    grid.current.querySelector<HTMLElement>('[aria-selected="true"]')?.focus({ preventScroll: true });
  }, [chosen?.lane.id, chosen?.piece]);
  const rows = Array.from({ length: end - first }, (_, offset) => first + offset);
  const chosenInSight = chosen !== undefined && chosen.index >= first && chosen.index < end;
  const stop = chosenInSight ? undefined : rows.find((row) => hasCells(laneAt(row), scale));
  return (
    <div
      class="lane-grid"
      role="grid"
      ref={grid}
      aria-label="Backends and their states over time"
      aria-rowcount={count}
      style={{ height: `${count * rowHeight}px` }}
    >
      {rows.map((row) => {
        const lane = laneAt(row);
        const where = { row, height: rowHeight, left: scale.left };
        if (!lane) return <LoadingRow key={`row ${row}`} {...where} />;
        const piece = chosen?.lane.id === lane.id ? chosen.piece : undefined;
        return <LaneRow key={lane.id} {...where} lane={lane} scale={scale} piece={piece} isStop={row === stop} />;
      })}
    </div>
  );
}

/** What is drawn of a lane, and so has a cell. */
const cellsOf = (lane: LaneModel, scale: TimeScale): Run[] =>
  runs(lane.pieces, scale).filter(({ state, mixed }) => state !== 'absent' || mixed);

const hasCells = (lane: LaneModel | undefined, scale: TimeScale): boolean =>
  lane !== undefined && cellsOf(lane, scale).length > 0;

interface RowProps {
  readonly row: number;
  readonly height: number;
  /** Where the plot begins. */
  readonly left: number;
}

function LoadingRow({ row, height, left }: RowProps) {
  return (
    <div class="lane-row" role="row" aria-rowindex={row + 1} aria-busy="true" style={placeOf(row, height)}>
      <div class="lane-head dim" role="rowheader" style={{ width: `${left}px` }}>
        loading
      </div>
    </div>
  );
}

interface LaneRowProps extends RowProps {
  readonly lane: LaneModel;
  readonly scale: TimeScale;
  /** The one that is selected. */
  readonly piece: number | undefined;
  /** Its first cell is the grid's tab stop. */
  readonly isStop: boolean;
}

/**
 * A component of its own that reads signals: it is then rendered again only for other properties or news of those, so that
 * scrolling costs the rows that come into sight and not all of them.
 */
function LaneRow({ row, height, left, lane, scale, piece, isStop }: LaneRowProps) {
  const right = scale.left + scale.width;
  const tz = zone.value;
  return (
    <div class="lane-row" role="row" aria-rowindex={row + 1} style={placeOf(row, height)}>
      <div class="lane-head" role="rowheader" title={headTitle(lane)} style={{ width: `${left}px` }}>
        <b>
          <bdi dir="ltr">{lane.label}</bdi>
        </b>
        {lane.lane.node && left > 190 && <span class="dim">{lane.lane.node}</span>}
      </div>
      {cellsOf(lane, scale).map((run, index) => {
        const selected = piece !== undefined && run.first <= piece && piece <= run.last;
        const x0 = Math.max(run.x0, scale.left);
        const cause = run.mixed ? undefined : causeText(lane, lane.pieces[run.first]);
        return (
          <div
            key={run.first}
            class="lane-cell"
            role="gridcell"
            tabIndex={selected || (isStop && index === 0) ? 0 : -1}
            aria-selected={selected}
            aria-label={`${lane.label}: ${runText(lane, run, tz)}${cause ? `, ${cause}` : ''}`}
            style={{ left: `${x0}px`, width: `${Math.max(Math.min(run.x1, right) - x0, 1)}px` }}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' && event.key !== ' ') return;
              event.preventDefault();
              if (lane.id.startsWith(STEADY)) go({ allLanes: true });
              else choose(lane, run);
            }}
          />
        );
      })}
    </div>
  );
}

const placeOf = (row: number, height: number) => ({ top: `${row * height}px`, height: `${height}px` });

function headTitle({ label, lane }: LaneModel): string {
  const parts = [label, lane.address, lane.ports.join(', '), lane.node && `node ${lane.node}`, lane.zone && `zone ${lane.zone}`];
  return parts.filter(Boolean).join('\n');
}
