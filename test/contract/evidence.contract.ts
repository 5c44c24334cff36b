/** What every engine of the event store promises of the evidence behind causes: versions of a span, and what v1 Events said. */
import { describe, expect, test } from 'vitest';
import type { ResourceName } from '../../src/domain/resources.ts';
import { LATEST, type LogWriter, position, type ServiceId, type ServiceProjection } from '../../src/store/event-store.ts';
import { append, at, type Engine, started, version } from './event-store.contract.ts';

export function evidenceContract(engine: Engine): void {
  describe(`${engine.name} finds evidence`, () => {
    test('the versions of a span are the one in force where it begins and those after it, of each object of the name', () => {
      const store = engine.open();
      const begun = started(store);
      const others = store.write((log) => {
        append(log, version(begun, { at: at(10), type: 'ADDED', resourceVersion: '1', uid: 'first' }));
        append(log, version(begun, { at: at(20), resourceVersion: '2', uid: 'first' }));
        append(log, version(begun, { at: at(30), type: 'DELETED', resourceVersion: '3', uid: 'first' }));
        append(log, version(begun, { at: at(30), type: 'ADDED', resourceVersion: '4', uid: 'second' }));
        append(log, version(begun, { at: at(40), resourceVersion: '5', uid: 'second' }));
        return append(log, version(begun, { at: at(50), type: 'ADDED', resourceVersion: '6', name: 'cart-2', uid: 'other' }));
      });
      const found = (from: number, to: number, name: string | { prefix: string } = 'cart', asOf = LATEST) =>
        store.reader
          .versions({
            clusterId: begun.cluster.id,
            resource: 'v1/endpoints',
            namespace: 'store',
            name,
            from: at(from),
            to: at(to),
            asOf,
          })
          .map((event) => event.position);
      expect(found(0, 99)).toEqual([1, 2, 3, 4, 5]);
      expect(found(15, 29)).toEqual([1, 2]);
      expect(found(20, 30)).toEqual([2, 3, 4]);
      expect(found(35, 36)).toEqual([4]);
      expect(found(0, 9)).toEqual([]);
      expect(found(25, 99, 'cart', position(4))).toEqual([2, 3, 4]);
      expect(found(35, 99, 'cart', position(2))).toEqual([2]);
      expect(found(45, 99, { prefix: 'cart' })).toEqual([5, others.position]);
      expect(found(45, 99, { prefix: 'cart-' })).toEqual([others.position]);
      expect(found(45, 99, { prefix: 'car%' })).toEqual([]);
    });

    test('whether a resource was ever recorded, in a namespace or in any', () => {
      const store = engine.open();
      const begun = started(store);
      const has = (resource: ResourceName, namespace?: string) =>
        store.reader.hasObjects({ clusterId: begun.cluster.id, resource, ...(namespace === undefined ? {} : { namespace }) });
      expect([has('v1/endpoints'), has('v1/endpoints', 'store')]).toEqual([false, false]);
      store.write((log) => append(log, version(begun, { at: at(10), type: 'ADDED', resourceVersion: '1' })));
      expect([has('v1/endpoints'), has('v1/endpoints', 'store'), has('v1/endpoints', 'stores')]).toEqual([true, true, false]);
      expect([has('v1/pods'), has('v1/pods', 'store')]).toEqual([false, false]);
    });

    test('what v1 Events said of an object is found by its uid, by time, as of a position', () => {
      const store = engine.open();
      const begun = started(store);
      const note = (log: LogWriter, ms: number, about: string, message: string) => {
        const event = append(log, version(begun, { at: at(ms), resourceVersion: `${about}${ms}`, uid: `event-${about}-${ms}` }));
        log.projectNote(begun.cluster.id, { about, at: event.at, position: event.position, reason: 'Unhealthy', message });
      };
      store.write((log) => {
        note(log, 10, 'pod-1', 'first');
        note(log, 20, 'pod-2', 'of another');
        note(log, 30, 'pod-1', 'second');
      });
      const said = (from: number, to: number, asOf = LATEST) =>
        store.reader
          .notesAbout({ clusterId: begun.cluster.id, uid: 'pod-1', from: at(from), to: at(to), asOf })
          .map(({ message, at: when, position: where }) => `${message} ${when - at(0)} ${where}`);
      expect(said(0, 99)).toEqual(['first 10 1', 'second 30 3']);
      expect(said(11, 30)).toEqual(['second 30 3']);
      expect(said(0, 29)).toEqual(['first 10 1']);
      expect(said(0, 99, position(2))).toEqual(['first 10 1']);
      store.write((log) => log.clearProjections());
      expect(said(0, 99)).toEqual([]);
    });

    test('whether an address list was anything but one that a controller keeps whole', () => {
      const store = engine.open();
      const begun = started(store);
      const list = (ms: number, more: Partial<ServiceProjection> = {}) =>
        store.write((log) => {
          const event = append(log, version(begun, { at: at(ms), resourceVersion: String(ms) }));
          const service = { clusterId: begun.cluster.id, namespace: 'store', name: 'cart' };
          const counts = { ready: 0, notReady: 0, terminating: 0 };
          const plain = { listed: true, truncated: false, editors: [], flips: [], firstOrdinal: 0 };
          log.projectService({ event, service, source: 'endpoints', counts, ...plain, ...more });
        });
      list(10);
      list(20, { truncated: true });
      list(30);
      list(40, { listed: false });
      list(50);
      list(60, { editors: ['kubectl'] });
      list(70);
      const service = store.reader.service({ clusterId: begun.cluster.id, namespace: 'store', name: 'cart' });
      const unusual = (from: number, to: number, asOf = LATEST) =>
        store.reader.hasUnusualLists({
          serviceId: service?.id as ServiceId,
          source: 'endpoints',
          from: at(from),
          to: at(to),
          asOf,
        });
      // In force from its instant on, up to the next one's.
      const expected = [false, false, true, true, false, false, true, true, false, false, true, true, false, false];
      expect(expected.map((_, index) => unusual(5 + index * 5, 5 + index * 5))).toEqual([false, ...expected.slice(0, -1)]);
      expect([unusual(5, 19), unusual(5, 20), unusual(30, 39), unusual(70, 99), unusual(0, 5)]).toEqual([
        false,
        true,
        false,
        false,
        false,
      ]);
      expect([unusual(15, 99, position(1)), unusual(15, 99, position(2))]).toEqual([false, true]);
    });
  });
}
