/** The ReplicaSet controller: keeps as many Pods as a ReplicaSet wants, and counts them. */
import type { EpochMs } from '../../domain/time.ts';
import { keyOf } from '../cluster-state.ts';
import { isReady, isTerminating, kubeTime, noteWrite, ownedBy, type Pod, type ReplicaSet } from '../objects.ts';
import { WorkQueue, type World } from './world.ts';

const TOLERATIONS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

/** @param deletePod Starts the deletion of a Pod, as the API server does with a DELETE. */
export function runReplicaSetController(world: World, deletePod: (key: string) => void): void {
  const { state, events } = world;

  const queue = new WorkQueue(world, [4, 15], (key, now) => {
    const replicaSet = state.get<ReplicaSet>('apps/v1/replicasets', key)?.object;
    if (replicaSet === undefined) return;
    const owned = podsOf(world, replicaSet);
    const alive = owned.filter((pod) => !isTerminating(pod));
    const missing = replicaSet.spec.replicas - alive.length;
    for (let created = 0; created < missing; created++) {
      const pod = state.create('v1/pods', newPod(world, replicaSet, now));
      const message = `Created pod: ${pod.metadata.name}`;
      events.controller(replicaSet, 'replicaset-controller', 'Normal', 'SuccessfulCreate', message);
    }
    for (const pod of missing < 0 ? [...alive].sort(firstToGo).slice(0, -missing) : []) {
      deletePod(keyOf(pod));
      const message = `Deleted pod: ${pod.metadata.name}`;
      events.controller(replicaSet, 'replicaset-controller', 'Normal', 'SuccessfulDelete', message);
    }
    writeStatus(world, key, now);
  });

  state.subscribe(({ resource, key, namespace }, { metadata }) => {
    if (resource === 'apps/v1/replicasets') queue.add(key);
    if (resource !== 'v1/pods') return;
    const owner = metadata.ownerReferences?.find(({ kind, controller }) => kind === 'ReplicaSet' && controller);
    if (owner) queue.add(`${namespace}/${owner.name}`);
  });
}

export function podsOf({ state }: World, replicaSet: Readonly<ReplicaSet>): Readonly<Pod>[] {
  return [...state.objects<Pod>('v1/pods')].filter((pod) => ownedBy(pod, replicaSet));
}

function writeStatus(world: World, key: string, now: EpochMs): void {
  world.state.edit<ReplicaSet>('apps/v1/replicasets', key, (replicaSet) => {
    const owned = podsOf(world, replicaSet);
    const alive = owned.filter((pod) => !isTerminating(pod));
    const ready = alive.filter(isReady).length;
    const status: ReplicaSet['status'] = {
      replicas: alive.length,
      ...(alive.length > 0 ? { fullyLabeledReplicas: alive.length } : {}),
      ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
      terminatingReplicas: owned.length - alive.length,
      observedGeneration: replicaSet.metadata.generation ?? 1,
    };
    if (JSON.stringify(status) === JSON.stringify(replicaSet.status)) return;
    replicaSet.status = status;
    noteWrite(replicaSet, 'kube-controller-manager', now, { subresource: 'status', fields: { 'f:status': {} } });
  });
}

/** Pods not yet ready go first, then the youngest (controller_utils.go, `ActivePodsWithRanks`). */
function firstToGo(a: Readonly<Pod>, b: Readonly<Pod>): number {
  if (isReady(a) !== isReady(b)) return isReady(a) ? 1 : -1;
  const created = Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp);
  return created !== 0 ? created : a.metadata.name < b.metadata.name ? -1 : 1;
}

function newPod({ state, random }: World, replicaSet: Readonly<ReplicaSet>, now: EpochMs): Pod {
  const { name: owner, namespace = '', uid } = replicaSet.metadata;
  const { metadata, spec } = structuredClone(replicaSet.spec.template);
  let name = `${owner}-${random.suffix()}`;
  while (state.get('v1/pods', `${namespace}/${name}`)) name = `${owner}-${random.suffix()}`;
  const pod: Pod = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name,
      generateName: `${owner}-`,
      namespace,
      uid: random.uuid(),
      resourceVersion: '',
      generation: 1,
      creationTimestamp: kubeTime(now),
      labels: metadata.labels,
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: { ...spec, tolerations: TOLERATIONS, priority: 0, enableServiceLinks: true, preemptionPolicy: 'PreemptLowerPriority' },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  };
  noteWrite(pod, 'kube-controller-manager', now, {
    fields: { 'f:metadata': { 'f:generateName': {}, 'f:labels': {} }, 'f:spec': {} },
  });
  return pod;
}
