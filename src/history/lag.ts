/**
 * How long an address list took to follow its Pods. Pure.
 *
 * Both ends are when the recorder received the versions: one clock, in milliseconds. (The Ready condition's own time is of
 * another clock and cut off to whole seconds, so a lag measured from it could be wrong by more than most lags are.) The two
 * streams are independent of each other: a list that overtakes its Pod has a negative lag.
 */
import type { Backend, FlipState } from '../domain/backends.ts';
import type { EpochMs } from '../domain/time.ts';

export interface LaggingFlip {
  readonly position: number;
  readonly at: EpochMs;
  readonly backend: Backend;
  readonly from: FlipState;
  readonly to: FlipState;
  readonly origin: 'watch' | 'snapshot' | 'relist';
}

/** One version of a Pod, in order of time. */
export interface ReadinessStep {
  readonly position: number;
  readonly at: EpochMs;
  readonly ready: boolean;
  readonly transitionAt?: string;
  readonly watched: boolean;
}

export interface Lag {
  readonly flip: LaggingFlip;
  /** The version in which the Pod became what the flip says. */
  readonly pod: ReadinessStep;
  readonly lagMs: number;
}

/** How far a list's version may be received before that of the Pod behind it. */
const OVERTAKING_MS = 2_000;

/**
 * The lag of each flip between `ready` and `notReady` that a turn of its Pod explains. Flips and versions that were not seen as
 * they happened have none.
 *
 * @param versionsOf all versions of the Pod with this uid over the window and before, oldest first
 */
export function lagsOf(flips: Iterable<LaggingFlip>, versionsOf: (uid: string) => readonly ReadinessStep[]): Lag[] {
  const turns = new Map<string, readonly ReadinessStep[]>();
  const lags: Lag[] = [];
  for (const flip of flips) {
    const uid = flip.backend.pod?.uid;
    const turned = (flip.from === 'ready' && flip.to === 'notReady') || (flip.from === 'notReady' && flip.to === 'ready');
    if (uid === undefined || !turned || flip.origin !== 'watch') continue;
    const ofPod = turns.get(uid) ?? turnsIn(versionsOf(uid));
    turns.set(uid, ofPod);
    const pod = turnBehind(ofPod, flip.at, flip.to === 'ready');
    if (pod?.watched) lags.push({ flip, pod, lagMs: flip.at - pod.at });
  }
  return lags;
}

/** The versions in which the Pod became ready or ceased to be. The first one is none: what was before it is not known. */
function turnsIn(versions: readonly ReadinessStep[]): readonly ReadinessStep[] {
  return versions.filter((version, index) => index > 0 && versions[index - 1]?.ready !== version.ready);
}

/** The Pod's last turn, if it went the way of the flip; else one the other stream was yet to tell of. */
function turnBehind(turns: readonly ReadinessStep[], at: EpochMs, ready: boolean): ReadinessStep | undefined {
  const next = turns.findIndex((turn) => turn.at > at);
  const last = turns[(next < 0 ? turns.length : next) - 1];
  if (last?.ready === ready) return last;
  // The list may as well be late, and show what the Pod was just before.
  if (last !== undefined && at - last.at <= OVERTAKING_MS) return undefined;
  const following = next < 0 ? undefined : turns[next];
  return following?.ready === ready && following.at - at <= OVERTAKING_MS ? following : undefined;
}

/** Nearest rank; `undefined` for none. @param share 0 to 1 */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
