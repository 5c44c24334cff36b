import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BackendList,
  type BackendState,
  backendsOfSlice,
  betterState,
  countBackends,
  type FlipState,
  mergeBackendLists,
  serviceOfSlice,
} from '../../../src/domain/backends.ts';
import type { SliceEndpoint } from '../../../src/domain/objects.ts';
import { anyConditions, anyList, anySliceList } from './arbitraries.ts';

type Conditions = SliceEndpoint['conditions'];

const metadata = { name: 'web-x7k2p', uid: 'uid-slice' };
const HTTP = [{ name: 'http', port: 8080, protocol: 'TCP' }];
const slice = (...endpoints: SliceEndpoint[]) => backendsOfSlice({ metadata, addressType: 'IPv4', endpoints, ports: HTTP });
const stateUnder = (conditions: Conditions): BackendState | undefined =>
  [...slice({ addresses: ['10.0.0.1'], conditions }).values()][0]?.state;
const states = (list: BackendList) => [...list.values()].map(({ key, state }) => `${key} ${state}`).sort();

describe('the state of a backend in a slice', () => {
  it.each<[string, Conditions, BackendState]>([
    ['no conditions are given', undefined, 'ready'],
    ['conditions are null', null, 'ready'],
    ['ready is nil', {}, 'ready'],
    ['ready is null, whatever serving says', { ready: null, serving: false }, 'ready'],
    ['ready is true', { ready: true, serving: true, terminating: false }, 'ready'],
    [
      'it terminates but is published anyway (publishNotReadyAddresses)',
      { ready: true, serving: false, terminating: true },
      'ready',
    ],
    ['its probe fails', { ready: false, serving: false, terminating: false }, 'notReady'],
    ['it serves but is not ready and does not terminate', { ready: false, serving: true, terminating: false }, 'notReady'],
    ['it is not ready and nothing else is said', { ready: false }, 'notReady'],
    ['it terminates and still answers its probe', { ready: false, serving: true, terminating: true }, 'serving'],
    ['it terminates and no longer answers', { ready: false, serving: false, terminating: true }, 'terminating'],
    [
      'it terminates and serving is null, which means the same as ready',
      { ready: false, serving: null, terminating: true },
      'terminating',
    ],
    ['it terminates and serving is not given', { ready: false, terminating: true }, 'terminating'],
  ])('when %s', (_, conditions, state) => {
    expect(stateUnder(conditions)).toBe(state);
  });

  it('is the same whether a nil condition is left out, null, or written as what it means', () => {
    fc.assert(
      fc.property(anyConditions, (conditions) => {
        const ready = conditions.ready ?? true;
        const spelt = { ready, serving: conditions.serving ?? ready, terminating: conditions.terminating ?? false };
        const nulls = {
          ready: conditions.ready ?? null,
          serving: conditions.serving ?? null,
          terminating: conditions.terminating ?? null,
        };
        expect(stateUnder(conditions)).toBe(stateUnder(spelt));
        expect(stateUnder(conditions)).toBe(stateUnder(nulls));
      }),
    );
  });

  it('is ready exactly when ready is not false', () => {
    fc.assert(
      fc.property(anyConditions, (conditions) => {
        expect(stateUnder(conditions) === 'ready').toBe(conditions.ready !== false);
      }),
    );
  });
});

describe('the backends of a slice', () => {
  it('are described by Pod, node, zone and ports', () => {
    const targetRef = { kind: 'Pod', namespace: 'store', name: 'web-a', uid: 'uid-a' };
    const [listed] = slice({ addresses: ['10.0.0.1'], targetRef, nodeName: 'node-1', zone: 'zone-a' }).values();
    expect(listed).toEqual({
      key: '10.0.0.1 uid-a http:8080/TCP',
      backend: { address: '10.0.0.1', ports: HTTP, pod: { name: 'web-a', uid: 'uid-a' }, node: 'node-1', zone: 'zone-a' },
      state: 'ready',
    });
  });

  it('are one an address where an endpoint has several', () => {
    expect([...slice({ addresses: ['10.0.0.1', '10.0.0.2'] }).values()].map(({ backend }) => backend.address)).toEqual([
      '10.0.0.1',
      '10.0.0.2',
    ]);
  });

  it('are none in a slice without endpoints', () => {
    expect(backendsOfSlice({ metadata, endpoints: null, ports: null }).size).toBe(0);
    expect(backendsOfSlice({ metadata }).size).toBe(0);
    expect(slice({ addresses: null }).size).toBe(0);
  });

  it('belong to the Service that the label names, if it names one', () => {
    const labelled = (labels: Record<string, string>) => ({ metadata: { ...metadata, labels } });
    expect(serviceOfSlice(labelled({ 'kubernetes.io/service-name': 'web' }))).toBe('web');
    expect(serviceOfSlice(labelled({ 'kubernetes.io/service-name': '' }))).toBeUndefined();
    expect(serviceOfSlice(labelled({ app: 'web' }))).toBeUndefined();
    expect(serviceOfSlice({ metadata })).toBeUndefined();
  });
});

describe('the address list over all slices of a Service', () => {
  it('counts a backend once while it stands in two slices, with the better of its states', () => {
    const inState = (conditions: Conditions) => slice({ addresses: ['10.0.0.1'], conditions });
    const merged = mergeBackendLists([
      inState({ ready: false }),
      inState({ ready: true }),
      inState({ ready: false, terminating: true }),
    ]);
    expect(states(merged)).toEqual(['10.0.0.1  http:8080/TCP ready']);
  });

  it('holds every backend of every slice and no other', () => {
    fc.assert(
      fc.property(fc.array(anySliceList, { maxLength: 4 }), (lists) => {
        const keys = new Set(lists.flatMap((list) => [...list.keys()]));
        expect(new Set(mergeBackendLists(lists).keys())).toEqual(keys);
      }),
    );
  });

  it('does not depend on the order of slices, nor on how they are grouped, nor on one being read twice', () => {
    fc.assert(
      fc.property(anySliceList, anySliceList, anySliceList, (a, b, c) => {
        const merged = states(mergeBackendLists([a, b, c]));
        expect(states(mergeBackendLists([c, a, b]))).toEqual(merged);
        expect(states(mergeBackendLists([mergeBackendLists([a, b]), c]))).toEqual(merged);
        expect(states(mergeBackendLists([a, b, c, b]))).toEqual(merged);
      }),
    );
  });
});

describe('states', () => {
  it('are ordered by how able they are to serve', () => {
    const order: FlipState[] = ['absent', 'notReady', 'terminating', 'serving', 'ready'];
    for (const [a, worse] of order.entries()) {
      for (const [b, better] of order.entries()) expect(betterState(worse, better)).toBe(order[Math.max(a, b)]);
    }
  });

  it('are counted so that every listed backend counts once', () => {
    fc.assert(
      fc.property(anyList, (list) => {
        const { ready, notReady, terminating } = countBackends(list);
        const with_ = (...wanted: string[]) => [...list.values()].filter(({ state }) => wanted.includes(state)).length;
        expect([ready, notReady, terminating]).toEqual([with_('ready'), with_('notReady'), with_('serving', 'terminating')]);
        expect(ready + notReady + terminating).toBe(list.size);
      }),
    );
  });
});
