/** The flips of the range, oldest first, a page at a time: everything that the drawing shows, in words. */
import { type ReadonlySignal, useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Flip } from '../../../src/http/contract.ts';
import { formatDuration, formatSpan } from '../lib/duration.ts';
import { plotScale } from '../lib/geometry.ts';
import type { Piece } from '../lib/runs.ts';
import type { TimelineModel } from '../lib/timeline-model.ts';
import { formatInstant, zoneLabel } from '../lib/zone.ts';
import { address } from '../state/api.ts';
import { flipPages, flips, PAGE_SIZE } from '../state/data.ts';
import { go, view, zone } from '../state/location.ts';
import { hover, setInstant } from './commands.ts';
import { Empty, Failure, Loading } from './feedback.tsx';
import { BackendState } from './glyph.tsx';
import { Instant } from './instant.tsx';

export function Flips({ model }: { model: TimelineModel }) {
  const answer = flips.data.value;
  const { cause } = view.value;
  const before = flipPages.value.length;
  const items = answer?.items;
  const next = answer?.nextCursor;
  // Moving the range redraws the page at every frame; the table stays as it is until other flips have come.
  const table = useMemo(() => items && <FlipTable items={items} model={model} />, [items, model, zone.value]);
  return (
    <>
      {cause && (
        <p class="bar">
          Only cause <strong>{cause}</strong>
          <button type="button" onClick={() => go({ cause: undefined })}>
            All causes
          </button>
        </p>
      )}
      <Failure resource={flips} what="The flips" />
      <Loading resource={flips} what="flips" />
      {answer && answer.items.length === 0 && (
        <Empty>
          {answer.coverage === 'complete' ? 'No flip' : 'No flip was seen'} {cause && `with cause ${cause} `}in this range
          {answer.coverage === 'complete' ? '.' : '; not all of it was recorded.'}
        </Empty>
      )}
      {answer && answer.items.length > 0 && (
        <div class={flips.loading.value ? 'stale' : ''} aria-busy={flips.loading.value}>
          {table}
          {(before > 0 || next !== undefined) && (
            <p class="bar">
              <button type="button" disabled={before === 0} onClick={() => (flipPages.value = flipPages.value.slice(0, -1))}>
                Page before
              </button>
              <span>
                {before * PAGE_SIZE + 1}–{before * PAGE_SIZE + answer.items.length}
              </span>
              <button
                type="button"
                disabled={next === undefined}
                onClick={() => {
                  if (next !== undefined) flipPages.value = [...flipPages.value, next];
                }}
              >
                Next page
              </button>
            </p>
          )}
        </div>
      )}
    </>
  );
}

