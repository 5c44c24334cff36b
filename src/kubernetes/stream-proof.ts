/**
 * Up to when a stream is proven complete.
 *
 * A watch delivers the changes of its resource in the order of their versions, so what it has delivered at version v is
 * complete up to v; the question is which instant v stands for. Two things answer it.
 *
 * A **probe** is exact. A list without a resourceVersion is a consistent read (API concepts, "Semantics for get and list":
 * most recent), so every change that was made before the probe was *sent* has a version ≤ R, the version it answers with.
 * Once the watch has delivered a version ≥ R, the stream is complete up to that sending. R is the version of all of etcd:
 * the writes of other resources move it, so on a quiet stream only a bookmark (about one a minute, and the server's watch
 * cache follows etcd's progress for them) or R ≤ cursor answers the probe.
 *
 * An **arrival** (an event or bookmark at time t) is taken as proof up to t, with a slack: the time from the change's
 * commit to its arrival, which is some milliseconds on a healthy watch. It is not taken where it would be wrong by more:
 *  - while a resumed watch still replays what happened during the outage ({@link Watching.caughtUp});
 *  - while an answered probe says that the server was already further than what arrived: the watch then lags behind;
 *  - when something came with it that could not be taken: a line that is not understood, half a line, an error. What lagged
 *    behind that is not known, and may have happened before.
 *
 * v1 Events have no bookmarks, so a quiet stream of them is proven only up to the last Event, or to a probe that found
 * nothing newer in all of etcd. A clean end and a resume that works lose nothing, but date nothing either.
 */
import { compareResourceVersions } from '../domain/resources.ts';
import type { EpochMs } from '../domain/time.ts';
import type { Probe, Watching } from './stream-state.ts';

export interface Proof {
  readonly watching: Watching;
  /** Absent when nothing new is proven. */
  readonly provenAt?: EpochMs;
}

/** Of what one chunk of a watch brought. */
export interface Arrival {
  /** The greatest one. */
  readonly version: string;
  /** Whether there was one among it. */
  readonly bookmark: boolean;
  /** Nothing came behind it that was not understood, or not whole yet. */
  readonly isLast: boolean;
}

export function proveByArrival(watching: Watching, { version, bookmark, isLast }: Arrival, at: EpochMs): Proof {
  const pending = watching.pending.filter((probe) => compareResourceVersions(probe.version, version) > 0);
  const reached = watching.pending.at(watching.pending.length - pending.length - 1);
  const passed = pending.length < watching.pending.length ? reached : undefined;
  // A bookmark goes through the same queue as the events, behind all that a resume replays (KEP-956).
  const caughtUp = watching.caughtUp || bookmark || passed !== undefined;
  const next = { ...watching, pending, caughtUp };
  if (caughtUp && pending.length === 0 && isLast) return { watching: next, provenAt: at };
  return passed === undefined ? { watching: next } : { watching: next, provenAt: passed.sentAt };
}

/** What the answer to a probe proves. `limit` is how many probes may wait for the watch. */
export function proveByProbe(watching: Watching, probe: Probe, cursor: string, limit: number): Proof {
  if (compareResourceVersions(probe.version, cursor) <= 0) {
    // Nothing was written after the cursor, so there was nothing to miss, and nothing is on its way.
    return { watching: { ...watching, caughtUp: true, cursorKnown: true }, provenAt: probe.sentAt };
  }
  const newest = watching.pending.at(-1);
  // At the limit the newest makes room: the oldest will be reached first, the new one proves most.
  const keep =
    newest?.version === probe.version || watching.pending.length >= limit ? watching.pending.slice(0, -1) : watching.pending;
  return { watching: { ...watching, cursorKnown: true, pending: [...keep, probe] } };
}
