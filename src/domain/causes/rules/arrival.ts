/** Why a Pod comes: what had it made, or what made an older one belong to the Service. */

import { parseRfc3339 } from '../../time.ts';
import { type Cause, inferred, lessSure, observed } from '../cause.ts';
import type { Evidence, Version } from '../evidence.ts';
import { controllerOf, type Pod } from '../objects.ts';
import { creationNote, replicaSetOf, type Scaling, scalingUp } from '../workload.ts';

/** @param version the one with which the Pod can be listed: the first with an address */
export function arrival(evidence: Evidence, version: Version<Pod>): Cause {
  const pod = version.object;
  const first = evidence.pod.find(({ uid }) => uid === version.uid) ?? version;
  const madeAt = first.type === 'ADDED' && first.origin === 'watch' ? first.at : createdAt(pod);
  const scaling = madeAt === undefined ? undefined : scalingUp(evidence, pod, madeAt);
  if (scaling !== undefined) return told(scaling, version);
  const replaced = revisionBefore(evidence, version);
  if (replaced !== undefined) return replaced;
  const owner = replicaSetOf(pod);
  const isSure = owner === undefined || evidence.replicaSet(owner.name).some(({ uid }) => uid === owner.uid);
  const shown = [first, version, creationNote(evidence, pod)];
  return (isSure ? observed : inferred)('PodStarted', `Pod ${pod.metadata.name} started`, shown);
}

function told(scaling: Scaling, version: Version<Pod>): Cause {
  const shown = [version, ...scaling.shown];
  const { replicaSet, from, to, other, kind } = scaling;
  const cause =
    kind === 'rollout'
      ? observed('Rollout', `rollout: ReplicaSet ${other ? `${other} → ` : ''}${replicaSet}`, shown)
      : kind === 'scaling'
        ? observed('ScaledUp', `scaled up: ReplicaSet ${replicaSet} from ${from} to ${to}`, shown)
        : observed(
            'PodStarted',
            `Pod ${version.object.metadata.name} started: first ReplicaSet ${replicaSet} of its Deployment`,
            shown,
          );
  return scaling.isCertain ? cause : lessSure(cause);
}

const REVISION_HASH = 'controller-revision-hash';

/** A Pod of a StatefulSet that takes the place of one of another revision, under the same name. */
function revisionBefore(evidence: Evidence, version: Version<Pod>): Cause | undefined {
  const owner = controllerOf(version.object);
  const predecessor = evidence.predecessor;
  if (owner?.kind !== 'StatefulSet' || predecessor === undefined) return undefined;
  const [before, after] = [predecessor, version].map(({ object }) => object.metadata.labels?.[REVISION_HASH]);
  if (before === undefined || after === undefined || before === after) return undefined;
  return inferred('Rollout', `rollout: StatefulSet ${owner.name} ${before} → ${after}`, [predecessor, version]);
}

function createdAt(pod: Pod) {
  return parseRfc3339(pod.metadata.creationTimestamp ?? '');
}
