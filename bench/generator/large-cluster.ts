/**
 * The API server of a large cluster that exists only as numbers: every object is made when it is sent. It lists in pages,
 * streams first states, watches, and lets readiness change; nothing more of Kubernetes is in it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Random } from '../../src/demo/simulation/random.ts';
import { parseStreamPath, type ResourceName, resourceNamed } from '../../src/domain/resources.ts';
import type { ReceivedObject } from '../../src/domain/stream-batch.ts';
import { endpointsObject, type GeneratedService, type PodBackend, podObject, serviceObject, sliceObject } from './objects.ts';

export interface LargeClusterPlan {
  readonly seed: number;
  readonly services: number;
  readonly podsPerService: number;
  readonly nodes: number;
  /** Whether first states are streamed (`sendInitialEvents`), as servers since 1.32 do, or refused, so that lists are paged. */
  readonly streamsFirstState: boolean;
}

const CREATED = '2026-01-01T00:00:00Z';
const FIRST_VERSION = 1_000_000;

/** What Pods and Nodes carry and the recorder leaves out: about 5 kB of it. */
const LEFT_OUT = {
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(1_500) },
  managedFields: [
    { manager: 'kubelet', operation: 'Update', apiVersion: 'v1', time: CREATED, fieldsV1: { f: 'x'.repeat(2_000) } },
  ],
};
const ENV = Array.from({ length: 20 }, (_, index) => ({ name: `SETTING_${index}`, value: 'a value of an ordinary length' }));

export class LargeCluster implements AsyncDisposable {
  readonly #plan: LargeClusterPlan;
  readonly #random: Random;
  readonly #services: readonly GeneratedService[];
  readonly #watches: { readonly resource: ResourceName; readonly response: ServerResponse }[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));
  /** Every change so far, for watches that begin later. */
  readonly #changes: { readonly version: number; readonly resource: ResourceName; readonly line: string }[] = [];
  #version = FIRST_VERSION;

