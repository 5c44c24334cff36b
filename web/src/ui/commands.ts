/** What keys and buttons do to the view. */
import { signal } from '@preact/signals';
import type { FlipsAnswer } from '../../../src/http/contract.ts';
import { type AskFlips, flipAfter, flipBefore } from '../lib/nearest-flip.ts';
import type { Piece, Run } from '../lib/runs.ts';
import { pan, type Range, soundRange, zoomAt } from '../lib/scale.ts';
import { type LaneModel, neighbour } from '../lib/timeline-model.ts';
import { viewQuery } from '../lib/view.ts';
import { ApiError, address, getJson, servicePath } from '../state/api.ts';
import { model, range, recording } from '../state/data.ts';
import { wantLanes } from '../state/lanes.ts';
import { type Entry, go, notices, patched, view } from '../state/location.ts';

/** Room left around what is zoomed to: at least so many milliseconds. */
const LEAST_ROOM_MS = 50;
/** The flip before an instant is first looked for in the last part of so many of the range. */
const FIRST_LOOKS = 200;
const STEP_TIMEOUT_MS = 15_000;

export const helpOpen = signal(false);
/** Where the pointer is over the plot. */
export const hover = signal<
  { readonly at: number; readonly x: number; readonly y: number; readonly lane?: LaneModel } | undefined
>(undefined);

/** Pixels left of the plot, for what stands under it and shares its axis. */
export const plotGutter = signal(0);

const iso = (at: number) => new Date(at).toISOString();

export function showRange(next: Range, entry: Entry): void {
  const sound = soundRange(next);
  go({ from: iso(sound.from), to: iso(sound.to) }, entry);
}

export function panBy(share: number): void {
  if (range.value) showRange(pan(range.value, share), 'move');
}

/** Zooms at the pointer where it is over the plot, else at the middle. */
export function zoomBy(factor: number, how: 'push' | 'replace' = 'push'): void {
  const now = range.value;
  if (now) showRange(zoomAt(now, hover.value?.at ?? (now.from + now.to) / 2, factor), how);
}

/** The whole recording. */
export function fitRecording(): void {
  const { from, to } = recording.value;
  if (from !== undefined && to !== undefined && to > from) go({ from: iso(from), to: undefined });
  else go({ from: undefined, to: undefined });
}

export function returnToNow(): void {
  const { screen } = view.value;
  if (screen === 'services') go({ at: undefined, asof: undefined });
  else go({ from: undefined, to: undefined, asof: undefined });
}

/** The selected lane and piece, where they are still in the picture. */
export function selection() {
  const { lane, segment } = view.value;
  if (lane === undefined || segment === undefined) return undefined;
  const found = model.value?.lanes.find(({ id }) => id === lane);
  if (!found) return undefined;
  const at = Date.parse(segment);
  // A window that begins inside the segment cuts it: the piece that holds its start, or the first after it.
  const piece = found.pieces.findIndex((one) => one.to > at && isShown(one));
  const chosen = found.pieces[piece];
  if (!chosen || (chosen.from > at && !chosen.opensBefore)) return undefined;
  return { index: found.lane.rank, lane: found, piece, chosen };
}

export function select(lane: LaneModel, piece: number, how: 'push' | 'replace' = 'replace'): void {
  const chosen = lane.pieces[piece];
  if (chosen) go({ lane: lane.id, segment: iso(chosen.from) }, how);
}

/** An absence is not drawn, so it cannot be selected. */
const isShown = ({ state, mixed }: Piece) => state !== 'absent' || mixed !== undefined;

/** What a click or Enter on a run does: one state is selected, several that share its pixels are zoomed to. */
export function choose(lane: LaneModel, run: Run): void {
  const [first, last] = [lane.pieces[run.first], lane.pieces[run.last]];
  if (!first || !last) return;
  if (run.mixed) zoomTo({ from: first.from, to: last.to });
  else if (isShown(first)) select(lane, run.first);
}

/** Some room is left around it. */
export function zoomTo({ from, to }: Range): void {
  const room = Math.max((to - from) / 2, LEAST_ROOM_MS);
  showRange({ from: from - room, to: to + room }, 'push');
}

