/**
 * What every engine of the event store promises (src/store/event-store.ts), as tests. An engine runs them by calling
 * {@link eventStoreContract} with a way to open itself.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochMs, MAX_INSTANT } from '../../src/domain/time.ts';
import {
  type BackendId,
  ClusterNameTakenError,
  type EventStore,
  isLedgerEvent,
  LATEST,
  type LogWriter,
  type NewObjectEvent,
  type ObjectEvent,
  position,
} from '../../src/store/event-store.ts';

export interface Engine {
  readonly name: string;
  /** Opens a fresh, empty store; called inside a test, which cleans it up when it finishes. */
  open(): EventStore;
}

export const at = (ms: number) => epochMs(1_795_450_692_000 + ms);

export function started(store: EventStore) {
  return store.write((log) => {
    const cluster = log.cluster({ uid: 'uid-1', name: 'prod' });
    const stream = log.stream(cluster.id, { resource: 'v1/endpoints' });
    return { cluster, stream };
  });
}

export type Started = ReturnType<typeof started>;

export function version(
  { cluster, stream }: Started,
  change: Partial<NewObjectEvent> & { readonly name?: string; readonly uid?: string } = {},
): NewObjectEvent {
  const { name = 'cart', uid = 'uid-cart', ...rest } = change;
  return {
    at: at(0),
    type: 'MODIFIED',
    origin: 'watch',
    streamId: stream.id,
    epoch: 1,
    resourceVersion: '1',
    object: { clusterId: cluster.id, resource: 'v1/endpoints', namespace: 'store', name, uid },
    body: Buffer.from('{"kind":"Endpoints"}'),
    ...rest,
  };
}

export function append(log: LogWriter, event: NewObjectEvent): ObjectEvent {
  const appended = log.appendObject(event);
  if (appended === undefined) throw new Error('unexpectedly a repeat');
  log.projectObject(appended, appended.object.name);
  return appended;
}

