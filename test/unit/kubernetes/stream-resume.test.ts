import { describe, expect, it } from 'vitest';
import {
  bookmark,
  change,
  Harness,
  http,
  marker,
  refused,
  STREAMING,
  serverError,
  tooLarge,
  WATCH_FROM,
} from './machine-harness.ts';

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
