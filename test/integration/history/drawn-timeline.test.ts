/** Timelines for so many pixels, held against the whole timeline, which timeline-fold.test.ts holds against the story itself. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Source } from '../../../src/domain/backends.ts';
import { epochMs } from '../../../src/domain/time.ts';
import type { History } from '../../../src/history/history.ts';
import { expectSameCounts, expectSameLanes, worstFirst } from '../../support/pixels.ts';
import { importFixture } from '../incident/imported.ts';
import { addresses, CART, play, step } from './random-story.ts';
import { at, endpoints, RESOURCE, recordedLog } from './recorded-log.ts';

interface Asked {
  readonly namespace: string;
  readonly name: string;
  readonly source?: Source;
  readonly from?: ReturnType<typeof at>;
  readonly to?: ReturnType<typeof at>;
  readonly asOf?: number;
}

/** Asks both ways, for each width, and holds one against the other. */
async function compare(history: History, question: Asked, widths: readonly number[]) {
  const whole = await history.timeline(question);
  const flipsAt: number[] = [];
  const window = { from: epochMs(Date.parse(whole.from)), to: epochMs(Date.parse(whole.to)), source: whole.source };
  const flips = { namespace: question.namespace, service: question.name, ...window, asOf: whole.asOf, limit: 1_000 };
  for (let cursor: string | undefined; ; ) {
    const page = await history.flips({ ...flips, ...(cursor === undefined ? {} : { cursor }) });
    flipsAt.push(...page.items.map((flip) => Date.parse(flip.at)));
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  const worst = { ...whole, lanes: worstFirst(whole.lanes).slice(0, 1_000) };
  for (const px of widths) {
    const drawn = await history.drawnTimeline({ ...question, px, steady: 'list', lanes: 1_000 });
    expectSameLanes(drawn, worst);
    expectSameCounts(drawn, whole, flipsAt);
  }
  return whole;
}

test('property: for any story, window, position and width the pixels tell what the whole timeline tells', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Source>('endpoints', 'endpointslices'),
      fc.option(addresses),
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 1, max: 200 }),
      fc.option(fc.nat({ max: 40 })),
      async (source, first, steps, from, length, px, asOf) => {
        const { log } = play(source, first, [...steps, { after: 1, what: { kind: 'set', list: [] } }]);
        try {
          const end = await log.history.lastPosition();
          const question = { ...CART, source, from: at(from), to: at(from + length) };
          // Before its first event the Service was never seen.
          const position = asOf === null ? {} : { asOf: Math.min(end, Math.max(end - asOf, Math.ceil(end / 2))) };
          const told = await log.history.timeline({ ...question, ...position }).catch(() => undefined);
          if (told) await compare(log.history, { ...question, ...position }, [px]);
        } finally {
          log.store.close();
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe.each(['incident-1', 'large'] as const)('the trace %s', (name) => {
  test('is the same in pixels', async () => {
    const { history, close } = await importFixture(name);
    try {
      const services = (await history.services({ limit: 1_000 })).items;
      let flips = 0;
      for (const { namespace, name: service } of services) {
        for (const source of ['endpoints', 'endpointslices'] as const) {
          flips += (await compare(history, { namespace, name: service, source }, [97, 1_600])).flips;
        }
      }
      expect(flips).toBeGreaterThan(100);
    } finally {
      close();
    }
  });
});

describe('lanes', () => {
  /** Five Pods: three ready throughout, one that flips once, one that flips three times. */
  const story = () => {
    const log = recordedLog();
    const resource = RESOURCE.endpoints;
    const list = (a: boolean, b: boolean) =>
      endpoints('cart', [
        { ip: '10.0.0.1', pod: 'a', ready: a },
        { ip: '10.0.0.2', pod: 'b', ready: b },
        ...['c', 'd', 'e'].map((pod, index) => ({ ip: `10.0.0.${index + 3}`, pod, ready: true })),
      ]);
    log.snapshot(0, resource, [list(true, true)]);
    log.change(50, resource, 'MODIFIED', list(false, true));
    log.change(60, resource, 'MODIFIED', list(false, false));
    log.change(61, resource, 'MODIFIED', list(false, true));
    log.change(62, resource, 'MODIFIED', list(false, false));
    log.change(63, resource, 'MODIFIED', list(false, true));
    log.prove(100, resource);
    return { log, question: { ...CART, from: at(1), to: at(101), px: 10 } };
  };

  test('that did not change are counted where there are more than asked for', async () => {
    const { log, question } = story();
    const few = await log.history.drawnTimeline({ ...question, lanes: 4 });
    expect(few.laneCount).toBe(5);
    expect(few.lanes.map(({ pod, rank }) => [pod?.name, rank])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    expect(few.steady).toEqual([
      { state: 'ready', count: 3, runs: { ms: [100], states: ['ready'], opensBefore: [0], endsAfter: [0], mixed: [] } },
    ]);
    const enough = await log.history.drawnTimeline({ ...question, lanes: 5 });
    expect([enough.lanes.length, enough.steady]).toEqual([5, []]);
    const listed = await log.history.drawnTimeline({ ...question, lanes: 4, steady: 'list' });
    expect([listed.lanes.length, listed.steady]).toEqual([4, []]);
  });

  test('come in pages that join', async () => {
    const { log, question } = story();
    const all = await log.history.drawnTimeline({ ...question, lanes: 5 });
    const pages = await Promise.all(
      [0, 2, 4, 6].map((lanesAfter) => log.history.drawnTimeline({ ...question, lanes: 2, lanesAfter, steady: 'list' })),
    );
    expect(pages.flatMap(({ lanes }) => lanes)).toEqual(all.lanes);
    expect(pages.map(({ lanes }) => lanes.length)).toEqual([2, 2, 1, 0]);
  });

  test('one that is wanted comes though it stands elsewhere, and once', async () => {
    const { log, question } = story();
    const lane = '10.0.0.2 uid-b';
    const apart = await log.history.drawnTimeline({ ...question, lanes: 1, lane });
    expect(apart.lanes.map(({ id, rank }) => [id, rank])).toEqual([
      ['10.0.0.1 uid-a', 0],
      [lane, 1],
    ]);
    const among = await log.history.drawnTimeline({ ...question, lanes: 2, lane });
    expect(among.lanes.map(({ id }) => id)).toEqual(['10.0.0.1 uid-a', lane]);
    const nobody = await log.history.drawnTimeline({ ...question, lanes: 1, lane: 'nobody' });
    expect(nobody.lanes).toHaveLength(1);
  });

  test('a short state stays visible and exact alone, and counts its flips among others', async () => {
    const { log, question } = story();
    const { lanes } = await log.history.drawnTimeline(question);
    const runs = lanes.find(({ pod }) => pod?.name === 'b')?.runs;
    // A pixel is 10 ms: four flips share one; the states beside them last.
    expect(runs).toEqual({
      ms: [59, 3, 38],
      states: ['ready', 'notReady', 'ready'],
      opensBefore: [0],
      endsAfter: [2],
      mixed: [{ run: 1, flips: 3 }],
    });
  });

  test('that are steady but for a gap are counted too, and show it', async () => {
    const log = recordedLog();
    const resource = RESOURCE.endpoints;
    const list = endpoints('cart', [
      { ip: '10.0.0.1', pod: 'a' },
      { ip: '10.0.0.2', pod: 'b' },
    ]);
    log.snapshot(0, resource, [list]);
    log.prove(30, resource);
    log.interrupt(30, resource);
    log.snapshot(60, resource, [list]);
    log.prove(99, resource);
    const { lanes, steady } = await log.history.drawnTimeline({ ...CART, from: at(0), to: at(100), px: 100, lanes: 1 });
    expect(lanes).toEqual([]);
    expect(steady).toMatchObject([{ state: 'ready', count: 2, runs: { states: ['ready', 'gap', 'ready'], ms: [31, 29, 40] } }]);
  });
});
