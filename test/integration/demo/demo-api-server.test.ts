import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ClusterState } from '../../../src/demo/cluster-state.ts';
import { type DemoApiServer, startDemoApiServer } from '../../../src/demo/demo-api-server.ts';
import type { DemoObject } from '../../../src/demo/objects.ts';
import { RESOURCES, streamPath } from '../../../src/domain/resources.ts';
import { get, type Wire, watch } from './http-client.ts';

type Service = DemoObject & { spec: { clusterIP: string } };

function service(name: string, namespace = 'store'): Service {
  const metadata = {
    name,
    namespace,
    uid: `uid-${namespace}-${name}`,
    resourceVersion: '90',
    creationTimestamp: '2026-11-23T16:18:11Z',
  };
  return { kind: 'Service', apiVersion: 'v1', metadata, spec: { clusterIP: '10.0.0.1' } };
}

const kubeSystem: DemoObject = {
  kind: 'Namespace',
  apiVersion: 'v1',
  metadata: { name: 'kube-system', uid: 'the-uid', resourceVersion: '4', creationTimestamp: '2026-11-23T16:00:00Z' },
};

const nameOf = ({ metadata }: Wire) => metadata.name;
const nameOfEvent = ({ type, object }: Wire) => `${type} ${object.metadata.name}`;

