/** What every engine promises of shedding the oldest history, as tests. */
import { describe, expect, test } from 'vitest';
import {
  type EventStore,
  isLedgerEvent,
  LATEST,
  type LogWriter,
  type NewObjectEvent,
  type ObjectEvent,
  position,
} from '../../src/store/event-store.ts';
import { append, at, type Engine, type Started, started, version } from './event-store.contract.ts';

const YOUNG = at(1_000_000);

function positions(store: EventStore): number[] {
  return store.reader.events({ after: position(0), limit: 1_000 }).map((event) => event.position);
}

function shedAll(store: EventStore, olderThan = YOUNG, events = 3): number {
  let removed = 0;
  for (let step = store.shed({ olderThan, events, reason: 'retain' }); step.passed > 0; ) {
    removed += step.removed;
    step = store.shed({ olderThan, events, reason: 'retain' });
  }
  return removed;
}

/** Versions of an object, one a millisecond from `from` on, each with a body that its version tells. */
function versions(
  begun: Started,
  log: LogWriter,
  name: string,
  from: number,
  count: number,
  last: NewObjectEvent['type'] = 'MODIFIED',
) {
  return Array.from({ length: count }, (_, index): ObjectEvent => {
    const isLast = index === count - 1;
    return append(
      log,
      version(begun, {
        name,
        uid: `uid-${name}`,
        at: at(from + index),
        type: index === 0 ? 'ADDED' : isLast ? last : 'MODIFIED',
        resourceVersion: String(from * 1_000 + index),
        body: Buffer.from(JSON.stringify({ kind: 'Endpoints', name, version: index, filling: 'x'.repeat(100) })),
      }),
    );
  });
}

