import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../src/kubernetes/settings.ts';
import { bookmark, Harness, http, marker, object, refused, serverError, tooLarge } from './machine-harness.ts';

const { compareWithinMs } = DEFAULT_SETTINGS;
const WATCH = /^watch=true&allowWatchBookmarks=true&resourceVersion=100&/;
const EXACT = 'limit=500&resourceVersion=100&resourceVersionMatch=Exact';

const comparing = (settings = {}) => new Harness(undefined, { compareWithinMs, ...settings }).start('100').version('140');

describe('the compare after a restart', () => {
  it('asks for the state at exactly the cursor, in pages, once the cursor lies in the past of the server', () => {
    const stream = new Harness(undefined, { compareWithinMs }).start('100');
    expect(stream.request.query).toContain('NotOlderThan');
    stream.version('140');
    expect(stream.request).toMatchObject({ do: 'list', query: EXACT });
    stream.page('100', [object('a', '7')], 'to/ken=');
    expect(stream.request).toMatchObject({ do: 'list', query: 'limit=500&continue=to%2Fken%3D' });
    expect(stream.comparisons).toEqual([]);
    stream.page('100', [object('b', '8')]);
    expect(stream.comparisons).toMatchObject([{ objects: [{ name: 'a' }, { name: 'b' }] }]);
    expect(stream.phase).toBe('comparing');
    expect(stream.batches).toEqual([]);
  });

  it('that finds no difference leads to the resume from the cursor', () => {
    const stream = comparing()
      .page('100', [object('a', '7')])
      .compared();
    expect(stream.request.query).toMatch(WATCH);
    stream.open().events(bookmark('150'));
    expect(stream.kinds).toEqual(['resumed', 'changes']);
  });

  it('that finds a difference leads to a relist, a gap, and versions that are not compared with earlier ones', () => {
    const stream = comparing().page('100').compared('at version 100 the cluster differs from the log: 1 gone, such as store/a');
    expect(stream.request.query).toContain('sendInitialEvents');
    stream.open().events(marker('150'));
    expect(stream.batches).toMatchObject([
      {
        kind: 'snapshot',
        resourceVersion: '150',
        newEpoch: true,
        reason: {
          code: 'loss-proven',
          detail: 'at version 100 the cluster differs from the log: 1 gone, such as store/a',
        },
      },
    ]);
    stream.pass(6_000).end();
    expect(stream.request.query).toContain('resourceVersion=150');
    expect(stream.comparisons).toHaveLength(1);
  });

  it('never writes more than 300 characters into the ledger', () => {
    const stream = comparing().page('100').compared('x'.repeat(10_000)).open().events(marker('150'));
    expect(stream.lastBatch?.kind === 'snapshot' && stream.lastBatch.reason.detail?.length).toBe(300);
  });

  it('is made once in the life of a process', () => {
    const stream = comparing().page('100').compared().open().events(bookmark('150'));
    stream.fail(refused).untilAsked();
    expect(stream.request).toMatchObject({ do: 'watch' });
  });

  it('is not made for a first state, nor of v1 Events, nor when it is switched off', () => {
    const first = new Harness(undefined, { compareWithinMs }).start().open().events(marker('100')).fail(refused).untilAsked();
    const events = new Harness({ resource: 'v1/events' }, { compareWithinMs }).start('100').version('140');
    const off = comparing({ compareWithinMs: 0 });
    for (const stream of [first, events, off]) expect(stream.request.query).toMatch(WATCH);
  });
});

describe('a state at the cursor that is not to be had', () => {
  it.each([
    ['is forgotten', http(410, { reason: 'Expired' })],
    ['cannot be asked for, says the server with 400,', http(400, { reason: 'BadRequest' })],
    ['cannot be asked for, says the server with 422,', http(422, { reason: 'Invalid' })],
  ])('because it %s leads to the resume, which finds out by itself', (_, failure) => {
    const stream = comparing().fail(failure);
    expect(stream.request.query).toMatch(WATCH);
    stream.open().events(serverError(410, 'Expired')).open().events(marker('200'));
    expect(stream.batches).toMatchObject([{ kind: 'snapshot', reason: { code: 'expired' } }]);
  });

  it('because it was forgotten between two pages leads to the resume, and nothing is compared', () => {
    const stream = comparing()
      .page('100', [object('a', '7')], 'token')
      .fail(http(410, { reason: 'Expired' }));
    expect(stream.request.query).toMatch(WATCH);
    expect(stream.comparisons).toEqual([]);
  });

  it('because the server lists another version leads to the resume, and nothing is compared', () => {
    const stream = comparing().page('140', [object('a', '7')]);
    expect(stream.request.query).toMatch(WATCH);
    expect(stream.comparisons).toEqual([]);
  });

  it('because the server fails is asked for again, but the resume does not wait for long', () => {
    const stream = comparing().fail(http(500)).untilAsked();
    expect(stream.request.query).toBe(EXACT);
    while (stream.request.query === EXACT) stream.fail(http(500)).untilAsked();
    expect(stream.request.query).toMatch(WATCH);
    expect(stream.uptime).toBeGreaterThanOrEqual(compareWithinMs);
  });

  it('because there are too many pages is given up in time', () => {
    const stream = comparing();
    for (let page = 1; page < 10; page++) stream.pass(3_000).page('100', [object(`e${page}`, '7')], `token-${page}`);
    const unanswered = stream.request.request;
    stream.pass(3_000);
    expect(stream.aborted).toContain(unanswered);
    expect(stream.request.query).toMatch(WATCH);
  });

  it('because credentials are refused is asked for with new ones', () => {
    const stream = comparing().fail(http(401));
    expect(stream.request).toMatchObject({ query: EXACT, renewCredentials: true });
  });

  it('because it is forbidden is told as the gap that it is', () => {
    const stream = comparing().fail(http(403));
    expect(stream.lastBatch).toMatchObject({ kind: 'interrupted', reason: { code: 'forbidden' } });
  });

  it('because it lies in the future of this server is checked again', () => {
    const stream = comparing().fail(tooLarge).untilAsked();
    expect(stream.request.query).toContain('NotOlderThan');
    expect(stream.version('140').request.query).toBe(EXACT);
  });

  it('because the recorder is stopped is not asked for, and its comparison is ignored', () => {
    const stream = comparing().page('100');
    stream.feed({ type: 'stop' });
    const asked = stream.requests.length;
    stream.compared('1 gone').pass(3_600_000);
    expect(stream.requests).toHaveLength(asked);
    expect(stream.batches).toEqual([]);
  });
});
