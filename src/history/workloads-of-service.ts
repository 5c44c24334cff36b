/** Which Deployments and ReplicaSets stand behind a Service, and what was changed at them. */
import type { Pod, Version } from '../domain/causes/index.ts';
import { type KubeObject, objectsOf } from '../domain/objects.ts';
import type { EpochMs } from '../domain/time.ts';
import type { RolloutAnswer, ScalingAnswer } from './answers.ts';
import type { LogView } from './log-view.ts';
import { type ServiceFacts, selects } from './pod-readiness.ts';
import type { SeenService } from './resolve.ts';
import { type Span, versionsIn, versionsOf } from './versions.ts';
import { revisionOf, rollouts, scalings, type WorkloadBody, type WorkloadVersions } from './workload-changes.ts';

export interface WorkloadChanges {
  readonly rollouts: RolloutAnswer[];
  readonly scalings: ScalingAnswer[];
}

/**
 * Rollouts and scalings in a window, oldest first, of the workloads whose Pods the Service selects by their own selectors, or
 * that own Pods which it listed. ReplicaSets of a Deployment are scaled by it and not told of again.
 *
 * @param pods names of Pods that the Service listed in the window
 */
export function workloadChanges(
  view: LogView,
  service: SeenService,
  span: Span,
  selecting: readonly ServiceFacts[],
  pods: Iterable<string>,
): WorkloadChanges {
  const { cluster, namespace } = service;
  const inNamespace = { clusterId: cluster.id, namespace };
  const deployments = versionsIn<WorkloadBody>(view, { ...inNamespace, resource: 'apps/v1/deployments' }, span);
  const replicaSets = versionsIn<WorkloadBody>(view, { ...inNamespace, resource: 'apps/v1/replicasets' }, span);
  const owners = ownersOf(view, service, span, pods);
  const isOurs = ({ uid, object }: Version<WorkloadBody>, owned: ReadonlySet<string>) =>
    owned.has(uid) || selecting.some((each) => selectsAll(each, object));

  const sets = [...replicaSets].map(([name, versions]) => ({ name, versions, lives: onePerUid(versions) }));
  const ownSets = sets.filter(({ lives }) => lives.some((life) => isOurs(life, owners)));
  const controllers = new Set(ownSets.flatMap(({ lives }) => lives.flatMap(({ object }) => controllerUid(object) ?? [])));
  const ownDeployments = [...deployments].filter(([, versions]) => onePerUid(versions).some((life) => isOurs(life, controllers)));
  const bareSets = ownSets.filter(({ lives }) => lives.every(({ object }) => controllerUid(object) === undefined));
  return {
    rollouts: inOrder(
      ownDeployments.flatMap(([name, versions]) =>
        rollouts(name, versions, span.from, (revision, at) => replicaSetWith(sets, versions, revision, at)),
      ),
    ),
    scalings: inOrder([
      ...ownDeployments.flatMap(([name, versions]) => scalings('Deployment', name, versions, span.from)),
      ...bareSets.flatMap(({ name, versions }) => scalings('ReplicaSet', name, versions, span.from)),
    ]),
  };
}

/** Uids of the controllers of these Pods. Pods whose names differ in the last part alone come from one template: one is read. */
function ownersOf(view: LogView, { cluster, namespace }: SeenService, span: Span, pods: Iterable<string>): ReadonlySet<string> {
  const samples = new Map([...pods].map((name) => [name.replace(/-[^-]*$/, ''), name]));
  const pod = { clusterId: cluster.id, resource: 'v1/pods', namespace } as const;
  const versions = [...samples.values()].flatMap((name) => versionsOf<Pod>(view, { ...pod, name }, span).at(-1) ?? []);
  return new Set(versions.flatMap(({ object }) => controllerUid(object) ?? []));
}

function controllerUid({ metadata }: KubeObject): string | undefined {
  return objectsOf(metadata.ownerReferences).find(({ controller }) => controller === true)?.uid;
}

/** Every Pod of a workload bears the labels of the workload's own selector, so a Service that selects those selects them all. */
function selectsAll(service: ServiceFacts, { spec }: WorkloadBody): boolean {
  return selects(service, spec?.selector?.matchLabels ?? {});
}

interface ReplicaSets {
  readonly name: string;
  readonly versions: WorkloadVersions;
  readonly lives: WorkloadVersions;
}

function replicaSetWith(
  sets: readonly ReplicaSets[],
  deployment: WorkloadVersions,
  revision: string,
  at: EpochMs,
): string | undefined {
  const owners = new Set(deployment.map(({ uid }) => uid));
  const ours = sets.filter(({ lives }) => lives.some(({ object }) => owners.has(controllerUid(object) ?? '')));
  // What a ReplicaSet bears may be received shortly after the Deployment that it belongs to.
  return ours.find(({ versions }) =>
    [versions.findLast((version) => version.at <= at), versions.find((version) => version.at > at)].some(
      (version) => version !== undefined && version.type !== 'DELETED' && revisionOf(version.object) === revision,
    ),
  )?.name;
}

/** Selectors and owners of a workload never change, so one version of each life tells them; others need not be read. */
function onePerUid(versions: WorkloadVersions): WorkloadVersions {
  return [...new Map(versions.map((version) => [version.uid, version])).values()];
}

function inOrder<T extends { readonly position: number }>(changes: T[]): T[] {
  return changes.sort((a, b) => a.position - b.position);
}
