/** The parts of Pods, Nodes and workloads that explain a flip, as they are stored (src/kubernetes/reducers). Untrusted. */
import type { KubeObject, OwnerReference } from '../objects.ts';

export interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface Termination {
  readonly exitCode?: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: Termination;
}

export interface ContainerStatus {
  readonly name?: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface Container {
  readonly name?: string;
  /** On an init container: `Always` makes it a sidecar, which counts for readiness. */
  readonly restartPolicy?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort?: number; readonly protocol?: string }[];
  readonly readinessProbe?: { readonly periodSeconds?: number; readonly failureThreshold?: number };
}

export interface Pod extends KubeObject {
  readonly spec?: {
    readonly nodeName?: string;
    readonly readinessGates?: readonly { readonly conditionType?: string }[];
    readonly initContainers?: readonly Container[];
    readonly containers?: readonly Container[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly podIPs?: readonly { readonly ip?: string }[];
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface Node extends KubeObject {
  readonly spec?: { readonly taints?: readonly { readonly key?: string; readonly effect?: string }[] };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** ReplicaSet or Deployment. */
export interface Workload extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number };
}

export function conditionOf(object: Pod | Node | undefined, type: string): Condition | undefined {
  return object?.status?.conditions?.find((each) => each.type === type);
}

export function isTrue(object: Pod | Node | undefined, type: string): boolean {
  return conditionOf(object, type)?.status === 'True';
}

/** Succeeded or Failed: such a Pod never runs again (k8s.io/kubernetes pkg/api/v1/pod IsPodPhaseTerminal). */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function isDeleting(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** The containers that count for readiness with their status: all but the init containers that end. */
export function containersOf(pod: Pod): { readonly container: Container; readonly status: ContainerStatus | undefined }[] {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...(pod.spec?.containers ?? []), ...sidecars].map((container) => ({
    container,
    status: statuses.find(({ name }) => name !== undefined && name === container.name),
  }));
}

/** The types of the Pod's readiness gates that are not True, in the order of the Pod. */
export function openGates(pod: Pod): string[] {
  return (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) =>
    conditionType !== undefined && !isTrue(pod, conditionType) ? conditionType : [],
  );
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** Labels against an equality selector, as Services have it. An empty selector selects nothing here: nobody keeps such a list. */
export function selects(selector: Readonly<Record<string, string>> | null | undefined, labels: KubeObject['metadata']['labels']) {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels?.[key] === value);
}
