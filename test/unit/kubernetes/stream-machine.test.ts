import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resourceNamed } from '../../../src/domain/resources.ts';
import type { StreamBatch } from '../../../src/domain/stream-batch.ts';
import { receiveObject } from '../../../src/kubernetes/received.ts';
import type { ChangeEvent } from '../../../src/kubernetes/watch-line.ts';
import { bookmark, change, Harness, http, marker, object, refused, STREAMING, WATCH_FROM } from './machine-harness.ts';

const ENDPOINTS = resourceNamed('v1/endpoints');

const seconds = (query: string) => Number(/timeoutSeconds=(\d+)/.exec(query)?.[1]);

describe('the first state', () => {
  it('is streamed, and nothing counts before the bookmark that ends the initial events', () => {
    const stream = new Harness().start();
    expect(stream.request.query).toMatch(STREAMING);
    stream
      .open()
      .events(change('ADDED', 'b', '90'), change('ADDED', 'a', '7'))
      .events(bookmark('95'));
    expect(stream.batches).toEqual([]);
    expect(stream.state.cursor).toBeUndefined();
    stream.events(marker('100'));
    expect(stream.batches).toMatchObject([{ kind: 'snapshot', resourceVersion: '100', at: stream.now }]);
    expect(stream.state.cursor).toBe('100');
    expect(stream.phase).toBe('watching');
  });

  it('holds an object once, as it last was before the marker, and goes on with what follows in the same chunk', () => {
    const stream = new Harness().start().open();
    stream.events(
      change('ADDED', 'a', '7'),
      change('ADDED', 'b', '8'),
      change('MODIFIED', 'a', '101'),
      change('DELETED', 'b', '102'),
      marker('102'),
      change('ADDED', 'c', '103'),
    );
    expect(stream.batches).toMatchObject([
      { kind: 'snapshot', resourceVersion: '102', objects: [{ name: 'a', resourceVersion: '101' }] },
      { kind: 'changes', cursor: '103', changes: [{ type: 'ADDED', object: { name: 'c' } }] },
    ]);
  });

  it('is what was told of each object last, byte for byte, however much of it waits and in whatever pieces it came', () => {
    const told = fc.record({ name: fc.integer({ min: 0, max: 9 }), gone: fc.boolean(), kilobytes: fc.nat(400) });
    const chunk = fc.array(told, { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), (chunks) => {
        const stream = new Harness().start().open();
        const expected = new Map<string, string>();
        let version = 0;
        for (const chunk of chunks) {
          const events = chunk.map(({ name, gone, kilobytes }): ChangeEvent => {
            const metadata = { name: `e-${name}`, namespace: 'store', uid: `uid-${name}`, resourceVersion: String(++version) };
            const note = `${version} `.repeat(kilobytes * 200);
            const text = JSON.stringify({ kind: 'Endpoints', apiVersion: 'v1', metadata, note });
            if (gone) expected.delete(metadata.name);
            else expected.set(metadata.name, text);
            return { type: gone ? 'DELETED' : 'ADDED', object: receiveObject(ENDPOINTS, Buffer.from(text)) };
          });
          stream.events(...events);
          expect(stream.batches).toEqual([]);
        }
        stream.events(marker('900'));
        const { objects } = stream.lastBatch as StreamBatch & { kind: 'snapshot' };
        expect(new Map(objects.map(({ name, body }) => [name, Buffer.from(body).toString()]))).toEqual(expected);
        for (const { name, resourceVersion, value } of objects) {
          expect(value).toEqual(JSON.parse(expected.get(name) ?? ''));
          expect(value.metadata).toMatchObject({ name, resourceVersion });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is thrown away when the stream is cut before the marker, and asked for again', () => {
    const stream = new Harness()
      .start()
      .open()
      .events(change('ADDED', 'a', '7'))
      .end()
      .untilAsked();
    expect(stream.request.query).toMatch(STREAMING);
    stream.open().events(marker('100'));
    expect(stream.batches).toMatchObject([{ kind: 'snapshot', objects: [] }]);
  });

  it('is listed in pages after the stream was cut again and again', () => {
    const stream = new Harness().start();
    for (let cut = 0; cut < 3; cut++) stream.open().fail(refused).untilAsked();
    expect(stream.request).toMatchObject({ do: 'list', query: 'limit=500' });
    expect(stream.batches).toEqual([]);
  });

  it('is listed in pages by a server that refuses sendInitialEvents with 422', () => {
    const stream = new Harness().start().fail(http(422, { reason: 'Invalid' }));
    expect(stream.request).toMatchObject({ do: 'list', query: 'limit=500' });
  });

  it('is listed in pages by a server that ignores sendInitialEvents and never sends the marker', () => {
    const stream = new Harness()
      .start()
      .open()
      .events(change('ADDED', 'a', '7'));
    const streaming = stream.request.request;
    stream
      .pass(59_000)
      .events(change('MODIFIED', 'a', '8'))
      .pass(1_000);
    expect(stream.request).toMatchObject({ do: 'list', query: 'limit=500' });
    expect(stream.aborted).toContain(streaming);
    expect(stream.batches).toEqual([]);
  });
});

describe('the list in pages', () => {
  const listing = () => new Harness().start().fail(http(422));

  it('sends limit and continue alone for later pages, and watches from the version of the list', () => {
    const stream = listing()
      .page('100', [object('a', '1')], 'to/ken=')
      .page('100', [object('b', '2')]);
    expect(stream.requests.map((each) => each.query).slice(1, 3)).toEqual(['limit=500', 'limit=500&continue=to%2Fken%3D']);
    expect(stream.batches).toMatchObject([{ kind: 'snapshot', resourceVersion: '100', objects: [{ name: 'a' }, { name: 'b' }] }]);
    expect(stream.request.query).toMatch(WATCH_FROM('100'));
  });

  it('starts from nothing when a page is answered with 410, and when pages are of different versions', () => {
    for (const break_ of [
      (s: Harness) => s.fail(http(410, { reason: 'Expired' })),
      (s: Harness) => s.page('105', [object('b', '2')]),
    ]) {
      const stream = break_(listing().page('100', [object('a', '1')], 'token')).untilAsked();
      expect(stream.request).toMatchObject({ do: 'list', query: 'limit=500' });
      stream.page('110', [object('c', '3')]);
      expect(stream.batches).toMatchObject([{ kind: 'snapshot', resourceVersion: '110', objects: [{ name: 'c' }] }]);
    }
  });

  it('is given up when it is not answered in time', () => {
    const stream = listing();
    const unanswered = stream.request.request;
    stream.pass(60_000);
    expect(stream.aborted).toContain(unanswered);
    expect(stream.untilAsked().request).toMatchObject({ do: 'list', query: 'limit=500' });
  });
});

describe('a watch', () => {
  it('asks for bookmarks and a random timeout of five to ten minutes, and of one to two for v1 Events', () => {
    for (const [resource, min, max] of [
      ['v1/endpoints', 300, 600],
      ['v1/events', 60, 120],
    ] as const) {
      for (const [random, expected] of [
        [0, min],
        [0.999_999, max],
      ] as const) {
        const stream = new Harness({ resource });
        stream.random = random;
        stream.start('100').version('100');
        expect(stream.request.query).toMatch(WATCH_FROM('100'));
        expect(seconds(stream.request.query)).toBe(expected);
      }
    }
  });

  it('commits a chunk as one batch, whose cursor is the newest version in it', () => {
    const stream = new Harness().watching().pass(5);
    stream.events(change('ADDED', 'a', '101'), change('MODIFIED', 'a', '103'), bookmark('104'));
    expect(stream.lastBatch).toMatchObject({ kind: 'changes', cursor: '104', at: stream.now, provenAt: stream.now });
    expect(stream.batches).toHaveLength(2);
  });

  it('compares versions by length before text, and never moves its cursor back for a repeat', () => {
    const stream = new Harness()
      .watching()
      .events(bookmark('999'))
      .events(change('MODIFIED', 'a', '1000'));
    stream.events(change('MODIFIED', 'a', '998'));
    expect(stream.state.cursor).toBe('1000');
    expect(stream.lastBatch).toMatchObject({ changes: [{ object: { resourceVersion: '998' } }], cursor: '1000' });
  });

  it('resumes from a bookmark after a cut, at the same version and without a relist', () => {
    const stream = new Harness().watching().events(bookmark('150')).fail(refused).untilAsked();
    expect(stream.request.query).toMatch(WATCH_FROM('150'));
    expect(stream.kinds).toEqual(['snapshot', 'changes']);
  });

  it('resumes at once after a clean end at its timeout, and after a while when it ended early', () => {
    const late = new Harness().watching().pass(6_000);
    late.end();
    expect(late.request.query).toMatch(WATCH_FROM('100'));
    const early = new Harness()
      .watching()
      .events(change('ADDED', 'a', '101'))
      .end();
    expect(early.phase).toBe('waiting');
    expect(early.untilAsked().request.query).toMatch(WATCH_FROM('101'));
    expect(early.kinds).toEqual(['snapshot', 'changes']);
  });

  it('tries the same version once more when it ends at once without an event, then relists with a gap', () => {
    const stream = new Harness().resuming().end().untilAsked();
    expect(stream.request.query).toMatch(WATCH_FROM('100'));
    stream.open().end().untilAsked();
    expect(stream.request.query).toMatch(STREAMING);
    stream.open().events(marker('200'));
    expect(stream.batches).toMatchObject([{ kind: 'snapshot', resourceVersion: '200', reason: { code: 'expired' } }]);
  });

  it('forgets one quick end when the next watch brings an event', () => {
    const stream = new Harness()
      .resuming()
      .end()
      .untilAsked()
      .open()
      .events(change('ADDED', 'a', '101'))
      .end()
      .untilAsked();
    stream.open().end().untilAsked();
    expect(stream.request.query).toMatch(WATCH_FROM('101'));
  });

  it('is dead after 90 s without a whole line, and resumes; the span was last proven by the last line', () => {
    const stream = new Harness(undefined, { probeEveryMs: 0 }).watching().pass(1_000).events(bookmark('120'));
    const lastLine = stream.now;
    const watch = stream.request.request;
    stream.pass(89_999);
    expect(stream.phase).toBe('watching');
    stream.pass(1);
    expect(stream.aborted).toContain(watch);
    expect(stream.state.provenAt).toBe(lastLine);
    expect(stream.untilAsked().request.query).toMatch(WATCH_FROM('120'));
  });

  it('is not dead when quiet where there are no bookmarks, but never outlives its timeout by more than five seconds', () => {
    const stream = new Harness({ resource: 'v1/events' }, { probeEveryMs: 0 }).watching();
    const { request, query } = stream.request;
    stream.pass(seconds(query) * 1_000 + 4_999);
    expect(stream.aborted).not.toContain(request);
    stream.pass(1);
    expect(stream.aborted).toContain(request);
  });

  it('is given up when the head of the answer does not come', () => {
    const stream = new Harness().start('100').version('100');
    const { request } = stream.request;
    stream.pass(30_000);
    expect(stream.aborted).toContain(request);
  });

  it('ignores what arrives for a request that is over', () => {
    const stream = new Harness().watching();
    const old = stream.request.request;
    stream.fail(refused).untilAsked();
    const before = stream.state;
    stream.feed({ type: 'events', request: old, events: [change('ADDED', 'a', '101')], moreFollows: false });
    stream.feed({ type: 'ended', request: old });
    stream.feed({ type: 'failed', request: old, failure: http(410) });
    expect(stream.state).toBe(before);
  });
});
