/** Lanes beyond those that came with the timeline: loaded as they are scrolled to, or because a link names one. */
import { signal } from '@preact/signals';
import type { DrawnLane, DrawnTimeline } from '../../../src/http/contract-timeline.ts';
import { address, getJson, type Query } from './api.ts';

/** So many lanes come at once: about what a screen holds. Where there are more, those that did not change are counted. */
export const LANES_A_PAGE = 60;

/** Belonging to the timeline of this moment; another one has lanes of its own. */
export const furtherLanes = signal<readonly DrawnLane[]>([]);

/** What is asked for a second time only after another timeline came. */
const asked = new Set<string>();
let answer: DrawnTimeline | undefined;
let path = '';
let query: Query = {};
let abort = new AbortController();

/** Another timeline came, by this route and question. */
export function startLanes(next: DrawnTimeline | undefined, route: string, question: Query): void {
  abort.abort();
  abort = new AbortController();
  asked.clear();
  [answer, path, query] = [next, route, question];
  if (furtherLanes.peek().length > 0) furtherLanes.value = [];
}

/** Loads the lanes with these ranks, `end` exclusive, whole pages of them. */
export function wantLanes(first: number, end: number): void {
  for (let page = Math.floor(first / LANES_A_PAGE); page * LANES_A_PAGE < end; page++) {
    if (page > 0) load({ lanesAfter: page * LANES_A_PAGE });
  }
}

/** Loads one lane, wherever it stands. */
export function wantLane(id: string): void {
  load({ lanesAfter: answer?.laneCount ?? 0, lane: id });
}

function load(part: Query): void {
  const timeline = answer;
  const key = JSON.stringify(part);
  if (timeline === undefined || asked.has(key)) return;
  asked.add(key);
  const { from, to, asOf: asof, px, source } = timeline;
  const { signal } = abort;
  const url = address(`${path}/timeline`, { ...query, from, to, asof, px, source, lanes: LANES_A_PAGE, ...part });
  getJson<DrawnTimeline>(url, signal).then(
    ({ lanes }) => {
      if (!signal.aborted) furtherLanes.value = [...furtherLanes.peek(), ...lanes];
    },
    // Their rows stay empty, and are asked for again when they next come into sight.
    () => asked.delete(key),
  );
}
