/** What a failure leads to: the same version again, a relist, another way of asking, or waiting while the ledger is told. */
import type { EndReason } from '../domain/stream-batch.ts';
import { backoffMs } from './backoff.ts';
import { enter, goOn, notCompared } from './stream-requests.ts';
import { andThen, type Effect, type Failure, type Moment, type Step, type StreamState, stay } from './stream-state.ts';

/** The main request of the phase failed, or was given up. */
export function failed(state: StreamState, moment: Moment, failure: Failure): Step {
  const noted = { ...state, lastError: { at: moment.at, message: describe(failure), kind: failure.kind }, doubted: true };
  if (failure.kind === 'credentials') return unauthenticated(noted, moment, failure);
  if (failure.kind !== 'http') return cutOff(noted, moment, failure);
  const { phase } = state;
  switch (failure.status) {
    case 401:
      return unauthenticated(noted, moment, failure);
    case 403:
      // RBAC may grant it later; until then only this stream has a gap.
      return andThen(tell(noted, moment, 'forbidden', failure), (told) => retry(told, moment, failure));
    case 404:
      // The group is not installed or switched off: `404 page not found` as plain text. It may come.
      return andThen(tell(noted, moment, 'not-served', failure), (told) =>
        wait({ ...told, failures: told.failures + 1 }, moment, moment.uptime + half(state.settings.notServedRetryMs, moment)),
      );
    case 410:
      return gone(noted, moment, failure);
    case 400:
    case 422:
      if (phase.name === 'comparing') return notCompared(noted, moment, describe(failure));
      // `sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled` (apimachinery validation).
      if (phase.name !== 'streaming') break;
      return goOn({ ...noted, canStream: false }, moment);
    case 504:
      if (isTooLarge(failure) && (phase.name === 'checking' || phase.name === 'comparing' || phase.name === 'watching'))
        return tooLarge(noted, moment, failure);
      break;
  }
  return cutOff(noted, moment, failure);
}

/** The answer to a probe did not come: the watch goes on, only unproven. */
export function probeFailed(state: StreamState, moment: Moment, failure: Failure): Step {
  if (state.phase.name !== 'watching') return stay(state);
  const { probing: _, ...watching } = state.phase;
  const next = { ...state, phase: { ...watching, nextProbeAt: moment.uptime + state.settings.probeEveryMs } };
  return stay(next, log('debug', `a probe failed: ${describe(failure)}`));
}

/** Waits, then asks for the same again, without a relist: refused, reset, 429 and 5xx say nothing about the cursor. */
export function retry(state: StreamState, moment: Moment, failure: Failure): Step {
  const { backoff } = state.settings;
  const { phase } = state;
  const lived = phase.name === 'watching' && phase.openedAt !== undefined ? moment.uptime - phase.openedAt : 0;
  const failures = lived >= backoff.healthyAfterMs ? 0 : state.failures;
  const asked = failure.kind === 'http' ? failure.retryAfterMs : undefined;
  // `Retry-After: 0` is no reason to ask without pause.
  const delay = asked ? Math.min(asked, backoff.maxRetryAfterMs) : backoffMs(backoff, failures, moment.random);
  const waiting = wait({ ...state, failures: failures + 1 }, moment, moment.uptime + delay);
  const message = `${describe(failure)}; asking again in ${delay} ms`;
  return andThen(waiting, (next) => stay(next, log(failures === 0 ? 'info' : 'warn', message)));
}

/** Writes into the ledger, once for each reason, that the stream does not go on. */
export function tell(state: StreamState, moment: Moment, code: EndReason['code'], failure: Failure): Step {
  if (state.told === code) return stay(state);
  const { tellBy: _, ...rest } = state;
  const reason: EndReason = { code, detail: describe(failure) };
  return stay(
    { ...rest, told: code, closed: true },
    { do: 'commit', batch: { kind: 'interrupted', stream: state.stream, at: moment.at, reason } },
  );
}