  constructor(plan: LargeClusterPlan) {
    this.#plan = plan;
    this.#random = new Random(plan.seed);
    this.#services = Array.from({ length: plan.services }, (_, index) => this.#service(index));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get objects(): number {
    return [...COUNTED].reduce((sum, resource) => sum + this.#count(resource), 0);
  }

  get version(): number {
    return this.#version;
  }

  /** One Pod becomes unready or ready, and the controllers follow. */
  flip(): void {
    const service = this.#random.pick(this.#services);
    const [slice] = service.slices;
    const pod = this.#random.pick(slice?.backends ?? []);
    pod.ready = !pod.ready;
    pod.changedAt = `${new Date().toISOString().slice(0, 19)}Z`;
    this.#send('v1/pods', wholePod(podObject(service, pod, this.#next())));
    this.#send('v1/endpoints', textOf(endpointsObject(service, this.#next(), pod.changedAt)));
    if (slice) this.#send('discovery.k8s.io/v1/endpointslices', textOf(sliceObject(service, slice, this.#next(), pod.changedAt)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #send(resource: ResourceName, object: string): void {
    const line = `{"type":"MODIFIED","object":${object}}\n`;
    this.#changes.push({ version: this.#version, resource, line });
    for (const watch of this.#watches) if (watch.resource === resource) watch.response.write(line);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://api');
    const query = url.searchParams;
    const resource = parseStreamPath(url.pathname)?.resource;
    if (url.pathname === '/api/v1/namespaces/kube-system') {
      answer(response, 200, { kind: 'Namespace', metadata: { name: 'kube-system', uid: 'uid-large-cluster' } });
    } else if (resource === undefined) answer(response, 404, { kind: 'Status', code: 404 });
    else if (query.get('watch') !== 'true') this.#list(resource, query, response);
    else if (query.get('sendInitialEvents') !== 'true') this.#watch(resource, Number(query.get('resourceVersion')), response);
    else if (this.#plan.streamsFirstState) this.#stream(resource, response);
    else {
      const message = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      answer(response, 422, { kind: 'Status', status: 'Failure', reason: 'Invalid', message, code: 422 });
    }
  }

  #list(resource: ResourceName, query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('continue') ?? 0);
    const count = this.#count(resource);
    const to = Math.min(count, from + Number(query.get('limit') ?? count));
    const { kind, apiVersion } = resourceNamed(resource);
    const metadata = { resourceVersion: String(this.#version), ...(to < count ? { continue: String(to) } : {}) };
    const items = Array.from({ length: to - from }, (_, index) => this.#object(resource, from + index));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      `{"kind":"${kind}List","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${items}]}\n`,
    );
  }

  #watch(resource: ResourceName, from: number, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const change of this.#changes) if (change.resource === resource && change.version > from) response.write(change.line);
    this.#watches.push({ resource, response });
  }

  /** As fast as it is read, then the bookmark that says that this was all. */
  async #stream(resource: ResourceName, response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/json' });
    const version = String(this.#version);
    for (let index = 0; index < this.#count(resource); index++) {
      const more = response.write(`{"type":"ADDED","object":${this.#object(resource, index)}}\n`);
      if (!more) await new Promise((resolve) => response.once('drain', resolve));
    }
    const { kind, apiVersion } = resourceNamed(resource);
    const metadata = { resourceVersion: version, annotations: { 'k8s.io/initial-events-end': 'true' } };
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind, apiVersion, metadata } })}\n`);
    this.#watches.push({ resource, response });
  }

  #count(resource: ResourceName): number {
    const { services, podsPerService, nodes } = this.#plan;
    if (resource === 'v1/pods') return services * podsPerService;
    if (resource === 'v1/nodes') return nodes;
    return resource === 'v1/events' ? 0 : services;
  }

  /** As JSON. Versions of what has not changed are all those of the first state. */
  #object(resource: ResourceName, index: number): string {
    const version = String(FIRST_VERSION);
    const service = this.#services[resource === 'v1/pods' ? Math.floor(index / this.#plan.podsPerService) : index];
    if (resource === 'v1/nodes') return JSON.stringify(node(index, version));
    if (service === undefined) throw new RangeError(`there is no ${resource} ${index}`);
    const [slice] = service.slices;
    if (resource === 'v1/endpoints') return textOf(endpointsObject(service, version, CREATED));
    if (resource === 'v1/services') return textOf(serviceObject(service, version));
    if (resource === 'v1/pods') {
      return wholePod(podObject(service, slice?.backends[index % this.#plan.podsPerService] as PodBackend, version));
    }
    if (resource === 'discovery.k8s.io/v1/endpointslices' && slice) return textOf(sliceObject(service, slice, version, CREATED));
    return JSON.stringify(workload(service, resource, version));
  }

  #service(index: number): GeneratedService {
    const random = this.#random;
    const name = `service-${index}`;
    const replicaSet = { name: `${name}-${random.suffix(10)}`, uid: random.uuid() };
    const backends = Array.from({ length: this.#plan.podsPerService }, (_, number): PodBackend => {
      const place = index * this.#plan.podsPerService + number;
      const at = random.between(0, this.#plan.nodes - 1);
      return {
        name: `${replicaSet.name}-${random.suffix()}`,
        uid: random.uuid(),
        address: `10.${(place >> 16) & 0xff}.${(place >> 8) & 0xff}.${place & 0xff}`,
        node: `node-${at}`,
        zone: `zone-${'abc'[at % 3]}`,
        ready: true,
        changedAt: CREATED,
      };
    });
    const slices = [{ name: `${name}-${random.suffix()}`, uid: random.uuid(), backends }];
    return { namespace: `team-${index % 200}`, name, uid: random.uuid(), endpointsUid: random.uuid(), replicaSet, slices };
  }

  #next(): string {
    return String(++this.#version);
  }
}

const COUNTED: readonly ResourceName[] = [
  'v1/endpoints',
  'discovery.k8s.io/v1/endpointslices',
  'v1/services',
  'v1/pods',
  'v1/nodes',
  'apps/v1/replicasets',
  'apps/v1/deployments',
];

const textOf = ({ body }: ReceivedObject): string => Buffer.from(body).toString();

/** With what the recorder does not keep. */
function wholePod({ value, resourceVersion }: ReceivedObject): string {
  const { metadata, spec, ...rest } = value as unknown as { metadata: object; spec: { containers: object[] } };
  const containers = spec.containers.map((container) => ({ ...container, env: ENV }));
  return JSON.stringify({ ...rest, metadata: { ...metadata, resourceVersion, ...LEFT_OUT }, spec: { ...spec, containers } });
}

function node(index: number, resourceVersion: string): object {
  const name = `node-${index}`;
  const condition = (type: string, status: string) => ({ type, status, lastTransitionTime: CREATED, lastHeartbeatTime: CREATED });
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion,
      creationTimestamp: CREATED,
      labels: { 'topology.kubernetes.io/zone': `zone-${'abc'[index % 3]}`, 'kubernetes.io/hostname': name },
      ...LEFT_OUT,
    },
    spec: { podCIDR: '10.0.0.0/24' },
    status: {
      conditions: [
        condition('MemoryPressure', 'False'),
        condition('DiskPressure', 'False'),
        condition('PIDPressure', 'False'),
        condition('Ready', 'True'),
      ],
    },
  };
}

function workload(
  { namespace, name, replicaSet, slices }: GeneratedService,
  resource: ResourceName,
  resourceVersion: string,
): object {
  const { kind, apiVersion } = resourceNamed(resource);
  const replicas = slices.reduce((sum, { backends }) => sum + backends.length, 0);
  const deployment = { name, uid: `uid-deployment-${name}` };
  const own =
    kind === 'ReplicaSet'
      ? { ...replicaSet, ownerReferences: [{ apiVersion, kind: 'Deployment', ...deployment, controller: true }] }
      : deployment;
  return {
    kind,
    apiVersion,
    metadata: { ...own, namespace, resourceVersion, creationTimestamp: CREATED, ...LEFT_OUT },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { spec: { containers: [{ name: 'app', image: 'app:1' }] } },
    },
    status: { replicas, readyReplicas: replicas },
  };
}

function answer(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
