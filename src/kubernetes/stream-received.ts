/** What was received, and what becomes durable of it. */
import { compareResourceVersions } from '../domain/resources.ts';
import type { Change, ReceivedObject, StreamBatch } from '../domain/stream-batch.ts';
import type { EpochMs } from '../domain/time.ts';
import { cut, failed, log, relist } from './stream-failures.ts';
import { type Arrival, proveByArrival, proveByProbe } from './stream-proof.ts';
import { comparePage, enter, goOn, listPage, notCompared } from './stream-requests.ts';
import {
  andThen,
  type Failure,
  type Input,
  type Moment,
  type Phase,
  push,
  type Step,
  type StreamState,
  stay,
  unstack,
} from './stream-state.ts';
import { waiting, waitingAlone } from './waiting-object.ts';
import type { ChangeEvent, ServerStatus, WatchEvent } from './watch-line.ts';

export function pageAnswered(state: StreamState, input: Input & { type: 'page' }): Step {
  const { phase } = state;
  if (phase.name === 'comparing') return pageToCompare(state, phase, input);
  if (phase.name !== 'listing') return stay(state);
  const { resourceVersion, continueToken, objects } = input.list;
  if (phase.version !== undefined && phase.version !== resourceVersion) {
    // All pages of one list have one version; another one means that the server went on inconsistently.
    return failed(state, input, { kind: 'undecodable', message: 'the pages of a list are of different versions' });
  }
  const pages = push(phase.pages, objects);
  if (continueToken !== undefined)
    return listPage(state, input, { far: { ...phase, version: resourceVersion, pages }, continueToken });
  return andThen(snapshot(state, input, resourceVersion, unstack(pages).flat()), (next) => goOn(next, input, true));
}

function pageToCompare(state: StreamState, phase: Phase & { name: 'comparing' }, input: Input & { type: 'page' }): Step {
  const { resourceVersion, continueToken, objects } = input.list;
  // A server that does not know `Exact`: what it lists is no measure for the log.
  if (resourceVersion !== state.cursor)
    return notCompared(state, input, `the server answered with the state at ${resourceVersion}`);
  const pages = push(phase.pages, objects);
  if (continueToken !== undefined) return comparePage(state, input, { ...phase, pages }, continueToken);
  const { request } = phase;
  const whole: Phase = { name: 'comparing', request, answerBy: Number.POSITIVE_INFINITY };
  return stay({ ...state, phase: whole }, { do: 'compare', request, objects: unstack(pages).flat() });
}

/**
 * The log was held against the state at its cursor. What differs was lost, or the store was restored and has grown past the
 * cursor since; so versions prove nothing either, and bodies decide what of the relist is new.
 */
export function compared(state: StreamState, input: Input & { type: 'compared' }): Step {
  if (state.phase.name !== 'comparing') return stay(state);
  const done = { ...state, uncompared: false };
  if (input.disagreement === undefined) return goOn(done, input, true);
  return relist(done, input, { code: 'loss-proven', detail: cut(input.disagreement) }, true);
}

/** The first state or a relist, whole, and from now on the cursor. */
function snapshot(state: StreamState, { at }: Moment, resourceVersion: string, objects: readonly ReceivedObject[]): Step {
  const { relist: asked, told: _told, tellBy: _tellBy, ...rest } = state;
  const { reason, newEpoch } = asked ?? { reason: { code: 'recorder-stopped' } as const, newEpoch: false };
  const batch: StreamBatch = {
    kind: 'snapshot',
    stream: state.stream,
    at,
    resourceVersion,
    objects,
    reason,
    ...(newEpoch ? { newEpoch } : {}),
  };
  const sure = { unchecked: false, uncompared: false, closed: false };
  const next = { ...rest, ...sure, cursor: resourceVersion, provenAt: at, cuts: 0, tooLarge: 0 };
  return stay(next, { do: 'commit', batch }, log('info', `complete at ${resourceVersion}: ${objects.length} objects`));
}

