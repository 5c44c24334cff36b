/**
 * Long histories, seeded and cheap: Services whose Pods become unready and ready again, now and then one is replaced.
 * Everything goes through the real recorder; only the API server's answers are made here instead of being parsed.
 */
import { Random } from '../../src/demo/simulation/random.ts';
import type { ResourceName } from '../../src/domain/resources.ts';
import type { Change, ChangeType, ReceivedObject } from '../../src/domain/stream-batch.ts';
import { type EpochMs, epochMs } from '../../src/domain/time.ts';
import { Recorder } from '../../src/recorder/recorder.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import {
  endpointsObject,
  type GeneratedService,
  type GeneratedSlice,
  type PodBackend,
  podObject,
  serviceObject,
  sliceObject,
} from './objects.ts';

export interface HistoryPlan {
  readonly seed: number;
  readonly services: number;
  readonly backendsPerService: number;
  /** Which resources are recorded beside Services and slices. */
  readonly record: { readonly endpoints: boolean; readonly pods: boolean };
  /** How many backends of one slice change at once, at least and at most. */
  readonly wave: readonly [least: number, most: number];
  /** Time of the first lists. */
  readonly from: EpochMs;
  /** Mean time between two waves. */
  readonly everyMs: number;
}

export interface HistoryTotals {
  readonly events: number;
  readonly flips: number;
  /** Time of the last event. */
  readonly to: EpochMs;
}

/** What the lists of the API server would hold at most (discovery/v1, maxEndpointsPerSlice of the controller). */
const BACKENDS_PER_SLICE = 100;
/** One wave in so many replaces a Pod. */
const REPLACED_ONE_IN = 20;
const WAVES_TOGETHER = 500;

export class LongHistory {
  readonly services: readonly GeneratedService[];
  readonly #store: EventStore;
  readonly #recorder: Recorder;
  readonly #plan: HistoryPlan;
  readonly #random: Random;
  #version = 1_000;
  #addresses = 0;
  #at: number;

