/** What a recorder writes, case by case. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { epochMs, MAX_INSTANT } from '../../../src/domain/time.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { isLedgerEvent, LATEST, position } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { objectBytes, received, subsetsOf } from '../../support/objects.ts';
import { CLUSTER, ENDPOINTS, START } from '../../support/recorded-world.ts';

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
