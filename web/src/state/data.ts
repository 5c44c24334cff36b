/** Every answer that the page shows, each asked for by the view. */
import { batch, computed, effect, signal } from '@preact/signals';
import type { ClustersAnswer, CoverageAnswer, DiffAnswer, FlipsAnswer, StateAnswer } from '../../../src/http/contract.ts';
import type { ServicesAnswer } from '../../../src/http/contract-services.ts';
import type { DrawnTimeline } from '../../../src/http/contract-timeline.ts';
import type { Range } from '../lib/scale.ts';
import { isRelative, parseTimeText } from '../lib/time-text.ts';
import { type TimelineModel, timelineModel } from '../lib/timeline-model.ts';
import { allServices } from './all-services.ts';
import { address, getJson, servicePath } from './api.ts';
import { furtherLanes, LANES_A_PAGE, startLanes, wantLane } from './lanes.ts';
import { view } from './location.ts';
import { Resource } from './resource.ts';
import { plotPx } from './window-size.ts';

export const PAGE_SIZE = 200;
/** Without a range in the link a long recording shows its last hours. */
const DEFAULT_SPAN_MS = 6 * 3_600_000;
const DRAG_DELAY_MS = 90;

export const clusters = new Resource<ClustersAnswer>(getJson);
export const services = new Resource<ServicesAnswer>(allServices);
export const timeline = new Resource<DrawnTimeline>(getJson);
export const flips = new Resource<FlipsAnswer>(getJson);
export const stateAt = new Resource<StateAnswer>(getJson);
/** The flips at the instant at which the selected segment begins. */
export const chosenFlips = new Resource<FlipsAnswer>(getJson);
export const diff = new Resource<DiffAnswer>(getJson);
export const coverage = new Resource<CoverageAnswer>(getJson);

/** Cursors of the flip table's pages before the one shown. */
export const flipPages = signal<readonly string[]>([]);

/** The cluster's recording: its ends as far as they are known. */
export const recording = computed<{ from?: number; to?: number }>(() => {
  const wanted = view.value.cluster;
  const items = (clusters.data.value?.items ?? []).filter(({ name }) => wanted === undefined || name === wanted);
  const starts = items.flatMap(({ firstEvent }) => (firstEvent ? [Date.parse(firstEvent.at)] : []));
  const ends = items.flatMap(({ provenUntil, lastEvent }) =>
    [provenUntil, lastEvent?.at].filter((at) => at !== undefined).map((at) => Date.parse(at)),
  );
  return { ...(starts.length ? { from: Math.min(...starts) } : {}), ...(ends.length ? { to: Math.max(...ends) } : {}) };
});

export const manyClusters = computed(() => (clusters.data.value?.items.length ?? 0) > 1);

export const model = computed<TimelineModel | undefined>(() => {
  const answer = timeline.data.value;
  return answer ? timelineModel(answer, furtherLanes.value) : undefined;
});

/** The range on the axis: the link's own where it is absolute, else as the server resolved it. */
export const range = computed<Range | undefined>(() => {
  const { from, to } = view.value;
  if (from !== undefined && to !== undefined && !isRelative(from) && !isRelative(to)) {
    return { from: Date.parse(from), to: Date.parse(to) };
  }
  return model.value?.range;
});

/** The view ends at the present, so news belongs in it. */
export const following = computed(() => {
  const { screen, to, at, asof } = view.value;
  const end = screen === 'services' ? at : to;
  return asof === undefined && (end === undefined || isRelative(end));
});

const settled = computed(() => clusters.data.value !== undefined || clusters.error.value !== undefined);

const rangeQuery = computed(() => {
  const { from, to, cluster, asof } = view.value;
  const known = recording.value;
  let start = from;
  if (from === undefined && to === undefined && known.from !== undefined && known.to !== undefined) {
    // In whole hours, so that news does not make it another question every time.
    if (known.to - known.from > DEFAULT_SPAN_MS)
      start = new Date(Math.floor((known.to - DEFAULT_SPAN_MS) / 3_600_000) * 3_600_000).toISOString();
  }
  return { from: start, to, cluster, asof };
});

