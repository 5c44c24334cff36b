/** Small sketches of evidence, for the rules alone: a clock in seconds, positions in the order of writing. */
import type {
  Cause,
  Evidence,
  ListVersion,
  Node,
  Note,
  Pod,
  Version,
  Versions,
  Workload,
} from '../../src/domain/causes/index.ts';
import { explain } from '../../src/domain/causes/index.ts';
import type { KubeObject, Service } from '../../src/domain/objects.ts';
import { epochMs } from '../../src/domain/time.ts';

const START = Date.UTC(2026, 10, 23, 16);
export const at = (seconds: number) => epochMs(START + Math.round(seconds * 1_000));
/** RFC 3339 of the same instant. */
export const text = (seconds: number) => new Date(at(seconds)).toISOString();

type Change = Partial<Pick<Version, 'type' | 'origin' | 'uid'>>;

/** A story: what was received, in order. Each call stands one position after the one before. */
export class Story {
  #position = 0;
  readonly service: Version<Service>[] = [];
  readonly pod: Version<Pod>[] = [];
  readonly otherPods: Version<Pod>[] = [];
  readonly node: Version<Node>[] = [];
  readonly replicaSets = new Map<string, Version<Workload>[]>();
  readonly deployment: Version<Workload>[] = [];
  readonly said: (Note & { readonly about: string })[] = [];
  readonly lists: ListVersion[] = [];
  readonly endpoints: ListVersion[] = [];

  withService(seconds: number, spec: Service['spec'], change: Change = {}): this {
    this.service.push(this.#version(seconds, { metadata: meta('web', 'uid-web'), spec }, 'uid-web', change, this.service));
    return this;
  }

  withPod(seconds: number, pod: Pod, change: Change = {}): this {
    const known = pod.metadata.uid === POD_UID ? this.pod : this.otherPods;
    known.push(this.#version(seconds, pod, pod.metadata.uid, change, known));
    return this;
  }

  withNode(seconds: number, ready: string, reason = 'KubeletReady'): this {
    const node = { metadata: meta('node-1', 'uid-node-1'), status: { conditions: [{ type: 'Ready', status: ready, reason }] } };
    this.node.push(this.#version(seconds, node, 'uid-node-1', {}, this.node));
    return this;
  }

  withReplicaSet(seconds: number, name: string, revision: number, wanted: number, held: number, change: Change = {}): this {
    const known = this.replicaSets.get(name) ?? [];
    this.replicaSets.set(name, known);
    known.push(
      this.#version(
        seconds,
        {
          metadata: {
            ...meta(name, `uid-${name}`),
            annotations: { 'deployment.kubernetes.io/revision': String(revision) },
            ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'uid-deployment', controller: true }],
          },
          spec: { replicas: wanted },
          status: { replicas: held },
        },
        `uid-${name}`,
        change,
        known,
      ),
    );
    return this;
  }

