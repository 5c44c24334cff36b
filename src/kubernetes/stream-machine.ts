/**
 * One list+watch of one resource as a pure state machine: `step(state, input)` gives the next state and what is to be done.
 * No I/O, no clock, no dice; the driver (stream.ts) does the effects and feeds back what happens.
 *
 * What it guarantees, whatever the server and the network do:
 *  - every change between two commits is either in a batch, or in a span that the ledger shows as a gap;
 *  - the cursor is exactly what is durable: a step whose commit throws did not happen;
 *  - nothing of a first state or relist counts before all of it is there.
 *
 * What it cannot see: something created and deleted inside a gap; a store that was restored *and* has already grown past
 * the cursor before the next probe or check. The latter is found after the next restart, by the compare, while the server
 * still has the state at the cursor.
 */
import { resourceNamed, type StreamKey } from '../domain/resources.ts';
import type { WatchSettings } from './settings.ts';
import { failed, log, probeFailed, relist, retry, tell } from './stream-failures.ts';
import { accepted, compared, goesOn, isProbe, pageAnswered, received, versionAnswered } from './stream-received.ts';
import { enter, goOn, notCompared, probe } from './stream-requests.ts';
import { andThen, type Failure, type Input, type Moment, type Phase, type Step, type StreamState, stay } from './stream-state.ts';

export function initialState(stream: StreamKey, settings: WatchSettings): StreamState {
  return {
    stream,
    settings,
    phase: { name: 'waiting', until: Number.POSITIVE_INFINITY },
    unchecked: false,
    uncompared: false,
    closed: false,
    canStream: true,
    cuts: 0,
    quickEnds: 0,
    tooLarge: 0,
    failures: 0,
    renewed: false,
    doubted: false,
    lastRequest: 0,
  };
}

/** Inputs about a request that is over change nothing, and after `stop` nothing does. */
export function step(state: StreamState, input: Input): Step {
  if (state.phase.name === 'stopped') return stay(state);
  switch (input.type) {
    case 'start':
      return start(state, input);
    case 'tick':
      return tick(state, input);
    case 'stop':
      return enter(state, { name: 'stopped' });
    case 'commit-failed':
      return commitFailed(state, input);
    case 'failed':
      if (isProbe(state.phase, input.request)) return probeFailed(state, input, input.failure);
      return isCurrent(state.phase, input.request) ? failed(state, input, input.failure) : stay(state);
    case 'version':
      return versionAnswered(state, input);
    default:
      if (!isCurrent(state.phase, input.request)) return stay(state);
      if (input.type === 'page') return pageAnswered(accepted(state), input);
      if (input.type === 'compared') return compared(state, input);
      if (input.type === 'opened') return opened(accepted(state), input);
      if (input.type === 'events') return received(state, input, input.events, input.moreFollows);
      return ended(state, input);
  }
}

/** When the machine wants a `tick`, in the milliseconds of {@link Moment.uptime}. */
export function wakeAt(state: StreamState): number {
  const { phase, settings } = state;
  const tellBy = state.tellBy ?? Number.POSITIVE_INFINITY;
  switch (phase.name) {
    case 'stopped':
      return Number.POSITIVE_INFINITY;
    case 'waiting':
      return Math.min(tellBy, phase.until);
    case 'checking':
    case 'listing':
      return Math.min(tellBy, phase.answerBy);
    case 'comparing':
      return Math.min(tellBy, phase.answerBy, state.compareBy ?? Number.POSITIVE_INFINITY);
    case 'streaming':
      return Math.min(tellBy, phase.answerBy, phase.endBy);
    case 'watching': {
      const { openedAt, probing } = phase;
      if (openedAt === undefined) return Math.min(tellBy, phase.lastLineAt + settings.openWithinMs);
      const times = [tellBy, phase.endBy, probing ? probing.answerBy : nextProbeAt(state)];
      if (hasBookmarks(state)) times.push(phase.lastLineAt + settings.inactivityMs);
      if (!phase.accepted && phase.cursorKnown) times.push(openedAt + settings.acceptedAfterMs);
      return Math.min(...times);
    }
  }
}

function start(state: StreamState, input: Input & { type: 'start' }): Step {
  if (input.cursor === undefined) return goOn(state, input);
  const { resourceVersion, provenAt } = input.cursor;
  // The last process closed the coverage, or its end did.
  const stored = { cursor: resourceVersion, provenAt, unchecked: true, uncompared: isComparable(state), closed: true };
  return goOn({ ...state, ...stored }, input);
}

/**
 * v1 Events are not compared. Their state at a version is well defined (an expiry has a version too), but the server keeps
 * no cache of them: each page is a read of etcd, there may be a hundred thousand of them, and the resume would wait. What it
 * could prove lost are reasons, of which no state is made.
 */
const isComparable = (state: StreamState): boolean => state.settings.compareWithinMs > 0 && hasBookmarks(state);