  constructor(store: EventStore, plan: HistoryPlan) {
    this.#store = store;
    this.#plan = plan;
    this.#random = new Random(plan.seed);
    this.#at = plan.from;
    this.#recorder = new Recorder({ store, cluster: { uid: 'bench', name: 'bench' }, times: 'given' });
    this.services = Array.from({ length: plan.services }, (_, index) => this.#service(index));
    this.#lists();
  }

  get totals(): HistoryTotals {
    const { events, flips } = this.#recorder.totals;
    return { events, flips, to: epochMs(this.#at) };
  }

  /**
   * Goes on until the log holds so many events or flips.
   *
   * @param deadline `performance.now()` at which to stop with what there is
   */
  async goOn(until: { readonly events?: number; readonly flips?: number }, deadline = Number.POSITIVE_INFINITY): Promise<void> {
    const { events = Number.POSITIVE_INFINITY, flips = Number.POSITIVE_INFINITY } = until;
    const { totals } = this.#recorder;
    const enough = () => totals.events >= events || totals.flips >= flips;
    while (!enough() && performance.now() < deadline) {
      await this.#store.writeTogether(async () => {
        for (let wave = 0; wave < WAVES_TOGETHER && !enough(); wave++) this.#wave();
      });
    }
  }

  #lists(): void {
    const list = (resource: ResourceName, objects: ReceivedObject[]) =>
      this.#recorder.commit({
        kind: 'snapshot',
        stream: { resource },
        at: epochMs(this.#at),
        resourceVersion: this.#nextVersion(),
        objects,
        reason: { code: 'relisted' },
      });
    const { record } = this.#plan;
    const at = this.#second();
    const slicesOf = (service: GeneratedService) =>
      service.slices.map((slice) => sliceObject(service, slice, this.#nextVersion(), at));
    const podsOf = (service: GeneratedService) =>
      service.slices.flatMap(({ backends }) => backends.map((pod) => podObject(service, pod, this.#nextVersion())));
    if (record.endpoints) {
      list(
        'v1/endpoints',
        this.services.map((service) => endpointsObject(service, this.#nextVersion(), at)),
      );
    }
    list('discovery.k8s.io/v1/endpointslices', this.services.flatMap(slicesOf));
    list(
      'v1/services',
      this.services.map((service) => serviceObject(service, this.#nextVersion())),
    );
    if (record.pods) list('v1/pods', this.services.flatMap(podsOf));
  }

  /** Some backends of one slice change: first their Pods, then what the controllers make of it. */
  #wave(): void {
    const random = this.#random;
    const { record, wave, everyMs } = this.#plan;
    this.#at += Math.max(3, Math.round(everyMs * 2 * random.next()));
    const at = this.#second();
    const service = random.pick(this.services);
    const slice = random.pick(service.slices);
    const changes: Change[] = [];
    const pod = (type: ChangeType, each: PodBackend) =>
      changes.push({ type, object: podObject(service, each, this.#nextVersion()) });
    if (random.between(1, REPLACED_ONE_IN) === 1) {
      const place = random.between(0, slice.backends.length - 1);
      const fresh = this.#pod(service.replicaSet.name);
      pod('DELETED', slice.backends[place] as PodBackend);
      pod('ADDED', fresh);
      slice.backends[place] = fresh;
    } else {
      for (let left = random.between(...wave); left > 0; left--) {
        const each = random.pick(slice.backends);
        each.ready = !each.ready;
        each.changedAt = at;
        pod('MODIFIED', each);
      }
    }
    if (record.pods) this.#changes('v1/pods', changes);
    this.#at++;
    if (record.endpoints) this.#changed('v1/endpoints', endpointsObject(service, this.#nextVersion(), at));
    this.#at++;
    this.#changed('discovery.k8s.io/v1/endpointslices', sliceObject(service, slice, this.#nextVersion(), at));
  }

  #changed(resource: ResourceName, object: ReceivedObject): void {
    this.#changes(resource, [{ type: 'MODIFIED', object }]);
  }

  #changes(resource: ResourceName, changes: readonly Change[]): void {
    const at = epochMs(this.#at);
    this.#recorder.commit({ kind: 'changes', stream: { resource }, at, changes, cursor: String(this.#version), provenAt: at });
  }

  #service(index: number): GeneratedService {
    const random = this.#random;
    const name = `service-${index}`;
    const replicaSet = { name: `${name}-${random.suffix(10)}`, uid: random.uuid() };
    const slices = Array.from({ length: Math.ceil(this.#plan.backendsPerService / BACKENDS_PER_SLICE) }, (_, number) => {
      const size = Math.min(BACKENDS_PER_SLICE, this.#plan.backendsPerService - number * BACKENDS_PER_SLICE);
      const backends = Array.from({ length: size }, () => this.#pod(replicaSet.name));
      return { name: `${name}-${random.suffix()}`, uid: random.uuid(), backends } satisfies GeneratedSlice;
    });
    const namespace = `team-${index % 10}`;
    return { namespace, name, uid: random.uuid(), endpointsUid: random.uuid(), replicaSet, slices };
  }

  #pod(replicaSet: string): PodBackend {
    const random = this.#random;
    const number = this.#addresses++;
    const node = random.between(0, 49);
    return {
      name: `${replicaSet}-${random.suffix()}`,
      uid: random.uuid(),
      address: `10.${100 + ((number >> 16) & 0x7f)}.${(number >> 8) & 0xff}.${number & 0xff}`,
      node: `node-${node}`,
      zone: `zone-${'abc'[node % 3]}`,
      ready: true,
      changedAt: this.#second(),
    };
  }

  #nextVersion(): string {
    return String(++this.#version);
  }

  /** The time as controllers write it. */
  #second(): string {
    return `${new Date(this.#at).toISOString().slice(0, 19)}Z`;
  }
}
