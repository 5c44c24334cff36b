import { describe, expect, it } from 'vitest';
import { RESOURCES } from '../../../src/domain/resources.ts';
import { type Clock, SYSTEM_CLOCK } from '../../../src/kubernetes/clock.ts';
import { DEFAULT_SETTINGS } from '../../../src/kubernetes/settings.ts';
import type { WatchObserver } from '../../../src/kubernetes/stream.ts';
import { json, status } from '../../support/fake-api-server/index.ts';
import { MemorySink } from '../../support/fake-api-server/memory-sink.ts';
import { fakeServer, watch } from './watching.ts';

const ENDPOINTS = 'v1/endpoints';
const subsets = (...ips: string[]) => ({ subsets: [{ addresses: ips.map((ip) => ({ ip })) }] });

describe('the first state', () => {
  it('is streamed, and changes after it are recorded in order, byte for byte', async () => {
    const server = await fakeServer();
    server.history.put(ENDPOINTS, 'cart', subsets('10.0.0.1'));
    const { sink } = watch(server);
    const snapshot = await sink.first('snapshot');
    expect(snapshot.objects.map((each) => each.name)).toEqual(['cart']);
    expect(snapshot.resourceVersion).toBe(String(server.history.revision));
    const changed = server.history.put(ENDPOINTS, 'cart', { note: 'ü\u2028😀', ...subsets('10.0.0.2') });
    server.history.remove(ENDPOINTS, 'cart');
    await sink.until(() => sink.changes().length === 2);
    expect(sink.changes()).toEqual(['MODIFIED cart 1002', 'DELETED cart 1003']);
    const batch = await sink.first('changes');
    expect(Buffer.from(batch.changes[0]?.object.body ?? []).toString()).toBe(JSON.stringify(changed));
    expect(server.seen({ kind: 'list' })).toEqual([]);
  });

  it('is recorded for all eight resources', async () => {
    const server = await fakeServer();
    for (const { name } of RESOURCES) server.history.put(name, 'one');
    const { sink } = watch(
      server,
      RESOURCES.map((each) => each.name),
    );
    await sink.until(() => sink.batches.length === 8);
    expect(sink.batches.map((each) => each.stream.resource).sort()).toEqual(RESOURCES.map((each) => each.name).sort());
    for (const batch of sink.batches) expect(batch).toMatchObject({ kind: 'snapshot', objects: [{ name: 'one' }] });
  });

  it('is recorded namespace by namespace where only some are asked for, but Nodes for the whole cluster', async () => {
    const server = await fakeServer();
    for (const namespace of ['store', 'billing', 'other']) server.history.put(ENDPOINTS, 'one', {}, namespace);
    server.history.put('v1/nodes', 'node-0');
    const { sink } = watch(server, [ENDPOINTS, 'v1/nodes'], { namespaces: ['store', 'billing', 'store'] });
    await sink.until(() => sink.batches.length === 3);
    expect(server.requests.map((each) => each.path).sort()).toEqual([
      '/api/v1/namespaces/billing/endpoints',
      '/api/v1/namespaces/store/endpoints',
      '/api/v1/nodes',
    ]);
    expect(
      sink.batches
        .flatMap((each) => (each.kind === 'snapshot' ? each.objects : []))
        .map((each) => each.namespace)
        .sort(),
    ).toEqual(['', 'billing', 'store']);
  });

  it('is listed in pages by a server without streaming lists, and a change between list and watch is recorded once', async () => {
    const server = await fakeServer();
    server.watchList = 'refused';
    for (let index = 0; index < 5; index++) server.history.put(ENDPOINTS, `e${index}`);
    server.next({ kind: 'watch' }, (exchange) => {
      server.history.put(ENDPOINTS, 'e0', subsets('10.0.0.9'));
      exchange.serve();
    });
    const { sink } = watch(server, [ENDPOINTS], { settings: { pageSize: 2 } });
    await sink.until(() => sink.changes().length === 1);
    expect(sink.batches[0]).toMatchObject({ kind: 'snapshot', objects: [0, 1, 2, 3, 4].map((index) => ({ name: `e${index}` })) });
    expect(sink.changes()).toEqual(['MODIFIED e0 1006']);
    const lists = server.seen({ kind: 'list' }).map((each) => [...each.query.keys()].join());
    expect(lists).toEqual(['limit', 'limit,continue', 'limit,continue']);
    const body = sink.batches[0]?.kind === 'snapshot' ? sink.batches[0].objects[0]?.body : undefined;
    expect(JSON.parse(Buffer.from(body ?? []).toString())).toMatchObject({ kind: 'Endpoints', apiVersion: 'v1' });
  });

  it('is listed in pages by a server that ignores sendInitialEvents', async () => {
    const server = await fakeServer();
    server.watchList = 'ignored';
    server.history.put(ENDPOINTS, 'cart');
    const { sink } = watch(server, [ENDPOINTS], { settings: { markerWithinMs: 20 } });
    expect(await sink.first('snapshot')).toMatchObject({ objects: [{ name: 'cart' }] });
    expect(server.seen({ kind: 'list' })).toHaveLength(1);
  });

  it('starts from nothing when page two is answered with 410, and never uses the token in that answer', async () => {
    const server = await fakeServer();
    server.watchList = 'refused';
    for (let index = 0; index < 4; index++) server.history.put(ENDPOINTS, `e${index}`);
    server.next({ kind: 'list' }, (exchange) => exchange.serve());
    server.next({ kind: 'list' }, (exchange) => {
      server.history.put(ENDPOINTS, 'e4');
      server.history.compact();
      exchange.serve();
    });
    const { sink } = watch(server, [ENDPOINTS], { settings: { pageSize: 3 } });
    const snapshot = await sink.first('snapshot');
    expect(snapshot.objects).toHaveLength(5);
    expect(snapshot.resourceVersion).toBe('1005');
    expect(server.seen({ kind: 'list' }).map((each) => each.query.has('continue'))).toEqual([false, true, false, true]);
  });

  it('counts for nothing when it is cut before its marker, or its marker is not "true"', async () => {
    const server = await fakeServer();
    const old = server.history.put(ENDPOINTS, 'old');
    server.next({ kind: 'initial' }, (exchange) => {
      const answer = exchange.watch();
      answer.event({ type: 'ADDED', object: old });
      answer.bookmark(server.history.revision, { 'k8s.io/initial-events-end': 'false' });
      answer.end();
    });
    server.history.remove(ENDPOINTS, 'old');
    const { sink } = watch(server);
    await sink.first('snapshot');
    expect(sink.batches).toMatchObject([{ kind: 'snapshot', objects: [] }]);
  });
});

