import { describe, expect, it, onTestFinished } from 'vitest';
import type { Endpoints } from '../../../src/domain/objects.ts';
import { fakeServer, watch } from './watching.ts';

const ENDPOINTS = 'v1/endpoints';

describe('the bytes of a watch', () => {
  it('may be split anywhere, even inside a character', async () => {
    const server = await fakeServer();
    const { sink } = watch(server);
    await sink.first('snapshot');
    const answer = await server.watching(ENDPOINTS);
    const object = {
      kind: 'Endpoints',
      apiVersion: 'v1',
      metadata: { name: 'ü😀\u2028', namespace: 'store', uid: 'u', resourceVersion: '2000' },
    };
    for (const byte of Buffer.from(`${JSON.stringify({ type: 'ADDED', object })}\n`)) {
      answer.raw(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    await sink.until(() => sink.changes().length === 1);
    expect(sink.changes()).toEqual(['ADDED ü😀\u2028 2000']);
  });

  it('may hold a line of five megabytes', async () => {
    const server = await fakeServer();
    const { sink } = watch(server);
    await sink.first('snapshot');
    server.history.put(ENDPOINTS, 'big', { note: 'x'.repeat(5_000_000) });
    const batch = await sink.first('changes');
    expect(batch.changes[0]?.object.body.length).toBeGreaterThan(5_000_000);
  });

  it('may bring a long address list again and again: it is parsed where it differs, and each version is whole', async () => {
    const server = await fakeServer();
    const { sink } = watch(server);
    await sink.first('snapshot');
    const ready = Array.from({ length: 300 }, () => true);
    for (const flipping of [0, 150, 299, 150, 7]) {
      ready[flipping] = !ready[flipping];
      const listed = (state: boolean) =>
        ready.flatMap((each, index) => (each === state ? [{ ip: `10.0.${index >> 8}.${index & 255}`, nodeName: 'nöde' }] : []));
      server.history.put(ENDPOINTS, 'big', { subsets: [{ addresses: listed(true), notReadyAddresses: listed(false) }] });
    }
    await sink.until(() => sink.changes().length === 5);
    const objects = sink.batches.flatMap((batch) => (batch.kind === 'changes' ? batch.changes.map(({ object }) => object) : []));
    for (const { body, value } of objects) expect(value).toEqual(JSON.parse(Buffer.from(body).toString()));
    const [before, after] = objects.slice(0, 2).map(({ value }) => (value as Endpoints).subsets?.[0]?.addresses ?? []);
    // All but the one that flipped are the very objects that were parsed before.
    expect(after?.filter((address) => before?.includes(address))).toHaveLength(298);
  });

  it.each([
    ['garbage', 'garbage\n'],
    ['an unknown type', '{"type":"SYNCED","object":{}}\n'],
    ['an object without a version', '{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"b","uid":"c"}}}\n'],
    ['a Table', '{"type":"ADDED","object":{"kind":"Table","metadata":{"resourceVersion":"9999"},"rows":[]}}\n'],
    ['a web page', '<!DOCTYPE html><html><body>please log in</body></html>'],
  ])('that are %s end the watch without moving the cursor, and what came before them is kept', async (_, bytes) => {
    const server = await fakeServer();
    const { sink, watcher } = watch(server);
    await sink.first('snapshot');
    server.next({ kind: 'watch' }, (exchange) => {
      const answer = exchange.watch();
      const object = server.history.put(ENDPOINTS, 'before');
      expect(object.metadata.resourceVersion).toBe('1001');
      answer.raw(bytes);
      answer.end();
    });
    (await server.watching(ENDPOINTS)).end();
    await server.until(() => server.seen({ kind: 'watch' }).length === 2);
    expect(server.seen({ kind: 'watch' }).map((each) => each.query.get('resourceVersion'))).toEqual(['1000', '1001']);
    expect(watcher.status()[0]?.lastError?.message).toMatch(/v1\/endpoints/);
    server.history.put(ENDPOINTS, 'after');
    await sink.until(() => sink.changes().length === 2);
    expect(sink.changes()).toEqual(['ADDED before 1001', 'ADDED after 1002']);
  });

  it('that are never understood end the coverage with a reason of its own', async () => {
    const server = await fakeServer();
    const { sink, watcher } = watch(server, [ENDPOINTS], { settings: { tellAfterMs: 20 } });
    await sink.first('snapshot');
    server.next({ kind: 'watch' }, (exchange) => exchange.watch().raw('garbage\n'), 1_000);
    (await server.watching(ENDPOINTS)).end();
    const { reason } = await sink.first('interrupted');
    expect(reason).toEqual({ code: 'undecodable', detail: 'a line of the watch of v1/endpoints is not JSON' });
    expect(watcher.status()[0]?.interrupted).toBe('undecodable');
    server.clearScript();
    server.history.put(ENDPOINTS, 'understood');
    await sink.first('resumed');
  });

  it('that trickle without ever ending a line are no sign of life', async () => {
    const server = await fakeServer();
    const { sink } = watch(server, [ENDPOINTS], { settings: { inactivityMs: 100 } });
    await sink.first('snapshot');
    const answer = await server.watching(ENDPOINTS);
    const trickle = setInterval(() => answer.raw(' '), 5);
    onTestFinished(() => clearInterval(trickle));
    await server.until(() => server.seen({ kind: 'watch' }).length === 1);
  });

  it('that stop coming without an end are found, and the watch goes on elsewhere', async () => {
    const server = await fakeServer();
    const { sink } = watch(server, [ENDPOINTS], { settings: { inactivityMs: 50 } });
    await sink.first('snapshot');
    (await server.watching(ENDPOINTS)).freeze();
    server.history.put(ENDPOINTS, 'unheard');
    await sink.until(() => sink.changes().length === 1);
    expect(sink.changes()).toEqual(['ADDED unheard 1001']);
  });
});