export function eventStoreContract(engine: Engine): void {
  describe(`${engine.name} keeps the promises of the event store`, () => {
    test('positions grow by one from 1, over object events and ledger facts alike', () => {
      const store = engine.open();
      const begun = started(store);
      const positions = store.write((log) => [
        log.appendLedger({
          at: at(0),
          streamId: begun.stream.id,
          epoch: 1,
          fact: { type: 'COVERAGE_BEGAN', resourceVersion: '1' },
        }).position,
        append(log, version(begun, { resourceVersion: '2' })).position,
        append(log, version(begun, { resourceVersion: '3' })).position,
      ]);
      expect(positions).toEqual([1, 2, 3]);
      expect(store.reader.lastPosition()).toBe(3);
      expect(store.reader.events({ after: position(1), limit: 10 }).map((event) => event.position)).toEqual([2, 3]);
    });

    test('a write that throws leaves nothing behind, not even a position', () => {
      const store = engine.open();
      const begun = started(store);
      const failing = () =>
        store.write((log) => {
          append(log, version(begun));
          log.saveCursor(begun.stream.id, 1, { resourceVersion: '1', provenAt: at(0) });
          throw new Error('boom');
        });
      expect(failing).toThrow('boom');
      expect(store.reader.lastPosition()).toBe(0);
      expect(store.reader.streams()[0]?.cursor).toBeUndefined();
      expect(store.write((log) => append(log, version(begun)).position)).toBe(1);
    });

    test('a write whose work waits is refused and leaves nothing behind', () => {
      const store = engine.open();
      const begun = started(store);
      expect(() => store.write(async (log) => append(log, version(begun)))).toThrow(/must not wait/);
      expect(store.reader.lastPosition()).toBe(0);
    });

    test('writes made together become durable together', async () => {
      const store = engine.open();
      const begun = started(store);
      await store.writeTogether(async () => {
        store.write((log) => append(log, version(begun, { resourceVersion: '1' })));
        await Promise.resolve();
        store.write((log) => append(log, version(begun, { resourceVersion: '2' })));
      });
      expect(store.reader.lastPosition()).toBe(2);
    });

    test('when one of the writes made together fails none of them remains, even if its error was swallowed', async () => {
      const store = engine.open();
      const begun = started(store);
      const together = store.writeTogether(async () => {
        store.write((log) => append(log, version(begun, { resourceVersion: '1' })));
        try {
          store.write((log) => {
            append(log, version(begun, { resourceVersion: '2' }));
            throw new Error('boom');
          });
        } catch {}
      });
      await expect(together).rejects.toThrow('boom');
      expect(store.reader.lastPosition()).toBe(0);
    });

    test('the same version of the same object is a repeat, another epoch or type is not', () => {
      const store = engine.open();
      const begun = started(store);
      store.write((log) => {
        append(log, version(begun));
        expect(log.appendObject(version(begun))).toBeUndefined();
        expect(log.appendObject(version(begun, { epoch: 2 }))).toBeDefined();
        expect(log.appendObject(version(begun, { type: 'DELETED' }))).toBeDefined();
        expect(log.appendObject(version(begun, { uid: 'another' }))).toBeDefined();
      });
      expect(store.reader.lastPosition()).toBe(4);
    });

    test('any bodies read back byte for byte, whatever came between', () => {
      const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify({ value })));
      const body = fc.oneof(
        { weight: 3, arbitrary: json },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
        // Large and alike, as versions of one object are: these become deltas.
        {
          weight: 3,
          arbitrary: fc
            .tuple(fc.integer({ min: 1, max: 400 }), fc.nat(9))
            .map(([count, flip]) =>
              Buffer.from(
                JSON.stringify({ list: Array.from({ length: count }, (_, i) => ({ ip: `10.0.0.${i}`, flip: i % 10 === flip })) }),
              ),
            ),
        },
      );
      const step = fc.record({ object: fc.nat(4), family: fc.option(fc.nat(1), { nil: undefined }), body });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const store = engine.open();
          const begun = started(store);
          const written = store.write((log) =>
            steps.map(({ object, family, body }, index) => {
              const event = version(begun, {
                name: `n${object}`,
                uid: `u${object}`,
                resourceVersion: String(index + 1),
                body,
                ...(family === undefined ? {} : { family: `f${family}` }),
              });
              return { event: append(log, event), body };
            }),
          );
          for (const { event, body } of written) expect(Buffer.from(store.reader.body(event)).equals(body)).toBe(true);
          const together = store.reader.bodiesOf(written.map(({ event }) => event));
          expect(together.map((body, index) => Buffer.from(body).equals(written[index]?.body as Buffer))).not.toContain(false);
          store.close();
        }),
        { numRuns: 60 },
      );
    });

    test('an inferred deletion carries the version before it', () => {
      const store = engine.open();
      const begun = started(store);
      const body = Buffer.from('{"the":"last known"}');
      const deleted = store.write((log) => {
        append(log, version(begun, { body }));
        return append(log, version(begun, { type: 'DELETED', origin: 'relist', body: 'same' }));
      });
      expect(Buffer.from(store.reader.body(deleted)).equals(body)).toBe(true);
      expect(store.reader.bodiesOf([deleted, deleted]).map((each) => Buffer.from(each))).toEqual([body, body]);
    });

    test('the object at T is its last event at or before T, whichever its uid, and as of a position nothing later counts', () => {
      const store = engine.open();
      const begun = started(store);
      const events = store.write((log) => [
        append(log, version(begun, { at: at(10), type: 'ADDED', resourceVersion: '1', uid: 'first' })),
        append(log, version(begun, { at: at(20), resourceVersion: '2', uid: 'first' })),
        append(log, version(begun, { at: at(30), type: 'DELETED', resourceVersion: '3', uid: 'first' })),
        append(log, version(begun, { at: at(30), type: 'ADDED', resourceVersion: '4', uid: 'second' })),
        append(log, version(begun, { at: at(40), resourceVersion: '5', uid: 'second' })),
      ]);
      const found = (ms: number, asOf = LATEST) => {
        const query = {
          clusterId: begun.cluster.id,
          resource: 'v1/endpoints',
          namespace: 'store',
          name: 'cart',
          at: at(ms),
          asOf,
        } as const;
        return store.reader.objectAt(query)?.position;
      };
      expect(found(9)).toBeUndefined();
      expect(found(10)).toBe(1);
      expect(found(29)).toBe(2);
      expect(found(30)).toBe(4);
      expect(found(99)).toBe(5);
      expect(found(99, position(4))).toBe(4);
      expect(found(99, position(3))).toBe(3);
      expect(found(99, position(2))).toBe(2);
      expect(store.reader.event(position(4))).toEqual(events[3]);
    });

    test('the slices of a Service at T are those that existed then', () => {
      const store = engine.open();
      const { cluster } = started(store);
      const stream = store.write((log) => log.stream(cluster.id, { resource: 'discovery.k8s.io/v1/endpointslices' }));
      const slice = (log: LogWriter, name: string, ms: number, type: 'ADDED' | 'DELETED', version: string) => {
        const object = { clusterId: cluster.id, resource: stream.key.resource, namespace: 'store', name, uid: `uid-${name}` };
        const event = log.appendObject({
          at: at(ms),
          type,
          origin: 'watch',
          streamId: stream.id,
          epoch: 1,
          resourceVersion: version,
          object,
          body: Buffer.from(`{"name":"${name}"}`),
        });
        if (event) log.projectObject(event, 'cart');
      };
      store.write((log) => {
        slice(log, 'cart-b', 10, 'ADDED', '1');
        slice(log, 'cart-a', 20, 'ADDED', '2');
        slice(log, 'cart-b', 30, 'DELETED', '3');
      });
      const names = (ms: number, asOf = LATEST) =>
        store.reader
          .slicesAt({ clusterId: cluster.id, namespace: 'store', service: 'cart', at: at(ms), asOf })
          .map(({ object }) => object.name);
      expect(names(9)).toEqual([]);
      expect(names(10)).toEqual(['cart-b']);
      expect(names(29)).toEqual(['cart-a', 'cart-b']);
      expect(names(30)).toEqual(['cart-a']);
      expect(names(30, position(2))).toEqual(['cart-a', 'cart-b']);
      expect(
        store.reader.slicesAt({ clusterId: cluster.id, namespace: 'store', service: 'other', at: MAX_INSTANT, asOf: LATEST }),
      ).toEqual([]);
    });

    test('coverage is what the ledger tells: ended at its proof, gone on when resumed', () => {
      const store = engine.open();
      const { cluster, stream } = started(store);
      const ledger = (ms: number, fact: Parameters<LogWriter['appendLedger']>[0]['fact']) =>
        store.write((log) => {
          const event = log.appendLedger({ at: at(ms), streamId: stream.id, epoch: 1, fact });
          log.projectLedger(event);
          expect(store.reader.event(event.position)).toEqual(event);
        });
      const spans = () => store.reader.coverage({ clusterId: cluster.id, asOf: LATEST })[0]?.spans;
      ledger(0, { type: 'COVERAGE_BEGAN', resourceVersion: '7' });
      store.write((log) => log.saveCursor(stream.id, 1, { resourceVersion: '8', provenAt: at(5) }));
      expect(spans()).toEqual([{ from: at(0), provenAt: at(5) }]);
      const reason = { code: 'expired', detail: 'too old resource version: 1 (502)' } as const;
      ledger(20, { type: 'COVERAGE_ENDED', provenAt: at(5), reason });
      expect(spans()).toEqual([{ from: at(0), provenAt: at(5), end: reason }]);
      // As of the position before it, the end was not known yet.
      expect(store.reader.coverage({ clusterId: cluster.id, asOf: position(1) })[0]?.spans).toEqual([
        { from: at(0), provenAt: at(5) },
      ]);
      ledger(30, { type: 'COVERAGE_RESUMED' });
      store.write((log) => log.saveCursor(stream.id, 1, { resourceVersion: '9', provenAt: at(30) }));
      expect(spans()).toEqual([{ from: at(0), provenAt: at(30) }]);
      ledger(40, { type: 'COVERAGE_ENDED', provenAt: at(30), reason: { code: 'recorder-stopped' } });
      ledger(50, { type: 'COVERAGE_BEGAN', resourceVersion: '11' });
      expect(spans()?.map(({ from }) => from)).toEqual([at(0), at(50)]);
    });

    test('a write reads the cursor and the proof that it has saved', () => {
      const store = engine.open();
      const { stream } = started(store);
      store.write((log) => {
        const fact = { type: 'COVERAGE_BEGAN', resourceVersion: '7' } as const;
        log.projectLedger(log.appendLedger({ at: at(0), streamId: stream.id, epoch: 1, fact }));
        log.saveCursor(stream.id, 2, { resourceVersion: '8', provenAt: at(5) });
        expect(log.lastSpan(stream.id)).toEqual({ from: at(0), provenAt: at(5) });
        log.saveCursor(stream.id, 2, { resourceVersion: '9', provenAt: at(6) });
        expect(log.streams()).toMatchObject([{ epoch: 2, cursor: { resourceVersion: '9', provenAt: at(6) } }]);
      });
    });

    test('a cluster may be renamed, but not to the name of another', () => {
      const store = engine.open();
      started(store);
      store.write((log) => log.cluster({ uid: 'uid-2', name: 'staging' }));
      expect(() => store.write((log) => log.cluster({ uid: 'uid-2', name: 'prod' }))).toThrow(ClusterNameTakenError);
      store.write((log) => log.cluster({ uid: 'uid-2', name: 'test' }));
      expect(store.reader.clusters().map(({ name }) => name)).toEqual(['prod', 'test']);
    });

    test('pages of flips join without a flip lost or doubled, whatever the size of a page', () => {
      const flips = fc.array(fc.record({ ms: fc.nat(5), perEvent: fc.integer({ min: 1, max: 3 }), service: fc.nat(2) }), {
        maxLength: 25,
      });
      fc.assert(
        fc.property(flips, fc.integer({ min: 1, max: 7 }), (events, limit) => {
          const store = engine.open();
          const begun = started(store);
          store.write((log) => {
            let time = 0;
            events.forEach(({ ms, perEvent, service }, index) => {
              time += ms;
              const event = append(
                log,
                version(begun, { at: at(time), resourceVersion: String(index + 1), name: `s${service}`, uid: `u${service}` }),
              );
              log.projectService({
                event,
                service: { clusterId: begun.cluster.id, namespace: 'store', name: `s${service}` },
                source: 'endpoints',
                counts: { ready: index, notReady: 0, terminating: 0 },
                listed: true,
                truncated: false,
                editors: [],
                firstOrdinal: 0,
                flips: Array.from({ length: perEvent }, (_, i) => ({
                  backend: { address: `10.0.0.${i}`, ports: [] },
                  from: 'absent' as const,
                  to: 'ready' as const,
                  notBefore: at(time),
                })),
              });
            });
          });
          const window = { from: at(0), to: MAX_INSTANT, asOf: LATEST };
          for (const service of [
            undefined,
            store.reader.service({ clusterId: begun.cluster.id, namespace: 'store', name: 's0' }),
          ]) {
            const query = { ...window, ...(service ? { serviceId: service.id } : {}) };
            const whole = store.reader.flips({ ...query, limit: 1_000 });
            const paged = [];
            for (let page = store.reader.flips({ ...query, limit }); page.length > 0; ) {
              paged.push(...page);
              const last = page.at(-1);
              page = last ? store.reader.flips({ ...query, limit, after: last }) : [];
            }
            expect(paged).toEqual(whole);
            if (!service) continue;
            const ofService = { ...window, serviceId: service.id, source: 'endpoints' } as const;
            const changes = store.reader.listChanges(ofService);
            const { backend, to } = store.reader.flipColumns(ofService);
            const backends = store.reader.backends([...new Set(backend)]);
            const eventOf = changes.flatMap((change) => Array.from({ length: change.flips }, () => change));
            expect(changes.map(({ ready }) => ready)).toEqual([
              ...new Map(whole.map((flip) => [flip.position, flip.readyAfter])).values(),
            ]);
            expect(
              eventOf.map(({ at: time, position: of }, i) => [time, of, to[i], backends.get(backend[i] as BackendId)]),
            ).toEqual(whole.map(({ at: time, position: of, to: state, backend: told }) => [time, of, state, told]));
          }
          const total = events.reduce((sum, { perEvent }) => sum + perEvent, 0);
          expect(store.reader.flips({ ...window, limit: 1_000 })).toHaveLength(total);
          expect(store.reader.flipsAfter({ after: position(0), through: LATEST, limit: 1_000 })).toHaveLength(total);
          store.close();
        }),
        { numRuns: 40 },
      );
    });

    test('clearing the projections leaves the log as it is', () => {
      const store = engine.open();
      const begun = started(store);
      store.write((log) => append(log, version(begun)));
      store.write((log) => log.clearProjections());
      expect(store.reader.events({ after: position(0), limit: 10 }).filter((event) => !isLedgerEvent(event))).toHaveLength(1);
      expect(store.reader.service({ clusterId: begun.cluster.id, namespace: 'store', name: 'cart' })).toBeUndefined();
    });
  });
}
