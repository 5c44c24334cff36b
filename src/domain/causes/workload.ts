/** What a ReplicaSet and its Deployment did around the making or the deletion of a Pod: a rollout, a scaling, or nothing. */
import type { EpochMs } from '../time.ts';
import { type Evidence, lastIndexAt, type Note, type Version, type Versions, versionAt } from './evidence.ts';
import { controllerOf, type Pod, type Workload } from './objects.ts';

export interface Scaling {
  readonly kind: 'rollout' | 'scaling' | 'first-rollout';
  /** False where a part of the evidence is missing and the rest implies the kind. */
  readonly isCertain: boolean;
  readonly replicaSet: string;
  readonly from: number;
  readonly to: number;
  /** In a rollout: the ReplicaSet at the other end. */
  readonly other?: string;
  readonly shown: readonly { readonly position: number }[];
}

/** Streams differ by this much: a change received so shortly after another may have been made before it. */
const SKEW_MS = 2_000;
/** A ReplicaSet deletes its Pods within this of being scaled down, unless it is throttled. */
const RECENT_MS = 30_000;
const REVISION = 'deployment.kubernetes.io/revision';

/** The ReplicaSet that owns the Pod, by the Pod's owner reference; `undefined` for a Pod of something else or of nothing. */
export function replicaSetOf(pod: Pod): { readonly name: string; readonly uid: string } | undefined {
  const owner = controllerOf(pod);
  return owner?.kind === 'ReplicaSet' && owner.name && owner.uid ? { name: owner.name, uid: owner.uid } : undefined;
}

/** The v1 Event in which a controller says that it deleted the Pod (`Deleted pod: web-1`, `delete Pod web-0 in StatefulSet web successful`). */
export function deletionNote(evidence: Evidence, pod: Pod): Note | undefined {
  return noteNaming(evidence, controllerOf(pod)?.uid, 'SuccessfulDelete', pod.metadata.name);
}

export function creationNote(evidence: Evidence, pod: Pod): Note | undefined {
  return noteNaming(evidence, controllerOf(pod)?.uid, 'SuccessfulCreate', pod.metadata.name);
}

function noteNaming(evidence: Evidence, uid: string | undefined, reason: string, name: string): Note | undefined {
  if (!uid) return undefined;
  return evidence.notes(uid).findLast((note) => note.reason === reason && mentions(note.message, name));
}

