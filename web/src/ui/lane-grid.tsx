// biome-ignore-all lint/a11y/useSemanticElements: a table cannot lie over a canvas with cells placed by time
// biome-ignore-all lint/a11y/useFocusableInteractive: one tab stop for the whole grid; the cells take it
/**
 * The lanes for people who do not see the canvas, and for the keyboard: a grid that lies over the drawing, one row a
 * lane, one cell a run, whose names say state, times and duration. Only rows in sight exist.
 */
import { useEffect, useRef } from 'preact/hooks';
import { runs } from '../lib/runs.ts';
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
  const right = scale.left + scale.width;
  let stop = chosen !== undefined && chosen.index >= first && chosen.index < end;
  return (
    <div
      class="lane-grid"
      role="grid"
      ref={grid}
      aria-label="Backends and their states over time"
      aria-rowcount={count}
      style={{ height: `${count * rowHeight}px` }}
    >
      {Array.from({ length: end - first }, (_, offset) => {
        const index = first + offset;
        const lane = laneAt(index);
        const row = { top: `${index * rowHeight}px`, height: `${rowHeight}px` };
        if (!lane) {
          return (
            <div key={`row ${index}`} class="lane-row" role="row" aria-rowindex={index + 1} aria-busy="true" style={row}>
              <div class="lane-head dim" role="rowheader" style={{ width: `${scale.left}px` }}>
                loading
              </div>
            </div>
          );
        }
        const list = runs(lane.pieces, scale).filter((run) => run.state !== 'absent' || run.mixed);
        return (
          <div key={lane.id} class="lane-row" role="row" aria-rowindex={index + 1} style={row}>
            <div class="lane-head" role="rowheader" title={headTitle(lane)} style={{ width: `${scale.left}px` }}>
              <b>{lane.label}</b>
              {lane.lane.node && scale.left > 190 && <span class="dim">{lane.lane.node}</span>}
            </div>
            {list.map((run) => {
              const selected = chosen?.lane.id === lane.id && run.first <= chosen.piece && chosen.piece <= run.last;
              const tab = selected || !stop ? 0 : -1;
              stop = true;
              const x0 = Math.max(run.x0, scale.left);
              const cause = run.mixed ? undefined : causeText(lane, lane.pieces[run.first]);
              return (
                <div
                  key={run.first}
                  class="lane-cell"
                  role="gridcell"
                  tabIndex={tab}
                  aria-selected={selected}
                  aria-label={`${lane.label}: ${runText(lane, run, zone.value)}${cause ? `, ${cause}` : ''}`}
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
      })}
    </div>
  );
}

function headTitle({ label, lane }: LaneModel): string {
  const parts = [label, lane.address, lane.ports.join(', '), lane.node && `node ${lane.node}`, lane.zone && `zone ${lane.zone}`];
  return parts.filter(Boolean).join('\n');
}
