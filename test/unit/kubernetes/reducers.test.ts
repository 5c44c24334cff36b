import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RESOURCES, type ResourceName, resourceNamed } from '../../../src/domain/resources.ts';
import { receiveObject } from '../../../src/kubernetes/received.ts';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const stored = (resource: ResourceName, value: unknown) =>
  JSON.parse(Buffer.from(receiveObject(resourceNamed(resource), bytes(value)).body).toString());
const metadata = { name: 'cart-1', namespace: 'store', uid: 'u-1', resourceVersion: '7' };

const CANARY = 'hunter2';

/** Every place of a Pod in which people keep secrets. */
const leaky = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: {
    ...metadata,
    labels: { app: 'cart' },
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': CANARY },
    managedFields: [{ manager: CANARY }],
  },
  spec: {
    nodeName: 'node-0',
    volumes: [{ name: CANARY }],
    imagePullSecrets: [{ name: CANARY }],
    initContainers: [{ name: 'proxy', image: 'proxy:1', restartPolicy: 'Always', env: [{ name: 'A', value: CANARY }] }],
    containers: [
      {
        name: 'cart',
        image: 'cart:v1',
        env: [{ name: 'PASSWORD', value: CANARY }],
        envFrom: [{ secretRef: { name: CANARY } }],
        args: [CANARY],
        command: [CANARY],
        volumeMounts: [{ mountPath: CANARY }],
        lifecycle: { preStop: { exec: { command: [CANARY] } } },
        livenessProbe: { exec: { command: [CANARY] } },
        readinessProbe: {
          httpGet: {
            path: `/ready?token=${CANARY}`,
            port: 'http',
            host: CANARY,
            httpHeaders: [{ name: 'Authorization', value: CANARY }],
          },
          exec: { command: [CANARY] },
          periodSeconds: 10,
        },
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
      },
    ],
  },
  status: {
    phase: 'Running',
    conditions: [
      { type: 'Ready', status: 'True', lastProbeTime: '2026-11-23T16:00:00Z', lastTransitionTime: '2026-11-23T16:18:18Z' },
    ],
    podIPs: [{ ip: '10.0.0.1' }],
    containerStatuses: [
      {
        name: 'cart',
        ready: true,
        started: true,
        restartCount: 1,
        state: { running: { startedAt: '2026-11-23T16:18:18Z' } },
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', message: CANARY, finishedAt: '2026-11-23T16:18:17Z' } },
      },
    ],
  },
};

describe('the reducer of Pods', () => {
  it('keeps what explains readiness and nothing in which a secret may stand', () => {
    const body = stored('v1/pods', leaky);
    expect(JSON.stringify(body)).not.toContain(CANARY);
    expect(body).toEqual({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'cart-1', namespace: 'store', uid: 'u-1', labels: { app: 'cart' } },
      spec: {
        nodeName: 'node-0',
        initContainers: [{ name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' }],
        containers: [
          {
            name: 'cart',
            image: 'cart:v1',
            ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
            readinessProbe: { httpGet: { path: '/ready', port: 'http' }, exec: {}, periodSeconds: 10 },
          },
        ],
      },
      status: {
        phase: 'Running',
        podIPs: [{ ip: '10.0.0.1' }],
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-23T16:18:18Z' }],
        containerStatuses: [
          {
            name: 'cart',
            ready: true,
            started: true,
            restartCount: 1,
            state: { running: { startedAt: '2026-11-23T16:18:18Z' } },
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-11-23T16:18:17Z' } },
          },
        ],
      },
    });
  });

  it('gives the same bytes whatever the order of the keys and whatever else changed', () => {
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .map(([key, inner]) => [key, reversed(inner)] as const)
                .reverse(),
            )
          : value;
    const pods = resourceNamed('v1/pods');
    const later = { ...leaky, metadata: { ...leaky.metadata, resourceVersion: '8', annotations: { new: 'one' } } };
    expect(receiveObject(pods, bytes(reversed(later))).body).toEqual(receiveObject(pods, bytes(leaky)).body);
  });
});

