/** What the log knows to exist, held against what there was at the cursor. */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ResourceName, StreamKey } from '../../../src/domain/resources.ts';
import type { Change, ReceivedObject } from '../../../src/domain/stream-batch.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { type ObjectSketch, received } from '../../support/objects.ts';

const ENDPOINTS = { resource: 'v1/endpoints' } as const;
const PODS = { resource: 'v1/pods' } as const;
const NOW = epochMs(1_795_450_692_000);

function recorderOf(): Recorder {
  const store = openStore(newLogFile());
  onTestFinished(() => store.close());
  return new Recorder({ store, cluster: { uid: 'c', name: 'c' }, times: 'received' });
}

const snapshot = (recorder: Recorder, stream: StreamKey, version: number, objects: ReceivedObject[], newEpoch = false) =>
  recorder.commit({
    kind: 'snapshot',
    stream,
    at: NOW,
    resourceVersion: String(version),
    objects,
    reason: { code: 'expired' },
    ...(newEpoch ? { newEpoch } : {}),
  });
const changes = (recorder: Recorder, stream: StreamKey, version: number, ...told: Change[]) =>
  recorder.commit({ kind: 'changes', stream, at: NOW, changes: told, cursor: String(version), provenAt: NOW });

const endpoints = (name: string, version: number, more: Partial<ObjectSketch> = {}) =>
  received('v1/endpoints', { name, uid: `uid-${name}`, version, ...more });
const pod = (version: number, phase: string, note = '') =>
  received('v1/pods', { name: 'a', uid: 'uid-a', version, annotations: { note }, body: { status: { phase } } });

describe('a state at the cursor', () => {
  test('that the log knows agrees with it', () => {
    const recorder = recorderOf();
    snapshot(recorder, ENDPOINTS, 100, [endpoints('cart', 90), endpoints('shop', 91)]);
    changes(recorder, ENDPOINTS, 102, { type: 'MODIFIED', object: endpoints('cart', 101) });
    changes(recorder, ENDPOINTS, 103, { type: 'DELETED', object: endpoints('shop', 103) });
    expect(recorder.disagreement(ENDPOINTS, [endpoints('cart', 101)])).toBeUndefined();
  });

  test('with an object too many, too few, changed or replaced is told with counts and one name', () => {
    const recorder = recorderOf();
    snapshot(recorder, ENDPOINTS, 100, [endpoints('cart', 90), endpoints('shop', 91)]);
    const cases: [ReceivedObject[], string][] = [
      [[endpoints('cart', 90)], '1 gone, such as store/shop'],
      [[endpoints('cart', 95), endpoints('shop', 91)], '1 changed, such as store/cart'],
      [[endpoints('cart', 90), endpoints('shop', 91), endpoints('new', 95)], '1 unknown, such as store/new'],
      [[endpoints('cart', 90), endpoints('shop', 96, { uid: 'again' })], '1 unknown, such as store/shop; 1 gone'],
      [[endpoints('x', 97), endpoints('y', 98), endpoints('cart', 99)], '2 unknown, such as store/x; 1 changed; 1 gone'],
    ];
    for (const [listed, said] of cases) {
      expect(recorder.disagreement(ENDPOINTS, listed)).toBe(`at version 100 the cluster differs from the log: ${said}`);
    }
  });

  test('agrees in a reduced object whose newer version changed nothing that is stored', () => {
    const recorder = recorderOf();
    snapshot(recorder, PODS, 100, [pod(90, 'Running', 'before')]);
    changes(recorder, PODS, 110, { type: 'MODIFIED', object: pod(110, 'Running', 'after') });
    expect(recorder.disagreement(PODS, [pod(110, 'Running', 'after')])).toBeUndefined();
    expect(recorder.disagreement(PODS, [pod(110, 'Failed')])).toContain('1 changed, such as store/a');
  });

  test('is compared by bodies where the versions are of another epoch', () => {
    const recorder = recorderOf();
    const same = endpoints('same', 90);
    snapshot(recorder, ENDPOINTS, 200, [same, endpoints('cart', 95)]);
    snapshot(recorder, ENDPOINTS, 100, [same, endpoints('cart', 96)], true);
    expect(recorder.disagreement(ENDPOINTS, [same, endpoints('cart', 96)])).toBeUndefined();
    const forged = endpoints('same', 90, { labels: { written: 'anew' } });
    expect(recorder.disagreement(ENDPOINTS, [forged, endpoints('cart', 96)])).toContain('1 changed, such as store/same');
  });

  test('is not held against what another stream told of a later time', () => {
    const recorder = recorderOf();
    const objects = ['kept', 'changed', 'deleted', 'missed', 'replaced'].map((name, index) => endpoints(name, 80 + index));
    snapshot(recorder, ENDPOINTS, 100, objects);
    const one = { ...ENDPOINTS, namespace: 'store' };
    // The stream of one namespace is complete up to 200 while the one over all has stopped at 100.
    snapshot(recorder, one, 120, objects);
    changes(
      recorder,
      one,
      200,
      { type: 'MODIFIED', object: endpoints('changed', 150) },
      { type: 'DELETED', object: endpoints('deleted', 151) },
      { type: 'DELETED', object: endpoints('replaced', 152) },
      { type: 'ADDED', object: endpoints('replaced', 153, { uid: 'again' }) },
      { type: 'ADDED', object: endpoints('new', 154) },
    );
    const now = [endpoints('kept', 80), endpoints('changed', 150), endpoints('new', 154)];
    const later = [...now, endpoints('replaced', 153, { uid: 'again' })];
    // … and infers that one more was deleted, without knowing at which version.
    snapshot(recorder, one, 300, later);
    expect(recorder.disagreement(ENDPOINTS, objects)).toBeUndefined();
    expect(recorder.disagreement(one, later)).toBeUndefined();
    expect(recorder.disagreement(ENDPOINTS, objects.slice(1))).toContain('1 gone, such as store/kept');
  });

  test('says nothing of a stream that has none', () => {
    expect(recorderOf().disagreement(ENDPOINTS, [endpoints('cart', 90)])).toBeUndefined();
  });
});

