/** Rollouts and scalings, from the versions of Deployments and ReplicaSets. Pure. */
import type { Version } from '../domain/causes/index.ts';
import { type KubeObject, objectsOf, textOf } from '../domain/objects.ts';
import { type EpochMs, formatTime } from '../domain/time.ts';
import type { RolloutAnswer, ScalingAnswer } from './answers.ts';

/** The parts of a Deployment or ReplicaSet that are read, as they are stored. Untrusted. */
export interface WorkloadBody extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } };
  };
  readonly status?: {
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly { readonly type?: string; readonly reason?: string }[];
  };
}

export type WorkloadVersions = readonly Version<WorkloadBody>[];

/** The Deployment controller counts a Deployment's templates here, and writes the count of each ReplicaSet's on it. */
export const REVISION = 'deployment.kubernetes.io/revision';

const REPLICAS_BY_DEFAULT = 1;

/**
 * Changes of `spec.replicas` from `from` on.
 *
 * @param versions oldest first: the one in force at `from`, and those after it
 */
export function scalings(kind: ScalingAnswer['kind'], name: string, versions: WorkloadVersions, from: EpochMs): ScalingAnswer[] {
  return changes(versions, from).flatMap(({ before, after }) => {
    const [was, is] = [before, after].map(({ object }) => object.spec?.replicas ?? REPLICAS_BY_DEFAULT) as [number, number];
    return was === is ? [] : [{ ...whenOf(after), kind, name, from: was, to: is }];
  });
}

/**
 * Changes of the revision from `from` on: a new template, or the return to an earlier one. A Deployment that is only just
 * getting its first revision is not rolled out, it begins.
 *
 * @param replicaSetWith name of the ReplicaSet that bore a revision at an instant
 */
export function rollouts(
  name: string,
  versions: WorkloadVersions,
  from: EpochMs,
  replicaSetWith: (revision: string, at: EpochMs) => string | undefined,
): RolloutAnswer[] {
  return changes(versions, from).flatMap(({ before, after, index }) => {
    const [was, is] = [revisionOf(before.object), revisionOf(after.object)];
    if (was === undefined || is === undefined || was === is) return [];
    const [fromReplicaSet, toReplicaSet] = [replicaSetWith(was, before.at), replicaSetWith(is, after.at)];
    const settled = versions.find(({ object, uid }) => uid === after.uid && revisionOf(object) === was);
    const completed = completionOf(versions, index);
    return [
      {
        ...whenOf(after),
        deployment: name,
        fromRevision: was,
        toRevision: is,
        ...(fromReplicaSet === undefined ? {} : { fromReplicaSet }),
        ...(toReplicaSet === undefined ? {} : { toReplicaSet }),
        fromImages: settled ? imagesOf(settled.object) : [],
        toImages: imagesOf(after.object),
        ...(completed === undefined ? {} : { completedAt: formatTime(completed.at), completedPosition: completed.position }),
      },
    ];
  });
}

/** Versions that follow one of the same object, from `from` on. */
function changes(versions: WorkloadVersions, from: EpochMs) {
  return versions.flatMap((after, index) => {
    const before = versions[index - 1];
    const isChange =
      before !== undefined &&
      before.uid === after.uid &&
      before.type !== 'DELETED' &&
      after.type !== 'DELETED' &&
      after.at >= from;
    return isChange ? [{ before, after, index }] : [];
  });
}

function whenOf({ at, position, origin }: Version): Pick<ScalingAnswer, 'at' | 'position' | 'origin'> {
  // A snapshot is a stream's first, so it follows nothing.
  return { at: formatTime(at), position, origin: origin === 'relist' ? 'relist' : 'watch' };
}

/**
 * The version in which the controller called the rollout complete, unless another took its place. What the status says at first
 * is still of the revision before, so it must have been incomplete in between.
 */
function completionOf(versions: WorkloadVersions, started: number): Version<WorkloadBody> | undefined {
  const first = versions[started];
  let wasIncomplete = false;
  for (const version of versions.slice(started)) {
    const { object, uid, type } = version;
    if (uid !== first?.uid || type === 'DELETED' || revisionOf(object) !== revisionOf(first.object)) return undefined;
    if (!isComplete(object)) wasIncomplete = true;
    else if (wasIncomplete) return version;
  }
  return undefined;
}

/** kubernetes pkg/controller/deployment/util DeploymentComplete, and the condition that tells of it. */
function isComplete({ spec, status }: WorkloadBody): boolean {
  const wanted = spec?.replicas ?? REPLICAS_BY_DEFAULT;
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
  const progressing = objectsOf(status?.conditions).find(({ type }) => type === 'Progressing');
  return (
    progressing?.reason === 'NewReplicaSetAvailable' &&
    replicas === wanted &&
    updatedReplicas === wanted &&
    availableReplicas === wanted
  );
}

export function revisionOf({ metadata }: WorkloadBody): string | undefined {
  return textOf(metadata.annotations?.[REVISION]);
}

function imagesOf({ spec }: WorkloadBody): string[] {
  return objectsOf(spec?.template?.spec?.containers).flatMap(({ image }) => textOf(image) ?? []);
}