  withDeployment(seconds: number, replicas: number): this {
    const object = { metadata: meta('web', 'uid-deployment'), spec: { replicas } };
    this.deployment.push(this.#version(seconds, object, 'uid-deployment', {}, this.deployment));
    return this;
  }

  says(seconds: number, about: string, reason: string, message: string): this {
    this.said.push({ position: ++this.#position, at: at(seconds), about, reason, message });
    return this;
  }

  /** A version of the Service's address list. */
  listed(seconds: number, more: Partial<ListVersion> = {}, into = this.lists): this {
    into.push({ position: ++this.#position, at: at(seconds), listed: true, truncated: false, editors: [], ...more });
    return this;
  }

  /** Tells the flip that the list brings at this moment, with all evidence of the story, also what comes after. */
  flip(seconds: number, from: Evidence['flip']['from'], to: Evidence['flip']['to'], more: FlipOptions = {}): PendingFlip {
    const { list, ...flip } = more;
    this.listed(seconds, list);
    return {
      position: this.#position,
      at: at(seconds),
      source: 'endpoints',
      backend: { address: '10.0.0.1', ports: [], pod: { name: 'web-1', uid: POD_UID }, node: 'node-1' },
      from,
      to,
      origin: 'watch',
      ...flip,
    };
  }

  evidence(flip: PendingFlip): Evidence {
    const index = this.lists.findIndex(({ position }) => position === flip.position);
    const [before, after] = [this.lists[index - 1], this.lists[index]];
    return {
      flip,
      service: this.service,
      pod: flip.backend.pod ? this.pod : [],
      successors: this.otherPods.filter(({ position }) => position > flip.position),
      ...optional(
        'predecessor',
        this.otherPods.findLast(({ position }) => position < flip.position),
      ),
      node: this.node,
      list: { ...optional('before', before), ...optional('after', after) },
      ...optional('mirrored', this.endpoints.at(-1)),
      ...optional('flippedInSlices', flip.flippedInSlices),
      notes: (uid) => this.said.filter(({ about }) => about === uid),
      replicaSet: (name) => this.replicaSets.get(name) ?? [],
      replicaSetsOf: () => [...this.replicaSets.values()],
      deployment: () => this.deployment,
    };
  }

  explain(flip: PendingFlip): Cause {
    return explain(this.evidence(flip));
  }

  #version<T extends KubeObject>(seconds: number, object: T, uid: string, change: Change, before: Versions<T>): Version<T> {
    const type = before.length === 0 ? 'ADDED' : 'MODIFIED';
    return { position: ++this.#position, at: at(seconds), type, origin: 'watch', uid, object, ...change };
  }
}

export type PendingFlip = Evidence['flip'] & { readonly flippedInSlices?: boolean };
type FlipOptions = Partial<Omit<PendingFlip, 'at' | 'position' | 'from' | 'to'>> & { readonly list?: Partial<ListVersion> };

export const POD_UID = 'uid-web-1';

function meta(name: string, uid: string): KubeObject['metadata'] {
  return { name, uid, namespace: 'store' };
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { [Key in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: T };
}

export interface PodSketch {
  readonly name?: string;
  readonly uid?: string;
  readonly ready?: boolean;
  /** Default: as `ready`. */
  readonly containersReady?: boolean;
  readonly labels?: Record<string, string>;
  readonly owner?: { kind: string; name: string };
  readonly deleting?: boolean;
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  /** No address yet. */
  readonly pending?: boolean;
  readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
  readonly gates?: readonly string[];
  readonly containers?: readonly ContainerSketch[];
}

export interface ContainerSketch {
  readonly name?: string;
  readonly ready?: boolean;
  readonly restarts?: number;
  readonly probe?: boolean;
  readonly state?: 'running' | 'waiting' | { readonly exitCode: number; readonly reason: string };
  readonly last?: { readonly exitCode: number; readonly reason: string };
}

/** A running Pod `web-1` of ReplicaSet `web-a` with one container `web` that has a readiness probe. */
export function pod(sketch: PodSketch = {}): Pod {
  const { ready = true, containersReady = ready, conditions = [], gates, containers = [{}] } = sketch;
  const { name = 'web-1', uid = POD_UID, labels = { app: 'web' }, owner = { kind: 'ReplicaSet', name: 'web-a' } } = sketch;
  const each = containers.map((container) => ({ name: 'web', ready: containersReady, restarts: 0, probe: true, ...container }));
  return {
    metadata: {
      ...meta(name, uid),
      labels,
      ownerReferences: [{ ...owner, uid: `uid-${owner.name}`, controller: true }],
      ...(sketch.deleting ? { deletionTimestamp: text(0) } : {}),
    },
    spec: {
      nodeName: 'node-1',
      ...(gates ? { readinessGates: gates.map((conditionType) => ({ conditionType })) } : {}),
      containers: each.map((container) => ({ name: container.name, ...(container.probe ? { readinessProbe: {} } : {}) })),
    },
    status: {
      phase: sketch.phase ?? 'Running',
      ...optional('reason', sketch.reason),
      ...optional('message', sketch.message),
      ...(sketch.pending ? {} : { podIPs: [{ ip: '10.0.0.1' }] }),
      conditions: [
        { type: 'ContainersReady', status: containersReady ? 'True' : 'False' },
        { type: 'Ready', status: ready ? 'True' : 'False' },
        ...conditions,
      ],
      containerStatuses: each.map((container) => ({
        name: container.name,
        ready: container.ready,
        restartCount: container.restarts,
        state: stateOf(container.state ?? 'running'),
        ...(container.last ? { lastState: { terminated: container.last } } : {}),
      })),
    },
  };
}

function stateOf(state: NonNullable<ContainerSketch['state']>) {
  if (state === 'running') return { running: {} };
  return state === 'waiting' ? { waiting: { reason: 'CrashLoopBackOff' } } : { terminated: state };
}