export function sheddingContract(engine: Engine): void {
  describe(`${engine.name} sheds the oldest history`, () => {
    test('of every object the version in force at the horizon stays, byte for byte, and all after it', () => {
      const store = engine.open();
      const begun = started(store);
      store.write((log) => {
        versions(begun, log, 'cart', 0, 5);
        versions(begun, log, 'db', 10, 5);
      });
      const query = { clusterId: begun.cluster.id, resource: 'v1/endpoints', namespace: 'store', asOf: LATEST } as const;
      const bodyAt = (name: string, ms: number) => {
        const event = store.reader.objectAt({ ...query, name, at: at(ms) });
        return event && Buffer.from(store.reader.body(event)).toString();
      };
      const then = [bodyAt('cart', 12), bodyAt('db', 12), bodyAt('db', 14)];
      const removed = shedAll(store, at(12));
      expect(positions(store)).toEqual([5, 7, 8, 9, 10]);
      expect(removed).toBe(5);
      expect([bodyAt('cart', 12), bodyAt('db', 12), bodyAt('db', 14)]).toEqual(then);
      expect(store.reader.horizons()).toEqual([{ clusterId: begun.cluster.id, position: 7, at: at(12), reason: 'retain' }]);
    });

    test('of an object that did not exist any more nothing stays, and its name is free', () => {
      const store = engine.open();
      const begun = started(store);
      store.write((log) => {
        versions(begun, log, 'cart', 0, 3, 'DELETED');
        versions(begun, log, 'db', 10, 1);
      });
      shedAll(store);
      expect(positions(store)).toEqual([4]);
      const { cluster } = begun;
      expect(store.reader.service({ clusterId: cluster.id, namespace: 'store', name: 'cart' })).toBeUndefined();
      store.write((log) => versions(begun, log, 'cart', 20, 2));
      const last = store.write((log) =>
        log.lastEvent({ clusterId: cluster.id, resource: 'v1/endpoints', namespace: 'store', name: 'cart' }),
      );
      expect(last?.position).toBe(6);
    });

    test('a step passes no more than it may, nothing that is too young, and never the newest event', () => {
      const store = engine.open();
      const begun = started(store);
      store.write((log) => versions(begun, log, 'cart', 0, 6));
      expect(store.shed({ olderThan: at(4), events: 3, reason: 'retain' })).toEqual({
        passed: 3,
        removed: 2,
      });
      expect(store.shed({ olderThan: at(4), events: 3, reason: 'retain' }).passed).toBe(1);
      expect(store.shed({ olderThan: at(4), events: 3, reason: 'retain' })).toEqual({ passed: 0, removed: 0 });
      shedAll(store);
      expect(store.reader.lastPosition()).toBe(6);
      store.write((log) => versions(begun, log, 'db', 20, 1));
      expect(store.reader.lastPosition()).toBe(7);
    });

    test('versions that are written after their keyframe was shed read back', () => {
      const store = engine.open();
      const begun = started(store);
      const family = 'pods of one ReplicaSet';
      const pod = (log: LogWriter, number: number, type: NewObjectEvent['type']) => {
        const filling = Array.from({ length: 60 }, (_, index) => `line ${index} of all`).join();
        const body = Buffer.from(JSON.stringify({ filling, number }));
        const uid = `uid-${number}`;
        return append(
          log,
          version(begun, { name: `cart-${number}`, uid, at: at(number), type, family, body, resourceVersion: uid }),
        );
      };
      for (let number = 0; number < 30; number++) {
        const event = store.write((log) => {
          const added = pod(log, number, 'ADDED');
          if (number > 0) pod(log, number - 1, 'DELETED');
          return added;
        });
        shedAll(store, at(number), 2);
        expect(JSON.parse(Buffer.from(store.reader.body(event)).toString())).toMatchObject({ number });
      }
      for (const event of store.reader.events({ after: position(0), limit: 100 })) {
        if (!isLedgerEvent(event)) expect(() => store.reader.body(event)).not.toThrow();
      }
    });

    test('the ledger keeps the newest span of each stream, and how it had ended', () => {
      const store = engine.open();
      const { stream, cluster } = started(store);
      const tell = (ms: number, fact: Parameters<LogWriter['appendLedger']>[0]['fact']) =>
        store.write((log) => log.projectLedger(log.appendLedger({ at: at(ms), streamId: stream.id, epoch: 1, fact })));
      const reason = { code: 'forbidden', detail: '403' } as const;
      tell(1, { type: 'COVERAGE_BEGAN', resourceVersion: '1' });
      tell(2, { type: 'COVERAGE_ENDED', provenAt: at(2), reason: { code: 'expired' } });
      tell(3, { type: 'COVERAGE_BEGAN', resourceVersion: '3' });
      tell(4, { type: 'COVERAGE_ENDED', provenAt: at(4), reason });
      tell(5, { type: 'CLOCK_STEPPED', byMs: -5 });
      tell(9, { type: 'CLOCK_STEPPED', byMs: -5 });
      shedAll(store);
      expect(positions(store)).toEqual([3, 4, 6]);
      expect(store.reader.coverage({ clusterId: cluster.id, asOf: LATEST })[0]?.spans).toEqual([
        { from: at(3), provenAt: at(4), end: reason },
      ]);
    });

    test('what is shed leaves room, which can be given back', () => {
      const store = engine.open();
      const begun = started(store);
      const noise = () => Buffer.from(JSON.stringify({ noise: Array.from({ length: 400 }, () => Math.random()) }));
      store.write((log) => {
        for (let each = 0; each < 200; each++)
          append(
            log,
            version(begun, {
              name: `n${each}`,
              uid: `u${each}`,
              at: at(each),
              type: each % 2 ? 'DELETED' : 'ADDED',
              body: noise(),
            }),
          );
        for (let each = 0; each < 200; each += 2)
          append(log, version(begun, { name: `n${each}`, uid: `u${each}`, at: at(200 + each), type: 'DELETED', body: noise() }));
      });
      store.settle();
      const before = store.size();
      shedAll(store, YOUNG, 50);
      expect(store.size().used).toBeLessThan(before.used / 3);
      expect(store.size().canShrink).toBe(true);
      store.giveBack(before.file);
      store.settle();
      const after = store.size();
      expect(after.file).toBeLessThan(before.file / 3);
      expect(after.pending).toBe(0);
    });
  });
}