describe('a resume', () => {
  it('after a restart of the recorder goes on from the stored cursor, and misses nothing', async () => {
    const server = await fakeServer();
    server.history.put(ENDPOINTS, 'cart');
    const { watcher, sink } = watch(server);
    await sink.first('snapshot');
    await watcher.stop();
    server.history.put(ENDPOINTS, 'cart', subsets('10.0.0.1'));
    server.history.put(ENDPOINTS, 'new');
    watch(server, [ENDPOINTS], { sink });
    await sink.until(() => sink.changes().length === 2);
    expect(sink.changes()).toEqual(['MODIFIED cart 1002', 'ADDED new 1003']);
    expect(sink.batches.map((each) => each.kind).slice(0, 3)).toEqual(['snapshot', 'resumed', 'changes']);
    expect(server.seen({ kind: 'version' })[0]?.query.get('resourceVersionMatch')).toBe('NotOlderThan');
    expect(server.seen({ kind: 'initial' })).toHaveLength(1);
  });

  it('after only a bookmark and a cut starts at the bookmark', async () => {
    const server = await fakeServer();
    const { sink } = watch(server);
    await sink.first('snapshot');
    const answer = await server.watching(ENDPOINTS);
    server.history.put('v1/pods', 'elsewhere');
    answer.bookmark();
    await sink.first('changes');
    answer.reset();
    await server.until(() => server.seen({ kind: 'watch' }).length === 1);
    expect(server.seen({ kind: 'watch' })[0]?.query.get('resourceVersion')).toBe(String(server.history.revision));
  });

  it('loses and doubles nothing when the connection is reset in the middle of a line', async () => {
    const server = await fakeServer();
    const { sink } = watch(server);
    await sink.first('snapshot');
    const answer = await server.watching(ENDPOINTS);
    server.history.put(ENDPOINTS, 'one');
    await sink.until(() => sink.changes().length === 1);
    answer.raw('{"type":"ADDED","object":{"kind":"Endpoints","meta');
    answer.reset();
    server.history.put(ENDPOINTS, 'two');
    await sink.until(() => sink.changes().length === 2);
    expect(sink.changes()).toEqual(['ADDED one 1001', 'ADDED two 1002']);
  });

  it('finds its server again when that was gone for a while', async () => {
    const server = await fakeServer();
    const refused = Promise.withResolvers<void>();
    const failed: WatchObserver['failed'] = (_, failure) => {
      if (failure.kind === 'connection' && failure.message.includes('ECONNREFUSED')) refused.resolve();
    };
    const { sink } = watch(server, [ENDPOINTS], { observer: { failed } });
    await sink.first('snapshot');
    await server.stop();
    await refused.promise;
    server.history.put(ENDPOINTS, 'meanwhile');
    await server.start();
    await sink.until(() => sink.changes().length === 1);
    expect(sink.changes()).toEqual(['ADDED meanwhile 1001']);
    expect(server.seen({ kind: 'initial' })).toHaveLength(1);
  });
});