describe('the reducer of Nodes', () => {
  const node = (heartbeat: string, status = 'True') => ({
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name: 'node-0',
      uid: 'n-0',
      resourceVersion: heartbeat,
      labels: { 'topology.kubernetes.io/zone': 'a', other: 'x' },
    },
    spec: {
      unschedulable: true,
      taints: [{ key: 'k', effect: 'NoExecute', timeAdded: '2026-11-23T16:00:00Z' }],
      providerID: 'p',
    },
    status: {
      conditions: [{ type: 'Ready', status, lastHeartbeatTime: heartbeat, lastTransitionTime: '2026-11-23T15:50:24Z' }],
      images: [{ names: ['big'] }],
    },
  });

  it('does not see a heartbeat, and sees a condition', () => {
    const nodes = resourceNamed('v1/nodes');
    const before = receiveObject(nodes, bytes(node('1'))).body;
    expect(receiveObject(nodes, bytes(node('2'))).body).toEqual(before);
    expect(receiveObject(nodes, bytes(node('3', 'Unknown'))).body).not.toEqual(before);
  });

  it('keeps conditions, taints, cordoning and zone labels alone', () => {
    expect(stored('v1/nodes', node('1'))).toEqual({
      kind: 'Node',
      apiVersion: 'v1',
      metadata: { name: 'node-0', uid: 'n-0', labels: { 'topology.kubernetes.io/zone': 'a' } },
      spec: { unschedulable: true, taints: [{ key: 'k', effect: 'NoExecute', timeAdded: '2026-11-23T16:00:00Z' }] },
      status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-23T15:50:24Z' }] },
    });
  });
});

describe('the reducers of workloads and Events', () => {
  it('keep owner, revision, replicas, images and selector of a ReplicaSet, and no other annotation', () => {
    const body = stored('apps/v1/replicasets', {
      metadata: {
        ...metadata,
        annotations: { 'deployment.kubernetes.io/revision': '3', 'kubectl.kubernetes.io/last-applied-configuration': CANARY },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart', uid: 'd-1', controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: {
        replicas: 4,
        selector: { matchLabels: { b: '2', a: '1' } },
        template: { spec: { containers: [{ name: 'cart', image: 'cart:v3', env: [{ value: CANARY }] }] } },
      },
      status: { replicas: 4, readyReplicas: 3, observedGeneration: 9 },
    });
    expect(body).toEqual({
      kind: 'ReplicaSet',
      apiVersion: 'apps/v1',
      metadata: {
        name: 'cart-1',
        namespace: 'store',
        uid: 'u-1',
        annotations: { 'deployment.kubernetes.io/revision': '3' },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart', uid: 'd-1', controller: true }],
      },
      spec: {
        replicas: 4,
        selector: { matchLabels: { a: '1', b: '2' } },
        template: { spec: { containers: [{ name: 'cart', image: 'cart:v3' }] } },
      },
      status: { replicas: 4, readyReplicas: 3 },
    });
  });

  it('keep what a v1 Event says and of whom', () => {
    const said = {
      involvedObject: {
        kind: 'Pod',
        apiVersion: 'v1',
        namespace: 'store',
        name: 'cart-1',
        uid: 'p-1',
        fieldPath: 'spec.containers{cart}',
      },
      reason: 'Unhealthy',
      message: 'Readiness probe failed: 503',
      type: 'Warning',
      source: { component: 'kubelet', host: 'node-0' },
      reportingComponent: 'kubelet',
      count: 3,
      series: { count: 3, lastObservedTime: '2026-11-23T16:18:50Z' },
      firstTimestamp: '2026-11-23T16:18:46Z',
      lastTimestamp: '2026-11-23T16:18:50Z',
    };
    const body = stored('v1/events', {
      metadata: { ...metadata, annotations: { a: CANARY } },
      ...said,
      eventTime: null,
      related: { name: CANARY },
    });
    expect(body).toEqual({
      kind: 'Event',
      apiVersion: 'v1',
      metadata: { name: 'cart-1', namespace: 'store', uid: 'u-1' },
      ...said,
    });
  });
});

describe('every reducer', () => {
  const reduced = RESOURCES.filter((each) => each.storage === 'reduced');

  it('keeps a value only where its type fits, so no structure hides in the place of a word', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...reduced),
        fc.jsonValue(),
        fc.jsonValue(),
        fc.jsonValue(),
        (resource, spec, status, other) => {
          const object = {
            metadata,
            spec,
            status,
            involvedObject: other,
            source: other,
            reason: { secret: CANARY },
            message: [CANARY],
          };
          const { body, value } = receiveObject(resource, bytes(object));
          expect(Buffer.from(body).toString()).not.toContain(CANARY);
          expect(JSON.parse(Buffer.from(body).toString())).toEqual(value);
        },
      ),
    );
  });

  it('keeps a label named __proto__ as a label', () => {
    const raw = Buffer.from(
      '{"metadata":{"name":"a","namespace":"b","uid":"c","resourceVersion":"1","labels":{"__proto__":"x","constructor":"y"}}}',
    );
    const { value } = receiveObject(resourceNamed('v1/pods'), raw);
    expect(Object.entries(value.metadata.labels ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});
