/** Why a Pod goes: who deletes it, or how it ended. */
import { type Cause, inferred, lessSure, lowerFirst, observed } from '../cause.ts';
import type { Evidence, Note, Version } from '../evidence.ts';
import { conditionOf, containersOf, controllerOf, isTrue, type Pod } from '../objects.ts';
import { deletionNote, replicaSetOf, type Scaling, scalingDown } from '../workload.ts';

/**
 * Reasons of the Pod condition DisruptionTarget, set before a Pod is disrupted
 * (kubernetes.io/docs/concepts/workloads/pods/disruptions, "Pod disruption conditions").
 */
const DISRUPTIONS: Readonly<Record<string, string>> = {
  EvictionByEvictionAPI: 'evicted through the eviction API',
  PreemptionByScheduler: 'preempted by the scheduler for a Pod of higher priority',
  DeletionByTaintManager: 'evicted because of a taint of its node',
  TerminationByKubelet: 'evicted by the kubelet',
};

/** A Pod that is being deleted, or was. @param version the one in which that showed first */
export function departure(evidence: Evidence, version: Version<Pod>): Cause {
  const pod = version.object;
  return (
    disruption(evidence, version) ??
    noted(evidence, version) ??
    workload(evidence, version) ??
    plainDeletion(evidence, version, pod)
  );
}

function disruption({ pod }: Evidence, version: Version<Pod>): Cause | undefined {
  const condition = conditionOf(version.object, 'DisruptionTarget');
  const words = condition?.status === 'True' ? DISRUPTIONS[condition.reason ?? ''] : undefined;
  if (words === undefined) return undefined;
  // It is set by a write of its own, just before the deletion.
  const before = pod[pod.indexOf(version) - 1];
  const isOwn = condition?.reason === 'DeletionByTaintManager' || condition?.reason === 'TerminationByKubelet';
  const why = isOwn && condition.message ? `: ${condition.message}` : '';
  return observed('Evicted', `${words}${why}`, [
    before && isTrue(before.object, 'DisruptionTarget') ? before : undefined,
    version,
  ]);
}

/** Clusters before Kubernetes 1.26 set no such condition; the Events are older. */
function noted(evidence: Evidence, version: Version<Pod>): Cause | undefined {
  const isEviction = ({ reason, message }: Note) =>
    reason === 'Preempted' ||
    // The same reason also tells of a deletion that was called off.
    (reason === 'TaintManagerEviction' && message.startsWith('Marking for deletion'));
  const note = evidence.notes(version.uid).findLast(isEviction);
  if (note === undefined) return undefined;
  const words = note.reason === 'Preempted' ? lowerFirst(note.message) : 'evicted because of a taint of its node';
  return observed('Evicted', words, [note, version]);
}

function workload(evidence: Evidence, version: Version<Pod>): Cause | undefined {
  const pod = version.object;
  const scaling = scalingDown(evidence, pod, version.at);
  if (scaling !== undefined) return told(scaling, version);
  return controllerOf(pod)?.kind === 'StatefulSet' ? statefulSet(evidence, version) : undefined;
}

function told(scaling: Scaling, version: Version<Pod>): Cause {
  const shown = [version, ...scaling.shown];
  const cause =
    scaling.kind === 'rollout'
      ? observed(
          'Rollout',
          `rollout: ReplicaSet ${scaling.replicaSet}${scaling.other ? ` → ${scaling.other}` : ' is being replaced'}`,
          shown,
        )
      : observed('ScaledDown', `scaled down: ReplicaSet ${scaling.replicaSet} from ${scaling.from} to ${scaling.to}`, shown);
  return scaling.isCertain ? cause : lessSure(cause);
}

const REVISION_HASH = 'controller-revision-hash';

/** StatefulSets are not recorded; what they did shows in the Pod that follows under the same name. */
function statefulSet(evidence: Evidence, version: Version<Pod>): Cause | undefined {
  const note = deletionNote(evidence, version.object);
  const [successor] = evidence.successors;
  const name = controllerOf(version.object)?.name;
  if (successor === undefined) return undefined;
  const [before, after] = [version, successor].map(({ object }) => object.metadata.labels?.[REVISION_HASH]);
  if (before === undefined || after === undefined || before === after) return undefined;
  return inferred('Rollout', `rollout: StatefulSet ${name} ${before} → ${after}`, [version, note, successor]);
}

/** Nobody says why. */
function plainDeletion(evidence: Evidence, version: Version<Pod>, pod: Pod): Cause {
  const { name } = pod.metadata;
  const byGc = conditionOf(pod, 'DisruptionTarget');
  if (byGc?.status === 'True' && byGc.reason === 'DeletionByPodGC') {
    return observed('PodDeleted', `Pod ${name} deleted by the Pod garbage collector: ${byGc.message ?? 'its node is gone'}`, [
      version,
    ]);
  }
  const controller = controllerOf(pod);
  const note = deletionNote(evidence, pod);
  if (note !== undefined)
    return inferred('PodDeleted', `Pod ${name} deleted by ${controller?.kind} ${controller?.name}`, [version, note]);
  const owner = replicaSetOf(pod);
  const ownerKnown = owner !== undefined && evidence.replicaSet(owner.name).some(({ uid }) => uid === owner.uid);
  const isSure = controller === undefined || ownerKnown;
  return (isSure ? observed : inferred)('PodDeleted', `Pod ${name} deleted`, [version]);
}

/** A Pod that ran to its end, or was ended for good by its kubelet. @returns `undefined` when it goes for another reason */
export function completion(version: Version<Pod>): Cause | undefined {
  const pod = version.object;
  const { phase, reason, message } = pod.status ?? {};
  if (phase === 'Failed' && (reason === 'Evicted' || conditionOf(pod, 'DisruptionTarget')?.reason === 'TerminationByKubelet')) {
    return observed('Evicted', `evicted by the kubelet${message ? `: ${message}` : ''}`, [version]);
  }
  if (phase === 'Failed' && reason === 'Preempting')
    return observed('Evicted', `preempted by the kubelet: ${message ?? ''}`, [version]);
  if (phase === 'Succeeded') return observed('PodCompleted', `Pod ${pod.metadata.name} completed`, [version]);
  if (phase !== 'Failed') return undefined;
  const ended = containersOf(pod).find(({ status }) => (status?.state?.terminated?.exitCode ?? 0) !== 0);
  const exit = ended?.status?.state?.terminated;
  const how = exit
    ? `: container ${ended.container.name} ${exit.reason ?? 'ended'} (exit ${exit.exitCode})`
    : reason
      ? `: ${reason}`
      : '';
  return observed('PodCompleted', `Pod ${pod.metadata.name} failed${how}`, [version]);
}