describe('whatever happens to the objects of a stream', () => {
  const happening = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    what: fc.constantFrom('put', 'note', 'delete'),
    phase: fc.constantFrom('Running', 'Failed'),
    /** The recorder is not told, and its cursor moves on all the same. */
    lost: fc.boolean(),
  });

  test.each([['v1/endpoints'], ['v1/pods']] as [ResourceName][])(
    'the state of %s disagrees exactly when the log knows another one',
    (resource) => {
      fc.assert(
        fc.property(fc.array(happening, { maxLength: 25 }), (happenings) => {
          const recorder = recorderOf();
          const stream = { resource };
          const [cluster, log] = [new Map<string, ReceivedObject>(), new Map<string, ReceivedObject>()];
          snapshot(recorder, stream, 100, []);
          let version = 100;
          for (const { name, what, phase, lost } of happenings) {
            version++;
            const before = cluster.get(name);
            const uid = before?.uid ?? `${name}-${version}`;
            const status = what === 'note' ? (before?.value as { status?: object } | undefined)?.status : { phase };
            const annotations = { note: String(version) };
            const object = received(resource, { name, uid, version, annotations, ...(status ? { body: { status } } : {}) });
            if (what === 'delete' && !before) continue;
            const type = what === 'delete' ? 'DELETED' : before ? 'MODIFIED' : 'ADDED';
            if (type === 'DELETED') cluster.delete(name);
            else cluster.set(name, object);
            changes(recorder, stream, version, ...(lost ? [] : [{ type, object } as const]));
            if (lost) continue;
            // Whatever bears a name now, the object that bore it before is gone.
            if (type === 'DELETED') log.delete(name);
            else log.set(name, object);
          }
          const stored = (objects: Map<string, ReceivedObject>) =>
            [...objects.values()].map(({ uid, body }) => `${uid} ${Buffer.from(body)}`).sort();
          const isSame = JSON.stringify(stored(cluster)) === JSON.stringify(stored(log));
          expect(recorder.disagreement(stream, [...cluster.values()]) === undefined).toBe(isSame);
        }),
        { numRuns: 30 },
      );
    },
  );
});
