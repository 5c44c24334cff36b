/** The view and the address bar, held together. Choices push a history entry, movements (pan, hover of time) replace it. */
import { computed, signal } from '@preact/signals';
import { parseView, type View, viewQuery } from '../lib/view.ts';

const initial = parseView(window.location.search, Date.now());

export const view = signal<View>(initial.view);
/** Sentences about parts of the link that were not understood, and about what else could not be done. */
export const notices = signal<readonly string[]>(initial.notices);

/**
 * A drag or a wheel moves the view at every frame, and an address written as often is most of the frame; Safari refuses more
 * than 100 in 30 s, Chromium leaves some out. A single movement is written at once.
 */
const WRITE_MS = 400;
/** What the address bar tells. */
let written = viewQuery(initial.view);
let writtenAtMs = Number.NEGATIVE_INFINITY;
let writing: ReturnType<typeof setTimeout> | undefined;

function forgetWriting(): void {
  clearTimeout(writing);
  writing = undefined;
}

/** Brings the entry of the history to where movements have led. */
function write(): void {
  forgetWriting();
  const query = viewQuery(view.peek());
  if (query === written) return;
  window.history.replaceState(undefined, '', query);
  [written, writtenAtMs] = [query, performance.now()];
}

function writeSoon(): void {
  if (writing !== undefined) return;
  const wait = writtenAtMs + WRITE_MS - performance.now();
  if (wait > 0) writing = setTimeout(write, wait);
  else write();
}

window.addEventListener('popstate', () => {
  // The address is that of another entry by now.
  forgetWriting();
  const parsed = parseView(window.location.search, Date.now());
  written = viewQuery(parsed.view);
  view.value = parsed.view;
  notices.value = parsed.notices;
});

export type ViewPatch = { readonly [K in keyof View]?: View[K] | undefined };

export function patched(patch: ViewPatch, base: View = view.peek()): View {
  const next: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) delete next[name];
    else next[name] = value;
  }
  return next as unknown as View;
}

/**
 * What becomes of the address: another entry in the history, or the same one with another address, and that at once or, for
 * one of the many steps of a movement, soon.
 */
export type Entry = 'push' | 'replace' | 'move';

export function go(patch: ViewPatch, entry: Entry = 'push'): void {
  goTo(patched(patch), entry);
}

export function goTo(next: View, entry: Entry = 'push'): void {
  if (entry === 'push') {
    // The entry that is left tells where its movements ended.
    write();
    const query = viewQuery(next);
    if (query !== written) window.history.pushState(undefined, '', query);
    written = query;
  }
  if (notices.peek().length > 0) notices.value = [];
  view.value = next;
  if (entry === 'replace') write();
  if (entry === 'move') writeSoon();
}

/** What every screen shares: the cluster, the zone and the position as of which the log is read. */
export function screenView(screen: View['screen'], patch: Partial<View> = {}): View {
  const { cluster, zone, asof } = view.value;
  return {
    screen,
    tab: 'flips',
    allLanes: false,
    zone,
    ...(cluster === undefined ? {} : { cluster }),
    ...(asof === undefined ? {} : { asof }),
    ...patch,
  };
}

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** The IANA zone in which the page tells times. */
export const zone = computed(() => (view.value.zone === 'local' ? browserZone : view.value.zone));

export function toggleZone(): void {
  go({ zone: view.peek().zone === 'UTC' ? 'local' : 'UTC' }, 'replace');
}