/** What to do with lanes that did not change. */
const steady = computed<{ steady?: 'list' }>(() => (view.value.allLanes ? { steady: 'list' } : {}));

const shape = computed(() => {
  const { screen, namespace, name } = view.value;
  return screen === 'service' && namespace !== undefined && name !== undefined ? servicePath(namespace, name) : undefined;
});

export const flipsQuery = computed(() => ({ ...rangeQuery.value, source: view.value.source, cause: view.value.cause }));

const instantOf = (text: string) => parseTimeText(text, Date.now()) ?? 0;

export const clustersKey = address('clusters');

export function startLoading(): void {
  clusters.want(clustersKey);
  let service: string | undefined;
  effect(() => {
    const { screen, at, cluster, asof } = view.value;
    services.want(screen === 'services' ? address('services', { at, cluster, asof }) : undefined);
  });
  effect(() => {
    const path = shape.value;
    if (path !== service) {
      // Another Service's answers are not an old view of this one.
      service = path;
      batch(() => {
        timeline.want(undefined);
        flips.want(undefined);
        chosenFlips.want(undefined);
        stateAt.want(undefined);
        diff.want(undefined);
      });
    }
    if (path === undefined || !settled.value) return;
    const question = { ...rangeQuery.value, source: view.value.source, px: plotPx.value, lanes: LANES_A_PAGE, ...steady.value };
    timeline.want(address(`${path}/timeline`, question), { delayMs: timeline.data.peek() ? DRAG_DELAY_MS : 0 });
  });
  effect(() => {
    startLanes(timeline.data.value, shape.peek() ?? '', { cluster: view.peek().cluster, ...steady.peek() });
  });
  // A link may name a lane that is far from the worst.
  effect(() => {
    const { lane } = view.value;
    if (lane !== undefined && model.value?.lanes.every(({ id }) => id !== lane)) wantLane(lane);
  });
  effect(() => {
    const { lane, segment, source, cluster, asof } = view.value;
    const path = shape.value;
    const at = lane === undefined || segment === undefined ? Number.NaN : Date.parse(segment);
    if (path === undefined || Number.isNaN(at)) {
      chosenFlips.want(undefined);
      return;
    }
    const instant = { from: new Date(at).toISOString(), to: new Date(at + 1).toISOString() };
    chosenFlips.want(address(`${path}/flips`, { ...instant, source, cluster, asof, limit: 1_000 }));
  });
  let flipsBase = '';
  effect(() => {
    const path = shape.value;
    if (path === undefined || !settled.value) return;
    const base = address(`${path}/flips`, { ...flipsQuery.value, limit: PAGE_SIZE });
    if (base !== flipsBase) {
      flipsBase = base;
      if (flipPages.peek().length > 0) flipPages.value = [];
    }
    const cursor = flipPages.value.at(-1);
    flips.want(cursor === undefined ? base : `${base}&cursor=${encodeURIComponent(cursor)}`, {
      delayMs: flips.data.peek() ? DRAG_DELAY_MS : 0,
    });
  });
  effect(() => {
    const path = shape.value;
    const { at, b, tab, source, cluster, asof } = view.value;
    if (path === undefined) return;
    const delay = { delayMs: stateAt.data.peek() ? DRAG_DELAY_MS : 0 };
    stateAt.want(tab === 'state' ? address(`${path}/state`, { at, source, cluster, asof }) : undefined, delay);
    const two = tab === 'compare' && at !== undefined && b !== undefined;
    // The difference is told from the earlier to the later, whichever of them is A.
    const [first, second] = two && instantOf(at) > instantOf(b) ? [b, at] : [at, b];
    diff.want(two ? address(`${path}/diff`, { from: first, to: second, source, cluster, asof }) : undefined, delay);
  });
  effect(() => {
    coverage.want(view.value.screen === 'coverage' ? address('coverage', rangeQuery.value) : undefined);
  });
}
