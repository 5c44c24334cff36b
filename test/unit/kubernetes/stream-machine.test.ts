import { describe, expect, it } from 'vitest';
import { BEGIN, bookmark, change, Harness, http, marker, object, refused, serverError, tooLarge } from './machine-harness.ts';

const STREAMING =
  /^watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=\d+$/;
const WATCH_FROM = (version: string) =>
  new RegExp(`^watch=true&allowWatchBookmarks=true&resourceVersion=${version}&timeoutSeconds=\\d+$`);
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
    stream.feed({ type: 'events', request: old, events: [change('ADDED', 'a', '101')] });
    stream.feed({ type: 'ended', request: old });
    stream.feed({ type: 'failed', request: old, failure: http(410) });
    expect(stream.state).toBe(before);
  });
});

describe('410', () => {
  it.each([
    [
      'over HTTP',
      (stream: Harness) => stream.fail(http(410, { reason: 'Expired', message: 'too old resource version: 1 (502)' })),
    ],
    [
      'as Expired in the stream',
      (stream: Harness) => stream.open().events(serverError(410, 'Expired', 'too old resource version: 1 (502)')),
    ],
    [
      'as Gone in the stream',
      (stream: Harness) => stream.open().events(serverError(410, 'Gone', 'too old resource version: 1 (502)')),
    ],
  ])('%s leads to a consistent list and a snapshot that says why', (_, gone) => {
    const stream = gone(new Harness().watching().fail(refused).untilAsked()).untilAsked();
    expect(stream.request.query).toMatch(STREAMING);
    stream.open().events(change('ADDED', 'a', '300'), marker('310'));
    expect(stream.lastBatch).toMatchObject({
      kind: 'snapshot',
      resourceVersion: '310',
      reason: { code: 'expired', detail: expect.stringMatching(/^410 (Expired|Gone): too old resource version: 1 \(502\)$/) },
    });
    expect(stream.lastBatch).not.toHaveProperty('newEpoch');
  });

  it('commits the events that came before it in the same chunk', () => {
    const stream = new Harness().watching().events(change('ADDED', 'a', '101'), serverError(410, 'Expired'));
    expect(stream.lastBatch).toMatchObject({ kind: 'changes', cursor: '101' });
    expect(stream.request.query).toMatch(STREAMING);
  });

  it('backs off when relisting does not help', () => {
    const stream = new Harness().watching();
    stream.events(serverError(410, 'Expired'));
    stream.open().events(marker('200')).events(serverError(410, 'Expired'));
    expect(stream.phase).toBe('waiting');
  });

  it('is remembered over failures of the relist', () => {
    const stream = new Harness()
      .watching()
      .events(serverError(410, 'Expired'))
      .fail(refused)
      .untilAsked()
      .fail(http(500))
      .untilAsked();
    expect(stream.request.query).toMatch(STREAMING);
    stream.open().events(marker('200'));
    expect(stream.lastBatch).toMatchObject({ kind: 'snapshot', reason: { code: 'expired' } });
  });
});

