/** The Deployment controller: rolling updates, scaling, and the status that tells of them. */
import type { EpochMs } from '../../domain/time.ts';
import { keyOf } from '../cluster-state.ts';
import { type Deployment, isTerminating, kubeTime, noteWrite, ownedBy, type ReplicaSet } from '../objects.ts';
import { deploymentStatus, rolloutBounds } from './deployment-status.ts';
import { podsOf } from './replica-set-controller.ts';
import { WorkQueue, type World } from './world.ts';

const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';

export function runDeploymentController(world: World): void {
  const { state } = world;
  const queue = new WorkQueue(world, [4, 15], (key, now) => {
    const deployment = state.get<Deployment>('apps/v1/deployments', key)?.object;
    if (deployment === undefined) return;
    const found = currentReplicaSet(world, deployment);
    const current = found ?? createReplicaSet(world, deployment, now);
    noteRevision(world, deployment, current, now);
    // One step at a time, as the real one: the change of the ReplicaSet brings the next.
    if (!scaleUp(world, deployment, current, now)) scaleDownOld(world, deployment, current, now);
    const created = found === undefined;
    state.edit<Deployment>('apps/v1/deployments', key, (draft) => {
      const replicaSets = replicaSetsOf(world, draft);
      const terminating = replicaSets.flatMap((each) => podsOf(world, each)).filter(isTerminating).length;
      const status = deploymentStatus(draft, replicaSets, current.metadata.name, { created, terminating }, now);
      if (JSON.stringify(status) === JSON.stringify(draft.status)) return;
      draft.status = status;
      noteWrite(draft, 'kube-controller-manager', now, { subresource: 'status', fields: { 'f:status': {} } });
    });
    dropOldReplicaSets(world, deployment, current);
  });

  state.subscribe(({ resource, key, namespace }, { metadata }) => {
    if (resource === 'apps/v1/deployments') queue.add(key);
    if (resource !== 'apps/v1/replicasets') return;
    const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'Deployment');
    if (owner) queue.add(`${namespace}/${owner.name}`);
  });
}

/** The ReplicaSet whose template is the Deployment's; `undefined` before the first step of a rollout. */
export function currentReplicaSet(world: World, deployment: Readonly<Deployment>): Readonly<ReplicaSet> | undefined {
  const wanted = JSON.stringify(deployment.spec.template);
  return replicaSetsOf(world, deployment).find(({ spec }) => {
    const { [HASH_LABEL]: _, ...labels } = spec.template.metadata.labels;
    return JSON.stringify({ ...spec.template, metadata: { ...spec.template.metadata, labels } }) === wanted;
  });
}

/** All of a Deployment's ReplicaSets, the oldest revision first. */
export function replicaSetsOf({ state }: World, deployment: Readonly<Deployment>): Readonly<ReplicaSet>[] {
  const owned = [...state.objects<ReplicaSet>('apps/v1/replicasets')].filter((each) => ownedBy(each, deployment));
  return owned.sort((a, b) => revisionOf(a) - revisionOf(b));
}

function createReplicaSet(world: World, deployment: Readonly<Deployment>, now: EpochMs): Readonly<ReplicaSet> {
  const { state, random, events } = world;
  const { name, namespace = '', uid } = deployment.metadata;
  const hash = random.suffix(random.between(9, 10));
  const template = structuredClone(deployment.spec.template);
  template.metadata.labels = sorted({ ...template.metadata.labels, [HASH_LABEL]: hash });
  const others = replicaSetsOf(world, deployment).reduce((sum, each) => sum + each.spec.replicas, 0);
  const { surge } = rolloutBounds(deployment);
  const replicas = Math.max(0, Math.min(deployment.spec.replicas, deployment.spec.replicas + surge - others));
  const replicaSet: ReplicaSet = {
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      uid: random.uuid(),
      resourceVersion: '',
      generation: 1,
      creationTimestamp: kubeTime(now),
      labels: template.metadata.labels,
      annotations: scaleAnnotations(deployment),
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: { replicas, selector: { matchLabels: { ...deployment.spec.selector.matchLabels, [HASH_LABEL]: hash } }, template },
    status: { replicas: 0 },
  };
  noteWrite(replicaSet, 'kube-controller-manager', now, { fields: { 'f:metadata': { 'f:labels': {} }, 'f:spec': {} } });
  const created = state.create('apps/v1/replicasets', replicaSet);
  const message = `Scaled up replica set ${created.metadata.name} from 0 to ${replicas}`;
  events.controller(deployment, 'deployment-controller', 'Normal', 'ScalingReplicaSet', message);
  return created;
}

