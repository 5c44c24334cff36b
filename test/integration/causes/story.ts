/** A cluster's story, written by the real recorder into a real store. Times are seconds; each line is one watched change. */
import { type ResourceName, resourceNamed } from '../../../src/domain/resources.ts';
import type { ChangeType } from '../../../src/domain/stream-batch.ts';
import { epochMs } from '../../../src/domain/time.ts';
import type { FlipAnswer } from '../../../src/history/answers.ts';
import { localHistory } from '../../../src/history/local-history.ts';
import { receiveObject } from '../../../src/kubernetes/received.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { type PodSketch, pod as podObject } from '../../support/cause-evidence.ts';
import { newLogFile } from '../../support/log-folder.ts';

const START = Date.UTC(2026, 10, 23, 16);
const at = (seconds: number) => epochMs(START + Math.round(seconds * 1_000));
const ALL: readonly ResourceName[] = [
  'v1/endpoints',
  'discovery.k8s.io/v1/endpointslices',
  'v1/services',
  'v1/pods',
  'v1/nodes',
  'v1/events',
  'apps/v1/replicasets',
  'apps/v1/deployments',
];

type Described = { readonly metadata: object } & Readonly<Record<string, unknown>>;

export interface Listed {
  readonly ip?: string;
  readonly pod?: PodSketch;
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

export class ClusterStory {
  readonly #store = openStore(newLogFile());
  readonly #recorder = new Recorder({ store: this.#store, cluster: { uid: 'uid-cluster', name: 'test' }, times: 'given' });
  readonly #known = new Set<string>();
  #version = 100;
  #said: Described | undefined;

  /** @param without resources that this cluster does not serve or does not allow */
  constructor({ without = [] }: { readonly without?: readonly ResourceName[] } = {}) {
    for (const resource of ALL) if (!without.includes(resource)) this.list(-1, resource, []);
  }

  service(seconds: number, name = 'web', spec: object = { selector: { app: 'web' }, ports: [{ port: 8080 }] }): this {
    return this.#change(seconds, 'v1/services', { metadata: { name, uid: `uid-service-${name}` }, spec });
  }

  pod(seconds: number, sketch: PodSketch = {}, type?: ChangeType): this {
    return this.#change(seconds, 'v1/pods', podObject(sketch) as never, type);
  }

  endpoints(
    seconds: number,
    listed: readonly Listed[],
    { name = 'web', metadata = {} }: { name?: string; metadata?: object } = {},
  ): this {
    const addresses = (wanted: boolean) =>
      listed
        .filter(({ ready = true }) => ready === wanted)
        .map((each) => ({ ip: each.ip ?? '10.0.0.1', ...reference(each, 'targetRef') }));
    return this.#change(seconds, 'v1/endpoints', {
      metadata: { name, uid: `uid-endpoints-${name}`, ...metadata },
      subsets: [{ addresses: addresses(true), notReadyAddresses: addresses(false), ports: [{ port: 8080, protocol: 'TCP' }] }],
    });
  }

  slice(seconds: number, listed: readonly Listed[], slice = 'web-abc'): this {
    return this.#change(seconds, 'discovery.k8s.io/v1/endpointslices', {
      metadata: { name: slice, uid: `uid-${slice}`, labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: listed[0]?.ip?.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: listed.map((each) => {
        const { ready = true, serving = ready, terminating = false } = each;
        return {
          addresses: [each.ip ?? '10.0.0.1'],
          conditions: { ready, serving, terminating },
          ...reference(each, 'targetRef'),
        };
      }),
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    });
  }

  says(seconds: number, reason: string, message: string, uid = 'uid-web-1'): this {
    const name = `event-${++this.#version}`;
    const involvedObject = { kind: 'Pod', name: 'web-1', namespace: 'store', uid };
    this.#said = { metadata: { name, uid: `uid-${name}` }, involvedObject, reason, message };
    return this.#change(seconds, 'v1/events', this.#said);
  }

  /** The last v1 Event expires: the API server tells of that as a deletion. */
  expires(seconds: number): this {
    return this.#said === undefined ? this : this.#change(seconds, 'v1/events', this.#said, 'DELETED');
  }

  /** A complete state of one stream: the first, or a relist. */
  list(seconds: number, resource: ResourceName, objects: readonly Described[]): this {
    this.#recorder.commit({
      kind: 'snapshot',
      stream: { resource },
      at: at(seconds),
      resourceVersion: String(++this.#version),
      objects: objects.map((object) => this.#receive(resource, object)),
      reason: { code: 'expired' },
    });
    return this;
  }

  /** `from → to cause confidence: detail` of every flip. */
  async told(source: FlipAnswer['source'] = 'endpoints'): Promise<string[]> {
    const { items } = await localHistory(this.#store.reader).flips({ source, limit: 1_000 });
    return items.map(
      (flip) => `${flip.from} → ${flip.to} ${flip.cause} ${flip.confidence}${flip.detail ? `: ${flip.detail}` : ''}`,
    );
  }

  close(): void {
    this.#store.close();
  }

  #change(seconds: number, resource: ResourceName, object: Described, type?: ChangeType): this {
    const received = this.#receive(resource, object);
    const key = `${resource} ${received.uid}`;
    const changes = [{ type: type ?? (this.#known.has(key) ? 'MODIFIED' : 'ADDED'), object: received } as const];
    this.#known.add(key);
    const cursor = String(this.#version);
    this.#recorder.commit({ kind: 'changes', stream: { resource }, at: at(seconds), changes, cursor, provenAt: at(seconds) });
    return this;
  }

  #receive(name: ResourceName, { metadata, ...object }: Described) {
    const resource = resourceNamed(name);
    const { kind, apiVersion, namespaced } = resource;
    const whole = { ...(namespaced ? { namespace: 'store' } : {}), ...metadata, resourceVersion: String(++this.#version) };
    return receiveObject(resource, Buffer.from(JSON.stringify({ kind, apiVersion, metadata: whole, ...object })));
  }
}

function reference({ pod }: Listed, field: string) {
  if (pod === undefined) return {};
  const { name = 'web-1', uid = 'uid-web-1' } = pod;
  return { [field]: { kind: 'Pod', namespace: 'store', name, uid }, nodeName: 'node-1' };
}
