import { describe, expect, test } from 'vitest';
import { editorsOf } from '../../../src/domain/causes/index.ts';
import type { ManagedFieldsEntry } from '../../../src/domain/objects.ts';
import { pod, Story, text } from '../../support/cause-evidence.ts';

const WEB = { selector: { app: 'web' }, ports: [{ port: 80 }] };
const port = (number: number) => ({ ports: [{ name: '', port: number, protocol: 'TCP' }] });
const backend = (number: number) => ({ address: '10.0.0.1', pod: { name: 'web-1', uid: 'uid-web-1' }, ...port(number) });

describe('the Service itself', () => {
  const story = () => new Story().withService(-300, WEB).withPod(-200, pod());

  test('is made or deleted', () => {
    const made = new Story().withPod(-60, pod()).withService(0, WEB);
    expect(made.explain(made.flip(0.01, 'absent', 'ready'))).toEqual({
      name: 'ServiceCreated',
      detail: 'Service web created',
      confidence: 'observed',
      evidence: [2],
    });
    const gone = story().withService(0, WEB, { type: 'DELETED' });
    expect(gone.explain(gone.flip(0.01, 'ready', 'absent'))).toMatchObject({ name: 'ServiceDeleted', evidence: [3] });
  });

  test('a Pod that starts after its Service was made did not come with it', () => {
    const told = new Story()
      .withService(-2, WEB)
      .withPod(-1, pod({ pending: true, ready: false }))
      .withPod(0, pod({ ready: false }));
    expect(told.explain(told.flip(0.01, 'absent', 'notReady'))).toMatchObject({ name: 'PodStarted' });
  });

  test('gets another selector', () => {
    const told = story().withService(0, { ...WEB, selector: { app: 'wbe', tier: 'x' } });
    expect(told.explain(told.flip(0.01, 'ready', 'absent'))).toMatchObject({
      name: 'SelectorChanged',
      detail: 'selector changed: app=web → app=wbe,tier=x',
      confidence: 'observed',
    });
  });

  test('gets other ports: the same Pod goes and comes as another backend', () => {
    const told = story().withService(0, { ...WEB, ports: [{ name: 'http', port: 80, targetPort: 8081 }] });
    for (const [from, to, number] of [
      ['ready', 'absent', 80],
      ['absent', 'ready', 8081],
    ] as const) {
      const ports = [{ name: number === 80 ? '' : 'http', port: number, protocol: 'TCP' }];
      expect(told.explain(told.flip(0.01, from, to, { backend: { ...backend(number), ports } }))).toMatchObject({
        name: 'PortsChanged',
        detail: 'ports changed: 80→80/TCP → http 80→8081/TCP',
      });
    }
  });

  test('a Pod that goes soon after the ports changed goes for its own reason', () => {
    const told = story()
      .withService(0, { ...WEB, ports: [{ port: 80, targetPort: 8081 }] })
      .withPod(5, pod({ deleting: true }));
    const flip = told.flip(5.01, 'ready', 'absent', { backend: backend(8081) });
    expect(told.explain(flip)).toMatchObject({ name: 'PodDeleted' });
  });

  test('publishes Pods that are not ready', () => {
    const told = new Story().withService(-300, WEB).withPod(-200, pod({ ready: false }));
    told.withService(0, { ...WEB, publishNotReadyAddresses: true });
    expect(told.explain(told.flip(0.01, 'notReady', 'ready'))).toMatchObject({
      name: 'PublishNotReadyChanged',
      detail: 'publishNotReadyAddresses changed: false → true',
    });
  });

  test('may be malformed', () => {
    for (const spec of [null, 'x', { selector: { app: 'web' }, ports: 'none' }, { selector: { app: 'web' }, ports: [null, 7] }]) {
      const told = new Story()
        .withService(-300, spec as never)
        .withPod(-200, pod())
        .withPod(0, pod({ deleting: true }));
      told.withService(1, WEB);
      expect(told.explain(told.flip(0.01, 'ready', 'absent'))).toMatchObject({ name: 'PodDeleted' });
    }
  });

  test('where Pods are not recorded its changes are implied by their time', () => {
    const told = new Story().withService(-300, WEB).withService(0, { ...WEB, selector: { app: 'x' } });
    expect(told.explain(told.flip(0.01, 'ready', 'absent'))).toMatchObject({ name: 'SelectorChanged', confidence: 'inferred' });
    const later = new Story().withService(-300, WEB).withService(0, { ...WEB, selector: { app: 'x' } });
    expect(later.explain(later.flip(45, 'ready', 'absent'))).toMatchObject({ name: 'unknown' });
  });
});