describe('a resume after a restart', () => {
  it('first asks whether the cursor lies in the past of the server', () => {
    const stream = new Harness().start('100');
    expect(stream.request).toMatchObject({
      do: 'version',
      query: 'limit=1&resourceVersion=100&resourceVersionMatch=NotOlderThan',
    });
    expect(stream.version('100').request.query).toMatch(WATCH_FROM('100'));
  });

  it('is not proven by HTTP 200 alone', () => {
    const stream = new Harness(undefined, { probeEveryMs: 0 }).resuming();
    expect(stream.batches).toEqual([]);
  });

  it.each([
    ['an event', change('ADDED', 'a', '101')],
    ['a bookmark at the cursor', bookmark('100')],
  ])('is proven by %s', (_, event) => {
    const stream = new Harness().resuming().events(event);
    expect(stream.kinds.slice(0, 2)).toEqual(['resumed', 'changes']);
  });

  it('is proven by silence only while the version of the server is known to be at or after the cursor', () => {
    const known = new Harness(undefined, { probeEveryMs: 0 }).resuming().pass(10_000);
    expect(known.kinds).toEqual(['resumed']);
    const unknown = new Harness(undefined, { probeEveryMs: 0 }).watching().fail(refused).untilAsked();
    unknown.open().pass(60_000);
    expect(unknown.state.phase).toMatchObject({ accepted: false });
  });

  it('that fails with 410 is a gap from what was stored', () => {
    const stream = new Harness().resuming().events(serverError(410, 'Expired')).open().events(marker('200'));
    expect(stream.batches).toMatchObject([{ kind: 'snapshot', reason: { code: 'expired' } }]);
  });

  it('begins a new epoch when the server keeps saying that the cursor is in its future', () => {
    const stream = new Harness().start('99999999');
    for (let attempt = 1; attempt < 5; attempt++) {
      stream.fail(tooLarge);
      expect(stream.phase).toBe('waiting');
      stream.untilAsked();
      expect(stream.request.query).toContain('NotOlderThan');
    }
    stream.fail(tooLarge).untilAsked();
    expect(stream.request.query).toMatch(STREAMING);
    stream.open().events(marker('1071'));
    expect(stream.batches).toMatchObject([
      { kind: 'snapshot', resourceVersion: '1071', newEpoch: true, reason: { code: 'new-epoch' } },
    ]);
    expect(stream.state.cursor).toBe('1071');
  });

  it('goes on when one server only lagged', () => {
    const stream = new Harness().start('100').fail(tooLarge).untilAsked().fail(tooLarge).untilAsked().version('140');
    expect(stream.request.query).toMatch(WATCH_FROM('100'));
    expect(stream.state.tooLarge).toBe(0);
  });

  it('needs no batch when the connection broke within one process and nothing was told', () => {
    const stream = new Harness()
      .watching()
      .fail(refused)
      .untilAsked()
      .open()
      .events(change('ADDED', 'a', '101'));
    expect(stream.kinds).toEqual(['snapshot', 'changes']);
  });
});

describe('a version from the future on a running stream', () => {
  it('is found by a probe that answers with less than the cursor, and settled by the check', () => {
    const stream = new Harness().watching().pass(10_000);
    const watch = stream.request.request;
    stream.version('90', stream.probe);
    expect(stream.aborted).toContain(watch);
    stream.untilAsked();
    expect(stream.request.query).toBe('limit=1&resourceVersion=100&resourceVersionMatch=NotOlderThan');
    for (let attempt = 2; attempt < 5; attempt++) stream.fail(tooLarge).untilAsked();
    stream.fail(tooLarge).untilAsked().open().events(marker('95'));
    expect(stream.lastBatch).toMatchObject({ kind: 'snapshot', newEpoch: true });
  });

  it('is found by a bookmark that is older than the cursor, which does not move it', () => {
    const stream = new Harness().watching().events(bookmark('99')).untilAsked();
    expect(stream.request.query).toContain('NotOlderThan');
    expect(stream.state.cursor).toBe('100');
    expect(stream.kinds).toEqual(['snapshot']);
  });
});

