/** v1 Events as the cluster's components write them, and their expiry. */
import type { EpochMs } from '../../domain/time.ts';
import { type ClusterState, keyOf } from '../cluster-state.ts';
import { type DemoObject, type KubeEvent, kubeMicroTime, kubeTime, noteWrite, type Pod } from '../objects.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';

/** kube-apiserver `--event-ttl`: an Event lives this long after its last write. */
export const EVENT_TTL_MS = 3_600_000;

type Type = KubeEvent['type'];

export class EventRecorder {
  readonly #state: ClusterState;
  readonly #schedule: Schedule;
  readonly #random: Random;
  /** Name of the Event that counts a kubelet's repeated message about one container, until it expires. */
  readonly #counting = new Map<string, string>();

  /** Events that are there already expire like the others. */
  constructor(state: ClusterState, schedule: Schedule, random: Random) {
    this.#state = state;
    this.#schedule = schedule;
    this.#random = random;
    for (const { object, key } of state.list('v1/events')) {
      this.#expire(key, Date.parse(object.metadata.creationTimestamp) + EVENT_TTL_MS - schedule.now);
    }
  }

  /** As a controller of kube-controller-manager writes it. */
  controller(about: Readonly<DemoObject>, component: string, type: Type, reason: string, message: string): void {
    const at = kubeTime(this.#schedule.now);
    const { apiVersion, metadata } = about;
    this.#create(about, `${metadata.name}.${this.#nanoseconds()}`, 'kube-controller-manager', {
      involvedObject: { ...reference(about), apiVersion, resourceVersion: metadata.resourceVersion ?? '' },
      reason,
      message,
      source: { component },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
      type,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: '',
    });
  }

  /** As the kubelet of the Pod's node writes it about one container. The same words again only raise the count. */
  kubelet(pod: Readonly<Pod>, container: string, type: Type, reason: string, message: string): void {
    const at = kubeTime(this.#schedule.now);
    const correlation = `${pod.metadata.uid} ${container} ${reason} ${message}`;
    const known = this.#counting.get(correlation);
    const repeated =
      known === undefined
        ? undefined
        : this.#state.edit<KubeEvent>('v1/events', known, (event) => {
            event.count = (event.count ?? 1) + 1;
            event.lastTimestamp = at;
            noteWrite(event, 'kubelet', this.#schedule.now);
          });
    if (repeated) return;
    const source = { component: 'kubelet', host: pod.spec.nodeName ?? '' };
    const key = this.#create(pod, `${pod.metadata.name}.${this.#nanoseconds()}`, 'kubelet', {
      involvedObject: {
        ...reference(pod),
        apiVersion: 'v1',
        resourceVersion: pod.metadata.resourceVersion ?? '',
        fieldPath: `spec.containers{${container}}`,
      },
      reason,
      message,
      source,
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
      type,
      eventTime: null,
      reportingComponent: 'kubelet',
      reportingInstance: source.host,
    });
    this.#counting.set(correlation, key);
  }

  /** As the scheduler writes it, through events.k8s.io/v1: `eventTime` instead of first and last, no count. */
  scheduled(pod: Readonly<Pod>, node: string): void {
    const { namespace, name } = pod.metadata;
    this.#create(pod, `${name}.${this.#nanoseconds()}`, 'kube-scheduler', {
      involvedObject: { ...reference(pod), apiVersion: 'v1', resourceVersion: pod.metadata.resourceVersion ?? '' },
      reason: 'Scheduled',
      message: `Successfully assigned ${namespace}/${name} to ${node}`,
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      type: 'Normal',
      eventTime: kubeMicroTime(this.#schedule.now),
      action: 'Binding',
      reportingComponent: 'default-scheduler',
      reportingInstance: 'default-scheduler-vm',
    });
  }

  #create(
    about: Readonly<DemoObject>,
    name: string,
    manager: string,
    body: Omit<KubeEvent, 'kind' | 'apiVersion' | 'metadata'>,
  ): string {
    const now = this.#schedule.now;
    const event: KubeEvent = {
      kind: 'Event',
      apiVersion: 'v1',
      metadata: {
        name,
        namespace: about.metadata.namespace ?? 'default',
        uid: this.#random.uuid(),
        resourceVersion: '',
        creationTimestamp: kubeTime(now),
      },
      ...body,
    };
    const fields = Object.keys(body).map((field) => [`f:${field}`, {}]);
    noteWrite(event, manager, now, { fields: Object.fromEntries(fields) });
    this.#state.create('v1/events', event);
    this.#expire(keyOf(event), EVENT_TTL_MS);
    return keyOf(event);
  }

  /** A write gives the Event its whole time again, so the last write decides. */
  #expire(key: string, afterMs: number): void {
    this.#schedule.after(afterMs, () => {
      const event = this.#state.get<KubeEvent>('v1/events', key)?.object;
      if (event === undefined) return;
      const left = lastWrite(event) + EVENT_TTL_MS - this.#schedule.now;
      if (left > 0) {
        this.#expire(key, left);
        return;
      }
      this.#state.remove('v1/events', key);
      for (const [correlation, counted] of this.#counting) if (counted === key) this.#counting.delete(correlation);
    });
  }

  /** The end of an Event's name is its time in nanoseconds, in hexadecimal (client-go tools/record). */
  #nanoseconds(): string {
    const nanoseconds = BigInt(this.#schedule.now) * 1_000_000n + BigInt(this.#random.between(0, 999_999));
    return nanoseconds.toString(16);
  }
}

function lastWrite({ metadata, lastTimestamp }: Readonly<KubeEvent>): EpochMs {
  return Date.parse(lastTimestamp ?? metadata.creationTimestamp) as EpochMs;
}

function reference(about: Readonly<DemoObject>): Record<string, string> {
  const { kind, metadata } = about;
  return {
    kind,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    name: metadata.name,
    uid: metadata.uid,
  };
}
