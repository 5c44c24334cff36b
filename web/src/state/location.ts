/** The view and the address bar, held together. Choices push a history entry, movements (pan, hover of time) replace it. */
import { computed, signal } from '@preact/signals';
import { parseView, type View, viewQuery } from '../lib/view.ts';

const initial = parseView(window.location.search, Date.now());

export const view = signal<View>(initial.view);
/** Sentences about parts of the link that were not understood. */
export const notices = signal<readonly string[]>(initial.notices);

window.addEventListener('popstate', () => {
  const parsed = parseView(window.location.search, Date.now());
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

export function go(patch: ViewPatch, how: 'push' | 'replace' = 'push'): void {
  goTo(patched(patch), how);
}

export function goTo(next: View, how: 'push' | 'replace' = 'push'): void {
  const query = viewQuery(next);
  if (query !== viewQuery(view.peek())) {
    if (how === 'push') window.history.pushState(undefined, '', query);
    else window.history.replaceState(undefined, '', query);
  }
  if (notices.peek().length > 0) notices.value = [];
  view.value = next;
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
