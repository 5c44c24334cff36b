/** What users are told of the spans in which a stream was not watched: by the API and by the commands, over a real recording. */
import { describe, expect, it } from 'vitest';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { localHistory } from '../../../src/history/local-history.ts';
import { createApp } from '../../../src/http/app.ts';
import { CoverageAnswer, FlipsAnswer, StateAnswer, TimelineAnswer } from '../../../src/http/contract.ts';
import { ServicesAnswer } from '../../../src/http/contract-services.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { BEGIN } from '../../support/fault-model/virtual-clock.ts';
import { subsetsOf } from '../../support/objects.ts';
import { run } from '../../unit/cli/harness.ts';
import { ENDPOINTS, type RecordedWorld, recordedWorld } from './recorded-world.ts';

const text = (ms: number) => new Date(BEGIN + ms).toISOString();

/** Asks the HTTP side over the log of a world, at the world's time. */
function asking({ reader, world }: RecordedWorld) {
  const history = localHistory(reader);
  const app = createApp({
    history,
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: createMetrics({ processMetrics: false }),
    log: SILENT_LOG,
    clock: world.clock.now,
  });
  return { history, get: async (path: string) => (await app.router.request(path)).json() };
}

/** One Service, ready at first, whose flip to unready falls into a gap: the API server was gone, and forgot. */
async function withGap() {
  const world = await recordedWorld();
  world.history.put(ENDPOINTS, 'cart', subsetsOf([{ ip: '10.0.0.1', pod: 'a' }]));
  await world.world.start();
  await world.pass(300_000);
  world.server.reachable = false;
  await world.pass(30_000);
  await world.happens(() => world.history.put(ENDPOINTS, 'cart', subsetsOf([{ ip: '10.0.0.1', pod: 'a', ready: false }])));
  await world.happens(() => world.server.restart());
  await world.pass(300_000);
  world.server.reachable = true;
  await world.pass(120_000);
  const [gap] = world.gaps();
  if (!gap) throw new Error('there is no gap');
  return { world, gap, ...asking(world), within: text(Math.round((gap.from + gap.to) / 2)) };
}

const CART = '/api/v1/namespaces/store/services/cart';