describe('410', () => {
  it.each([
    ['in the stream', false],
    ['over HTTP', true],
  ])('%s leads to a snapshot that says why', async (_, overHttp) => {
    const server = await fakeServer();
    server.history.put(ENDPOINTS, 'gone');
    server.history.put(ENDPOINTS, 'stays');
    const { sink } = watch(server);
    await sink.first('snapshot');
    if (overHttp) server.next({ kind: 'watch' }, ({ response }) => status(response, 410, 'Gone', 'too old resource version'));
    const answer = await server.watching(ENDPOINTS);
    server.next({ kind: 'watch' }, (exchange) => {
      server.history.remove(ENDPOINTS, 'gone');
      server.history.compact();
      exchange.serve();
    });
    if (overHttp) server.history.compact();
    answer.reset();
    await sink.until(() => sink.batches.filter((each) => each.kind === 'snapshot').length === 2);
    const relist = sink.batches.findLast((each) => each.kind === 'snapshot');
    expect(relist).toMatchObject({ reason: { code: 'expired', detail: expect.stringMatching(/^410 (Gone|Expired)/) } });
    expect(relist).not.toHaveProperty('newEpoch');
  });
});

describe('a version from the future', () => {
  it('after a restart begins a new epoch once the server insists', async () => {
    const server = await fakeServer();
    const sink = new MemorySink();
    const { watcher } = watch(server, [ENDPOINTS], { sink });
    await sink.first('snapshot');
    await watcher.stop();
    server.history.restore(500);
    server.history.put(ENDPOINTS, 'restored');
    watch(server, [ENDPOINTS], {
      sink,
      settings: { backoff: { firstMs: 1, maxMs: 1, healthyAfterMs: 1_000, maxRetryAfterMs: 1 } },
    });
    const snapshot = await sink.first('snapshot', (each) => each.newEpoch === true);
    expect(snapshot).toMatchObject({ resourceVersion: '501', reason: { code: 'new-epoch' }, objects: [{ name: 'restored' }] });
    expect(server.seen({ kind: 'version' })).toHaveLength(5);
  });

  it('on a running stream is found by the probe', async () => {
    const server = await fakeServer();
    const { sink } = watch(server, [ENDPOINTS], {
      settings: { probeEveryMs: 5, backoff: { firstMs: 1, maxMs: 1, healthyAfterMs: 1_000, maxRetryAfterMs: 1 } },
    });
    await sink.first('snapshot');
    server.history.restore(500);
    expect(await sink.first('snapshot', (each) => each.newEpoch === true)).toMatchObject({ resourceVersion: '500' });
  });
});

describe('a quiet stream', () => {
  it('is proven complete by probes, without any event', async () => {
    const server = await fakeServer();
    const { sink } = watch(server, [ENDPOINTS], { settings: { probeEveryMs: 5 } });
    await sink.first('snapshot');
    const proof = await sink.first('changes');
    expect(proof.changes).toEqual([]);
    expect(proof.provenAt).toBeLessThanOrEqual(proof.at);
    expect(server.seen({ kind: 'version' })[0]?.headers.accept).toContain('PartialObjectMetadataList');
  });
});

describe('an overloaded server', () => {
  it.each([429, 500, 503])('that answers %i is asked for the same version again', async (code) => {
    const server = await fakeServer();
    const { sink } = watch(server);
    await sink.first('snapshot');
    server.next({ kind: 'watch' }, ({ response }) => status(response, code, 'Busy', 'later', {}, { 'retry-after': '0' }), 3);
    (await server.watching(ENDPOINTS)).reset();
    server.history.put(ENDPOINTS, 'cart');
    await sink.until(() => sink.changes().length === 1);
    expect(new Set(server.seen({ kind: 'watch' }).map((each) => each.query.get('resourceVersion')))).toEqual(new Set(['1000']));
    expect(server.seen({ kind: 'initial' })).toHaveLength(1);
  });
});