/** The server cannot go on from the cursor: the next snapshot is a gap. The known state stays what it was until then. */
export function relist(state: StreamState, moment: Moment, reason: EndReason, newEpoch: boolean): Step {
  const next = { ...state, relist: { reason, newEpoch }, doubted: true, quickEnds: 0, tooLarge: 0, failures: state.failures + 1 };
  const noted = log('warn', `relisting: ${reason.detail ?? reason.code}`);
  // The first relist starts at once; when it does not last, the next ones back off.
  if (state.failures === 0) return andThen(stay(next, noted), (at) => goOn(at, moment));
  return andThen(stay(next, noted), (at) =>
    wait(at, moment, moment.uptime + backoffMs(state.settings.backoff, state.failures, moment.random)),
  );
}

/** Waits until `until`; from now on the ledger's patience runs. */
export function wait(state: StreamState, moment: Moment, until: number): Step {
  const tellBy = state.tellBy ?? (state.told === undefined ? moment.uptime + state.settings.tellAfterMs : undefined);
  return enter(tellBy === undefined ? state : { ...state, tellBy }, { name: 'waiting', until });
}

/** For people, and for the ledger: `410 Expired: too old resource version: 1 (502)`. At most 300 characters. */
export function describe(failure: Failure): string {
  const text =
    failure.kind === 'http'
      ? [failure.reason === '' ? String(failure.status) : `${failure.status} ${failure.reason}`, failure.message]
          .filter(Boolean)
          .join(': ')
      : failure.message;
  return cut(text);
}

/** To the 300 characters that the ledger takes: texts may come from a server that is not trusted. */
export const cut = (text: string): string => (text.length > 300 ? `${text.slice(0, 299)}…` : text);

export const log = (level: (Effect & { do: 'log' })['level'], message: string): Effect => ({ do: 'log', level, message });

/** New credentials and one retry at once; if they are refused too, the ledger is told and the wait grows. */
function unauthenticated(state: StreamState, moment: Moment, failure: Failure): Step {
  if (!state.renewed && failure.kind === 'http') return goOn({ ...state, renewed: true }, moment);
  return andThen(tell({ ...state, renewed: true }, moment, 'unauthenticated', failure), (told) => retry(told, moment, failure));
}

/**
 * 410, over HTTP or as an ERROR in the stream, `Expired` or `Gone`: the versions after the cursor are compacted, or the API
 * server was restarted and its watch cache begins later, though nothing may have changed.
 */
function gone(state: StreamState, moment: Moment, failure: Failure): Step {
  // The state at the cursor is compacted, which says nothing of the changes after it: the watch will tell.
  if (state.phase.name === 'comparing') return notCompared(state, moment, describe(failure), true);
  if (state.phase.name === 'watching' || state.phase.name === 'checking')
    return relist(state, moment, { code: 'expired', detail: describe(failure) }, false);
  // During a list: the token expired between two pages. The token inside this answer continues an inconsistent list and
  // is not used; all pages are thrown away.
  return retry(state, moment, failure);
}

function tooLarge(state: StreamState, moment: Moment, failure: Failure): Step {
  const count = state.tooLarge + 1;
  if (count < state.settings.tooLargeAttempts) return retry({ ...state, tooLarge: count, unchecked: true }, moment, failure);
  // One of several API servers may lag for a moment; one that keeps saying so was restored from a backup.
  return relist(state, moment, { code: 'new-epoch', detail: describe(failure) }, true);
}

function cutOff(state: StreamState, moment: Moment, failure: Failure): Step {
  const { phase, settings } = state;
  if (phase.name !== 'streaming' || phase.openedAt === undefined) return retry(state, moment, failure);
  // Cut before its marker: all that was staged is thrown away. When that keeps happening, pages may get through.
  const cuts = state.cuts + 1;
  return retry({ ...state, cuts, canStream: cuts < settings.streamingAttempts }, moment, failure);
}

function isTooLarge(failure: Failure & { kind: 'http' }): boolean {
  return failure.causes.includes('ResourceVersionTooLarge') || /too large resource version/i.test(failure.message);
}

/** Between a half and the whole: a whole fleet must not look again at one instant. */
function half(ms: number, moment: Moment): number {
  return ms / 2 + (moment.random * ms) / 2;
}
