/** Random histories, seen, missed, repeated and interrupted, against a model that only knows what was delivered when. */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ResourceName } from '../../../src/domain/resources.ts';
import type { ReceivedObject } from '../../../src/domain/stream-batch.ts';
import { epochMs, MAX_INSTANT } from '../../../src/domain/time.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { type EventStore, isLedgerEvent, LATEST, position } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { type AddressSketch, objectBytes, received, sliceOf, subsetsOf } from '../../support/objects.ts';
import { projectionRows } from '../../support/projection-rows.ts';

const CLUSTER = { uid: 'uid-cluster', name: 'prod' };
const ENDPOINTS = 'v1/endpoints';
const SLICES = 'discovery.k8s.io/v1/endpointslices';
const START = 1_795_450_692_000;

const address = fc.record({ ip: fc.nat(3).map((n) => `10.0.0.${n}`), pod: fc.constantFrom('a', 'b'), ready: fc.boolean() });
const addresses = fc.uniqueArray(address, { maxLength: 4, selector: ({ ip, pod }) => `${ip} ${pod}` });

const step = fc.oneof(
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
const OBJECTS: readonly { resource: ResourceName; name: string; service: string }[] = [
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
class World {
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

function open(): World {
  const world = new World();
  onTestFinished(() => world.close());
  return world;
}

describe('a recorder that sees, misses, repeats and restarts', () => {
  test('knows every object, at every instant, byte for byte as it was delivered', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = open();
        world.run(steps);
        const { reader } = world.store;
        for (const { at, known } of finalPerInstant(world.history)) {
          OBJECTS.forEach(({ resource, name }, index) => {
            const event = reader.objectAt({
              clusterId: world.recorder.clusterId,
              resource,
              namespace: 'store',
              name,
              at: epochMs(at),
              asOf: LATEST,
            });
            const expected = known.get(index)?.object.body;
            if (event === undefined || event.type === 'DELETED') expect(expected).toBeUndefined();
            else expect(Buffer.from(reader.body(event)).toString()).toBe(Buffer.from(expected ?? []).toString());
          });
        }
        world.close();
      }),
      { numRuns: 60 },
    );
  });

  test('tells exactly the flips that whole lists, compared one after the other, show', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = open();
        world.run(steps);
        const window = { from: epochMs(0), to: MAX_INSTANT, asOf: LATEST, limit: 10_000 };
        const told = (['endpoints', 'endpointslices'] as const).flatMap((source) =>
          world.store.reader.flips({ ...window, source }).map(({ at, service, backend, from, to, origin }) => ({
            at: Number(at),
            service: service.name,
            source,
            backend: `${backend.address} ${backend.pod?.uid} 8080/TCP`,
            from,
            to,
            origin,
          })),
        );
        const expected = (['endpoints', 'endpointslices'] as const).flatMap((source) =>
          world.flips.filter((flip) => flip.source === source),
        );
        expect(told).toEqual(expected);
        world.close();
      }),
      { numRuns: 60 },
    );
  });

  test('has counts after each flip that equal a count of the list', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = open();
        world.run(steps);
        const { reader } = world.store;
        for (const name of ['cart', 'db']) {
          const service = reader.service({ clusterId: world.recorder.clusterId, namespace: 'store', name });
          if (!service) continue;
          for (const source of ['endpoints', 'endpointslices'] as const) {
            const now = reader.countsAt({ serviceId: service.id, source, at: MAX_INSTANT, asOf: LATEST });
            if (!now) continue;
            const flips = reader.flips({
              serviceId: service.id,
              source,
              from: epochMs(0),
              to: MAX_INSTANT,
              asOf: LATEST,
              limit: 10_000,
            });
            const sum = { ready: 0, notReady: 0 } as Record<string, number>;
            for (const { from, to } of flips) {
              sum[from] = (sum[from] ?? 0) - 1;
              sum[to] = (sum[to] ?? 0) + 1;
            }
            // Nothing was listed when recording began, so the flips are the whole of the change.
            expect({ ready: sum.ready, notReady: sum.notReady }).toEqual({ ready: now.ready, notReady: now.notReady });
          }
        }
        world.close();
      }),
      { numRuns: 30 },
    );
  });

  test('has projections that a rebuild makes again, row for row', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = open();
        world.run(steps);
        world.expectCursors();
        const before = projectionRows(world.file);
        rebuild(world.store);
        expect(projectionRows(world.file)).toEqual(before);
        world.close();
      }),
      { numRuns: 40 },
    );
  });
});

