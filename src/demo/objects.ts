/** The objects of the demo cluster, as far as its controllers read and write them. They keep every other field they came with. */
import type { EpochMs } from '../domain/time.ts';

export interface ManagedField {
  manager: string;
  operation: 'Update';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: Record<string, unknown>;
  subresource?: string;
}

export interface OwnerRef {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** In the order in which the API server writes the fields. */
export interface Meta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerRef[];
  managedFields?: ManagedField[];
}

export interface DemoObject {
  kind: string;
  apiVersion: string;
  metadata: Meta;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  lastProbeTime?: null;
  lastUpdateTime?: string;
  lastTransitionTime: string;
  reason?: string;
  message?: string;
}

export interface ContainerState {
  waiting?: { reason: string; message?: string };
  running?: { startedAt: string };
  terminated?: { exitCode: number; reason: string; startedAt: string; finishedAt: string; containerID?: string };
}

export interface ContainerStatus {
  name: string;
  state: ContainerState;
  lastState: ContainerState;
  ready: boolean;
  restartCount: number;
  image: string;
  imageID: string;
  containerID?: string;
  started: boolean;
}

export interface Container {
  name: string;
  image: string;
  ports?: { name?: string; containerPort: number; protocol: string }[];
  env?: { name: string; value: string }[];
  readinessProbe?: { periodSeconds: number; failureThreshold: number; [more: string]: unknown };
  [more: string]: unknown;
}

export interface PodSpec {
  containers: Container[];
  terminationGracePeriodSeconds: number;
  nodeName?: string;
  [more: string]: unknown;
}

export interface Pod extends DemoObject {
  spec: PodSpec;
  status: {
    phase: string;
    conditions?: Condition[];
    hostIP?: string;
    podIP?: string;
    podIPs?: { ip: string }[];
    startTime?: string;
    containerStatuses?: ContainerStatus[];
    qosClass: string;
  };
}

export interface PodTemplate {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: PodSpec;
}

export interface ReplicaSet extends DemoObject {
  spec: { replicas: number; selector: { matchLabels: Record<string, string> }; template: PodTemplate };
  status: {
    replicas: number;
    fullyLabeledReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    terminatingReplicas?: number;
    observedGeneration?: number;
  };
}

export interface Deployment extends DemoObject {
  spec: {
    replicas: number;
    selector: { matchLabels: Record<string, string> };
    template: PodTemplate;
    strategy: { type: string; rollingUpdate: { maxUnavailable: string; maxSurge: string } };
    revisionHistoryLimit: number;
    progressDeadlineSeconds: number;
  };
  status: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    unavailableReplicas?: number;
    terminatingReplicas?: number;
    conditions?: Condition[];
  };
}

export interface Service extends DemoObject {
  spec: {
    ports: { name?: string; protocol: string; port: number; targetPort: number | string }[];
    selector?: Record<string, string>;
    clusterIP?: string;
    publishNotReadyAddresses?: boolean;
  };
}

export interface Port {
  name?: string;
  port: number;
  protocol: string;
}

export interface PodReference {
  kind: 'Pod';
  namespace: string;
  name: string;
  uid: string;
}

export interface Address {
  ip: string;
  nodeName?: string;
  targetRef?: PodReference;
}

export interface Subset {
  addresses?: Address[];
  notReadyAddresses?: Address[];
  ports: Port[];
}

export interface Endpoints extends DemoObject {
  subsets?: Subset[];
}

export interface SliceEndpoint {
  addresses: string[];
  conditions: { ready: boolean; serving: boolean; terminating: boolean };
  targetRef: PodReference;
  nodeName?: string;
  zone?: string;
}

export interface EndpointSlice extends DemoObject {
  addressType: string;
  endpoints: SliceEndpoint[] | null;
  ports: { name: string; protocol: string; port: number }[] | null;
}

export interface KubeEvent extends DemoObject {
  involvedObject: Record<string, string>;
  reason: string;
  message: string;
  source: { component?: string; host?: string };
  firstTimestamp: string | null;
  lastTimestamp: string | null;
  count?: number;
  type: 'Normal' | 'Warning';
  eventTime: string | null;
  action?: string;
  reportingComponent: string;
  reportingInstance: string;
}

/** Whole seconds, cut off, as `metav1.Time` is written. */
export function kubeTime(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Six digits, as `metav1.MicroTime` is written; the demo knows only the first three. */
export function kubeMicroTime(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 23)}000Z`;
}

/**
 * Notes a write in `managedFields`, as the API server does with every one: the manager's entry gets the time.
 *
 * @param fields Given to a new entry. The demo does not track which fields each later write touched.
 */
export function noteWrite(
  object: DemoObject,
  manager: string,
  at: EpochMs,
  options: { readonly subresource?: 'status'; readonly fields?: Record<string, unknown> } = {},
): void {
  object.metadata.managedFields ??= [];
  const entries = object.metadata.managedFields;
  const known = entries.find((each) => each.manager === manager && each.subresource === options.subresource);
  if (known) {
    known.time = kubeTime(at);
    return;
  }
  entries.push({
    manager,
    operation: 'Update',
    apiVersion: object.apiVersion,
    time: kubeTime(at),
    fieldsType: 'FieldsV1',
    fieldsV1: options.fields ?? {},
    ...(options.subresource ? { subresource: options.subresource } : {}),
  });
}

/** Sets a condition; its transition time moves only when the status does (k8s.io/kubernetes pkg/api/v1/pod UpdatePodCondition). */
export function setCondition(
  conditions: Condition[],
  type: string,
  status: Condition['status'],
  at: EpochMs,
  why: { readonly reason: string; readonly message: string } | undefined,
): void {
  const index = conditions.findIndex((each) => each.type === type);
  const before = index < 0 ? undefined : conditions[index];
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : kubeTime(at);
  const after: Condition = { type, status, lastProbeTime: null, lastTransitionTime, ...why };
  if (index < 0) conditions.push(after);
  else conditions[index] = after;
}

export function isReady(pod: Readonly<Pod>): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

export function isTerminating(object: Readonly<DemoObject>): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

export function ownedBy(object: Readonly<DemoObject>, owner: Readonly<DemoObject>): boolean {
  return object.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === owner.metadata.uid) ?? false;
}

export function matches(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(selector).every(([name, value]) => labels?.[name] === value);
}