export function received(state: StreamState, moment: Moment, events: readonly WatchEvent[], moreFollows: boolean): Step {
  if (events.length === 0) return stay(state);
  if (state.phase.name === 'streaming') return receivedFirstState(state, state.phase, moment, events, moreFollows);
  return state.phase.name === 'watching' ? receivedChanges(state, moment, events, moreFollows) : stay(state);
}

/** Enough that objects which are alike are found to be; of large ones a few, so that little waits as it came. */
const PACKED_TOGETHER_BYTES = 1 << 20;

/**
 * Initial events come in no order of versions (observed), so no cursor is taken from them; only the bookmark annotated
 * `k8s.io/initial-events-end: "true"` says that they are complete, and at which version.
 */
function receivedFirstState(
  state: StreamState,
  phase: Phase & { name: 'streaming' },
  moment: Moment,
  events: readonly WatchEvent[],
  moreFollows: boolean,
): Step {
  let { staged, loose = [] } = phase;
  const coming = [...loose];
  for (const [index, event] of events.entries()) {
    if (event.type === 'ERROR') return failed(state, moment, failureOf(event.status));
    if (event.type !== 'BOOKMARK') coming.push({ ...event, object: waitingAlone(event.object) });
    else if (event.initialEventsEnd) {
      const complete = new Map<string, ReceivedObject>();
      for (const { type, object } of [...unstack(staged).flat(), ...coming]) {
        const key = `${object.namespace}/${object.name}`;
        if (type === 'DELETED') complete.delete(key);
        else complete.set(key, object);
      }
      const { request, endBy, openedAt = moment.uptime } = phase;
      const whole = snapshot(state, moment, event.resourceVersion, [...complete.values()]);
      const watching: Phase = {
        name: 'watching',
        request,
        openedAt,
        lastLineAt: moment.uptime,
        endBy,
        accepted: true,
        cursorKnown: true,
        caughtUp: true,
        heard: true,
        nextProbeAt: moment.uptime + state.settings.probeEveryMs,
        pending: [],
      };
      const going = andThen(whole, (next) => enter(next, watching));
      return andThen(going, (next) => received(next, moment, events.slice(index + 1), moreFollows));
    }
  }
  if (coming.reduce((sum, { object }) => sum + object.body.length, 0) < PACKED_TOGETHER_BYTES) loose = coming;
  else [staged, loose] = [push(staged, packed(coming)), []];
  return stay({ ...state, phase: { ...phase, loose, ...(staged ? { staged } : {}) } });
}

function packed(events: readonly ChangeEvent[]): ChangeEvent[] {
  const objects = waiting(events.map(({ object }) => object));
  return events.map((event, index) => ({ ...event, object: objects[index] as ReceivedObject }));
}

function receivedChanges(state: StreamState, moment: Moment, events: readonly WatchEvent[], moreFollows: boolean): Step {
  const changes: Change[] = [];
  let cursor = state.cursor as string;
  let bookmark = false;
  let end: ((state: StreamState) => Step) | undefined;
  let heard = 0;
  for (const event of events) {
    if (event.type === 'ERROR') {
      end = (next) => failed(next, moment, failureOf(event.status));
      break;
    }
    if (event.type === 'BOOKMARK') {
      if (compareResourceVersions(event.resourceVersion, cursor) < 0) {
        end = (next) => wentBack(next, moment, event.resourceVersion);
        break;
      }
      bookmark = true;
      cursor = event.resourceVersion;
    } else {
      // Repeats after a reconnect are normal; they are older than the cursor and do not move it.
      changes.push(event);
      if (compareResourceVersions(event.object.resourceVersion, cursor) > 0) cursor = event.object.resourceVersion;
    }
    heard++;
  }
  if (heard === 0) return end ? end(state) : stay(state);
  const arrival = { version: cursor, bookmark, isLast: !moreFollows && end === undefined };
  const committed = commitChanges(state, moment, changes, arrival);
  return end ? andThen(committed, end) : committed;
}

