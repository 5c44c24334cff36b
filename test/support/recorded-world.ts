/** A cluster that changes, a recorder that sees, misses and repeats, and a model that only knows what was delivered when. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { ResourceName } from '../../src/domain/resources.ts';
import type { ReceivedObject } from '../../src/domain/stream-batch.ts';
import { epochMs } from '../../src/domain/time.ts';
import { Recorder } from '../../src/recorder/recorder.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { newLogFile } from './log-folder.ts';
import { type AddressSketch, received, sliceOf, subsetsOf } from './objects.ts';

export const CLUSTER = { uid: 'uid-cluster', name: 'prod' };
export const ENDPOINTS = 'v1/endpoints';
export const SLICES = 'discovery.k8s.io/v1/endpointslices';
export const START = 1_795_450_692_000;

const address = fc.record({ ip: fc.nat(3).map((n) => `10.0.0.${n}`), pod: fc.constantFrom('a', 'b'), ready: fc.boolean() });
const addresses = fc.uniqueArray(address, { maxLength: 4, selector: ({ ip, pod }) => `${ip} ${pod}` });

/** One thing that happens. */
export const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      object: fc.nat(4),
      addresses,
      seen: fc.boolean(),
      recreate: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), object: fc.nat(4), seen: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('relist' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('repeat' as const),
      first: fc.integer({ min: 1, max: 5 }),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
);

/** Two Endpoints objects, and three slices of which two belong to the same Service. */
export const OBJECTS: readonly { resource: ResourceName; name: string; service: string }[] = [
  { resource: ENDPOINTS, name: 'cart', service: 'cart' },
  { resource: ENDPOINTS, name: 'db', service: 'db' },
  { resource: SLICES, name: 'cart-1', service: 'cart' },
  { resource: SLICES, name: 'cart-2', service: 'cart' },
  { resource: SLICES, name: 'db-1', service: 'db' },
];

interface Live {
  readonly object: ReceivedObject;
  readonly addresses: readonly AddressSketch[];
}

interface ExpectedFlip {
  readonly at: number;
  readonly service: string;
  readonly source: string;
  readonly backend: string;
  readonly from: string;
  readonly to: string;
  readonly origin: string;
}

/** A cluster, a recorder of it, and what the recorder must know. */
export class World {
  readonly file = newLogFile();
  store: EventStore = openStore(this.file);
  recorder = new Recorder({ store: this.store, cluster: CLUSTER, times: 'received' });
  readonly cluster = new Map<number, Live>();
  readonly known = new Map<number, Live>();
  readonly history: { at: number; known: Map<number, Live> }[] = [];
  readonly flips: ExpectedFlip[] = [];
  readonly behind = new Set<ResourceName>();
  readonly #cursors = new Map<ResourceName, string>();
  #version = 100;
  #now = START;
  /** Batches since the stream was last listed or resumed, to be handed over again. */
  #recent: (() => void)[] = [];

  constructor() {
    for (const resource of [ENDPOINTS, SLICES] as const) this.#relist(resource);
  }

