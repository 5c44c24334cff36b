/** Rollouts, scalings and edits, from versions of objects. */
import { describe, expect, test } from 'vitest';
import type { Version } from '../../../src/domain/causes/index.ts';
import type { KubeObject, Service } from '../../../src/domain/objects.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { serviceEdits } from '../../../src/history/service-edits.ts';
import { REVISION, rollouts, scalings, type WorkloadBody } from '../../../src/history/workload-changes.ts';

type Sketch<T> = Partial<Pick<Version<T & KubeObject>, 'type' | 'origin' | 'uid'>> & { at: number };

const versions = <T extends KubeObject>(
  list: readonly (Sketch<T> & { object: Omit<T, 'metadata'> & Partial<T> })[],
): Version<T>[] =>
  list.map(({ at, type = 'MODIFIED', origin = 'watch', uid = 'u', object }, index) => ({
    ...{ position: index + 1, at: epochMs(at), type, origin, uid },
    object: { metadata: { name: 'web', uid }, ...object } as unknown as T,
  }));

const time = (at: number) => new Date(at).toISOString();
const FROM = epochMs(100);

describe('edits of a Service', () => {
  const service = (spec: Service['spec'], more: Partial<Sketch<Service>> = {}) => ({ at: 200, object: { spec }, ...more });
  const edits = (...list: Parameters<typeof versions<Service>>[0]) =>
    serviceEdits(versions<Service>(list), FROM).map(({ what, before, after }) =>
      [what, before, after].filter((each) => each !== undefined),
    );
  const base = service({ selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] }, { at: 50, type: 'ADDED' });

  test('are told with what was before and after, several of one version each alone', () => {
    const after = service({ selector: { v: '2', app: 'web' }, ports: [{ name: 'a', port: 80 }], publishNotReadyAddresses: true });
    expect(edits(base, after)).toEqual([
      ['selector', 'app=web', 'app=web,v=2'],
      ['ports', '80→http/TCP', 'a:80→80/TCP'],
      ['publishNotReadyAddresses', 'false', 'true'],
    ]);
  });

  test('are none where the list cannot change by them, or where they were made before the window', () => {
    expect(edits(base, service({ ...base.object.spec, clusterIP: '10.0.0.1' }))).toEqual([]);
    expect(edits(base)).toEqual([]);
    expect(edits(service({ selector: { app: 'web' } }, { origin: 'snapshot', type: 'ADDED' }))).toEqual([]);
  });

  test('tell of creation and deletion, and of another Service of the same name', () => {
    expect(edits(service({}, { type: 'ADDED' }))).toEqual([['created']]);
    const gone = service(base.object.spec, { type: 'DELETED' });
    expect(edits(base, gone, service(base.object.spec, { type: 'ADDED', uid: 'v' }))).toEqual([['deleted'], ['created']]);
    expect(edits(base, service({ selector: {} }, { uid: 'v', origin: 'relist' }))).toEqual([
      ['deleted'],
      ['created'],
      ['selector', 'app=web', 'none'],
      ['ports', '80→http/TCP', 'none'],
    ]);
  });
});

describe('scalings', () => {
  const replicas = (at: number, count: number | undefined, more: Partial<Sketch<WorkloadBody>> = {}) => ({
    at,
    object: { spec: { ...(count === undefined ? {} : { replicas: count }) } },
    ...more,
  });

  test('are changes of what is wanted, from the version before the window on', () => {
    const list = versions<WorkloadBody>([replicas(50, 3), replicas(150, 3), replicas(200, 5), replicas(300, undefined)]);
    expect(scalings('Deployment', 'web', list, FROM)).toMatchObject([
      { at: time(200), position: 3, kind: 'Deployment', name: 'web', from: 3, to: 5, origin: 'watch' },
      { at: time(300), from: 5, to: 1 },
    ]);
  });

  test('are none between two objects of one name, and say when a gap hid them', () => {
    const list = versions<WorkloadBody>([
      replicas(50, 3),
      replicas(150, 3, { type: 'DELETED' }),
      replicas(200, 5, { type: 'ADDED', uid: 'v' }),
      replicas(300, 6, { uid: 'v', origin: 'relist' }),
    ]);
    expect(scalings('ReplicaSet', 'web', list, FROM)).toMatchObject([{ at: time(300), from: 5, to: 6, origin: 'relist' }]);
  });
});

describe('rollouts', () => {
  const at = (instant: number, revision: string | undefined, image: string, status: WorkloadBody['status'] = {}) => ({
    at: instant,
    object: {
      metadata: { name: 'web', uid: 'u', ...(revision === undefined ? {} : { annotations: { [REVISION]: revision } }) },
      spec: { replicas: 2, template: { spec: { containers: [{ image }] } } },
      status,
    },
  });
  const progressing = (reason: string, updated: number) => ({
    ...{ replicas: 2, updatedReplicas: updated, availableReplicas: 2 },
    conditions: [{ type: 'Progressing', reason }],
  });
  const complete = progressing('NewReplicaSetAvailable', 2);
  const underWay = progressing('ReplicaSetUpdated', 1);
  const told = (...list: Parameters<typeof versions<WorkloadBody>>[0]) =>
    rollouts('web', versions<WorkloadBody>(list), FROM, (revision) => `web-${revision}`);

  test('begin with a new revision and end when the controller says so', () => {
    // The template changes before the revision does, and what the status says at first is of the revision before.
    const list = [
      at(50, '1', 'web:1', complete),
      at(190, '1', 'web:2', complete),
      at(200, '2', 'web:2', complete),
      at(210, '2', 'web:2', underWay),
      at(290, '2', 'web:2', complete),
    ];
    expect(told(...list)).toEqual([
      {
        ...{ at: time(200), position: 3, origin: 'watch', deployment: 'web', fromRevision: '1', toRevision: '2' },
        ...{ fromReplicaSet: 'web-1', toReplicaSet: 'web-2', fromImages: ['web:1'], toImages: ['web:2'] },
        ...{ completedAt: time(290), completedPosition: 5 },
      },
    ]);
    expect(told(...list.slice(0, 4))[0]?.completedAt).toBeUndefined();
  });

  test('that another takes the place of are not complete', () => {
    const [first, second] = told(
      ...[
        at(50, '1', 'web:1'),
        at(200, '2', 'web:2', underWay),
        at(300, '3', 'web:1', underWay),
        at(400, '3', 'web:1', complete),
      ],
    );
    expect([first?.completedAt, second?.completedAt]).toEqual([undefined, time(400)]);
  });

  test('are none while a Deployment gets its first revision', () => {
    expect(told(at(150, undefined, 'web:1'), at(200, '1', 'web:1'))).toEqual([]);
  });
});
