/** The status of a Deployment, from its ReplicaSets. Pure. */
import type { EpochMs } from '../../domain/time.ts';
import { type Condition, type Deployment, kubeTime, type ReplicaSet } from '../objects.ts';

/** How many Pods a rollout may add, and how many may be missing (deployment/util `ResolveFenceposts`). */
export function rolloutBounds({ spec }: Readonly<Deployment>): { readonly surge: number; readonly unavailable: number } {
  const { maxSurge, maxUnavailable } = spec.strategy.rollingUpdate;
  const surge = Math.ceil((spec.replicas * Number.parseInt(maxSurge, 10)) / 100);
  const unavailable = Math.floor((spec.replicas * Number.parseInt(maxUnavailable, 10)) / 100);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/**
 * @param replicaSets All of the Deployment's.
 * @param current Name of the one that has the Deployment's template.
 * @param facts Whether `current` was created just now, and how many Pods are on their way out.
 */
export function deploymentStatus(
  deployment: Readonly<Deployment>,
  replicaSets: readonly Readonly<ReplicaSet>[],
  current: string,
  facts: { readonly created: boolean; readonly terminating: number },
  now: EpochMs,
): Deployment['status'] {
  const total = (of: (status: ReplicaSet['status']) => number | undefined) =>
    replicaSets.reduce((sum, { status }) => sum + (of(status) ?? 0), 0);
  const replicas = total((status) => status.replicas);
  const updated = replicaSets.find(({ metadata }) => metadata.name === current)?.status.replicas ?? 0;
  const available = total((status) => status.availableReplicas);
  const unavailable = Math.max(0, replicaSets.reduce((sum, { spec }) => sum + spec.replicas, 0) - available);
  const wanted = deployment.spec.replicas;
  const complete = updated === wanted && replicas === wanted && available === wanted;
  const counted = { replicas, updatedReplicas: updated, readyReplicas: available, availableReplicas: available };
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...leaveOutZeros(counted),
    ...leaveOutZeros({ unavailableReplicas: unavailable }),
    terminatingReplicas: facts.terminating,
    conditions: conditionsOf(
      deployment,
      current,
      { available, complete, created: facts.created, settled: replicas === updated },
      now,
    ),
  };
}

function conditionsOf(
  deployment: Readonly<Deployment>,
  current: string,
  facts: { readonly available: number; readonly complete: boolean; readonly created: boolean; readonly settled: boolean },
  now: EpochMs,
): Condition[] {
  const before = deployment.status.conditions ?? [];
  const reached = before.some(({ type, reason }) => type === 'Progressing' && reason === 'NewReplicaSetAvailable');
  const enough = facts.available >= deployment.spec.replicas - rolloutBounds(deployment).unavailable;
  const available: Fact = enough
    ? ['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.']
    : ['Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'];
  const set = (conditions: Condition[], fact: Fact) => withCondition(conditions, fact, now);
  if (facts.created) {
    return set(set(before, ['Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${current}"`]), available);
  }
  // A rollout that has succeeded stays so: Pods that fail later are no rollout (progress.go, `syncRolloutStatus`).
  if (reached && facts.settled) return set(before, available);
  const progressing: Fact = facts.complete
    ? ['Progressing', 'True', 'NewReplicaSetAvailable', `ReplicaSet "${current}" has successfully progressed.`]
    : ['Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${current}" is progressing.`];
  return set(set(before, available), progressing);
}

type Fact = readonly [type: string, status: 'True' | 'False', reason: string, message: string];

/** A condition that changes moves to the end; its transition time changes only with its status (`SetDeploymentCondition`). */
function withCondition(conditions: readonly Condition[], [type, status, reason, message]: Fact, now: EpochMs): Condition[] {
  const before = conditions.find((each) => each.type === type);
  if (before?.status === status && before.reason === reason) return [...conditions];
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : kubeTime(now);
  const after: Condition = { type, status, lastUpdateTime: kubeTime(now), lastTransitionTime, reason, message };
  return [...conditions.filter((each) => each.type !== type), after];
}

function leaveOutZeros(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}