function commitChanges(state: StreamState, moment: Moment, changes: readonly Change[], arrival: Arrival): Step {
  return andThen(goesOn(state, moment), (next) => {
    if (next.phase.name !== 'watching') return stay(next);
    const { watching, provenAt } = proveByArrival(next.phase, arrival, moment.at);
    const proven = latest(next.provenAt, provenAt) ?? moment.at;
    const phase = { ...watching, heard: true, lastLineAt: moment.uptime };
    return changed({ ...next, phase, quickEnds: 0 }, moment, changes, arrival.version, proven);
  });
}

/** `provenAt` is capped at the batch's own time: the recorder's clock may have been set back since it was proven. */
function changed(state: StreamState, { at }: Moment, changes: readonly Change[], cursor: string, proven: EpochMs): Step {
  const provenAt = proven > at ? at : proven;
  const batch: StreamBatch = { kind: 'changes', stream: state.stream, at, changes, cursor, provenAt };
  return stay({ ...state, cursor, provenAt }, { do: 'commit', batch });
}

/**
 * The server has shown that the watch goes on from the cursor: by an event, a bookmark at or after it, or by staying open
 * while its version is known to be at or after it. HTTP 200 alone would prove nothing.
 */
export function goesOn(state: StreamState, { at }: Moment): Step {
  if (state.phase.name !== 'watching' || state.phase.accepted) return stay(state);
  const { told: _told, tellBy: _tellBy, ...rest } = state;
  const next = { ...rest, closed: false, phase: { ...state.phase, accepted: true } };
  if (!state.closed) return stay(next);
  return stay(
    next,
    { do: 'commit', batch: { kind: 'resumed', stream: state.stream, at } },
    log('info', `resumed from ${state.cursor}`),
  );
}

export function versionAnswered(state: StreamState, input: Input & { type: 'version' }): Step {
  const { phase, cursor } = state;
  if (cursor === undefined) return stay(state);
  const older = compareResourceVersions(input.version, cursor) < 0;
  if (isProbe(phase, input.request)) {
    const { probing, ...watching } = phase;
    const answered = { ...state, phase: watching };
    if (probing === undefined || phase.openedAt === undefined) return stay(answered);
    // A consistent read is never older than anything the same store has shown before.
    if (older) return wentBack(answered, input, input.version);
    const proof = proveByProbe(
      watching,
      { sentAt: probing.sentAt, version: input.version },
      cursor,
      state.settings.pendingProbes,
    );
    const proven = proof.provenAt;
    const next = { ...answered, phase: proof.watching };
    if (proven === undefined || (state.provenAt !== undefined && proven <= state.provenAt)) return stay(next);
    return andThen(goesOn(next, input), (on) => changed(on, input, [], cursor, proven));
  }
  if (phase.name !== 'checking' || phase.request !== input.request) return stay(state);
  if (older) return wentBack(state, input, input.version);
  return goOn({ ...accepted(state), unchecked: false, tooLarge: 0 }, input, true);
}

/** The server showed a version before the cursor: its store may have been restored. The check decides, not this one answer. */
function wentBack(state: StreamState, moment: Moment, version: string): Step {
  const message = `Too large resource version: ${state.cursor}, current: ${version}`;
  return failed(state, moment, { kind: 'http', status: 504, reason: 'Timeout', message, causes: ['ResourceVersionTooLarge'] });
}

/** A request was answered with 2xx: the credentials are good, and the cluster is the one that was confirmed. */
export const accepted = (state: StreamState): StreamState =>
  state.renewed || state.doubted ? { ...state, renewed: false, doubted: false } : state;

const failureOf = (status: ServerStatus): Failure => ({
  kind: 'http',
  status: status.reason === 'Expired' || status.reason === 'Gone' ? 410 : status.code,
  reason: status.reason,
  message: status.message,
  causes: status.causes,
  ...(status.retryAfterSeconds === undefined ? {} : { retryAfterMs: status.retryAfterSeconds * 1_000 }),
});

export function isProbe(phase: Phase, request: number): phase is Phase & { name: 'watching' } {
  return phase.name === 'watching' && phase.probing?.request === request;
}

function latest(a: EpochMs | undefined, b: EpochMs | undefined): EpochMs | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}