describe('a resource that is not to be had', () => {
  it('leaves the other streams alone, and starts when it is granted', async () => {
    const server = await fakeServer();
    server.forbidden.add('v1/pods');
    server.notServed.add(ENDPOINTS);
    const { sink, watcher } = watch(server, [ENDPOINTS, 'v1/pods', 'v1/services']);
    await sink.until(() => sink.batches.length === 3);
    const told = sink.batches
      .filter((each) => each.kind === 'interrupted')
      .map((each) => [each.stream.resource, each.reason.code]);
    expect(new Map(told as [string, string][])).toEqual(
      new Map([
        [ENDPOINTS, 'not-served'],
        ['v1/pods', 'forbidden'],
      ]),
    );
    expect(watcher.status()).toMatchObject([{ interrupted: 'not-served' }, { interrupted: 'forbidden' }, { phase: 'watching' }]);
    server.forbidden.clear();
    server.notServed.clear();
    await sink.until(() => sink.batches.filter((each) => each.kind === 'snapshot').length === 3);
    expect(watcher.status().every((each) => each.interrupted === undefined)).toBe(true);
  });
});

describe('a sink that fails', () => {
  it('stops the reading and keeps the cursor; afterwards nothing is missing', async () => {
    const server = await fakeServer();
    const { sink, watcher } = watch(server);
    await sink.first('snapshot');
    sink.failure = new Error('database or disk is full');
    server.history.put(ENDPOINTS, 'one');
    server.history.put(ENDPOINTS, 'two');
    await server.until(() => server.seen({ kind: 'watch' }).length > 2);
    expect(watcher.status()[0]).toMatchObject({
      notWritten: true,
      cursor: '1000',
      lastError: { message: 'database or disk is full' },
    });
    sink.failure = undefined;
    await sink.until(() => sink.changes().length === 2);
    expect(sink.changes()).toEqual(['ADDED one 1001', 'ADDED two 1002']);
    expect(watcher.status()[0]?.notWritten).toBe(false);
  });
});

describe('stopping', () => {
  /** The real clock, which also tells how many wakes it still owes. */
  const counting = () => {
    const owed = new Set<() => void>();
    const wakeAt: Clock['wakeAt'] = (uptime, wake) => {
      const cancel = SYSTEM_CLOCK.wakeAt(uptime, () => {
        owed.delete(cancel);
        wake();
      });
      owed.add(cancel);
      return () => {
        owed.delete(cancel);
        cancel();
      };
    };
    return { owed, clock: { ...SYSTEM_CLOCK, wakeAt } };
  };

  it.each(['list', 'initial', 'watch'] as const)(
    'while a %s is not answered aborts it and leaves nothing to happen later',
    async (kind) => {
      const server = await fakeServer();
      const aborted = Promise.withResolvers<void>();
      const { owed, clock } = counting();
      if (kind === 'list') server.watchList = 'refused';
      server.next({ kind }, ({ response }) => void response.on('close', () => aborted.resolve()), 100);
      const { watcher, sink } = watch(server, [ENDPOINTS], { clock });
      if (kind === 'watch') {
        await sink.first('snapshot');
        (await server.watching(ENDPOINTS)).reset();
      }
      await server.until(() => server.seen({ kind }).length > 0);
      await watcher.stop();
      await aborted.promise;
      expect(owed.size).toBe(0);
      expect(watcher.status()[0]?.phase).toBe('stopped');
      expect(server.seen({ kind })).toHaveLength(1);
    },
  );

  it('during a backoff leaves nothing to happen later', async () => {
    const server = await fakeServer();
    const { owed, clock } = counting();
    server.next({}, ({ response }) => json(response, 500, {}), 1_000);
    const waiting = Promise.withResolvers<void>();
    const { watcher } = watch(server, [ENDPOINTS], {
      clock,
      observer: { failed: () => waiting.resolve() },
      settings: { backoff: { ...DEFAULT_SETTINGS.backoff, firstMs: 3_600_000, maxMs: 3_600_000 } },
    });
    await waiting.promise;
    expect(watcher.status()[0]?.phase).toBe('waiting');
    expect(owed.size).toBe(1);
    await watcher.stop();
    expect(owed.size).toBe(0);
    expect(server.requests).toHaveLength(1);
  });
});