describe('a gap', () => {
  it('stands in the ledger with its stream, its ends and its reason, between two proven spans', async () => {
    const { get, gap } = await withGap();
    const { items } = CoverageAnswer.parse(await get('/api/v1/coverage'));
    expect(items).toHaveLength(1);
    expect(items[0]?.gaps).toEqual([
      { stream: ENDPOINTS, from: text(gap.from), to: text(gap.to), reason: gap.code, detail: gap.detail },
    ]);
    expect(items[0]?.spans).toMatchObject([
      { from: text(0), provenUntil: text(gap.from), end: { code: 'unreachable' } },
      { from: text(gap.to) },
    ]);
  });

  it('is said in the answers about an instant within it', async () => {
    const { get, gap, within } = await withGap();
    const told = { stream: ENDPOINTS, from: text(gap.from), to: text(gap.to), reason: 'unreachable' };
    const state = StateAnswer.parse(await get(`${CART}/state?at=${within}`));
    expect(state).toMatchObject({ coverage: 'gap', gap: told, lastKnownAt: text(gap.from) });
    const services = ServicesAnswer.parse(await get(`/api/v1/services?at=${within}`));
    expect(services).toMatchObject({ coverage: 'gap', items: [{ name: 'cart', state: 'unknown' }] });
    for (const at of [text(gap.from), text(gap.to)]) {
      expect(await get(`${CART}/state?at=${at}`)).toMatchObject({ coverage: 'complete' });
    }
  });

  it('is said in the answers about a window that touches it, and in no other', async () => {
    const { get, gap } = await withGap();
    const told = [{ stream: ENDPOINTS, from: text(gap.from), to: text(gap.to) }];
    const over = `from=${text(1)}&to=${text(gap.to + 1)}`;
    expect(FlipsAnswer.parse(await get(`${CART}/flips?${over}`))).toMatchObject({ coverage: 'gap', gaps: told });
    const timeline = TimelineAnswer.parse(await get(`${CART}/timeline?${over}`));
    expect(timeline).toMatchObject({ coverage: 'gap', gaps: told });
    const before = `from=${text(1)}&to=${text(gap.from)}`;
    expect(await get(`${CART}/flips?${before}`)).toMatchObject({ coverage: 'complete', gaps: [] });
    expect(await get(`${CART}/timeline?${before}`)).toMatchObject({ coverage: 'complete', gaps: [] });
  });

  it('gives the flips found after it its ends as bounds, and no more confidence than inferred', async () => {
    const { get, gap } = await withGap();
    const { items } = FlipsAnswer.parse(await get(`${CART}/flips`));
    expect(items).toMatchObject([
      {
        from: 'ready',
        to: 'notReady',
        confidence: 'inferred',
        notBefore: text(gap.from),
        notAfter: text(gap.to),
        at: text(gap.to),
      },
    ]);
  });

  it('is said by flipbook state in one sentence', async () => {
    const { history, gap, within } = await withGap();
    const { stdout, code } = await run(['state', 'store/cart', '--at', within], { history });
    expect(code).toBe(0);
    expect(stdout).toContain(
      `unknown: the recorder did not watch v1/endpoints from ${text(gap.from)} to ${text(gap.to)} (unreachable: ${gap.detail})`,
    );
    expect(stdout).toContain(`what follows is last known, at ${text(gap.from)}`);
  });

  it('after a 410 names it: the reason is the one of the API server', async () => {
    const world = await recordedWorld();
    world.history.put(ENDPOINTS, 'cart', subsetsOf([{ ip: '10.0.0.1' }]));
    await world.world.start();
    await world.pass(20_000);
    await world.happens(() => world.watch.freeze());
    await world.put('cart', subsetsOf([]));
    await world.happens(() => world.server.restart());
    await world.pass(30_000);
    const [gap] = world.gaps();
    const { history } = asking(world);
    const at = text((gap?.from ?? 0) + 1);
    const { stdout } = await run(['state', 'store/cart', '--at', at], { history });
    expect(stdout).toContain(
      `unknown: the recorder did not watch v1/endpoints from ${text(gap?.from ?? 0)} to ${text(gap?.to ?? 0)} (expired: 410 Expired: too old resource version: 1001 (1002))`,
    );
  });
});

describe('a quiet cluster', () => {
  it('is proven up to some seconds ago, with no event at all: that nothing changed is a fact', async () => {
    const world = await recordedWorld();
    world.history.put(ENDPOINTS, 'cart', subsetsOf([{ ip: '10.0.0.1' }]));
    await world.world.start();
    const { get } = asking(world);
    const { asOf } = CoverageAnswer.parse(await get('/api/v1/coverage'));
    for (let minute = 1; minute <= 10; minute++) {
      await world.pass(60_000);
      const coverage = CoverageAnswer.parse(await get('/api/v1/coverage'));
      const span = coverage.items[0]?.spans[0];
      expect(Date.parse(span?.provenUntil ?? '') - BEGIN).toBeGreaterThan(world.now - 11_000);
      expect(coverage.asOf).toBe(asOf);
      expect(await get(`${CART}/state?at=${text(world.now - 11_000)}`)).toMatchObject({ coverage: 'complete' });
    }
  });

  it('is proven in spite of the writes of others: a bookmark or the next probe reaches them', async () => {
    const world = await recordedWorld();
    world.history.put(ENDPOINTS, 'cart', subsetsOf([{ ip: '10.0.0.1' }]));
    await world.world.start();
    for (let second = 0; second < 240; second += 5) {
      await world.happens(() => world.history.put('v1/nodes', 'busy'));
      await world.pass(5_000);
    }
    expect(world.provenAt()).toBeGreaterThan(world.now - 75_000);
    await world.endsWell();
  });
});