describe('failures', () => {
  it('of the server or the network ask for the same version again, without a relist', () => {
    for (const failure of [refused, http(429), http(500), http(503), { kind: 'undecodable', message: 'a web page' } as const]) {
      const stream = new Harness().watching().fail(failure).untilAsked();
      expect(stream.request.query).toMatch(WATCH_FROM('100'));
      expect(stream.kinds).toEqual(['snapshot']);
    }
  });

  it('back off with full jitter from 800 ms, doubling to 30 s', () => {
    const stream = new Harness().watching();
    stream.random = 0.999_999;
    const waits: number[] = [];
    for (let failure = 0; failure < 8; failure++) {
      stream.fail(refused);
      const before = stream.uptime;
      stream.untilAsked();
      waits.push(stream.uptime - before);
    }
    expect(waits).toEqual([799, 1_599, 3_199, 6_399, 12_799, 25_599, 29_999, 29_999]);
    stream.random = 0;
    const before = stream.uptime;
    stream.fail(refused).untilAsked();
    expect(stream.uptime).toBe(before);
  });

  it('start from the beginning after two minutes of health', () => {
    const stream = new Harness().watching();
    for (let failure = 0; failure < 6; failure++) stream.fail(refused).untilAsked();
    stream.open();
    for (let minute = 0; minute < 2; minute++) stream.pass(60_000).events(bookmark('101'));
    stream.fail(refused);
    expect(stream.state.failures).toBe(1);
  });

  it('wait for exactly what Retry-After says, but not for a day', () => {
    for (const [asked, waited] of [
      [7_000, 7_000],
      [86_400_000, 300_000],
    ] as const) {
      const stream = new Harness().watching().fail(http(429, { retryAfterMs: asked }));
      const before = stream.uptime;
      stream.untilAsked();
      expect(stream.uptime - before).toBe(waited);
    }
  });

  it('do not ask without pause for a Retry-After of nothing', () => {
    const stream = new Harness().watching().fail(http(429, { retryAfterMs: 0 }));
    stream.pass(399);
    expect(stream.phase).toBe('waiting');
    stream.pass(1);
    expect(stream.phase).toBe('watching');
  });

  it('are told to the ledger once when they last, and healed by a resume that works', () => {
    const stream = new Harness().watching();
    for (let failure = 0; failure < 40; failure++) stream.fail(refused).untilAsked();
    const told = stream.batches.filter((each) => each.kind === 'interrupted');
    expect(told).toMatchObject([{ reason: { code: 'unreachable', detail: 'ECONNREFUSED' } }]);
    expect(told[0]?.at).toBe(BEGIN + 60_000);
    stream.open();
    expect(stream.lastBatch?.kind).toBe('interrupted');
    stream.events(change('ADDED', 'a', '101'));
    expect(stream.kinds.slice(-2)).toEqual(['resumed', 'changes']);
  });

  it('of understanding have a reason of their own, which names what was not understood', () => {
    const garbage = { kind: 'undecodable', message: 'a line of the watch of v1/endpoints is not JSON' } as const;
    const stream = new Harness().watching().fail(garbage);
    while (stream.lastBatch?.kind !== 'interrupted') stream.untilAsked().open().fail(garbage);
    expect(stream.lastBatch).toMatchObject({ at: BEGIN + 60_000, reason: { code: 'undecodable', detail: garbage.message } });
    const pages = new Harness().start().fail(http(422));
    while (pages.lastBatch?.kind !== 'interrupted') pages.page('100', [], 'token').page('101').untilAsked();
    expect(pages.lastBatch.reason.code).toBe('undecodable');
  });

  it('that end soon are not told', () => {
    const stream = new Harness().watching().fail(refused).untilAsked().open().events(bookmark('101')).pass(80_000);
    expect(stream.kinds).not.toContain('interrupted');
  });

  it('never write more than 300 characters of a server into the ledger', () => {
    const stream = new Harness().start().fail(http(403, { reason: 'Forbidden', message: 'x'.repeat(10_000) }));
    expect(stream.lastBatch).toMatchObject({
      reason: { code: 'forbidden', detail: expect.stringMatching(/^403 Forbidden: x+…$/) },
    });
    expect(stream.lastBatch?.kind === 'interrupted' && stream.lastBatch.reason.detail?.length).toBe(300);
  });
});

describe('credentials', () => {
  it('are renewed with one retry at once after 401, and only then is the gap told', () => {
    const stream = new Harness().watching();
    expect(stream.request.renewCredentials).toBe(false);
    stream.fail(http(401));
    expect(stream.request).toMatchObject({ do: 'watch', renewCredentials: true });
    expect(stream.kinds).toEqual(['snapshot']);
    stream.fail(http(401));
    expect(stream.phase).toBe('waiting');
    expect(stream.lastBatch).toMatchObject({ kind: 'interrupted', reason: { code: 'unauthenticated' } });
    stream.untilAsked();
    expect(stream.request.renewCredentials).toBe(true);
    stream.open().events(bookmark('101'));
    expect(stream.kinds.slice(-2)).toEqual(['resumed', 'changes']);
    stream.fail(refused).untilAsked();
    expect(stream.request.renewCredentials).toBe(false);
  });

  it('that cannot be had are a gap, and are asked for again for ever', () => {
    const stream = new Harness().watching();
    for (let attempt = 0; attempt < 20; attempt++)
      stream.fail({ kind: 'credentials', message: 'no credentials: ENOENT' }).untilAsked();
    expect(stream.kinds).toEqual(['snapshot', 'interrupted']);
    expect(stream.request.renewCredentials).toBe(true);
  });
});