  run(steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): void {
    for (const each of steps) {
      this.#now += 1 + (this.#version % 3);
      switch (each.do) {
        case 'set':
          this.#change(each.object, each.seen, each.addresses, each.recreate);
          break;
        case 'delete':
          if (this.cluster.has(each.object)) this.#change(each.object, each.seen, undefined, false);
          break;
        case 'relist':
          for (const resource of [ENDPOINTS, SLICES] as const) this.#relist(resource);
          break;
        case 'restart':
          this.#restart();
          break;
        case 'repeat':
          for (const again of this.#recent.slice(-each.first).slice(0, each.count)) again();
      }
    }
    for (const resource of this.behind) this.#relist(resource);
  }

  /** The versions to resume from are those of the last change or list, whatever was repeated after it. */
  expectCursors(): void {
    for (const [resource, version] of this.#cursors) expect(this.recorder.cursor({ resource })?.resourceVersion).toBe(version);
  }

  close(): void {
    this.store.close();
  }

  #change(index: number, seen: boolean, list: readonly AddressSketch[] | undefined, recreate: boolean): void {
    const sketch = OBJECTS[index] as (typeof OBJECTS)[number];
    const { resource } = sketch;
    if (seen && this.behind.has(resource)) this.#relist(resource);
    const before = this.cluster.get(index);
    const changes: { type: 'ADDED' | 'MODIFIED' | 'DELETED'; live: Live }[] = [];
    if (before && (list === undefined || recreate))
      changes.push({ type: 'DELETED', live: this.#live(index, before.object.uid, before.addresses) });
    if (list !== undefined) {
      const uid = before && !recreate ? before.object.uid : `uid-${this.#version}`;
      changes.push({ type: before && !recreate ? 'MODIFIED' : 'ADDED', live: this.#live(index, uid, list) });
    }
    for (const { type, live } of changes) {
      if (type === 'DELETED') this.cluster.delete(index);
      else this.cluster.set(index, live);
      if (!seen) {
        this.behind.add(resource);
        continue;
      }
      const batch = {
        kind: 'changes',
        stream: { resource },
        at: epochMs(this.#now),
        changes: [{ type, object: live.object }],
        cursor: live.object.resourceVersion,
        provenAt: epochMs(this.#now),
      } as const;
      this.recorder.commit(batch);
      this.#cursors.set(resource, batch.cursor);
      this.#recent.push(() => this.recorder.commit({ ...batch, at: epochMs(this.#now), provenAt: epochMs(this.#now) }));
      this.#learn('watch', new Map([[index, type === 'DELETED' ? undefined : live]]));
    }
  }

  #relist(resource: ResourceName): void {
    const objects = OBJECTS.flatMap((each, index) =>
      each.resource === resource ? [this.cluster.get(index)?.object ?? []].flat() : [],
    );
    this.recorder.commit({
      kind: 'snapshot',
      stream: { resource },
      at: epochMs(this.#now),
      resourceVersion: String(++this.#version),
      objects,
      reason: { code: 'expired' },
    });
    this.#recent = [];
    this.#cursors.set(resource, String(this.#version));
    this.behind.delete(resource);
    // One object after the other, as the list is compared with what was known; deletions first.
    const indexes = OBJECTS.flatMap((each, index) => (each.resource === resource ? [index] : []));
    const uidNow = (index: number) => this.cluster.get(index)?.object.uid;
    for (const index of indexes) {
      if (this.known.has(index) && this.known.get(index)?.object.uid !== uidNow(index))
        this.#learn('relist', new Map([[index, undefined]]));
    }
    for (const index of indexes) this.#learn('relist', new Map([[index, this.cluster.get(index)]]));
  }

  #restart(): void {
    this.store.close();
    this.store = openStore(this.file);
    this.recorder = new Recorder({ store: this.store, cluster: CLUSTER, times: 'received' });
    this.recorder.open(epochMs(this.#now));
    this.#recent = [];
    for (const resource of [ENDPOINTS, SLICES] as const) {
      if (this.behind.has(resource)) this.#relist(resource);
      else this.recorder.commit({ kind: 'resumed', stream: { resource }, at: epochMs(this.#now) });
    }
  }

  /** Takes over what has just been delivered, and notes the flips that this makes by comparing whole lists. */
  #learn(origin: string, changes: ReadonlyMap<number, Live | undefined>): void {
    for (const [index, live] of changes) {
      const { service, resource } = OBJECTS[index] as (typeof OBJECTS)[number];
      const before = this.#listOf(service, resource);
      if (live === undefined) this.known.delete(index);
      else this.known.set(index, live);
      const after = this.#listOf(service, resource);
      for (const backend of [...new Set([...before.keys(), ...after.keys()])].sort()) {
        const [from, to] = [before.get(backend) ?? 'absent', after.get(backend) ?? 'absent'];
        const source = resource === ENDPOINTS ? 'endpoints' : 'endpointslices';
        if (from !== to) this.flips.push({ at: this.#now, service, source, backend, from, to, origin });
      }
    }
    this.history.push({ at: this.#now, known: new Map(this.known) });
  }

  #listOf(service: string, resource: ResourceName): Map<string, string> {
    const list = new Map<string, string>();
    OBJECTS.forEach((each, index) => {
      if (each.service !== service || each.resource !== resource) return;
      for (const { ip, pod, ready } of this.known.get(index)?.addresses ?? []) {
        const backend = `${ip} uid-${pod} 8080/TCP`;
        if (list.get(backend) !== 'ready') list.set(backend, ready ? 'ready' : 'notReady');
      }
    });
    return list;
  }

  #live(index: number, uid: string, list: readonly AddressSketch[]): Live {
    const { resource, name, service } = OBJECTS[index] as (typeof OBJECTS)[number];
    const body = resource === ENDPOINTS ? subsetsOf(list) : sliceOf(list);
    const labels = resource === SLICES ? { 'kubernetes.io/service-name': service } : undefined;
    const sketch = { name, uid, version: ++this.#version, body, ...(labels ? { labels } : {}) };
    return { object: received(resource, sketch), addresses: list };
  }
}