describe('what a recorder writes', () => {
  test('a first snapshot makes no flips, and an object added later flips its backends from absent', () => {
    const store = openStore(newLogFile());
    onTestFinished(() => store.close());
    const recorder = new Recorder({ store, cluster: CLUSTER, times: 'received' });
    const stream = { resource: ENDPOINTS } as const;
    const cart = received(ENDPOINTS, { name: 'cart', uid: 'u1', version: 1, body: subsetsOf([{ ip: '10.0.0.1' }]) });
    const db = received(ENDPOINTS, { name: 'db', uid: 'u2', version: 3, body: subsetsOf([{ ip: '10.0.0.2' }]) });
    recorder.commit({
      kind: 'snapshot',
      stream,
      at: epochMs(START),
      resourceVersion: '2',
      objects: [cart],
      reason: { code: 'relisted' },
    });
    const added = {
      kind: 'changes',
      stream,
      at: epochMs(START + 5),
      changes: [{ type: 'ADDED', object: db }],
      cursor: '3',
    } as const;
    recorder.commit({ ...added, provenAt: epochMs(START + 5) });
    const flips = store.reader.flips({ from: epochMs(0), to: MAX_INSTANT, asOf: LATEST, limit: 10 });
    expect(flips.map(({ service, from, to }) => [service.name, from, to])).toEqual([['db', 'absent', 'ready']]);
  });

  test('a reduced object whose stored part did not change is no event, but moves the cursor', () => {
    const store = openStore(newLogFile());
    onTestFinished(() => store.close());
    const recorder = new Recorder({ store, cluster: CLUSTER, times: 'received' });
    const stream = { resource: 'v1/pods' } as const;
    const pod = (version: number, note: string) =>
      received('v1/pods', {
        name: 'cart-1',
        uid: 'u1',
        version,
        annotations: { note },
        body: { spec: { nodeName: 'node-1' }, status: { phase: 'Running' } },
      });
    recorder.commit({
      kind: 'snapshot',
      stream,
      at: epochMs(START),
      resourceVersion: '1',
      objects: [pod(1, 'a')],
      reason: { code: 'relisted' },
    });
    const last = store.reader.lastPosition();
    const touched = {
      kind: 'changes',
      stream,
      at: epochMs(START + 5),
      changes: [{ type: 'MODIFIED', object: pod(2, 'b') }],
      cursor: '2',
    } as const;
    recorder.commit({ ...touched, provenAt: epochMs(START + 5) });
    expect(store.reader.lastPosition()).toBe(last);
    expect(recorder.cursor(stream)).toEqual({ resourceVersion: '2', provenAt: START + 5 });
    expect(recorder.totals.unchanged).toBe(1);
  });

  test('a clock that steps back is clamped, and the step is told in the ledger once', () => {
    const store = openStore(newLogFile());
    onTestFinished(() => store.close());
    const recorder = new Recorder({ store, cluster: CLUSTER, times: 'received' });
    const stream = { resource: ENDPOINTS } as const;
    recorder.commit({
      kind: 'snapshot',
      stream,
      at: epochMs(START),
      resourceVersion: '1',
      objects: [],
      reason: { code: 'relisted' },
    });
    const change = (ms: number, version: number) => {
      const object = received(ENDPOINTS, { name: 'cart', uid: 'u1', version, body: subsetsOf([{ ip: `10.0.0.${version}` }]) });
      const at = epochMs(START + ms);
      recorder.commit({
        kind: 'changes',
        stream,
        at,
        changes: [{ type: 'MODIFIED', object }],
        cursor: String(version),
        provenAt: at,
      });
    };
    change(1_000, 2);
    change(-60_000, 3);
    change(-59_000, 4);
    change(2_000, 5);
    const events = store.reader.events({ after: position(0), limit: 100 });
    const times = events.map(({ at }) => at - START);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const steps = events.flatMap((event) =>
      isLedgerEvent(event) && event.fact.type === 'CLOCK_STEPPED' ? [event.fact.byMs] : [],
    );
    expect(steps).toEqual([-61_000]);
    expect(times.at(-1)).toBe(2_000);
  });

  test('the bytes that a watch delivered are the bytes that are stored', () => {
    const store = openStore(newLogFile());
    onTestFinished(() => store.close());
    const recorder = new Recorder({ store, cluster: CLUSTER, times: 'received' });
    const stream = { resource: ENDPOINTS } as const;
    const sketch = {
      name: 'cart',
      uid: 'u1',
      version: 7,
      annotations: { odd: 'é \u2028 "\\' },
      body: subsetsOf([{ ip: '10.0.0.1' }]),
    };
    recorder.commit({
      kind: 'snapshot',
      stream,
      at: epochMs(START),
      resourceVersion: '8',
      objects: [received(ENDPOINTS, sketch)],
      reason: { code: 'relisted' },
    });
    const event = store.reader.events({ after: position(0), limit: 10 }).find((each) => !isLedgerEvent(each));
    if (!event || isLedgerEvent(event)) throw new Error('the object was not recorded');
    expect(Buffer.from(store.reader.body(event)).equals(objectBytes(ENDPOINTS, sketch))).toBe(true);
  });
});

function finalPerInstant(history: World['history']): World['history'] {
  return history.filter(({ at }, index) => history[index + 1]?.at !== at);
}
