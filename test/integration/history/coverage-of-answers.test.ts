/** Every answer about an instant says whether it was watched then; nothing tells a gap as the last known state without saying so. */
import { describe, expect, test } from 'vitest';
import { InvalidQuestionError, NotFoundError } from '../../../src/history/history.ts';
import { at, ENDPOINTS, endpoints, recordedLog, SERVICES, SLICES, slice, text } from './recorded-log.ts';

const CART = { namespace: 'store', name: 'cart' };
const two = [
  { ip: '10.0.0.9', pod: 'a' },
  { ip: '10.0.0.10', pod: 'b', ready: false },
];

/** Watched from 1,000 to 5,000, lost, watched again from 8,000, proven to 9,000. */
function logWithGap() {
  const log = recordedLog();
  log.snapshot(1_000, ENDPOINTS, [endpoints('cart', two)]);
  log.change(4_000, ENDPOINTS, 'MODIFIED', endpoints('cart', two.slice(0, 1)));
  log.prove(5_000, ENDPOINTS);
  log.interrupt(7_000, ENDPOINTS);
  log.snapshot(8_000, ENDPOINTS, [endpoints('cart', [{ ip: '10.0.0.11', pod: 'c' }])]);
  log.prove(9_000, ENDPOINTS);
  return log;
}
const addresses = (list: { address: string }[]) => list.map(({ address }) => address);