describe('the cluster behind the address', () => {
  it('is to be confirmed after an error and after a 410, until a request is accepted, and not after a clean end', () => {
    const stream = new Harness().watching();
    expect(stream.requests.map((each) => each.confirmCluster)).toEqual([false]);
    stream.pass(6_000).end();
    expect(stream.request).toMatchObject({ do: 'watch', confirmCluster: false });
    stream.open().fail(refused).untilAsked();
    expect(stream.request).toMatchObject({ do: 'watch', confirmCluster: true });
    stream.fail(refused).untilAsked();
    expect(stream.request.confirmCluster).toBe(true);
    stream.open().pass(6_000).end();
    expect(stream.request.confirmCluster).toBe(false);
    stream.open().events(serverError(410, 'Expired'));
    expect(stream.untilAsked().request.confirmCluster).toBe(true);
  });

  it('is to be confirmed before a relist, whatever asked for it', () => {
    const stream = new Harness().resuming().end().untilAsked().open().end().untilAsked();
    expect(stream.request.query).toMatch(STREAMING);
    expect(stream.request.confirmCluster).toBe(true);
  });

  it('is confirmed by the check that goes before a resume', () => {
    const stream = new Harness().start('100').fail(refused).untilAsked();
    expect(stream.request.confirmCluster).toBe(true);
    expect(stream.version('140').request).toMatchObject({ do: 'watch', confirmCluster: false });
  });
});

describe('a resource that is not to be had', () => {
  it('is a gap of this stream with its reason, told once, until it is granted', () => {
    const stream = new Harness().start();
    for (let attempt = 0; attempt < 10; attempt++) stream.fail(http(403, { reason: 'Forbidden', message: 'no' })).untilAsked();
    expect(stream.batches).toMatchObject([{ kind: 'interrupted', reason: { code: 'forbidden', detail: '403 Forbidden: no' } }]);
    stream.open().events(marker('100'));
    expect(stream.kinds).toEqual(['interrupted', 'snapshot']);
  });

  it('is looked for again within a minute when it is not served', () => {
    const stream = new Harness().start().fail(http(404, { message: '404 page not found' }));
    expect(stream.batches).toMatchObject([
      { kind: 'interrupted', reason: { code: 'not-served', detail: '404: 404 page not found' } },
    ]);
    stream.pass(29_000);
    expect(stream.phase).toBe('waiting');
    stream.pass(31_000);
    expect(stream.request.query).toMatch(STREAMING);
  });
});

describe('a commit that fails', () => {
  it('did not happen: the cursor stays, reading stops, and the stream goes on from the cursor', () => {
    const stream = new Harness().watching();
    const watch = stream.request.request;
    stream.failCommits = true;
    stream.events(change('ADDED', 'a', '101'));
    expect(stream.state.cursor).toBe('100');
    expect(stream.aborted).toContain(watch);
    expect(stream.state.lastError?.message).toBe('not written: disk full');
    stream.failCommits = false;
    expect(stream.untilAsked().request.query).toMatch(WATCH_FROM('100'));
    stream.open().events(change('ADDED', 'a', '101'));
    expect(stream.lastBatch).toMatchObject({ kind: 'changes', cursor: '101' });
  });

  it('of a first state leads to a new first state', () => {
    const stream = new Harness().start().open();
    stream.failCommits = true;
    stream.events(change('ADDED', 'a', '7'), marker('100'));
    expect(stream.state.cursor).toBeUndefined();
    stream.failCommits = false;
    expect(stream.untilAsked().request.query).toMatch(STREAMING);
  });

  it('for hours neither spins nor loses the cursor', () => {
    const stream = new Harness().watching();
    stream.failCommits = true;
    stream.events(change('ADDED', 'a', '101'));
    for (let round = 0; round < 200; round++)
      stream
        .untilAsked()
        .open()
        .events(change('ADDED', 'a', '101'));
    expect(stream.state.cursor).toBe('100');
    expect(stream.requests.length).toBeLessThan(1_000);
  });
});

describe('stopping', () => {
  it.each([
    ['the first state', (stream: Harness) => stream.start().open()],
    ['a list', (stream: Harness) => stream.start().fail(http(422)).page('100', [], 'token')],
    ['a check', (stream: Harness) => stream.start('100')],
    ['a watch with a probe', (stream: Harness) => stream.watching().pass(10_000)],
    ['a backoff', (stream: Harness) => stream.watching().fail(refused)],
  ])('during %s aborts what is open, and nothing is asked or written afterwards', (_, reach) => {
    const stream = reach(new Harness());
    const asked = stream.requests.length;
    const written = stream.batches.length;
    const { request } = stream.request;
    const waiting = stream.phase === 'waiting';
    stream.feed({ type: 'stop' });
    if (!waiting) expect(stream.aborted).toContain(request);
    stream.open().events(marker('200')).page('200').fail(http(401)).pass(3_600_000);
    expect(stream.requests).toHaveLength(asked);
    expect(stream.batches).toHaveLength(written);
  });
});
