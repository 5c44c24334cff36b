/** What a recorder must hold on to over a restart, a failed write, and a store that went back. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ReceivedObject, StreamBatch } from '../../../src/domain/stream-batch.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { type EventStore, isLedgerEvent, LATEST, position } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { received, subsetsOf } from '../../support/objects.ts';

const START = Date.UTC(2026, 10, 23, 16);
const STREAM = { resource: 'v1/endpoints' } as const;
const at = (ms: number) => epochMs(START + ms);

const cart = (version: number, uid = 'uid-cart'): ReceivedObject =>
  received('v1/endpoints', { name: 'cart', uid, version, body: subsetsOf([{ ip: '10.0.0.1' }]) });
const snapshot = (ms: number, version: number, objects: readonly ReceivedObject[]): StreamBatch => ({
  kind: 'snapshot',
  stream: STREAM,
  at: at(ms),
  resourceVersion: String(version),
  objects,
  reason: { code: 'expired', detail: '410 Expired: too old resource version' },
});
const changed = (ms: number, ...objects: readonly ReceivedObject[]): StreamBatch => ({
  kind: 'changes',
  stream: STREAM,
  at: at(ms),
  changes: objects.map((object) => ({ type: 'MODIFIED', object })),
  cursor: objects.at(-1)?.resourceVersion ?? '1',
  provenAt: at(ms),
});
const proven = (ms: number, version: number): StreamBatch => ({
  kind: 'changes',
  stream: STREAM,
  at: at(ms),
  changes: [],
  cursor: String(version),
  provenAt: at(ms),
});

function recording(): { store: EventStore; recorder: () => Recorder } {
  const store = openStore(newLogFile());
  onTestFinished(() => store.close());
  return { store, recorder: () => new Recorder({ store, cluster: { uid: 'u', name: 'c' }, times: 'received' }) };
}

const events = ({ reader }: EventStore) => reader.events({ after: position(0), limit: 1_000 });
const facts = (store: EventStore) => events(store).flatMap((each) => (isLedgerEvent(each) ? [each.fact] : []));
const steps = (store: EventStore) => facts(store).flatMap((fact) => (fact.type === 'CLOCK_STEPPED' ? [fact.byMs] : []));

describe('over a restart', () => {
  test('a clock that stepped back meanwhile is told, though the first thing written belongs to no stream', () => {
    const { store, recorder } = recording();
    recorder().commit(snapshot(0, 1, []));
    const restarted = recorder();
    restarted.open(at(-60_000));
    restarted.commit({ kind: 'resumed', stream: STREAM, at: at(-59_000) });
    restarted.commit(changed(-58_000, cart(2)));
    expect(steps(store)).toEqual([-59_000]);
  });

  test('no event comes before an instant that had been proven complete', () => {
    const { store, recorder } = recording();
    const first = recorder();
    first.commit(snapshot(0, 1, []));
    first.commit(proven(30_000, 1));
    const restarted = recorder();
    restarted.open(at(10_000));
    restarted.commit({ kind: 'resumed', stream: STREAM, at: at(11_000) });
    restarted.commit(changed(12_000, cart(2)));
    expect(events(store).at(-1)).toMatchObject({ at: at(30_000), resourceVersion: '2' });
  });
});

describe('after a write that failed', () => {
  test('a clock that stepped back is still told', () => {
    const { store, recorder } = recording();
    let isFull = false;
    const failing: EventStore = {
      ...store,
      reader: store.reader,
      write: (work) =>
        store.write((log) => {
          const result = work(log);
          if (isFull) throw new Error('database or disk is full');
          return result;
        }),
    };
    const one = new Recorder({ store: failing, cluster: { uid: 'u', name: 'c' }, times: 'received' });
    one.commit(snapshot(0, 1, []));
    isFull = true;
    expect(() => one.commit(changed(-60_000, cart(2)))).toThrow(/full/);
    isFull = false;
    one.commit(changed(-59_000, cart(2)));
    expect(steps(store)).toEqual([-59_000]);
    expect(recorder().cursor(STREAM)?.resourceVersion).toBe('2');
  });
});

describe('a complete state that is older than what is known', () => {
  const restored = (version: number, objects: readonly ReceivedObject[], lost: readonly StreamBatch[]) => {
    const { store, recorder } = recording();
    const one = recorder();
    one.commit(snapshot(0, 100, [cart(90)]));
    for (const batch of lost) one.commit(batch);
    one.commit(snapshot(60_000, version, objects));
    return store;
  };

  test('as a whole is of a new epoch, and is taken as it is', () => {
    const store = restored(95, [cart(90)], [changed(1_000, cart(105))]);
    expect(events(store).at(-2)).toMatchObject({ type: 'MODIFIED', origin: 'relist', epoch: 2, resourceVersion: '90' });
    expect(facts(store).slice(-2)).toMatchObject([
      { reason: { code: 'new-epoch', detail: 'the store went back: it is at version 95, and was at 105' } },
      { type: 'COVERAGE_BEGAN', resourceVersion: '95' },
    ]);
  });

  test('in one object alone is so too: the store has grown past the cursor since', () => {
    const store = restored(110, [cart(90)], [changed(1_000, cart(105))]);
    expect(events(store).at(-2)).toMatchObject({ type: 'MODIFIED', epoch: 2, resourceVersion: '90' });
    expect(facts(store).at(-2)).toMatchObject({
      reason: { code: 'new-epoch', detail: 'the store went back: store/cart is at version 90, and was at 105' },
    });
  });

  test('in an object that had been deleted since is so too, and the object lives again', () => {
    const deleted: StreamBatch = {
      ...changed(1_000, cart(105)),
      changes: [{ type: 'DELETED', object: cart(105) }],
    } as StreamBatch;
    const store = restored(110, [cart(90)], [deleted]);
    expect(events(store).at(-2)).toMatchObject({ type: 'ADDED', epoch: 2, resourceVersion: '90' });
  });

  test('in nothing is of the same epoch', () => {
    const store = restored(110, [cart(107)], [changed(1_000, cart(105))]);
    expect(events(store).at(-2)).toMatchObject({ type: 'MODIFIED', epoch: 1, resourceVersion: '107' });
    expect(facts(store).at(-2)).toMatchObject({ reason: { code: 'expired' } });
  });

  test('and in which the name belongs to a new object replaces the one that never was, whatever their versions', () => {
    const store = restored(95, [cart(93, 'uid-new')], [changed(1_000, cart(105))]);
    const inferred = events(store).flatMap((each) => (isLedgerEvent(each) || each.origin !== 'relist' ? [] : [each]));
    expect(inferred).toMatchObject([
      { type: 'DELETED', object: { uid: 'uid-cart' }, resourceVersion: '105', epoch: 1 },
      { type: 'ADDED', object: { uid: 'uid-new' }, resourceVersion: '93', epoch: 2 },
    ]);
  });

  test('and in which an object lives again whose name another one had tells of the one that lives', () => {
    const later = { ...changed(2_000, cart(106, 'uid-later')), changes: [{ type: 'ADDED', object: cart(106, 'uid-later') }] };
    const store = restored(95, [cart(90)], [changed(1_000, cart(105)), later as StreamBatch]);
    const name = { clusterId: store.reader.clusters()[0]?.id, resource: 'v1/endpoints', namespace: 'store', name: 'cart' };
    const known = store.reader.objectAt({ ...name, at: at(70_000), asOf: LATEST } as Parameters<typeof store.reader.objectAt>[0]);
    expect(known).toMatchObject({ type: 'ADDED', object: { uid: 'uid-cart' }, resourceVersion: '90' });
    // A recorder that has just been started reads what it knows from the log.
    const restarted = new Recorder({ store, cluster: { uid: 'u', name: 'c' }, times: 'received' });
    restarted.commit(changed(61_000, cart(97)));
    const flips = store.reader.flips({ from: at(60_001), to: at(90_000), asOf: LATEST, limit: 10 });
    expect(flips).toEqual([]);
  });
});