describe('the state at an instant', () => {
  test('inside a span is complete, and lists are in the order of addresses', async () => {
    const state = await logWithGap().history.state({ ...CART, at: at(2_000) });
    expect(state).toMatchObject({ coverage: 'complete', source: 'endpoints', at: text(2_000), truncated: false });
    expect([addresses(state.ready), addresses(state.notReady)]).toEqual([['10.0.0.9'], ['10.0.0.10']]);
    expect(state.ready[0]).toEqual({
      address: '10.0.0.9',
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      pod: { name: 'a', uid: 'uid-a' },
      node: 'node-1',
    });
    expect(state).not.toHaveProperty('gap');
  });

  test('before the first span is before-recording, with empty lists', async () => {
    const state = await logWithGap().history.state({ ...CART, at: at(999) });
    expect(state).toMatchObject({ coverage: 'before-recording', position: 0, ready: [], notReady: [], terminating: [] });
  });

  test('in a gap tells the gap, and lists what was last known with the instant of that knowledge', async () => {
    const state = await logWithGap().history.state({ ...CART, at: at(6_000) });
    expect(state).toMatchObject({
      coverage: 'gap',
      gap: { stream: 'v1/endpoints', from: text(5_000), to: text(8_000), reason: 'expired' },
      lastKnownAt: text(5_000),
    });
    expect(addresses(state.ready)).toEqual(['10.0.0.9']);
  });

  test('after the present proof is a gap without an end', async () => {
    const state = await logWithGap().history.state({ ...CART, at: at(9_001) });
    expect(state).toMatchObject({ coverage: 'gap', gap: { from: text(9_000), reason: 'not-proven-yet' } });
    expect(state.gap).not.toHaveProperty('to');
  });

  test('without an instant is at the present proof', async () => {
    expect(await logWithGap().history.state(CART)).toMatchObject({ at: text(9_000), coverage: 'complete' });
  });

  test('without an instant, in a log that is only an import, is at its end', async () => {
    const log = recordedLog();
    log.snapshot(1_000, ENDPOINTS, [endpoints('cart', two)]);
    log.prove(5_000, ENDPOINTS);
    log.interrupt(6_000, ENDPOINTS, { code: 'trace-ended' });
    expect(await log.history.state(CART)).toMatchObject({ at: text(5_000), coverage: 'complete' });
  });

  test('as of an earlier position is what the log said then, also of a gap that came later', async () => {
    const log = logWithGap();
    const [ended] = (await log.history.events({ after: 0 })).filter(({ type }) => type === 'COVERAGE_ENDED');
    const asOf = (ended?.position ?? 0) - 1;
    const question = { ...CART, at: at(7_500), asOf };
    expect(await log.history.state(question)).toMatchObject({
      asOf,
      coverage: 'gap',
      gap: { from: text(5_000), reason: 'not-proven-yet' },
    });
    expect(await log.history.state({ ...question, at: at(4_500) })).toMatchObject({ coverage: 'complete' });
    expect(await log.history.state({ ...question, at: at(9_000) })).toMatchObject({ coverage: 'gap' });
  });

  test('as of a position beyond the log is refused', async () => {
    const log = logWithGap();
    const question = { ...CART, asOf: (await log.history.lastPosition()) + 1 };
    await expect(log.history.state(question)).rejects.toThrow(expect.objectContaining({ parameter: 'asof' }));
  });

  test('of a deleted Service is empty and complete; of one never seen there is none', async () => {
    const log = recordedLog();
    log.snapshot(1_000, ENDPOINTS, [endpoints('cart', two)]);
    log.change(2_000, ENDPOINTS, 'DELETED', endpoints('cart', two));
    log.prove(3_000, ENDPOINTS);
    expect(await log.history.state({ ...CART, at: at(2_500) })).toMatchObject({
      coverage: 'complete',
      source: 'endpoints',
      ready: [],
      notReady: [],
    });
    await expect(log.history.state({ namespace: 'store', name: 'nobody' })).rejects.toThrow(NotFoundError);
  });

  test('is told by slices where the Service has no Endpoints then, over all of its slices', async () => {
    const log = recordedLog();
    log.snapshot(1_000, ENDPOINTS);
    log.snapshot(1_000, SLICES, [
      slice('cart-1', 'cart', [{ ip: '10.0.0.2', pod: 'b' }]),
      slice('cart-2', 'cart', [
        { ip: '10.0.0.1', pod: 'a' },
        { ip: '10.0.0.2', pod: 'b', ready: false },
      ]),
    ]);
    log.change(2_000, ENDPOINTS, 'ADDED', endpoints('cart', two));
    log.prove(2_000, SLICES);
    const before = await log.history.state({ ...CART, at: at(1_500) });
    expect([before.source, addresses(before.ready), before.notReady]).toEqual(['endpointslices', ['10.0.0.1', '10.0.0.2'], []]);
    expect(await log.history.state({ ...CART, at: at(2_000) })).toMatchObject({ source: 'endpoints' });
    expect(await log.history.state({ ...CART, at: at(2_000), source: 'endpointslices' })).toMatchObject({ notReady: [] });
  });

  test('is told by slices alone once the cluster no longer serves Endpoints', async () => {
    const log = recordedLog();
    log.snapshot(1_000, ENDPOINTS, [endpoints('cart', two)]);
    log.snapshot(1_000, SLICES, [slice('cart-1', 'cart', two)]);
    log.interrupt(2_000, ENDPOINTS, { code: 'not-served' });
    log.change(3_000, SLICES, 'MODIFIED', slice('cart-1', 'cart', []));
    expect(await log.history.state(CART)).toMatchObject({
      at: text(3_000),
      source: 'endpointslices',
      coverage: 'complete',
      ready: [],
    });
  });

  test('a stream of the namespace alone vouches for it, and for no other namespace', async () => {
    const log = recordedLog();
    log.snapshot(1_000, { resource: ENDPOINTS, namespace: 'store' }, [endpoints('cart', two)]);
    log.prove(5_000, { resource: ENDPOINTS, namespace: 'store' });
    log.snapshot(3_000, SERVICES, [{ name: 'pay', namespace: 'other' }]);
    expect(await log.history.state({ ...CART, at: at(4_000) })).toMatchObject({ coverage: 'complete' });
    expect(await log.history.state({ namespace: 'other', name: 'pay', at: at(4_000) })).toMatchObject({
      coverage: 'before-recording',
    });
  });

  test('Endpoints that were cut say so', async () => {
    const log = recordedLog();
    const cut = { ...endpoints('cart', two), annotations: { 'endpoints.kubernetes.io/over-capacity': 'truncated' } };
    log.snapshot(1_000, ENDPOINTS, [cut]);
    expect(await log.history.state(CART)).toMatchObject({ truncated: true });
  });
});

