import { describe, expect, it } from 'vitest';
import {
  BEGIN,
  bookmark,
  change,
  Harness,
  http,
  marker,
  refused,
  STREAMING,
  serverError,
  WATCH_FROM,
} from './machine-harness.ts';

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
    expect(stream.state.lastError?.message).toBe('disk full');
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