describe('the demo API server', () => {
  let state: ClusterState;
  let server: DemoApiServer;
  let services: string;

  beforeEach(async () => {
    const objects = ['cart', 'db', 'legacy'].map((name) => service(name));
    state = new ClusterState(new Map([['v1/services', { objects: [...objects, service('dns', 'kube-system')], version: 100 }]]), {
      historyLimit: 8,
    });
    server = await startDemoApiServer(state, [kubeSystem]);
    services = `${server.url}/api/v1/services`;
  });
  afterEach(() => server.stop());

  function touch(name: string): void {
    state.edit<Service>('v1/services', `store/${name}`, ({ spec }) => {
      spec.clusterIP = `10.0.0.${state.version % 200}`;
    });
  }

  describe('lists', () => {
    test('answers each of the eight resources with a List of its kind', async () => {
      for (const { name, kind, apiVersion } of RESOURCES) {
        const { status, body } = await get(server.url + streamPath({ resource: name }));
        expect(status).toBe(200);
        expect(body).toMatchObject({ kind: `${kind}List`, apiVersion, metadata: { resourceVersion: '100' } });
        expect(body.items).toHaveLength(name === 'v1/services' ? 4 : 0);
      }
    });

    test('orders items by namespace and name, and leaves kind and apiVersion out of them', async () => {
      const { body } = await get(services);
      expect(body.items.map(nameOf)).toEqual(['dns', 'cart', 'db', 'legacy']);
      const { kind: _, apiVersion: __, ...item } = service('cart');
      expect(body.items[1]).toEqual(item);
    });

    test('keeps to one namespace when asked', async () => {
      const { body } = await get(`${server.url}/api/v1/namespaces/kube-system/services`);
      expect(body.items.map(nameOf)).toEqual(['dns']);
    });

    test('pages tell the state at the version of the first, whatever is written between them', async () => {
      const write = fc.constantFrom('touch', 'add', 'remove');
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(write, { maxLength: 6 }), async (limit, writes) => {
          const whole = (await get(services)).body;
          const items: Wire[] = [];
          let token = '';
          do {
            const { status, body } = await get(`${services}?limit=${limit}${token && `&continue=${token}`}`);
            expect(status).toBe(200);
            expect(body.metadata.resourceVersion).toBe(whole.metadata.resourceVersion);
            items.push(...body.items);
            expect(body.metadata.remainingItemCount ?? 0).toBe(whole.items.length - items.length);
            token = body.metadata.continue ?? '';
            const next = writes.shift();
            if (next === 'touch') touch('cart');
            if (next === 'add' && !state.get('v1/services', 'store/new')) state.create('v1/services', service('new'));
            if (next === 'remove') state.remove('v1/services', 'store/new');
          } while (token);
          expect(items).toEqual(whole.items);
        }),
        { numRuns: 30 },
      );
    });

    test('refuses a token that it did not issue, and one whose state it has let go', async () => {
      expect(await get(`${services}?limit=1&continue=rubbish`)).toMatchObject({
        status: 400,
        body: { kind: 'Status', reason: 'BadRequest' },
      });
      const { body } = await get(`${services}?limit=1`);
      for (let other = 0; other < 40; other++) {
        touch('cart');
        await get(`${services}?limit=1`);
      }
      expect(await get(`${services}?limit=1&continue=${body.metadata.continue}`)).toMatchObject({
        status: 410,
        body: { kind: 'Status', reason: 'Expired', code: 410 },
      });
    });

    test('tells the state at exactly a version that it remembers, and 410 for one that it has forgotten', async () => {
      const { items } = (await get(services)).body;
      touch('cart');
      state.remove('v1/services', 'store/cart');
      const exact = (version: number, more = '') =>
        get(`${services}?resourceVersion=${version}&resourceVersionMatch=Exact${more}`);
      const { status, body } = await exact(100, '&limit=1');
      expect({ status, version: body.metadata.resourceVersion }).toEqual({ status: 200, version: '100' });
      const rest = (await get(`${services}?continue=${body.metadata.continue}`)).body;
      expect([...body.items, ...rest.items]).toEqual(items);
      expect((await exact(101)).body.items.map((item: Wire) => item.metadata.resourceVersion)).toContain('101');
      expect((await exact(102)).body.items.map(nameOf)).not.toContain('cart');
      expect(await exact(99)).toMatchObject({ status: 410, body: { kind: 'Status', reason: 'Expired', code: 410 } });
      expect(await exact(103)).toMatchObject({ status: 504 });
    });

    test('tells a version from the future by 504 ResourceVersionTooLarge', async () => {
      const { status, body } = await get(`${services}?limit=1&resourceVersion=101&resourceVersionMatch=NotOlderThan`);
      expect(status).toBe(504);
      expect(body).toMatchObject({
        kind: 'Status',
        message: 'Timeout: Too large resource version: 101, current: 100',
        details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
      });
      touch('cart');
      expect(await get(`${services}?limit=1&resourceVersion=101&resourceVersionMatch=NotOlderThan`)).toMatchObject({
        status: 200,
      });
    });

    test('answers with metadata alone when asked for it', async () => {
      const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';
      const { body } = await get(`${services}?limit=1`, { accept });
      expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
      expect(body.items).toEqual([{ metadata: service('dns', 'kube-system').metadata }]);
    });
  });

  describe('watches', () => {
    test('sends what was written after the version, then what is written, and ends cleanly at its timeout', async () => {
      touch('cart');
      const stream = await watch(`${services}?watch=true&resourceVersion=100&timeoutSeconds=1`);
      state.remove('v1/services', 'store/db');
      state.create('v1/services', service('new'));
      const events = await stream.rest();
      expect(events.map(nameOfEvent)).toEqual(['MODIFIED cart', 'DELETED db', 'ADDED new']);
      expect(events.map(({ object }) => object.metadata.resourceVersion)).toEqual(['101', '102', '103']);
      expect(events[0].object).toMatchObject({ kind: 'Service', apiVersion: 'v1' });
    });

    test('resumes from any version that is remembered so that list and watch together give the state', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom('cart', 'db', 'new'), { maxLength: 12 }),
          fc.nat(12),
          async (writes, behind) => {
            const { body } = await get(services);
            const objects = new Map<string, Wire>(body.items.map((item: Wire) => [item.metadata.uid, item]));
            for (const [index, name] of writes.entries()) {
              if (index === behind) break;
              if (name !== 'new') touch(name);
              else if (state.get('v1/services', 'store/new')) state.remove('v1/services', 'store/new');
              else state.create('v1/services', service('new'));
            }
            const stream = await watch(`${services}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
            touch('legacy');
            for (;;) {
              const { type, object } = await stream.next();
              if (type === 'ERROR') {
                expect(object).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
                return;
              }
              const { kind: _, apiVersion: __, ...item } = object;
              if (type === 'DELETED') objects.delete(object.metadata.uid);
              else objects.set(object.metadata.uid, item);
              if (object.metadata.resourceVersion === String(state.version)) break;
            }
            stream.cancel();
            const now = (await get(services)).body.items;
            const byUid = (a: Wire, b: Wire) => (a.metadata.uid < b.metadata.uid ? -1 : 1);
            expect([...objects.values()].sort(byUid)).toEqual(now.sort(byUid));
          },
        ),
        { numRuns: 30 },
      );
    });

    test('tells a version that it has forgotten by an ERROR line after HTTP 200', async () => {
      const stream = await watch(`${services}?watch=true&resourceVersion=99`);
      expect(stream.status).toBe(200);
      expect(await stream.rest()).toEqual([
        {
          type: 'ERROR',
          object: {
            kind: 'Status',
            apiVersion: 'v1',
            metadata: {},
            status: 'Failure',
            message: 'too old resource version: 99 (100)',
            reason: 'Expired',
            code: 410,
          },
        },
      ]);
    });

    test('streams the first state and marks its end before any change', async () => {
      const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      const stream = await watch(`${services}?${query}`);
      const events = await stream.take(5);
      expect(events.map(({ type }) => type)).toEqual(['ADDED', 'ADDED', 'ADDED', 'ADDED', 'BOOKMARK']);
      expect(events[4].object).toEqual({
        kind: 'Service',
        apiVersion: 'v1',
        metadata: { resourceVersion: '100', annotations: { 'k8s.io/initial-events-end': 'true' } },
        spec: {},
        status: { loadBalancer: {} },
      });
      touch('cart');
      expect(nameOfEvent(await stream.next())).toBe('MODIFIED cart');
      stream.cancel();
    });

    test('sends a bookmark shortly before its timeout, but none for Events and none unasked', async () => {
      const [asked, unasked, events] = await Promise.all(
        ['services?allowWatchBookmarks=true&', 'services?', 'events?allowWatchBookmarks=true&'].map((each) =>
          watch(`${server.url}/api/v1/${each}watch=true&resourceVersion=100&timeoutSeconds=3`),
        ),
      );
      touch('cart');
      const types = await Promise.all(
        [asked, unasked, events].map(async (each) => (await each?.rest())?.map(({ type }) => type)),
      );
      expect(types).toEqual([['MODIFIED', 'BOOKMARK'], ['MODIFIED'], []]);
    });

    test('sends bookmarks of the latest version as often as it is told', async () => {
      const often = await startDemoApiServer(state, [], { bookmarkEveryMs: 5 });
      try {
        const stream = await watch(`${often.url}/api/v1/services?watch=true&resourceVersion=100&allowWatchBookmarks=true`);
        const version = async () => (await stream.next())?.object.metadata.resourceVersion;
        expect(await version()).toBe('100');
        state.create('v1/endpoints', { ...service('cart'), kind: 'Endpoints' });
        // One more of the version before may be on its way.
        while ((await version()) === '100');
        expect(await version()).toBe('101');
        stream.cancel();
      } finally {
        await often.stop();
      }
    });

    test('keeps to one namespace when asked', async () => {
      const stream = await watch(`${server.url}/api/v1/namespaces/kube-system/services?watch=true`);
      touch('cart');
      state.create('v1/services', service('metrics', 'kube-system'));
      expect((await stream.take(2)).map(nameOfEvent)).toEqual(['ADDED dns', 'ADDED metrics']);
      stream.cancel();
    });

    test.each([
      ['sendInitialEvents=true&allowWatchBookmarks=true', 422],
      ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan', 422],
      ['resourceVersionMatch=NotOlderThan&resourceVersion=100', 422],
      ['resourceVersion=abc', 400],
      ['timeoutSeconds=soon', 400],
      ['labelSelector=app%3Dcart', 400],
    ])('refuses %s with %i', async (query, code) => {
      const { status, body } = await get(`${services}?watch=true&${query}`);
      expect(status).toBe(code);
      expect(body).toMatchObject({ kind: 'Status', status: 'Failure', code });
    });
  });

  test('gives one object by name, and the Namespaces', async () => {
    expect((await get(`${server.url}/api/v1/namespaces/store/services/cart`)).body).toEqual(service('cart'));
    expect((await get(`${server.url}/api/v1/namespaces/kube-system`)).body.metadata.uid).toBe('the-uid');
    expect(await get(`${server.url}/api/v1/namespaces/store/services/nobody`)).toMatchObject({
      status: 404,
      body: { kind: 'Status', reason: 'NotFound', message: 'services "nobody" not found' },
    });
  });

  test('warns, on every answer about Endpoints, that they are deprecated', async () => {
    expect((await get(`${server.url}/api/v1/endpoints`)).headers.get('warning')).toMatch(/^299 - "v1 Endpoints is deprecated/);
    expect((await get(services)).headers.get('warning')).toBeNull();
  });

  test('answers what it does not serve as a real server does', async () => {
    expect(await get(`${server.url}/apis/unknown.example/v1/things`)).toMatchObject({
      status: 404,
      body: '404 page not found\n',
    });
    expect((await fetch(`${services}/cart`, { method: 'DELETE' })).status).toBe(405);
    expect((await get(`${server.url}/readyz`)).body).toBe('ok');
  });

  test('stops with watches open', async () => {
    const stream = await watch(`${services}?watch=true&resourceVersion=100`);
    await server.stop();
    await expect(stream.rest()).rejects.toThrow();
  });
});