function FlipTable({ items, model }: { items: readonly Flip[]; model: TimelineModel }) {
  const states = statesByStart(model);
  const near = useComputed(() => nearestFlip(items, hover.value?.at, (model.range.to - model.range.from) / 400));
  return (
    <div class="table-scroll">
      <table id="flips">
        <caption>
          Times in {zoneLabel(zone.value, model.range.from)}
          {onOneDay(model, zone.value) && (
            <>
              {' '}
              on <Instant at={model.range.from} style="date" />
            </>
          )}
          . “Happened” gives the bounds within which a flip really took place; the time is when the recorder saw it.
        </caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Backend</th>
            <th scope="col">Address</th>
            <th scope="col">Node</th>
            <th scope="col">From → to</th>
            <th scope="col" class="num">
              How long
            </th>
            <th scope="col" class="num">
              Ready after
            </th>
            <th scope="col" class="num">
              Not ready after
            </th>
            <th scope="col">Happened</th>
            <th scope="col">Cause</th>
            <th scope="col">Evidence</th>
          </tr>
        </thead>
        <tbody>
          {items.map((flip) => (
            <FlipRow
              key={`${flip.position}/${flip.address}/${flip.pod?.uid ?? ''}/${flip.ports.map(({ port }) => port)}`}
              flip={flip}
              states={states}
              model={model}
              near={near}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Position of the flip next to the pointer, so that rows are touched only when it changes. */
function nearestFlip(items: readonly Flip[], at: number | undefined, within: number): number | undefined {
  if (at === undefined) return undefined;
  let best: { position: number; away: number } | undefined;
  for (const { position, at: text } of items) {
    const away = Math.abs(Date.parse(text) - at);
    if (away <= within && (!best || away < best.away)) best = { position, away };
  }
  return best?.position;
}

const onOneDay = ({ range: { from, to } }: TimelineModel, tz: string) =>
  formatInstant(from, tz, 'date') === formatInstant(to, tz, 'date');

const stateKey = (at: number, ip: string, uid: string | undefined) => `${at}|${ip}|${uid ?? ''}`;

/** Pieces by when they begin and whose they are, to tell how long a flip's new state lasted. */
function statesByStart(model: TimelineModel): ReadonlyMap<string, Piece> {
  const map = new Map<string, Piece>();
  for (const { lane, pieces } of model.lanes)
    for (const piece of pieces) map.set(stateKey(piece.from, lane.address, lane.pod?.uid), piece);
  return map;
}

interface FlipRowProps {
  readonly flip: Flip;
  readonly states: ReadonlyMap<string, Piece>;
  readonly model: TimelineModel;
  readonly near: ReadonlySignal<number | undefined>;
}

function FlipRow({ flip, states, model, near }: FlipRowProps) {
  const at = Date.parse(flip.at);
  const piece = states.get(stateKey(at, flip.address, flip.pod?.uid));
  const lasted = piece && piece.state === flip.to ? formatSpan(piece.to - piece.from, piece.endsAfter) : '';
  const sameDay = onOneDay(model, zone.value);
  const ports = flip.ports.map(({ name, port, protocol }) => `${name ? `${name}:` : ''}${port ?? 'all'}/${protocol}`).join(', ');
  const toPlot = () => {
    const width = document.querySelector('.plot')?.clientWidth ?? 0;
    hover.value = { at, x: plotScale(model.range, width).toX(at), y: -1 };
  };
  return (
    <tr class={near.value === flip.position ? 'near' : ''} onMouseEnter={toPlot} onMouseLeave={() => (hover.value = undefined)}>
      <td class="time">
        <button type="button" class="plainbutton mono" title="State at this instant" onClick={() => setInstant('at', at)}>
          <Instant at={at} style={sameDay ? 'clock-ms' : 'full'} />
        </button>
      </td>
      <td class="name pod" title={ports}>
        {flip.pod?.name ?? ''}
      </td>
      <td class="time">{flip.address}</td>
      <td class="name">{flip.node}</td>
      <td class="change">
        <BackendState state={flip.from} /> <span class="arrow">→</span> <BackendState state={flip.to} />
      </td>
      <td class="num">{lasted}</td>
      <td class="num">{flip.readyAfter}</td>
      <td class="num">{flip.notReadyAfter}</td>
      <td>
        <Bounds flip={flip} />
      </td>
      <td class="name cause">
        {flip.cause === 'unknown' ? (
          <span class="dim">unknown</span>
        ) : (
          <>
            <button type="button" class="plainbutton" title="Only flips of this cause" onClick={() => go({ cause: flip.cause })}>
              {flip.cause}
            </button>{' '}
            <span class="dim">({flip.confidence})</span>
          </>
        )}
        {flip.origin === 'relist' && <span class="dim"> inferred from a relist</span>}
        {flip.detail && <span class="dim"> {flip.detail}</span>}
      </td>
      <td>
        {[flip.position, ...flip.evidence].map((position, index) => (
          <>
            {index > 0 && ' '}
            <a
              key={position}
              href={address('events', { after: Math.max(0, position - 1), limit: 1 })}
              target="_blank"
              rel="noreferrer"
              title={index === 0 ? 'The event that brought the flip' : 'Evidence'}
            >
              {position}
            </a>
          </>
        ))}
      </td>
    </tr>
  );
}

function Bounds({ flip }: { flip: Flip }) {
  const [before, after, at] = [Date.parse(flip.notBefore), Date.parse(flip.notAfter), Date.parse(flip.at)];
  const title = `not before ${flip.notBefore}\nnot after ${flip.notAfter}`;
  if (before === after) return <span title={title}>then</span>;
  return (
    <span title={title} class="state">
      {after === at ? (
        `≤ ${formatDuration(after - before)} earlier`
      ) : (
        <>
          <Instant at={before} style="clock-ms" />–<Instant at={after} style="clock-ms" />
        </>
      )}
    </span>
  );
}