/** The current ReplicaSet bears the highest revision, also after a rollback to it, and the Deployment the same. */
function noteRevision(world: World, deployment: Readonly<Deployment>, current: Readonly<ReplicaSet>, now: EpochMs): void {
  const others = replicaSetsOf(world, deployment).filter(({ metadata }) => metadata.uid !== current.metadata.uid);
  const newest = Math.max(0, ...others.map(revisionOf));
  const revision = String(Math.max(revisionOf(current), newest + 1));
  world.state.edit<ReplicaSet>('apps/v1/replicasets', keyOf(current), ({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, ...scaleAnnotations(deployment), [REVISION]: revision };
  });
  world.state.edit<Deployment>('apps/v1/deployments', keyOf(deployment), (draft) => {
    if (draft.metadata.annotations?.[REVISION] === revision) return;
    draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: revision };
    noteWrite(draft, 'kube-controller-manager', now, { subresource: 'status', fields: { 'f:status': {} } });
  });
}

/** rolling.go `reconcileNewReplicaSet`; also how a Deployment is scaled when no rollout is going on. */
function scaleUp(
  world: World,
  deployment: Readonly<Deployment>,
  { metadata, spec }: Readonly<ReplicaSet>,
  now: EpochMs,
): boolean {
  const all = replicaSetsOf(world, deployment);
  const room = deployment.spec.replicas + rolloutBounds(deployment).surge - sum(all, (each) => each.spec.replicas);
  const wanted = deployment.spec.replicas;
  const replicas = spec.replicas > wanted ? wanted : Math.min(wanted, spec.replicas + Math.max(0, room));
  return scale(world, deployment, `${metadata.namespace ?? ''}/${metadata.name}`, replicas, now);
}

/** rolling.go `reconcileOldReplicaSets`: first those that are not available anyway, then as many as availability allows. */
function scaleDownOld(world: World, deployment: Readonly<Deployment>, { metadata }: Readonly<ReplicaSet>, now: EpochMs): void {
  const { state } = world;
  const all = replicaSetsOf(world, deployment);
  const current = all.find(({ metadata: { uid } }) => uid === metadata.uid);
  if (current === undefined) return;
  const leastAvailable = deployment.spec.replicas - rolloutBounds(deployment).unavailable;
  const unavailableNew = current.spec.replicas - available(current);
  let budget = sum(all, (each) => each.spec.replicas) - leastAvailable - unavailableNew;
  for (const old of all) {
    const unhealthy = Math.min(budget, old.spec.replicas - available(old));
    if (old === current || unhealthy <= 0) continue;
    scale(world, deployment, keyOf(old), old.spec.replicas - unhealthy, now);
    budget -= unhealthy;
  }
  budget = Math.min(budget, sum(all, available) - leastAvailable);
  for (const { metadata: old } of all) {
    const key = `${old.namespace ?? ''}/${old.name}`;
    const replicas = state.get<ReplicaSet>('apps/v1/replicasets', key)?.object.spec.replicas ?? 0;
    const fewer = Math.min(budget, replicas);
    if (old.uid === metadata.uid || fewer <= 0) continue;
    scale(world, deployment, key, replicas - fewer, now);
    budget -= fewer;
  }
}

function scale({ state, events }: World, deployment: Readonly<Deployment>, key: string, replicas: number, now: EpochMs): boolean {
  const before = state.get<ReplicaSet>('apps/v1/replicasets', key)?.object;
  if (before === undefined || before.spec.replicas === replicas) return false;
  state.edit<ReplicaSet>('apps/v1/replicasets', key, (draft) => {
    draft.spec.replicas = replicas;
    draft.metadata.generation = (draft.metadata.generation ?? 1) + 1;
    draft.metadata.annotations = { ...draft.metadata.annotations, ...scaleAnnotations(deployment) };
    noteWrite(draft, 'kube-controller-manager', now);
  });
  const direction = replicas > before.spec.replicas ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${before.metadata.name} from ${before.spec.replicas} to ${replicas}`;
  events.controller(deployment, 'deployment-controller', 'Normal', 'ScalingReplicaSet', message);
  return true;
}

/** Keeps `revisionHistoryLimit` old ReplicaSets, as the real one does: a demo that runs for weeks must not grow. */
function dropOldReplicaSets(world: World, deployment: Readonly<Deployment>, current: Readonly<ReplicaSet>): void {
  const old = replicaSetsOf(world, deployment).filter(({ metadata }) => metadata.uid !== current.metadata.uid);
  const unused = old.filter((each) => each.spec.replicas === 0 && podsOf(world, each).length === 0);
  for (const each of unused.slice(0, Math.max(0, old.length - deployment.spec.revisionHistoryLimit))) {
    world.state.remove('apps/v1/replicasets', keyOf(each));
  }
}

function scaleAnnotations(deployment: Readonly<Deployment>): Record<string, string> {
  const { replicas } = deployment.spec;
  return {
    'deployment.kubernetes.io/desired-replicas': String(replicas),
    'deployment.kubernetes.io/max-replicas': String(replicas + rolloutBounds(deployment).surge),
  };
}

/** Go writes the keys of a map in order. */
function sorted(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function revisionOf({ metadata }: Readonly<ReplicaSet>): number {
  return Number(metadata.annotations?.[REVISION] ?? 0);
}

function available({ status }: Readonly<ReplicaSet>): number {
  return status.availableReplicas ?? 0;
}

function sum<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((total, each) => total + of(each), 0);
}