/** Next or previous segment of the selected lane. */
export function stepSegment(direction: -1 | 1): void {
  const now = selection();
  if (!now) {
    const first = model.value?.laneByRank.get(0);
    if (first) select(first, direction > 0 ? first.pieces.findIndex(isShown) : first.pieces.findLastIndex(isShown));
    return;
  }
  for (let index = now.piece + direction; now.lane.pieces[index]; index += direction) {
    if (!isShown(now.lane.pieces[index] as Piece)) continue;
    select(now.lane, index);
    return;
  }
}

/** The lane above or below, at the same time. */
export function stepLane(direction: -1 | 1): void {
  const { listed, laneByRank } = model.value ?? { listed: 0 };
  const now = selection();
  const rank = now ? now.index + direction : direction > 0 ? 0 : listed - 1;
  if (rank < 0 || rank >= listed) return;
  const lane = laneByRank?.get(rank);
  if (!lane) {
    // It can be stepped to once it has come.
    wantLanes(rank, rank + 1);
    return;
  }
  const at = now?.chosen.from ?? 0;
  const under = lane.pieces.findIndex((piece) => piece.to > at && isShown(piece));
  select(lane, under < 0 ? lane.pieces.findLastIndex(isShown) : under);
}

/** Brings the next or previous time at zero ready into the middle. */
export function stepZero(direction: -1 | 1): void {
  const now = range.value;
  const list = model.value?.zero ?? [];
  if (!now || list.length === 0) return;
  const at = view.value.at ? Date.parse(view.value.at) : direction > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const start = neighbour(
    list.map(({ from }) => from),
    at,
    direction,
  );
  if (start !== undefined) go({ at: iso(start), tab: 'state' });
}

export function setInstant(which: 'at' | 'b', at: number, entry: Entry = 'push'): void {
  if (which === 'at') go({ at: iso(at), tab: view.value.tab === 'compare' ? 'compare' : 'state' }, entry);
  else go({ b: iso(at), tab: 'compare' }, entry);
}

let stepping: Promise<void> = Promise.resolve();

/** Moves the instant A to the flip before or after it in the range, of any lane. Steps asked for meanwhile follow one another. */
export function stepChange(direction: -1 | 1): void {
  stepping = stepping.then(() => step(direction));
}

async function step(direction: -1 | 1): Promise<void> {
  const [now, span] = [view.peek(), range.peek()];
  const { namespace, name, cluster, source, asof } = now;
  if (!span || namespace === undefined || name === undefined) return;
  const at = now.at === undefined || now.at.startsWith('now') ? span.to : Date.parse(now.at);
  const ask: AskFlips = async (from, to, limit) => {
    const query = { from: iso(from), to: iso(to), limit, source, cluster, asof };
    const url = address(`${servicePath(namespace, name)}/flips`, query);
    const { items, nextCursor } = await getJson<FlipsAnswer>(url, AbortSignal.timeout(STEP_TIMEOUT_MS));
    return { instants: items.map((flip) => Date.parse(flip.at)), more: nextCursor !== undefined };
  };
  try {
    const next = await (direction > 0
      ? flipAfter(ask, Math.max(at, span.from - 1), span.to)
      : flipBefore(ask, Math.min(at, span.to), span.from, (span.to - span.from) / FIRST_LOOKS));
    // Who has gone elsewhere meanwhile is left there.
    if (next !== undefined && view.peek() === now) setInstant('at', next, 'replace');
  } catch (error) {
    notices.value = [`The next change could not be looked up. ${error instanceof ApiError ? error.message : 'No answer came.'}`];
  }
}

/** A link that shows the same facts for ever: absolute times, and the log as it is now. */
export function permalink(): string {
  const now = range.value;
  const asof = view.value.asof ?? model.value?.answer.asOf;
  const fixed = patched({ ...(now ? { from: iso(now.from), to: iso(now.to) } : {}), ...(asof === undefined ? {} : { asof }) });
  return new URL(viewQuery(fixed), window.location.href).href;
}

export function clear(): void {
  if (helpOpen.value) helpOpen.value = false;
  else if (view.value.lane !== undefined) go({ lane: undefined, segment: undefined }, 'replace');
  else if (view.value.cause !== undefined) go({ cause: undefined });
  else if (view.value.at !== undefined || view.value.b !== undefined) go({ at: undefined, b: undefined, tab: 'flips' });
}
