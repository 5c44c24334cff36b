/** The requests of a stream, and entering the phases that wait for their answers. */
import { resourceNamed } from '../domain/resources.ts';
import { within } from './backoff.ts';
import {
  andThen,
  type Effect,
  type Moment,
  type Phase,
  type RequestId,
  type Step,
  type StreamState,
  stay,
} from './stream-state.ts';

/**
 * Asks for what the stream needs next: its first state (or a relist), whether its cursor is known to the server, the state
 * at its cursor, or the watch from there.
 *
 * @param cursorKnown the server has just shown that its version is at or after the cursor
 */
export function goOn(state: StreamState, moment: Moment, cursorKnown = false): Step {
  if (state.cursor === undefined || state.relist)
    return state.canStream ? streamFirstState(state, moment) : listPage(state, moment);
  if (state.unchecked) return checkCursor(state, moment, state.cursor);
  return state.uncompared ? compare(state, moment, state.cursor) : watch(state, moment, state.cursor, cursorKnown);
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

/**
 * Lists the state at exactly the cursor, to hold the log against it. Not `NotOlderThan`, which may answer with any later
 * state: then it could not be told whether the log lacks a change, or the watch is about to bring it.
 */
function compare(state: StreamState, moment: Moment, cursor: string): Step {
  const compareBy = state.compareBy ?? moment.uptime + state.settings.compareWithinMs;
  const so = { ...state, compareBy };
  if (moment.uptime >= compareBy) return notCompared(so, moment, `not within ${state.settings.compareWithinMs} ms`);
  const query = `limit=${state.settings.pageSize}&resourceVersion=${encodeURIComponent(cursor)}&resourceVersionMatch=Exact`;
  return ask(so, 'list', query, (request) => ({
    name: 'comparing',
    request,
    answerBy: moment.uptime + state.settings.answerWithinMs,
  }));
}

/** The next page of the state to compare with. */
export function comparePage(
  state: StreamState,
  moment: Moment,
  phase: Phase & { name: 'comparing' },
  continueToken: string,
): Step {
  const query = `limit=${state.settings.pageSize}&continue=${encodeURIComponent(continueToken)}`;
  const answerBy = moment.uptime + state.settings.answerWithinMs;
  return ask(state, 'list', query, (request) => ({ ...phase, request, answerBy }));
}

/**
 * Goes on without having compared: no loss is proven, and none is ruled out. The resume must not wait, because the server
 * forgets the versions after the cursor.
 *
 * @param cursorKnown as of {@link goOn}
 */
export function notCompared(state: StreamState, moment: Moment, why: string, cursorKnown = false): Step {
  const message = `not compared with the state at ${state.cursor}: ${why}`;
  const noted = stay({ ...state, uncompared: false }, { do: 'log', level: 'info', message });
  return andThen(noted, (next) => goOn(next, moment, cursorKnown));
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
  return stay(
    { ...state, phase, lastRequest: request },
    { do: 'version', request, query: 'limit=1', renewCredentials: false, confirmCluster: false },
  );
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
  const effect: Effect = { do: what, request, query, renewCredentials: state.renewed, confirmCluster: state.doubted };
  return { state: { ...entered.state, lastRequest: request }, effects: [...entered.effects, effect] };
}

/**
 * v1 Events have no watch cache, so no bookmarks tell that their watch is alive (observed: none in 130 s); its end does.
 */
function timeoutSeconds(state: StreamState, moment: Moment): number {
  const { watchTimeoutSeconds, heartbeatTimeoutSeconds } = state.settings;
  return within(resourceNamed(state.stream.resource).watchCache ? watchTimeoutSeconds : heartbeatTimeoutSeconds, moment.random);
}