describe('a list that somebody writes', () => {
  const none = { address: '203.0.113.7', ports: [] };

  test('of a Service without a selector, by the name of its writer', () => {
    const told = new Story().withService(-300, { ports: [{ port: 443 }] });
    const list = { editors: ['kubectl-edit'] };
    expect(told.explain(told.flip(0, 'ready', 'notReady', { backend: none, list }))).toMatchObject({
      name: 'EndpointsEdited',
      detail: 'Endpoints edited by kubectl-edit',
      confidence: 'observed',
    });
    expect(told.explain(told.flip(1, 'ready', 'notReady', { backend: none }))).toMatchObject({
      name: 'EndpointsEdited',
      confidence: 'inferred',
    });
  });

  test('and is mirrored into slices', () => {
    const told = new Story().withService(-300, { ports: [{ port: 443 }] });
    told.listed(0, { editors: ['kubectl-edit'] }, told.endpoints);
    expect(told.explain(told.flip(0.01, 'ready', 'notReady', { backend: none, source: 'endpointslices' }))).toMatchObject({
      name: 'EndpointsEdited',
      detail: 'Endpoints edited by kubectl-edit',
      confidence: 'observed',
      evidence: [2, 3],
    });
  });

  test('over the head of its controller, which puts it back', () => {
    const told = new Story().withService(-300, WEB).withPod(-200, pod()).listed(-199);
    const edited = told.flip(0, 'ready', 'absent', { list: { editors: ['kubectl-edit'] } });
    const back = told.flip(20, 'absent', 'ready');
    expect(told.explain(edited)).toMatchObject({
      name: 'EndpointsEdited',
      detail: 'Endpoints edited by kubectl-edit',
      confidence: 'observed',
    });
    expect(told.explain(back)).toMatchObject({
      name: 'EndpointsEdited',
      detail: 'Endpoints edited by kubectl-edit, and put back by its controller',
      confidence: 'inferred',
    });
  });

  test('a change of the Pod tells more than who wrote the list', () => {
    const told = new Story()
      .withService(-300, WEB)
      .withPod(-200, pod())
      .withPod(0, pod({ deleting: true }));
    const list = { editors: ['a-controller-of-another-name'] };
    expect(told.explain(told.flip(0.01, 'ready', 'absent', { list }))).toMatchObject({ name: 'PodDeleted' });
  });

  test('is taken away while the Service stays', () => {
    const told = new Story().withService(-300, WEB).withPod(-200, pod());
    expect(told.explain(told.flip(0, 'ready', 'absent', { list: { listed: false } }))).toMatchObject({
      name: 'EndpointsEdited',
      detail: 'Endpoints deleted',
      confidence: 'inferred',
    });
  });
});

describe('Endpoints that are cut at 1,000 addresses', () => {
  const cut = { truncated: true };
  const story = () => new Story().withService(-300, WEB).withPod(-200, pod()).listed(-100, cut);

  test('an address leaves and comes back though nothing happened to it', () => {
    const told = story();
    const out = told.flip(0, 'ready', 'absent', { list: cut });
    const back = told.flip(10, 'absent', 'ready', { list: cut });
    for (const flip of [out, back]) expect(told.explain(flip)).toMatchObject({ name: 'Truncated', confidence: 'observed' });
  });

  test('a Pod that is deleted, or made, meanwhile really goes, or comes', () => {
    const told = story().withPod(0, pod({ deleting: true }));
    expect(told.explain(told.flip(0.01, 'ready', 'absent', { list: cut }))).toMatchObject({ name: 'PodDeleted' });
    const made = new Story()
      .withService(-300, WEB)
      .listed(-1, cut)
      .withPod(-0.5, pod({ pending: true }))
      .withPod(0, pod());
    expect(made.explain(made.flip(0.01, 'absent', 'ready', { list: cut }))).toMatchObject({ name: 'PodStarted' });
  });

  test('where Pods are not recorded, slices tell', () => {
    const told = new Story().withService(-300, WEB).listed(-100, cut);
    const flip = told.flip(0, 'ready', 'absent', { list: cut });
    expect(told.explain({ ...flip, flippedInSlices: false })).toMatchObject({ name: 'Truncated' });
    expect(told.explain({ ...flip, flippedInSlices: true })).toMatchObject({ name: 'unknown' });
    expect(told.explain(flip)).toMatchObject({ name: 'unknown' });
  });

  test('slices are never cut', () => {
    const told = story();
    const flip = told.flip(0, 'ready', 'absent', { list: cut, source: 'endpointslices' });
    expect(told.explain(flip).name).not.toBe('Truncated');
  });
});

describe('who wrote a version', () => {
  const object = (...managedFields: ManagedFieldsEntry[]) => ({ metadata: { name: 'web', uid: 'u', managedFields } });
  const wrote = (manager: string, seconds: number, operation = 'Update') => ({ manager, operation, time: text(seconds) });

  test('is whose entry is new or has a new time', () => {
    const before = object(wrote('kube-controller-manager', 0), wrote('helm', 1));
    expect(editorsOf(before, object(wrote('kube-controller-manager', 0), wrote('helm', 1), wrote('kubectl-edit', 2)))).toEqual([
      'kubectl-edit',
    ]);
    expect(editorsOf(before, object(wrote('kube-controller-manager', 0), wrote('helm', 5)))).toEqual(['helm']);
    expect(editorsOf(before, before)).toEqual([]);
    expect(editorsOf(undefined, object(wrote('kubectl', 3, 'Apply')))).toEqual(['kubectl (server-side apply)']);
  });

  test('is nobody where a controller did', () => {
    expect(editorsOf(undefined, object(wrote('kube-controller-manager', 0)))).toEqual([]);
    expect(editorsOf(object(wrote('helm', 1)), object(wrote('helm', 1), wrote('k3s', 2)))).toEqual([]);
    expect(editorsOf(undefined, { metadata: { name: 'web', uid: 'u' } })).toEqual([]);
  });
});
