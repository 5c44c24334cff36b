/** Disagreements told from a real log, case by case. */
import { describe, expect, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import { InvalidQuestionError } from '../../../src/history/history.ts';
import type { AddressSketch } from '../../support/objects.ts';
import { CART } from './random-story.ts';
import { at, ENDPOINTS, endpoints, RESOURCE, recordedLog, SERVICES, slice, text } from './recorded-log.ts';
import { begun, ipOf, listed, PODS, type PodSketch, pod, SELECTING, service } from './service-and-pods.ts';

describe('a backend that the Service keeps as not ready though its Pod is ready again', () => {
  const stuck = () => {
    const log = begun([{ name: 'a', ready: true }], [listed('a')]);
    log.pod(10_000, { name: 'a', ready: false, transition: '2026-11-23T16:00:09Z' });
    log.list(10_020, [listed('a', false)]);
    log.pod(20_000, { name: 'a', ready: true, transition: '2026-11-23T16:00:19Z' });
    log.list(110_000, [listed('a')]);
    log.proveAll(120_000);
    return { reader: log.reader, ask: (more: object) => log.history.disagreements({ ...CART, ...more }) };
  };

  test('is told with what both sides said, since when, and the events that show it', async () => {
    const { ask, reader } = stuck();
    const { items, coverage, longerThanMs } = await ask({});
    expect({ coverage, longerThanMs }).toEqual({ coverage: 'complete', longerThanMs: 3_000 });
    expect(items).toHaveLength(1);
    const [item] = items;
    expect(item).toMatchObject({
      address: ipOf('a'),
      pod: { name: 'a', uid: 'uid-a' },
      podSaid: { state: 'ready', since: text(20_000), opensBefore: false, transitionAt: '2026-11-23T16:00:19.000Z' },
      serviceSaid: { state: 'notReady', since: text(10_020), opensBefore: false },
      from: text(20_000),
      to: text(110_000),
      opensBefore: false,
      endsAfter: false,
      durationMs: 90_000,
    });
    expect(item?.evidence).toHaveLength(3);
    const shown = item?.evidence.map((position) => reader.event(position as never)?.at);
    expect(shown).toEqual([at(10_020), at(20_000), at(110_000)]);
  });

  test('is told whole where the window holds only a part of it, and at an instant inside it', async () => {
    const { ask } = stuck();
    const whole = { from: text(20_000), to: text(110_000), durationMs: 90_000 };
    expect((await ask({ from: at(50_000), to: at(60_000) })).items).toMatchObject([whole]);
    expect((await ask({ at: at(50_000) })).items).toMatchObject([whole]);
    expect((await ask({ at: at(19_999), longerThanMs: 0 })).items).toEqual([]);
    expect((await ask({ at: at(110_000), longerThanMs: 0 })).items).toEqual([]);
  });

  test('is left out where that is not longer than was asked for', async () => {
    const { ask } = stuck();
    expect((await ask({ longerThanMs: 89_999 })).items).toHaveLength(1);
    expect((await ask({ longerThanMs: 90_000 })).items).toEqual([]);
    expect((await ask({ longerThanMs: 0 })).items.map((each) => each.durationMs)).toEqual([20, 90_000]);
  });

  test('shows as the lag of its flip', async () => {
    const { ask } = stuck();
    const { lag } = await ask({});
    expect(lag).toMatchObject({ flips: 2, medianMs: 20, p95Ms: 90_000, greatestMs: 90_000, leftOut: 0 });
    expect(lag.items.map(({ at, podAt, lagMs, from, to }) => ({ at, podAt, lagMs, from, to }))).toEqual([
      { at: text(10_020), podAt: text(10_000), lagMs: 20, from: 'ready', to: 'notReady' },
      { at: text(110_000), podAt: text(20_000), lagMs: 90_000, from: 'notReady', to: 'ready' },
    ]);
    expect((await ask({ from: at(50_000) })).lag.flips).toBe(1);
  });

  test('cannot be asked about at an instant and in a window, nor for longer than nothing', async () => {
    const { ask } = stuck();
    await expect(ask({ at: at(0), from: at(0) })).rejects.toThrow(InvalidQuestionError);
    await expect(ask({ longerThanMs: -1 })).rejects.toMatchObject({ parameter: 'longerThan' });
    await expect(ask({ longerThanMs: 0.5 })).rejects.toMatchObject({ parameter: 'longerThan' });
  });
});

test('of a Pod that left the list before it was looked at, it is not said since when it is missing', async () => {
  const log = begun([], []);
  log.change(1_000, PODS, 'ADDED', pod({ name: 'a', ready: true }));
  log.list(1_500, [listed('a')]);
  log.list(2_000, []);
  const hour = 3_600_000;
  log.proveAll(hour);
  const [late] = (await log.history.disagreements({ ...CART, from: at(hour - 1_000) })).items;
  expect(late).toMatchObject({ opensBefore: true, endsAfter: true, serviceSaid: { state: 'absent', opensBefore: true } });
  const [whole] = (await log.history.disagreements(CART)).items;
  expect(whole).toMatchObject({ from: text(2_000), opensBefore: false, serviceSaid: { since: text(2_000), opensBefore: false } });
  expect(whole?.ports).toEqual([{ name: '', port: 8080, protocol: 'TCP' }]);
});

test('of a Pod that never came into the list, it is missing since it was seen being made', async () => {
  const log = begun([], []);
  log.change(1_000, PODS, 'ADDED', pod({ name: 'a', ready: false }));
  log.pod(2_000, { name: 'a', ready: true });
  log.proveAll(60_000);
  expect((await log.history.disagreements(CART)).items).toMatchObject([
    { from: text(2_000), opensBefore: false, endsAfter: true, serviceSaid: { since: text(1_000), opensBefore: false } },
  ]);
});

test('a gap of either stream ends what is known: durations are lower bounds, and the answer tells the gap', async () => {
  for (const lost of [PODS, ENDPOINTS] as const) {
    const log = begun([{ name: 'a', ready: true }], [listed('a', false)]);
    log.proveAll(10_000);
    log.interrupt(10_001, lost);
    const list = endpoints('cart', [listed('a', false)]);
    log.snapshot(20_000, lost, lost === PODS ? [pod({ name: 'a', ready: true })] : [list]);
    log.proveAll(30_000);
    const answer = await log.history.disagreements(CART);
    expect(answer).toMatchObject({ coverage: 'gap', gaps: [{ stream: lost, from: text(10_000), to: text(20_000) }] });
    expect(answer.items).toMatchObject([
      { from: text(0), to: text(10_001), opensBefore: true, endsAfter: true, podSaid: { opensBefore: true } },
      { from: text(20_000), to: text(30_001), opensBefore: true, endsAfter: true, serviceSaid: { opensBefore: true } },
    ]);
  }
});

test('a log that never recorded Pods knows of nothing, and says so', async () => {
  const log = recordedLog();
  log.snapshot(0, SERVICES, [SELECTING]);
  log.snapshot(0, ENDPOINTS, [endpoints('cart', [listed('a', false)])]);
  log.prove(20_000, ENDPOINTS);
  const answer = await log.history.disagreements(CART);
  expect(answer).toMatchObject({ coverage: 'before-recording', items: [], lag: { flips: 0 } });
  expect(answer.gaps.map(({ stream, reason }) => ({ stream, reason }))).toContainEqual({
    stream: PODS,
    reason: 'before-recording',
  });
});

describe('what is no disagreement', () => {
  const items = async (pods: readonly PodSketch[], list: readonly AddressSketch[], of = SELECTING) => {
    const log = begun(pods, list, of);
    log.proveAll(60_000);
    const answer = await log.history.disagreements(CART);
    return answer.items.map(({ pod, podSaid, serviceSaid }) => `${pod?.name} ${podSaid.state} ${serviceSaid.state}`);
  };

  test('is told from what is one', async () => {
    expect(await items([{ name: 'a', ready: true }], [])).toEqual(['a ready absent']);
    expect(await items([{ name: 'a', ready: false }], [listed('a')])).toEqual(['a notReady ready']);
    expect(await items([{ name: 'a', ready: false }], [listed('a', false)])).toEqual([]);
  });

  test('a Pod that the Service does not select, that has no address, or that has ended', async () => {
    expect(await items([{ name: 'a', ready: true, app: 'other' }], [])).toEqual([]);
    expect(await items([{ name: 'a', ready: true, ip: '' }], [])).toEqual([]);
    expect(await items([{ name: 'a', ready: true, phase: 'Succeeded' }], [])).toEqual([]);
  });

  test('a Pod that has no port of the names that the Service asks for', async () => {
    const spec = { selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 'grpc' }] };
    expect(await items([{ name: 'a', ready: true }], [], service(spec))).toEqual([]);
    const number = { selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 9090 }] };
    expect(await items([{ name: 'a', ready: true }], [], service(number))).toEqual(['a ready absent']);
  });

  test('an unready Pod of a Service that publishes those, and any Pod of a list that people keep', async () => {
    const publishing = service({ selector: { app: 'cart' }, publishNotReadyAddresses: true });
    expect(await items([{ name: 'a', ready: false }], [listed('a')], publishing)).toEqual([]);
    expect(await items([{ name: 'a', ready: false }], [listed('a')], service({}))).toEqual([]);
  });

  test('a Pod that is terminating', async () => {
    const log = begun([{ name: 'a', ready: true }], [listed('a')]);
    const { body } = pod({ name: 'a', ready: true });
    const metadata = { name: 'a', namespace: 'store', uid: 'uid-a', resourceVersion: '900', labels: { app: 'cart' } };
    const terminating = { ...body, metadata: { ...metadata, deletionTimestamp: '2026-11-23T16:00:30Z' } };
    log.change(1_000, PODS, 'MODIFIED', { name: 'a', uid: 'uid-a', body: terminating });
    log.list(1_010, []);
    log.proveAll(60_000);
    expect((await log.history.disagreements({ ...CART, longerThanMs: 0 })).items).toEqual([]);
  });

  test('a Pod that a truncated Endpoints leaves out; slices are read where there are any', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({ ip: `10.1.${index >> 8}.${index & 255}` }));
    const truncated = {
      ...endpoints('cart', many),
      annotations: { 'endpoints.kubernetes.io/over-capacity': 'truncated' },
    };
    const log = recordedLog();
    log.snapshot(0, SERVICES, [SELECTING]);
    log.snapshot(0, PODS, [pod({ name: 'a', ready: true }), pod({ name: 'b', ready: true })]);
    log.snapshot(0, ENDPOINTS, [truncated]);
    for (const stream of [ENDPOINTS, PODS, SERVICES] as const) log.prove(60_000, stream);
    expect(await log.history.disagreements(CART)).toMatchObject({ source: 'endpoints', truncated: true, items: [] });

    log.snapshot(60_000, RESOURCE.endpointslices, [slice('cart-1', 'cart', [...many, listed('a')])]);
    for (const stream of [RESOURCE.endpointslices, ENDPOINTS, PODS, SERVICES] as const) log.prove(90_000, stream);
    const answer = await log.history.disagreements({ ...CART, from: at(61_000) });
    expect(answer).toMatchObject({ source: 'endpointslices', truncated: false });
    expect(answer.items.map((each) => each.pod?.name)).toEqual(['b']);
    expect(await log.history.disagreements({ ...CART, source: 'endpoints' })).toMatchObject({ truncated: true, items: [] });
  });
});

test('a Service without a Pod in it, and one that was never seen', async () => {
  const log = begun([], []);
  log.proveAll(epochMs(5_000));
  expect((await log.history.disagreements(CART)).items).toEqual([]);
  await expect(log.history.disagreements({ ...CART, name: 'nobody' })).rejects.toThrow('never seen');
});
