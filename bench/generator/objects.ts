/** Objects as an API server sends them, small but with every field that costs a recorder something. */
import type { KubeObject } from '../../src/domain/objects.ts';
import type { ReceivedObject } from '../../src/domain/stream-batch.ts';

/** A Pod behind a Service, and whether its address is ready. */
export interface PodBackend {
  readonly name: string;
  readonly uid: string;
  readonly address: string;
  readonly node: string;
  readonly zone: string;
  ready: boolean;
  /** RFC 3339, whole seconds: when `ready` last changed. */
  changedAt: string;
}

export interface GeneratedSlice {
  readonly name: string;
  readonly uid: string;
  readonly backends: PodBackend[];
}

export interface GeneratedService {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly endpointsUid: string;
  readonly replicaSet: { readonly name: string; readonly uid: string };
  readonly slices: readonly GeneratedSlice[];
}

/** When an object was made, for all of them. */
const CREATED = '2026-01-01T00:00:00Z';
/** The endpoints controller cuts there (pkg/controller/endpoint, maxCapacity). */
const MOST_ADDRESSES = 1_000;

const owner = (apiVersion: string, kind: string, { name, uid }: { name: string; uid: string }) => [
  { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true },
];

const managedFields = (apiVersion: string, time: string, fieldsV1: object) => [
  { manager: 'kube-controller-manager', operation: 'Update', apiVersion, time, fieldsType: 'FieldsV1', fieldsV1 },
];

const targetRef = (namespace: string, { name, uid }: PodBackend) => ({ kind: 'Pod', namespace, name, uid });

export function serviceObject(service: GeneratedService, resourceVersion: string): ReceivedObject {
  const { namespace, name, uid } = service;
  return received({
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp: CREATED, labels: { app: name } },
    spec: {
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' }],
      selector: { app: name },
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10'],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    },
    status: { loadBalancer: {} },
  });
}

/** @param changedAt RFC 3339, whole seconds: of the change of a Pod that this version tells */
export function endpointsObject(service: GeneratedService, resourceVersion: string, changedAt: string): ReceivedObject {
  const { namespace, name, endpointsUid: uid, slices } = service;
  const all = slices.flatMap(({ backends }) => backends);
  const addressesOf = (wanted: boolean) =>
    all
      .slice(0, MOST_ADDRESSES)
      .filter(({ ready }) => ready === wanted)
      .map((pod) => ({ ip: pod.address, nodeName: pod.node, targetRef: targetRef(namespace, pod) }));
  const [addresses, notReadyAddresses] = [addressesOf(true), addressesOf(false)];
  return received({
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp: CREATED,
      labels: { app: name, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
      annotations: {
        'endpoints.kubernetes.io/last-change-trigger-time': changedAt,
        ...(all.length > MOST_ADDRESSES ? { 'endpoints.kubernetes.io/over-capacity': 'truncated' } : {}),
      },
      managedFields: managedFields('v1', changedAt, { 'f:metadata': { 'f:annotations': {}, 'f:labels': {} }, 'f:subsets': {} }),
    },
    subsets: [
      {
        ...(addresses.length > 0 ? { addresses } : {}),
        ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ],
  });
}

/** @param changedAt as for {@link endpointsObject} */
export function sliceObject(
  service: GeneratedService,
  slice: GeneratedSlice,
  resourceVersion: string,
  changedAt: string,
): ReceivedObject {
  const { namespace, name } = service;
  return received({
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      name: slice.name,
      generateName: `${name}-`,
      namespace,
      uid: slice.uid,
      resourceVersion,
      creationTimestamp: CREATED,
      labels: {
        app: name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': name,
      },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': changedAt },
      ownerReferences: owner('v1', 'Service', service),
      managedFields: managedFields('discovery.k8s.io/v1', changedAt, { 'f:addressType': {}, 'f:endpoints': {}, 'f:ports': {} }),
    },
    addressType: 'IPv4',
    endpoints: slice.backends.map((pod) => ({
      addresses: [pod.address],
      conditions: { ready: pod.ready, serving: pod.ready, terminating: false },
      targetRef: targetRef(namespace, pod),
      nodeName: pod.node,
      zone: pod.zone,
    })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  });
}

/** As the recorder stores a Pod: reduced. */
export function podObject(service: GeneratedService, pod: PodBackend, resourceVersion: string): ReceivedObject {
  const { namespace, name, replicaSet } = service;
  const status = pod.ready ? 'True' : 'False';
  const condition = (type: string) => ({
    type,
    status,
    ...(pod.ready ? {} : { reason: 'ContainersNotReady', message: 'containers with unready status: [app]' }),
    lastTransitionTime: pod.changedAt,
  });
  const value = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: pod.name,
      namespace,
      uid: pod.uid,
      creationTimestamp: CREATED,
      labels: { app: name, 'pod-template-hash': replicaSet.name.slice(name.length + 1) },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', ...replicaSet, controller: true }],
    },
    spec: {
      nodeName: pod.node,
      containers: [
        {
          name: 'app',
          image: 'app:1',
          ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 10, failureThreshold: 3 },
        },
      ],
    },
    status: {
      phase: 'Running',
      startTime: CREATED,
      podIPs: [{ ip: pod.address }],
      conditions: [
        { type: 'PodScheduled', status: 'True', lastTransitionTime: CREATED },
        { type: 'Initialized', status: 'True', lastTransitionTime: CREATED },
        condition('ContainersReady'),
        condition('Ready'),
      ],
      containerStatuses: [
        { name: 'app', ready: pod.ready, started: true, restartCount: 0, state: { running: { startedAt: CREATED } } },
      ],
    },
  };
  return { ...received(value), resourceVersion };
}

/** An object as it would be written as JSON. */
interface Written extends Readonly<Record<string, unknown>> {
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly name: string;
    readonly uid: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
  };
}

function received(value: Written): ReceivedObject {
  const { uid, namespace = '', name, resourceVersion = '' } = value.metadata;
  const identity = { uid, namespace, name, resourceVersion };
  return { ...identity, body: Buffer.from(JSON.stringify(value)), value: value as KubeObject };
}
