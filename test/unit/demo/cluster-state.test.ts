import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClusterState, itemJson, StateConflictError, VersionTooOldError } from '../../../src/demo/cluster-state.ts';
import type { DemoObject } from '../../../src/demo/objects.ts';

type Service = DemoObject & { spec: { clusterIP: string } };

function service(name: string, clusterIP = '10.0.0.1'): Service {
  const metadata = {
    name,
    namespace: 'store',
    uid: `uid-${name}`,
    resourceVersion: '7',
    creationTimestamp: '2026-11-23T16:18:11Z',
  };
  return { kind: 'Service', apiVersion: 'v1', metadata, spec: { clusterIP } };
}

const empty = (historyLimit?: number) => new ClusterState(new Map(), historyLimit === undefined ? {} : { historyLimit });

describe('the cluster state', () => {
  test('gives every write the next version, across all resources', () => {
    const state = new ClusterState(new Map([['v1/services', { objects: [service('cart')], version: 100 }]]));
    expect(state.version).toBe(100);
    expect(state.create('v1/services', service('db')).metadata.resourceVersion).toBe('101');
    expect(state.create('v1/endpoints', { ...service('db'), kind: 'Endpoints' }).metadata.resourceVersion).toBe('102');
    expect(state.get('v1/services', 'store/cart')?.object.metadata.resourceVersion).toBe('7');
  });

  test('an edit that changes nothing makes no version', () => {
    const state = empty();
    state.create('v1/services', service('cart'));
    state.edit<Service>('v1/services', 'store/cart', (draft) => {
      draft.spec.clusterIP = '10.0.0.1';
    });
    expect(state.version).toBe(1);
    expect(state.changesSince('v1/services', 0)).toHaveLength(1);
  });

  test('an edit leaves the version before it as it was', () => {
    const state = empty();
    const before = state.create('v1/services', service('cart'));
    const after = state.edit<Service>('v1/services', 'store/cart', (draft) => {
      draft.spec.clusterIP = '10.0.0.2';
    });
    expect(before.spec.clusterIP).toBe('10.0.0.1');
    expect(after?.spec.clusterIP).toBe('10.0.0.2');
  });

  test('writes kind and apiVersion first, and leaves them out of list items', () => {
    const { kind, apiVersion, ...rest } = service('cart');
    const state = new ClusterState(new Map([['v1/services', { objects: [{ ...rest, kind, apiVersion }], version: 7 }]]));
    const [stored] = state.list('v1/services');
    expect(stored?.json).toBe(JSON.stringify(service('cart')));
    expect(stored && itemJson(stored)).toBe(JSON.stringify(rest));
  });

  test('refuses to create what exists, and forgives removing what does not', () => {
    const state = empty();
    state.create('v1/services', service('cart'));
    expect(() => state.create('v1/services', service('cart'))).toThrow(StateConflictError);
    state.remove('v1/services', 'store/nobody');
    expect(state.version).toBe(1);
  });

  test('any version that it remembers can be listed, and the changes since lead to the state as it is; older ones are refused', () => {
    const write = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), ip: fc.constantFrom('1', '2', undefined) });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (writes, historyLimit) => {
        const state = empty(historyLimit);
        const states = new Map<number, Map<string, string>>();
        const snapshot = () => new Map(state.list('v1/services').map(({ key, json }) => [key, json]));
        states.set(0, snapshot());
        for (const { name, ip } of writes) {
          const key = `store/${name}`;
          if (ip === undefined) state.remove('v1/services', key);
          else if (!state.get('v1/services', key)) state.create('v1/services', service(name, ip));
          else
            state.edit<Service>('v1/services', key, (draft) => {
              draft.spec.clusterIP = ip;
            });
          states.set(state.version, snapshot());
        }
        let remembered = 0;
        for (const [version, objects] of states) {
          try {
            const listed = state.listAt('v1/services', version).map(({ key, json, object }) => {
              expect(JSON.parse(json)).toEqual(object);
              return [key, json] as const;
            });
            expect(listed).toEqual([...objects]);
            for (const { type, key, json } of state.changesSince('v1/services', version)) {
              if (type === 'DELETED') objects.delete(key);
              else objects.set(key, json);
            }
            remembered++;
            expect([...objects].sort()).toEqual([...snapshot()].sort());
          } catch (error) {
            if (!(error instanceof VersionTooOldError)) throw error;
            // Once a version is remembered, so are all after it.
            expect(remembered).toBe(0);
          }
        }
        expect(remembered).toBeGreaterThanOrEqual(Math.min(states.size, historyLimit));
        expect(state.changesSince('v1/services', state.version)).toEqual([]);
      }),
    );
  });

  test('listeners hear each write once, in order, until they leave', () => {
    const state = empty();
    const heard: string[] = [];
    const leave = state.subscribe(({ type, version }, object) => heard.push(`${type} ${object.metadata.name} ${version}`));
    state.create('v1/services', service('cart'));
    state.remove('v1/services', 'store/cart');
    leave();
    state.create('v1/services', service('cart'));
    expect(heard).toEqual(['ADDED cart 1', 'DELETED cart 2']);
  });
});