function tick(state: StreamState, moment: Moment): Step {
  if (state.tellBy !== undefined && moment.uptime >= state.tellBy) {
    const { kind = 'connection', message = 'the API server does not answer' } = state.lastError ?? {};
    // A server that sends what nobody understands is reached, and looking at the network would be in vain.
    const code = kind === 'undecodable' ? 'undecodable' : 'unreachable';
    return andThen(tell(state, moment, code, { kind: 'connection', message }), (told) => tick(told, moment));
  }
  const { phase, settings } = state;
  const { uptime } = moment;
  const dead = (message: string) => failed(state, moment, { kind: 'connection', message });
  switch (phase.name) {
    case 'waiting':
      return uptime >= phase.until ? goOn(state, moment) : stay(state);
    case 'checking':
    case 'listing':
      return uptime >= phase.answerBy ? dead(`no answer within ${settings.answerWithinMs} ms`) : stay(state);
    case 'comparing':
      if (state.compareBy !== undefined && uptime >= state.compareBy)
        return notCompared(state, moment, `not within ${settings.compareWithinMs} ms`);
      return uptime >= phase.answerBy ? dead(`no answer within ${settings.answerWithinMs} ms`) : stay(state);
    case 'streaming':
      return uptime >= Math.min(phase.answerBy, phase.endBy) ? firstStateLate(state, phase, moment) : stay(state);
    case 'watching':
      if (phase.openedAt === undefined) {
        return uptime >= phase.lastLineAt + settings.openWithinMs
          ? dead(`no answer within ${settings.openWithinMs} ms`)
          : stay(state);
      }
      if (uptime >= phase.endBy) return dead('the watch outlived its timeout');
      // TCP keepalive is not enough (proxies answer it), and bytes without a newline are no sign of life either
      // (JS#364, #596, #2127).
      if (hasBookmarks(state) && uptime >= phase.lastLineAt + settings.inactivityMs) {
        return dead(`no event or bookmark for ${settings.inactivityMs} ms: the connection is dead`);
      }
      if (phase.probing && uptime >= phase.probing.answerBy) {
        const abort = { do: 'abort', request: phase.probing.request } as const;
        const failure: Failure = { kind: 'connection', message: `no answer within ${settings.answerWithinMs} ms` };
        return andThen(stay(state, abort), (next) => probeFailed(next, moment, failure));
      }
      if (!phase.accepted && phase.cursorKnown && uptime >= phase.openedAt + settings.acceptedAfterMs) {
        return andThen(goesOn(state, moment), (next) => tick(next, moment));
      }
      return !phase.probing && uptime >= nextProbeAt(state) ? probe(state, moment) : stay(state);
    default:
      return stay(state);
  }
}

/** No head, or no marker: a server that ignores sendInitialEvents sends the objects and never the marker. */
function firstStateLate(state: StreamState, phase: Phase & { name: 'streaming' }, moment: Moment): Step {
  if (phase.openedAt === undefined) {
    return failed(state, moment, { kind: 'connection', message: `no answer within ${state.settings.openWithinMs} ms` });
  }
  const message = 'the streamed first state did not end: listing in pages instead';
  return andThen(stay({ ...state, canStream: false }, log('info', message)), (next) => goOn(next, moment));
}

function opened(state: StreamState, { uptime }: Moment): Step {
  const { phase, settings } = state;
  if (phase.name === 'watching') return stay({ ...state, phase: { ...phase, openedAt: uptime, lastLineAt: uptime } });
  if (phase.name !== 'streaming') return stay(state);
  return stay({ ...state, phase: { ...phase, openedAt: uptime, answerBy: uptime + settings.markerWithinMs } });
}

/** A clean end says nothing: timeout, shutdown and the eviction of a slow reader look alike. */
function ended(state: StreamState, moment: Moment): Step {
  const { phase, settings } = state;
  const early: Failure = { kind: 'connection', message: 'the watch ended early' };
  if (phase.name !== 'watching')
    return failed(state, moment, { kind: 'connection', message: 'the first state ended before its end marker' });
  const lived = moment.uptime - (phase.openedAt ?? moment.uptime);
  if (lived < settings.quickEndMs && !phase.heard) {
    // reflector.go's "very short watch" (k/k#104171): some servers end a watch of a version they no longer have, without
    // any error. Once may be chance.
    if (state.quickEnds === 0) return retry({ ...state, quickEnds: 1 }, moment, early);
    const detail = 'the watch ended at once, twice, without an event';
    return relist(state, moment, { code: 'expired', detail }, false);
  }
  const going = { ...state, quickEnds: 0 };
  return lived >= settings.steadyMs ? goOn({ ...going, failures: healthy(lived, going) }, moment) : retry(going, moment, early);
}

const healthy = (lived: number, { settings, failures }: StreamState): number =>
  lived >= settings.backoff.healthyAfterMs ? 0 : failures;

/** The store is failing: nothing more is read, and the stream goes on from what is durable. */
function commitFailed(state: StreamState, input: Input & { type: 'commit-failed' }): Step {
  // The ledger cannot be told either, so its patience starts anew.
  const { tellBy: _, ...rest } = state;
  const { message } = input;
  return retry({ ...rest, lastError: { at: input.at, message } }, input, { kind: 'connection', message });
}

const hasBookmarks = ({ stream }: StreamState): boolean => resourceNamed(stream.resource).watchCache;

function nextProbeAt({ phase, settings }: StreamState): number {
  return phase.name === 'watching' && settings.probeEveryMs > 0 ? phase.nextProbeAt : Number.POSITIVE_INFINITY;
}

function isCurrent(phase: Phase, request: number): boolean {
  return phase.name !== 'waiting' && phase.name !== 'stopped' && phase.request === request;
}
