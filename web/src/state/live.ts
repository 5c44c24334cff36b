/** Server-sent news. A view that ends at the present is asked for again; one that does not only counts what is new. */
import { effect, signal } from '@preact/signals';
import type { Flip } from '../../../src/http/contract.ts';
import { isRelative } from '../lib/time-text.ts';
import { clusters, coverage, flips, following, services, stateAt, timeline } from './data.ts';
import { view } from './location.ts';

/** Relative ranges move on even when nothing happens. */
const TICK_MS = 15_000;
const RECONNECT_MS = 5_000;
const GATHER_MS = 700;

export const connection = signal<'connecting' | 'open' | 'lost'>('connecting');
/** Flips of this view's Service that came since the view stopped following. */
export const unseen = signal(0);

let timer: ReturnType<typeof setTimeout> | undefined;

/** Bursts of news become one question. */
function refreshSoon(): void {
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    refresh();
  }, GATHER_MS);
}

export function refresh(): void {
  clusters.reload({ quiet: true });
  for (const resource of [services, timeline, flips, coverage]) resource.reload({ quiet: true });
  const { at, tab } = view.peek();
  if (tab === 'state' && (at === undefined || isRelative(at))) stateAt.reload({ quiet: true });
}

function concerns(items: readonly Flip[]): number {
  const { screen, namespace, name } = view.peek();
  if (screen !== 'service') return items.length;
  return items.filter((flip) => flip.namespace === namespace && flip.service === name).length;
}

export function startLive(): void {
  const connect = () => {
    const source = new EventSource('api/v1/stream');
    source.addEventListener('open', () => {
      // What happened while the line was down is asked for, not guessed.
      if (connection.peek() === 'lost' && following.peek()) refreshSoon();
      connection.value = 'open';
    });
    source.addEventListener('error', () => {
      connection.value = 'lost';
      // The browser reconnects by itself after a broken stream, but gives up after an answer other than 200.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, RECONNECT_MS);
    });
    source.addEventListener('flips', (message) => {
      const items = itemsOf(message.data);
      const count = concerns(items);
      if (count === 0) return;
      if (following.peek()) refreshSoon();
      else unseen.value += count;
    });
    source.addEventListener('coverage', () => {
      if (following.peek()) refreshSoon();
    });
  };
  connect();
  setInterval(() => {
    if (following.peek() && document.visibilityState === 'visible') refreshSoon();
  }, TICK_MS);
  effect(() => {
    if (following.value) unseen.value = 0;
  });
}

function itemsOf(data: unknown): Flip[] {
  try {
    const message = JSON.parse(String(data)) as { items?: Flip[] };
    return Array.isArray(message.items) ? message.items : [];
  } catch {
    return [];
  }
}
