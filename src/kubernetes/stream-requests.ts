/** The requests of a stream, and entering the phases that wait for their answers. */
import { resourceNamed } from '../domain/resources.ts';
import { within } from './backoff.ts';
import { type Effect, type Moment, type Phase, type RequestId, type Step, type StreamState, stay } from './stream-state.ts';

/**
 * Asks for what the stream needs next: its first state (or a relist), whether its cursor is known to the server, or the
 * watch from its cursor.
 *
 * @param cursorKnown the server has just shown that its version is at or after the cursor
 */
export function goOn(state: StreamState, moment: Moment, cursorKnown = false): Step {
  if (state.cursor === undefined || state.relist)
    return state.canStream ? streamFirstState(state, moment) : listPage(state, moment);
  return state.unchecked ? checkCursor(state, moment, state.cursor) : watch(state, moment, state.cursor, cursorKnown);
}

/**
 * Streaming list (KEP-3157): consistent, because neither it nor a list may start from resourceVersion=0, which is whatever
 * a server's cache holds and may be older than what is recorded.
 */
function streamFirstState(state: StreamState, moment: Moment): Step {
  const seconds = timeoutSeconds(state, moment);
  const query = `watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=${seconds}`;
  return ask(state, 'watch', query, (request) => ({
    name: 'streaming',
    request,
    answerBy: moment.uptime + state.settings.openWithinMs,
    endBy: moment.uptime + seconds * 1_000 + state.settings.endGraceMs,
  }));
}

/**
 * The next page of a list. Pages after the first carry `limit` and `continue` alone; the version is in the token (API
 * concepts, "Retrieving large results sets in chunks").
 */
export function listPage(
  state: StreamState,
  moment: Moment,
  so?: { far: Phase & { name: 'listing' }; continueToken: string },
): Step {
  const limit = `limit=${state.settings.pageSize}`;
  return ask(state, 'list', so ? `${limit}&continue=${encodeURIComponent(so.continueToken)}` : limit, (request) => ({
    ...(so?.far ?? { name: 'listing' }),
    request,
    answerBy: moment.uptime + state.settings.answerWithinMs,
  }));
}

/**
 * Asks whether the cursor lies in the server's past. A watch from a version of the future, as after etcd was restored from
 * a backup, is answered with 200 and then silence (k/k#107457); this request is answered with 504 ResourceVersionTooLarge.
 */
function checkCursor(state: StreamState, moment: Moment, cursor: string): Step {
  const query = `limit=1&resourceVersion=${encodeURIComponent(cursor)}&resourceVersionMatch=NotOlderThan`;
  return ask(state, 'version', query, (request) => ({
    name: 'checking',
    request,
    answerBy: moment.uptime + state.settings.answerWithinMs,
  }));
}

function watch(state: StreamState, moment: Moment, cursor: string, cursorKnown: boolean): Step {
  const seconds = timeoutSeconds(state, moment);
  const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(cursor)}&timeoutSeconds=${seconds}`;
  return ask(state, 'watch', query, (request) => ({
    name: 'watching',
    request,
    lastLineAt: moment.uptime,
    endBy: moment.uptime + seconds * 1_000 + state.settings.endGraceMs,
    accepted: false,
    cursorKnown,
    // Without probes nothing could tell, and an arrival must do.
    caughtUp: state.settings.probeEveryMs === 0,
    heard: false,
    // At once after the opening: what the outage hid is proven by the first answer that the watch reaches.
    nextProbeAt: moment.uptime,
    pending: [],
  }));
}

/** Asks for the server's newest version beside a running watch. */
export function probe(state: StreamState, moment: Moment): Step {
  if (state.phase.name !== 'watching') return stay(state);
  const request = state.lastRequest + 1;
  const { answerWithinMs, probeEveryMs } = state.settings;
  const probing = { request, sentAt: moment.at, answerBy: moment.uptime + answerWithinMs };
  const phase: Phase = { ...state.phase, probing, nextProbeAt: moment.uptime + probeEveryMs };
  return stay({ ...state, phase, lastRequest: request }, { do: 'version', request, query: 'limit=1', renewCredentials: false });
}

/** Changes the phase; requests that belong to the old one alone are aborted. */
export function enter(state: StreamState, phase: Phase): Step {
  const kept = requestsOf(phase);
  const over = requestsOf(state.phase).filter((request) => !kept.includes(request));
  return stay({ ...state, phase }, ...over.map((request): Effect => ({ do: 'abort', request })));
}

function requestsOf(phase: Phase): RequestId[] {
  if (phase.name === 'waiting' || phase.name === 'stopped') return [];
  return phase.name === 'watching' && phase.probing ? [phase.request, phase.probing.request] : [phase.request];
}

function ask(state: StreamState, what: 'list' | 'version' | 'watch', query: string, phase: (request: RequestId) => Phase): Step {
  const request = state.lastRequest + 1;
  const entered = enter(state, phase(request));
  // Credentials that were refused once are loaded afresh until they are accepted.
  const effect: Effect = { do: what, request, query, renewCredentials: state.renewed };
  return { state: { ...entered.state, lastRequest: request }, effects: [...entered.effects, effect] };
}

/**
 * v1 Events have no watch cache, so no bookmarks tell that their watch is alive (observed: none in 130 s); its end does.
 */
function timeoutSeconds(state: StreamState, moment: Moment): number {
  const { watchTimeoutSeconds, heartbeatTimeoutSeconds } = state.settings;
  return within(resourceNamed(state.stream.resource).watchCache ? watchTimeoutSeconds : heartbeatTimeoutSeconds, moment.random);
}
