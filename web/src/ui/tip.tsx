/** Crosshair and the words next to it: the time, the counts then, and the whole segment under the pointer. */

import { formatDuration } from '../lib/duration.ts';
import { runAt, runs } from '../lib/runs.ts';
import type { TimeScale } from '../lib/scale.ts';
import { countsAt, type TimelineModel } from '../lib/timeline-model.ts';
import { countsText, runText, STATE_WORDS } from '../lib/words.ts';
import { formatInstant, zoneLabel } from '../lib/zone.ts';
import { causeText } from '../state/causes.ts';
import { zone } from '../state/location.ts';
import { hover } from './commands.ts';

export function Tip({
  model,
  scale,
  width,
  brush,
}: {
  model: TimelineModel;
  scale: TimeScale;
  width: number;
  brush: { x0: number; x1: number } | undefined;
}) {
  const at = hover.value;
  if (!at) return null;
  const x = scale.toX(at.at);
  if (x < scale.left || x > scale.left + scale.width) return null;
  const counts = countsAt(model.counts, at.at);
  const run = at.lane && at.y >= 0 ? runAt(runs(at.lane.pieces, scale), at.x) : undefined;
  const cause = at.lane && run && !run.mixed ? causeText(at.lane, at.lane.pieces[run.first]) : undefined;
  const flip = at.x > width / 2;
  const inRange = at.at >= model.range.from && at.at <= model.range.to;
  return (
    <>
      <div class="crosshair" style={{ transform: `translateX(${x}px)` }} />
      {at.y >= 0 && (
        <div
          class="tip"
          style={{ transform: `translate(${flip ? `calc(${at.x - 12}px - 100%)` : `${at.x + 12}px`}, ${at.y + 14}px)` }}
        >
          <div class="mono">
            {formatInstant(at.at, zone.value)} {zoneLabel(zone.value, at.at)}
          </div>
          {brush ? (
            <div>
              {formatDuration(scale.toTime(brush.x1) - scale.toTime(brush.x0))} <span class="dim">release to zoom</span>
            </div>
          ) : (
            <div>
              {!inRange
                ? 'loading'
                : counts?.ready === undefined
                  ? model.recordedFrom !== undefined && at.at < model.recordedFrom
                    ? 'not recorded yet'
                    : 'no data: counts are not known here'
                  : counts.unlisted
                    ? `not listed: there was no ${model.answer.source === 'endpoints' ? 'Endpoints object' : 'EndpointSlice'}`
                    : countsText(counts)}
            </div>
          )}
          {!brush && at.lane && (
            <div>
              <strong>{at.lane.label}</strong>
              <br />
              {run ? runText(at.lane, run, zone.value) : STATE_WORDS.absent}
              {run?.mixed && <span class="dim"> (click)</span>}
              {cause && (
                <>
                  <br />
                  {cause}
                </>
              )}
            </div>
          )}
        </div>
      )}
    </>
  );
}