describe('which cluster', () => {
  test('is found by the Service, must be named when several know it, and must exist', async () => {
    const log = recordedLog('blue');
    const green = log.clusterOf('green');
    log.snapshot(1_000, ENDPOINTS, [endpoints('cart', two), endpoints('pay', two)]);
    green.snapshot(1_000, ENDPOINTS, [endpoints('cart', [])]);
    expect(await log.history.state({ namespace: 'store', name: 'pay' })).toMatchObject({ service: { cluster: 'blue' } });
    expect(await log.history.state({ ...CART, cluster: 'green' })).toMatchObject({ service: { cluster: 'green' }, ready: [] });
    const ambiguous = log.history.state(CART);
    await expect(ambiguous).rejects.toThrow(InvalidQuestionError);
    await expect(ambiguous).rejects.toThrow(/blue, green/);
    await expect(ambiguous).rejects.toThrow(expect.objectContaining({ parameter: 'cluster' }));
    await expect(log.history.state({ ...CART, cluster: 'red' })).rejects.toThrow(NotFoundError);
  });
});

describe('the exact object', () => {
  test('is the bytes that were received, and in a gap the ones last known', async () => {
    const log = logWithGap();
    const question = { resource: ENDPOINTS, namespace: 'store', name: 'cart' } as const;
    const object = await log.history.object({ ...question, at: at(2_000) });
    expect(JSON.parse(Buffer.from(object.body).toString())).toMatchObject({ kind: 'Endpoints', metadata: { name: 'cart' } });
    expect(object).toMatchObject({ at: at(1_000), askedAt: at(2_000), coverage: 'complete' });
    expect(await log.history.object({ ...question, at: at(6_000) })).toMatchObject({ at: at(4_000), coverage: 'gap' });
    await expect(log.history.object({ ...question, at: at(500) })).rejects.toThrow(/nothing was recorded yet/);
    await expect(log.history.object({ ...question, name: 'nobody' })).rejects.toThrow(NotFoundError);
  });
});

describe('flips and differences over a gap', () => {
  test('flips that a relist revealed are inferred, bounded by the ends of the gap, which the answer lists', async () => {
    const answer = await logWithGap().history.flips({ namespace: 'store', service: 'cart' });
    expect(answer).toMatchObject({
      from: text(1_000),
      to: text(9_001),
      coverage: 'gap',
      gaps: [{ stream: 'v1/endpoints', from: text(5_000), to: text(8_000), reason: 'expired' }],
    });
    expect(answer.items.map(({ at, address, from, to, confidence }) => [at, address, from, to, confidence])).toEqual([
      [text(4_000), '10.0.0.10', 'notReady', 'absent', 'unknown'],
      [text(8_000), '10.0.0.11', 'absent', 'ready', 'inferred'],
      [text(8_000), '10.0.0.9', 'ready', 'absent', 'inferred'],
    ]);
    expect(answer.items[1]).toMatchObject({ notBefore: text(5_000), notAfter: text(8_000), cause: 'FirstSeen', evidence: [] });
  });

  test('a difference tells the certainty of both of its ends', async () => {
    const diff = await logWithGap().history.diff({ ...CART, from: at(2_000), to: at(6_000) });
    expect(diff).toMatchObject({
      from: { coverage: 'complete' },
      to: { coverage: 'gap', gap: { reason: 'expired' } },
      unchanged: 1,
    });
    expect(diff.removed.map(({ backend, state }) => [backend.address, state])).toEqual([['10.0.0.10', 'notReady']]);
    expect([diff.added, diff.flipped]).toEqual([[], []]);
  });

  test('an instant later than the other in a difference, or an empty window, is refused', async () => {
    const { history } = logWithGap();
    await expect(history.diff({ ...CART, from: at(3), to: at(2) })).rejects.toThrow(InvalidQuestionError);
    await expect(history.flips({ from: at(2), to: at(2) })).rejects.toThrow(expect.objectContaining({ parameter: 'from' }));
  });

  test('the ledger tells spans and gaps of each stream', async () => {
    const answer = await logWithGap().history.coverage({});
    expect(answer.items).toEqual([
      {
        cluster: 'test',
        stream: 'v1/endpoints',
        resource: 'v1/endpoints',
        spans: [
          {
            from: text(1_000),
            provenUntil: text(5_000),
            end: { code: 'expired', detail: '410 Expired: too old resource version' },
          },
          { from: text(8_000), provenUntil: text(9_000) },
        ],
        gaps: [
          {
            stream: 'v1/endpoints',
            from: text(5_000),
            to: text(8_000),
            reason: 'expired',
            detail: '410 Expired: too old resource version',
          },
        ],
      },
    ]);
  });
});
