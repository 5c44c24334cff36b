/**
 * The view: everything that decides what the page shows, and nothing else. It lives in the URL's query, so that a link,
 * a reload and the Back key bring the same facts. Only the query is used, never the path: the page works under any prefix.
 */
import { canonicalTime } from './time-text.ts';
import { isZone } from './zone.ts';

export type Screen = 'services' | 'service' | 'coverage';
export type Tab = 'flips' | 'state' | 'compare';

export interface View {
  readonly screen: Screen;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** RFC 3339 UTC or relative to now. Absent: the server's default. */
  readonly from?: string;
  readonly to?: string;
  /** The instant A: of the services list, and of "state at". */
  readonly at?: string;
  /** The instant B, to compare with A. */
  readonly b?: string;
  readonly source?: 'endpoints' | 'endpointslices';
  readonly cause?: string;
  /** Filter of the services list. */
  readonly q?: string;
  readonly state?: string;
  /** Lane and start of the selected segment. */
  readonly lane?: string;
  readonly segment?: string;
  readonly tab: Tab;
  /** Show also the lanes that did not change in the range. */
  readonly allLanes: boolean;
  /** IANA name, `UTC`, or `local`. */
  readonly zone: string;
  /** Position as of which the log is read. */
  readonly asof?: number;
}

export interface ParsedView {
  readonly view: View;
  /** What was not understood and therefore left out; one sentence each, for the reader. */
  readonly notices: readonly string[];
}

const TIMES = ['from', 'to', 'at', 'b', 'segment'] as const;
const TEXTS = ['cluster', 'q', 'cause', 'lane', 'namespace'] as const;
const STATES = ['ok', 'degraded', 'down', 'empty', 'unknown'] as const;

export function parseView(search: string, now: number): ParsedView {
  const query = new URLSearchParams(search);
  const notices: string[] = [];
  const take: Record<string, unknown> = {};
  const refuse = (name: string, value: string, expected: string) => {
    const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
    notices.push(`The link's ${name} “${shown}” was ignored: expected ${expected}.`);
  };
  for (const name of TIMES) {
    const text = query.get(name);
    if (text === null) continue;
    const time = canonicalTime(text, now);
    if (time === undefined) refuse(name, text, 'RFC 3339, epoch milliseconds, or now, now-15m, now-1h');
    else take[name] = time;
  }
  for (const name of TEXTS) {
    const text = query.get(name);
    if (text) take[name] = text;
  }
  const choice = <T extends string>(name: string, allowed: readonly T[]): T | undefined => {
    const text = query.get(name);
    if (text === null) return undefined;
    const found = allowed.find((word) => word === text);
    if (found !== undefined) return found;
    refuse(name, text, `one of ${allowed.join(', ')}`);
    return undefined;
  };
  const source = choice('source', ['endpoints', 'endpointslices']);
  if (source) take.source = source;
  const state = choice('state', STATES);
  if (state) take.state = state;
  const tab = choice('tab', ['flips', 'state', 'compare']) ?? 'flips';
  const allLanes = choice('lanes', ['all', 'changed']) === 'all';
  const asof = query.get('asof');
  if (asof !== null) {
    if (/^\d{1,15}$/.test(asof)) take.asof = Number(asof);
    else refuse('asof', asof, 'a position, a whole number');
  }
  const zoneText = query.get('tz') ?? 'UTC';
  const zone = zoneText === 'local' ? 'local' : zoneText.toUpperCase() === 'UTC' ? 'UTC' : zoneText;
  const zoneKnown = zone === 'local' || isZone(zone);
  if (!zoneKnown) refuse('tz', zoneText, 'UTC, local or an IANA zone such as Europe/Berlin');

  let screen: Screen = choice('screen', ['services', 'coverage']) === 'coverage' ? 'coverage' : 'services';
  const service = query.get('service');
  if (service !== null) {
    const slash = service.indexOf('/');
    if (slash > 0 && slash < service.length - 1) {
      screen = 'service';
      take.namespace = service.slice(0, slash);
      take.name = service.slice(slash + 1);
    } else refuse('service', service, 'NAMESPACE/NAME');
  }
  const { from, to } = take as { from?: string; to?: string };
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
    notices.push('The link’s range was ignored: it ends before it begins.');
    delete take.from;
    delete take.to;
  }
  return { view: { ...take, screen, tab, allLanes, zone: zoneKnown ? zone : 'UTC' }, notices };
}

/** The query of a view, with its leading `?`; parsing it gives the view back. */
export function viewQuery(view: View): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string | number | undefined) => {
    if (value !== undefined && value !== '') query.set(name, String(value));
  };
  if (view.screen === 'coverage') put('screen', 'coverage');
  if (view.screen === 'service') put('service', `${view.namespace}/${view.name}`);
  else put('namespace', view.namespace);
  put('cluster', view.cluster);
  for (const name of ['from', 'to', 'at', 'b', 'source', 'cause', 'q', 'state', 'lane', 'segment', 'asof'] as const)
    put(name, view[name]);
  if (view.tab !== 'flips') put('tab', view.tab);
  if (view.allLanes) put('lanes', 'all');
  if (view.zone !== 'UTC') put('tz', view.zone);
  const text = query.toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
  return text ? `?${text}` : '?';
}
