/** What the log tells of the objects behind one flip. */
import type { Backend, FlipState, Source } from '../backends.ts';
import type { KubeObject, Service } from '../objects.ts';
import type { ChangeType } from '../stream-batch.ts';
import type { EpochMs } from '../time.ts';
import type { Node, Pod, Workload } from './objects.ts';

/** Evidence older than this before a flip is not looked at: changes of the Service, its workloads and nodes. */
export const LOOK_BACK_MS = 10 * 60_000;
/** The same for the Pod and what is said of it, which changes most and is read most. The version in force then is known too. */
export const POD_BACK_MS = 3 * 60_000;
/**
 * Nor what came later than this after it. The streams of Pods, Events and address lists are independent of each other, and
 * kubelets and controllers send their Events after the fact, from a queue.
 */
export const LOOK_AHEAD_MS = 10_000;
/** A Pod of a StatefulSet comes back under its name once the old one has gone; for that it is worth waiting longer. */
export const SUCCESSOR_MS = 2 * 60_000;

/** One version of an object, in order of position. */
export interface Version<T extends KubeObject = KubeObject> {
  readonly position: number;
  readonly at: EpochMs;
  readonly type: ChangeType;
  /** `snapshot` and `relist`: when it became so is not known. */
  readonly origin: 'watch' | 'snapshot' | 'relist';
  readonly uid: string;
  /** What it was, or for a DELETED the last that it was. May be read only when asked for. */
  readonly object: T;
}

/** The versions of one object: the one in force where the evidence begins, if it existed, and those after it. */
export type Versions<T extends KubeObject = KubeObject> = readonly Version<T>[];

/** A v1 Event, in the words that matter here. (An "event" is a row of the log.) */
export interface Note {
  readonly position: number;
  /** When it was received; for one from a list, when it says that it happened. */
  readonly at: EpochMs;
  readonly reason: string;
  readonly message: string;
}

/** One version of a Service's address list, without its addresses. */
export interface ListVersion {
  readonly position: number;
  readonly at: EpochMs;
  /** False: no object of this source exists from here on. */
  readonly listed: boolean;
  /** Endpoints was cut at 1,000 addresses. */
  readonly truncated: boolean;
  /** Who wrote this version, where that was none of the controllers that keep address lists. */
  readonly editors: readonly string[];
}

export interface FlipFacts {
  readonly position: number;
  readonly at: EpochMs;
  readonly source: Source;
  readonly backend: Backend;
  readonly from: FlipState;
  readonly to: FlipState;
  readonly origin: 'watch' | 'snapshot' | 'relist';
}

/** All of it only as far as it was looked at: {@link LOOK_BACK_MS} (or {@link POD_BACK_MS}) before the flip to {@link LOOK_AHEAD_MS} after it. */
export interface Evidence {
  readonly flip: FlipFacts;
  /** Empty: Services are not recorded, or there is none of this name. */
  readonly service: Versions<Service>;
  /** Of the Pod behind the backend, by uid. Empty: Pods are not recorded, or no Pod stands behind the address. */
  readonly pod: Versions<Pod>;
  /** First versions of other Pods that took the Pod's name, up to {@link SUCCESSOR_MS} after the flip. */
  readonly successors: Versions<Pod>;
  /** Last version of the Pod that had the name before. */
  readonly predecessor?: Version<Pod>;
  readonly node: Versions<Node>;
  /** The list's version before the flip, and with it. */
  readonly list: { readonly before?: ListVersion; readonly after?: ListVersion };
  /** The last version of Endpoints that somebody wrote by hand: what a mirrored slice shows. */
  readonly mirrored?: ListVersion;
  /** In slices of the same Service this backend changed state too, or (for a flip in slices) there is nothing to compare. */
  readonly flippedInSlices?: boolean;
  /** v1 Events about the object with this uid, oldest first. */
  notes(uid: string): readonly Note[];
  replicaSet(name: string): Versions<Workload>;
  /** The ReplicaSets of a Deployment, each with all its versions, by uid of the Deployment. */
  replicaSetsOf(deployment: { readonly name: string; readonly uid: string }): readonly Versions<Workload>[];
  deployment(name: string): Versions<Workload>;
}

/** The version in force at an instant. */
export function versionAt<T extends KubeObject>(versions: Versions<T>, at: EpochMs): Version<T> | undefined {
  return versions[lastIndexAt(versions, at)];
}

/** Index of the last item at or before an instant, -1 for none. Items are in order of time. */
export function lastIndexAt(items: readonly { readonly at: number }[], at: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The part of `versions` that concerns a span: what was in force at its beginning, and what came up to its end. */
export function within<T extends { readonly at: number }>(versions: readonly T[], from: number, to: number): readonly T[] {
  const first = Math.max(0, lastIndexAt(versions, from));
  const last = lastIndexAt(versions, to);
  return first === 0 && last === versions.length - 1 ? versions : versions.slice(first, last + 1);
}

/** Items with from ≤ at ≤ to. */
export function between<T extends { readonly at: number }>(items: readonly T[], from: number, to: number): readonly T[] {
  return items.slice(lastIndexAt(items, from - 1) + 1, lastIndexAt(items, to) + 1);
}