/** Whether a message names an object: as a word of its own, not as a part of a longer name. */
export function mentions(message: string, name: string): boolean {
  return name !== '' && message.split(/[\s:,'"()]+/).some((word) => word === name || word.endsWith(`/${name}`));
}

/**
 * Why a ReplicaSet had one Pod too many when it deleted this one. `undefined`: it had not, so somebody else deleted it.
 *
 * A ReplicaSet deletes Pods when `spec.replicas` is below what it has (kubernetes pkg/controller/replicaset manageReplicas).
 * Its Deployment lowers that in a rollout, when it is no longer the newest, or because the Deployment itself was scaled
 * down (pkg/controller/deployment rolling.go, recreate.go, sync.go).
 */
export function scalingDown(evidence: Evidence, pod: Pod, deletedAt: EpochMs): Scaling | undefined {
  const owner = replicaSetOf(pod);
  if (owner === undefined) return undefined;
  const versions = evidence.replicaSet(owner.name).filter(({ uid }) => uid === owner.uid);
  const note = deletionNote(evidence, pod);
  const index = note ? nearestDecrease(versions, deletedAt) : pendingDecrease(versions, deletedAt);
  const decrease = versions[index];
  const before = versions[index - 1];
  if (decrease === undefined || before === undefined) return undefined;
  const scaled = { replicaSet: owner.name, from: replicasOf(before), to: replicasOf(decrease) };
  const { deployment, newest, changed } = deploymentAround(evidence, decrease, before.at);
  const shown = [decrease, ...flat(note, scalingNote(evidence, deployment?.uid, owner.name, decrease.at))];
  if (deployment === undefined) return { kind: 'scaling', isCertain: true, ...scaled, shown };
  if (newest !== undefined && newest.uid !== owner.uid) {
    return { kind: 'rollout', isCertain: true, ...scaled, other: newest.object.metadata.name, shown: [...shown, newest] };
  }
  // Scaled down although the Deployment still wants as many: a rollout that takes all old Pods away first (Recreate).
  if (changed === 'same') return { kind: 'rollout', isCertain: false, ...scaled, shown };
  return { kind: 'scaling', isCertain: changed === 'fewer' && newest !== undefined, ...scaled, shown };
}

/** Why a ReplicaSet wanted one Pod more when it made this one. `undefined`: it did not, so the Pod replaces another, or nothing is known. */
export function scalingUp(evidence: Evidence, pod: Pod, madeAt: EpochMs): Scaling | undefined {
  const owner = replicaSetOf(pod);
  if (owner === undefined) return undefined;
  const versions = evidence.replicaSet(owner.name).filter(({ uid }) => uid === owner.uid);
  let index = lastIndexAt(versions, madeAt);
  if (index < 0 && versions[0] !== undefined && versions[0].at <= madeAt + SKEW_MS) index = 0;
  const present = versions[index];
  if (present === undefined) return undefined;
  const settled = lastSettled(versions, index);
  const isNew = settled === undefined && versions[0]?.type === 'ADDED' && versions[0].origin === 'watch';
  if (settled === undefined && !isNew) return undefined;
  const from = settled === undefined ? 0 : replicasOf(settled);
  const to = replicasOf(present);
  if (to <= from) return undefined;

  const unsettled = versions.slice(settled === undefined ? 0 : versions.indexOf(settled) + 1, index + 1);
  const first = unsettled.find((version) => replicasOf(version) > from) ?? present;
  const { deployment, newest, changed, others } = deploymentAround(evidence, first, settled?.at ?? first.at);
  const shown = [first, ...flat(creationNote(evidence, pod), scalingNote(evidence, deployment?.uid, owner.name, first.at))];
  const scaled = { replicaSet: owner.name, from, to };
  if (deployment === undefined) return { kind: 'scaling', isCertain: true, ...scaled, shown };
  const other = largest(others);
  if (settled === undefined) {
    if (others.length === 0) return { kind: 'first-rollout', isCertain: true, ...scaled, shown };
    return { kind: 'rollout', isCertain: true, ...scaled, ...named(other), shown };
  }
  if (changed === 'more') return { kind: 'scaling', isCertain: true, ...scaled, shown };
  if (newest?.uid === owner.uid && others.length > 0) {
    return { kind: 'rollout', isCertain: changed === 'same', ...scaled, ...named(other), shown };
  }
  return changed === 'same' ? undefined : { kind: 'scaling', isCertain: false, ...scaled, shown };
}

const named = (other: Version<Workload> | undefined) => (other ? { other: other.object.metadata.name } : {});

/** The Deployment of a ReplicaSet when the ReplicaSet changed, and whether it wanted more or fewer Pods than at `since`. */
function deploymentAround(evidence: Evidence, replicaSet: Version<Workload>, since: EpochMs) {
  const owner = controllerOf(replicaSet.object);
  if (owner?.kind !== 'Deployment' || !owner.name || !owner.uid) {
    return { deployment: undefined, newest: undefined, changed: 'unknown' as const, others: [] };
  }
  const deployment = { name: owner.name, uid: owner.uid };
  const siblings = evidence.replicaSetsOf(deployment).flatMap((versions) => {
    const [first] = versions;
    return versionAt(versions, replicaSet.at) ?? (first && first.at <= replicaSet.at + SKEW_MS ? first : []);
  });
  const living = siblings.filter(({ type }) => type !== 'DELETED');
  const newest = living.reduce<Version<Workload> | undefined>(
    (best, each) => (best === undefined || revisionOf(each) > revisionOf(best) ? each : best),
    undefined,
  );
  const versions = evidence.deployment(owner.name).filter(({ uid }) => uid === owner.uid);
  const before = versionAt(versions, since) ?? versions[0];
  const after = versionAt(versions, replicaSet.at);
  const difference = before && after ? replicasOf(after) - replicasOf(before) : undefined;
  const changed =
    difference === undefined ? ('unknown' as const) : difference > 0 ? 'more' : difference < 0 ? 'fewer' : ('same' as const);
  return { deployment, newest, changed, others: living.filter(({ uid }) => uid !== replicaSet.uid) };
}

function scalingNote(evidence: Evidence, deployment: string | undefined, replicaSet: string, at: number): Note | undefined {
  if (deployment === undefined) return undefined;
  return evidence
    .notes(deployment)
    .find((note) => note.reason === 'ScalingReplicaSet' && note.at >= at - SKEW_MS && mentions(note.message, replicaSet));
}

/** The API server's default is 1. */
function replicasOf({ object }: Version<Workload>): number {
  return object.spec?.replicas ?? 1;
}

function heldOf({ object }: Version<Workload>): number {
  return object.status?.replicas ?? 0;
}

function revisionOf({ object }: Version<Workload>): number {
  return Number(object.metadata.annotations?.[REVISION]) || 0;
}

function largest(versions: readonly Version<Workload>[]): Version<Workload> | undefined {
  return versions.reduce<Version<Workload> | undefined>((best, each) => {
    if (best === undefined) return each;
    const difference = heldOf(each) - heldOf(best) || revisionOf(each) - revisionOf(best);
    return difference > 0 ? each : best;
  }, undefined);
}

/** The last decrease before a deletion that the ReplicaSet says it made; the first one after it, where the streams differ. */
function nearestDecrease(versions: Versions<Workload>, deletedAt: EpochMs): number {
  const before = lastDecrease(versions, deletedAt);
  const isRecent = before > 0 && deletedAt - (versions[before]?.at ?? 0) <= RECENT_MS;
  if (isRecent) return before;
  const after = lastIndexAt(versions, deletedAt) + 1;
  const next = versions[after];
  const isNext = next !== undefined && after > 0 && next.at <= deletedAt + SKEW_MS && lastDecrease(versions, next.at) === after;
  return isNext ? after : before;
}

/** Index of the last version at or before `at` that wants fewer Pods than the one before it; -1 for none. */
function lastDecrease(versions: Versions<Workload>, at: number): number {
  for (let index = lastIndexAt(versions, at); index > 0; index--) {
    if (replicasOf(versions[index] as Version<Workload>) < replicasOf(versions[index - 1] as Version<Workload>)) return index;
  }
  return -1;
}

/** The same, where the ReplicaSet still had more Pods than it wanted at `at`. */
function pendingDecrease(versions: Versions<Workload>, at: EpochMs): number {
  const present = versionAt(versions, at);
  if (present === undefined || heldOf(present) <= replicasOf(present)) return -1;
  const decrease = lastDecrease(versions, at);
  const settled = lastSettled(versions, lastIndexAt(versions, at));
  return settled === undefined || versions.indexOf(settled) < decrease ? decrease : -1;
}

/** The last version up to `index` in which the ReplicaSet had as many Pods as it wanted. */
function lastSettled(versions: Versions<Workload>, index: number): Version<Workload> | undefined {
  return versions.slice(0, index + 1).findLast((version) => replicasOf(version) === heldOf(version));
}

function flat<T>(...items: (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}
