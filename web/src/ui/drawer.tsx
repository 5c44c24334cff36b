/** What is known of the selected segment. */
import { formatDuration, formatSpan } from '../lib/duration.ts';
import type { Piece } from '../lib/runs.ts';
import { changesNear, type LaneModel, type TimelineModel } from '../lib/timeline-model.ts';
import { stateWord } from '../lib/words.ts';
import { address } from '../state/api.ts';
import { flipThatBegan } from '../state/causes.ts';
import { go, view } from '../state/location.ts';
import { clear, selection, setInstant, stepSegment, zoomTo } from './commands.ts';
import { CopyLink } from './copy.tsx';
import { BackendState } from './glyph.tsx';
import { Instant } from './instant.tsx';

/** So many changes of any backend are told next to the selected one. */
const NEIGHBOURS = 5;

export function Drawer({ model }: { model: TimelineModel }) {
  const chosen = selection();
  if (!chosen) return null;
  const { lane, chosen: piece, piece: index } = chosen;
  const near = changesNear(model, piece.from, NEIGHBOURS, { lane: lane.id, at: piece.from });
  const openEnd = piece.opensBefore || piece.endsAfter;
  const opened = piece.mixed === undefined ? flipThatBegan(lane, piece) : undefined;
  return (
    <aside class="drawer" aria-label="Selected segment" id="drawer">
      <div class="bar">
        <BackendState state={piece.state} />
        <strong>{lane.label}</strong>
        <span class="grow" />
        <button type="button" onClick={() => stepSegment(-1)} aria-keyshortcuts="ArrowLeft">
          ← before
        </button>
        <button type="button" onClick={() => stepSegment(1)} aria-keyshortcuts="ArrowRight">
          next →
        </button>
        <button type="button" onClick={() => setInstant('at', piece.from)}>
          State at its start
        </button>
        <CopyLink />
        <button type="button" onClick={clear} aria-keyshortcuts="Escape">
          Close
        </button>
      </div>
      <dl>
        <Fact term={piece.opensBefore ? 'Began before or at' : 'Start'}>
          <Instant at={piece.from} label />
        </Fact>
        <Fact term={piece.endsAfter ? 'Lasted at least to' : 'End'}>
          <Instant at={piece.to} label />
        </Fact>
        <Fact term="Duration">
          <strong>{formatSpan(piece.to - piece.from, openEnd)}</strong>
          {openEnd && <span class="dim"> lower bound: {why(piece, lane, model)}</span>}
        </Fact>
        {piece.mixed !== undefined && (
          <Fact term="Flips">
            {piece.mixed.toLocaleString('en')} <span class="dim">worst {stateWord(piece.state)}</span>{' '}
            <button type="button" onClick={() => zoomTo(piece)}>
              Zoom in
            </button>
          </Fact>
        )}
        <Fact term="Before → after">
          {neighbourState(lane, index - 1)} <span class="arrow">→</span> <strong>{stateWord(piece.state)}</strong>{' '}
          <span class="arrow">→</span> {neighbourState(lane, index + 1)}
        </Fact>
        {opened && (
          <Fact term="Cause">
            {opened.cause === 'unknown' ? (
              'unknown'
            ) : (
              <>
                <button type="button" class="plainbutton" onClick={() => go({ cause: opened.cause, tab: 'flips' })}>
                  {opened.cause}
                </button>{' '}
                <span class="dim">({opened.confidence})</span>
              </>
            )}
            {opened.detail && <span> {opened.detail}</span>}
          </Fact>
        )}
        {opened?.lagMs !== undefined && (
          <Fact term="Lag">
            {opened.lagMs < 0
              ? `list received ${formatDuration(-opened.lagMs)} before its Pod`
              : `${formatDuration(opened.lagMs)} after its Pod`}
          </Fact>
        )}
        <Fact term="Address">
          <code>{lane.lane.address}</code>
        </Fact>
        <Fact term="Ports">
          <code>{lane.lane.ports.join('; ') || 'none'}</code>
        </Fact>
        {lane.lane.node && (
          <Fact term="Node">
            {lane.lane.node}
            {lane.lane.zone && <span class="dim"> {lane.lane.zone}</span>}
          </Fact>
        )}
        {opened && (
          <Fact term="Event">
            <a href={address('events', { after: Math.max(0, opened.position - 1), limit: 1 })} target="_blank" rel="noreferrer">
              position {opened.position}
            </a>
          </Fact>
        )}
      </dl>
      {near.length > 0 && (
        <p class="near">
          <span class="dim">Nearest changes</span>
          {near.map((change) => (
            <button
              key={`${change.at}/${change.lane.id}`}
              type="button"
              class="plainbutton"
              onClick={() => go({ lane: change.lane.id, segment: new Date(change.segment).toISOString() }, 'replace')}
            >
              <Instant at={change.at} style="clock-ms" /> {change.lane.label}: {stateWord(change.from)} → {stateWord(change.to)}
            </button>
          ))}
        </p>
      )}
    </aside>
  );
}

function Fact({ term, children }: { term: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function neighbourState(lane: LaneModel, index: number): string {
  const piece = lane.pieces[index];
  return piece
    ? stateWord(piece.state)
    : index < 0
      ? lane.pieces[0]?.opensBefore
        ? 'outside the range'
        : 'absent'
      : lane.pieces.at(-1)?.endsAfter
        ? 'outside the range'
        : 'absent';
}

function why(piece: Piece, lane: LaneModel, model: TimelineModel): string {
  const { from, to } = model.range;
  const parts: string[] = [];
  if (piece.opensBefore) parts.push(piece.from <= from ? 'it began before the range' : 'it begins at a gap');
  if (piece.endsAfter) parts.push(piece.to >= to ? 'it goes on after the range' : 'it ends at a gap');
  if (lane.id !== view.value.lane) return '';
  return parts.join(', ');
}
