/**
 * Long histories, seeded and cheap: Services whose Pods become unready and ready again, now and then one is replaced.
 * Everything goes through the real recorder; only the API server's answers are made here instead of being parsed.
 */
import { Random } from '../../src/demo/simulation/random.ts';
import type { ResourceName } from '../../src/domain/resources.ts';
import type { Change, ReceivedObject } from '../../src/domain/stream-batch.ts';
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

/**
 * A part of a history that ends with the cluster as it was when it began: every address ready, and no Pod another one. The
 * same events may therefore follow once more, at later positions, times and versions, and the log is as true as before.
 */
export interface Cycle {
  /** Position of the last event before it. */
  readonly after: number;
  /** Position of its last event. */
  readonly last: number;
  readonly flips: number;
  /** A whole second; every time that its events tell is this or later. */
  readonly from: EpochMs;
  /** How long it takes, in whole seconds. */
  readonly ms: number;
  /** How many resource versions it takes. */
  readonly versions: number;
}

/** What the lists of the API server would hold at most (discovery/v1, maxEndpointsPerSlice of the controller). */
const BACKENDS_PER_SLICE = 100;
/** One wave in so many replaces a Pod. */
const REPLACED_ONE_IN = 20;
const WAVES_TOGETHER = 500;
/** So that versions have as many digits at the end of a history as at its beginning. */
const FIRST_VERSION = 1_000_000_000;

export class LongHistory {
  readonly services: readonly GeneratedService[];
  readonly #store: EventStore;
  readonly #recorder: Recorder;
  readonly #plan: HistoryPlan;
  readonly #random: Random;
  #version = FIRST_VERSION;
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
    this.#prove();
  }

  /** Goes on for about so many events, and until everything is again as it was. */
  async cycle(events: number): Promise<Cycle> {
    const { totals } = this.#recorder;
    await this.#settle();
    this.#at = Math.ceil(this.#at / 1_000) * 1_000;
    const begin = { ...totals, at: this.#at, version: this.#version };
    while (totals.events < begin.events + events) {
      await this.#store.writeTogether(async () => {
        for (let wave = 0; wave < WAVES_TOGETHER && totals.events < begin.events + events; wave++) this.#wave('keep');
      });
    }
    await this.#settle();
    this.#at = Math.ceil(this.#at / 1_000) * 1_000;
    this.#prove();
    return {
      after: begin.events,
      last: totals.events,
      flips: totals.flips - begin.flips,
      from: epochMs(begin.at),
      ms: this.#at - begin.at,
      versions: this.#version - begin.version,
    };
  }

  /** All addresses become ready. */
  async #settle(): Promise<void> {
    await this.#store.writeTogether(async () => {
      for (const service of this.services) {
        for (const slice of service.slices) {
          const unready = slice.backends.filter(({ ready }) => !ready);
          if (unready.length > 0) this.#turn(service, slice, unready);
        }
      }
    });
  }

  /** As bookmarks and probes do for streams on which nothing happens. */
  #prove(): void {
    for (const resource of this.#recorded) this.#changes(resource, []);
  }

  get #recorded(): ResourceName[] {
    const { endpoints, pods } = this.#plan.record;
    const always: ResourceName[] = ['discovery.k8s.io/v1/endpointslices', 'v1/services'];
    return [...(endpoints ? (['v1/endpoints'] as const) : []), ...always, ...(pods ? (['v1/pods'] as const) : [])];
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

  /** Some backends of one slice change. */
  #wave(pods: 'replace' | 'keep' = 'replace'): void {
    const random = this.#random;
    const service = random.pick(this.services);
    const slice = random.pick(service.slices);
    if (random.between(1, REPLACED_ONE_IN) === 1 && pods === 'replace') this.#replace(service, slice);
    else
      this.#turn(
        service,
        slice,
        Array.from({ length: random.between(...this.#plan.wave) }, () => random.pick(slice.backends)),
      );
  }

  #replace(service: GeneratedService, slice: GeneratedSlice): void {
    const place = this.#random.between(0, slice.backends.length - 1);
    const old = slice.backends[place] as PodBackend;
    this.#goOnInTime();
    const fresh = this.#pod(service.replicaSet.name);
    slice.backends[place] = fresh;
    this.#tell(service, slice, [
      { type: 'DELETED', object: podObject(service, old, this.#nextVersion()) },
      { type: 'ADDED', object: podObject(service, fresh, this.#nextVersion()) },
    ]);
  }

  /** The ready become unready and the other way round. */
  #turn(service: GeneratedService, slice: GeneratedSlice, pods: readonly PodBackend[]): void {
    this.#goOnInTime();
    const changes = pods.map((pod): Change => {
      pod.ready = !pod.ready;
      pod.changedAt = this.#second();
      return { type: 'MODIFIED', object: podObject(service, pod, this.#nextVersion()) };
    });
    this.#tell(service, slice, changes);
  }

  #goOnInTime(): void {
    this.#at += Math.max(3, Math.round(this.#plan.everyMs * 2 * this.#random.next()));
  }

  /** First the Pods, then what the controllers make of them. */
  #tell(service: GeneratedService, slice: GeneratedSlice, pods: readonly Change[]): void {
    const { record } = this.#plan;
    const at = this.#second();
    if (record.pods) this.#changes('v1/pods', pods);
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
