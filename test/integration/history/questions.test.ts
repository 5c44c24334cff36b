/** Lists, pages, the raw log and the live feed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allFlips, flipPages, flipTextPages } from '../../../src/history/all-flips.ts';
import { csvHeader, csvRows } from '../../../src/history/flips-csv.ts';
import { InvalidQuestionError, NotFoundError } from '../../../src/history/history.ts';
import { localHistory } from '../../../src/history/local-history.ts';
import { parseCsv } from '../../support/rfc4180.ts';
import { at, ENDPOINTS, endpoints, recordedLog, SERVICES, SLICES, slice, text } from './recorded-log.ts';

const pod = (n: number, ready = true) => ({ ip: `10.0.0.${n}`, pod: `p${n}`, ready });
const CART = { namespace: 'store', service: 'cart' };

/** Three Services; at 2,000 two events in one millisecond flip five backends. */
function busyLog() {
  const log = recordedLog();
  log.snapshot(1_000, SERVICES, [{ name: 'cart' }, { name: 'pay' }, { name: 'gone' }, { name: 'bare' }]);
  log.snapshot(1_000, ENDPOINTS, [endpoints('cart', [pod(1), pod(2)]), endpoints('pay', []), endpoints('gone', [pod(9)])]);
  log.change(2_000, ENDPOINTS, 'MODIFIED', endpoints('cart', [pod(1, false), pod(2, false), pod(3)]));
  log.change(2_000, ENDPOINTS, 'MODIFIED', endpoints('pay', [pod(4, false), pod(5, false)]));
  log.change(3_000, ENDPOINTS, 'MODIFIED', endpoints('cart', [pod(1), pod(2), pod(3)]));
  log.change(4_000, ENDPOINTS, 'DELETED', endpoints('gone', [pod(9)]));
  log.change(4_000, SERVICES, 'DELETED', { name: 'gone' });
  log.prove(5_000, ENDPOINTS);
  log.prove(5_000, SERVICES);
  return log;
}

describe('flips page by page', () => {
  test('property: pages of any size tell all flips once and in order, also many in one millisecond', async () => {
    const { history } = busyLog();
    const whole = (await history.flips({})).items;
    expect(whole).toHaveLength(8);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (limit) => {
        const items = [];
        let cursor: string | undefined;
        do {
          const page = await history.flips({ limit, ...(cursor ? { cursor } : {}) });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          items.push(...page.items);
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        expect(items).toEqual(whole);
      }),
      { numRuns: 9 },
    );
  });

  test('pages asked for while the log grows still belong to the first one', async () => {
    const log = busyLog();
    const first = await log.history.flips({ limit: 2 });
    log.change(6_000, ENDPOINTS, 'MODIFIED', endpoints('pay', []));
    const rest = await log.history.flips({ limit: 100, cursor: first.nextCursor ?? '' });
    expect([rest.asOf, rest.to, first.items.length + rest.items.length]).toEqual([first.asOf, first.to, 8]);
    expect((await log.history.flips({})).items).toHaveLength(10);
  });

  test('the window holds its beginning and not its end; filters narrow it', async () => {
    const { history } = busyLog();
    const count = async (question: Parameters<typeof history.flips>[0]) => (await history.flips(question)).items.length;
    expect(await count({ from: at(2_000), to: at(3_000) })).toBe(5);
    expect(await count({ from: at(2_001), to: at(3_001) })).toBe(2);
    expect(await count(CART)).toBe(5);
    expect(await count({ pod: 'p1' })).toBe(2);
    expect(await count({ node: 'node-1', namespace: 'store', service: 'pay' })).toBe(2);
    expect(await count({ cause: 'unknown' })).toBe(7);
    expect(await count({ cause: 'ServiceDeleted' })).toBe(1);
    await expect(count({ cause: 'Nothing' })).rejects.toThrow(InvalidQuestionError);
    expect(await count({ cause: 'ReadinessProbeFailed' })).toBe(0);
    expect(await count({ service: 'pay' })).toBe(2);
  });

  test('a Service never seen is not found, by full name or by name alone', async () => {
    const { history } = busyLog();
    await expect(history.flips({ namespace: 'store', service: 'car' })).rejects.toThrow(NotFoundError);
    await expect(history.flips({ service: 'car' })).rejects.toThrow(NotFoundError);
    await expect(history.flips({ cluster: 'red' })).rejects.toThrow(NotFoundError);
  });

  test.each([0, 1_001, 1.5, Number.NaN])('a limit of %s is refused', async (limit) => {
    const { history } = busyLog();
    await expect(history.flips({ limit })).rejects.toThrow(expect.objectContaining({ parameter: 'limit' }));
    await expect(history.services({ limit })).rejects.toThrow(expect.objectContaining({ parameter: 'limit' }));
  });

  test('an answer given as of a position is the same after the log has grown', async () => {
    const log = busyLog();
    const { asOf } = await log.history.flips({});
    const ask = () =>
      Promise.all([
        log.history.flips({ asOf, from: at(0), to: at(5_001) }),
        log.history.services({ asOf, at: at(4_500) }),
        log.history.timeline({ namespace: 'store', name: 'cart', asOf, from: at(0), to: at(5_000) }),
        log.history.diff({ namespace: 'store', name: 'cart', asOf, from: at(1_500), to: at(5_000) }),
      ]);
    const before = await ask();
    log.change(6_000, ENDPOINTS, 'MODIFIED', endpoints('cart', []));
    log.change(6_000, ENDPOINTS, 'ADDED', endpoints('gone', [pod(9)]));
    expect(await ask()).toEqual(before);
  });
});

describe('exports', () => {
  test('all flips come through any number of pages, as of one position, also while the log grows', async () => {
    const log = recordedLog();
    log.snapshot(0, ENDPOINTS, [endpoints('cart', [])]);
    const many = Array.from({ length: 250 }, (_, index) => ({ ip: `10.1.${index >> 8}.${index & 255}`, pod: `p${index}` }));
    for (let turn = 0; turn < 10; turn++)
      log.change(10 + turn, ENDPOINTS, 'MODIFIED', endpoints('cart', turn % 2 === 0 ? many : []));
    let pages = 0;
    const seen = new Set<string>();
    for await (const page of flipPages(log.history, CART)) {
      if (pages++ === 0) log.change(100, ENDPOINTS, 'MODIFIED', endpoints('cart', many));
      for (const flip of page.items) seen.add(`${flip.position} ${flip.address}`);
    }
    expect([pages, seen.size]).toEqual([3, 2_500]);
    let flips = 0;
    for await (const _flip of allFlips(log.history, CART)) flips++;
    expect(flips).toBe(2_750);
    let csv = csvHeader();
    for await (const { items } of flipPages(log.history, CART)) csv += csvRows(items);
    expect(parseCsv(csv)).toHaveLength(2_751);
    // The text that is made where the flips are read says the same, flip for flip.
    let text = csvHeader();
    for await (const page of flipTextPages(log.history, CART, 'csv')) text += page.text;
    expect(text).toBe(csv);
  });

  test('of no flips there is one empty page; of an unknown Service an error before it', async () => {
    const { history } = busyLog();
    const pages = [];
    const question = { namespace: 'store', service: 'gone', to: at(3_000) };
    for await (const page of flipPages(history, question)) pages.push(page);
    expect(pages).toMatchObject([{ items: [], coverage: 'complete' }]);
    await expect(flipPages(history, { namespace: 'store', service: 'no' }).next()).rejects.toThrow(NotFoundError);
  });
});

describe('the list of Services', () => {
  const states = async (ms: number) =>
    (await busyLog().history.services({ at: at(ms) })).items.map(({ name, state, ready, notReady }) => [
      name,
      state,
      ready,
      notReady,
    ]);

  test('tells each Service that existed, by its counts; deleted ones are left out', async () => {
    expect(await states(2_500)).toEqual([
      ['bare', 'empty', 0, 0],
      ['cart', 'degraded', 1, 2],
      ['gone', 'ok', 1, 0],
      ['pay', 'down', 0, 2],
    ]);
    expect((await states(4_500)).map(([name]) => name)).toEqual(['bare', 'cart', 'pay']);
  });

  test('tells a Service as unknown, with its last known counts, where its stream was not watched', async () => {
    const answer = await busyLog().history.services({ at: at(6_000), q: 'store/ca' });
    expect(answer).toMatchObject({ coverage: 'gap', items: [{ name: 'cart', state: 'unknown', coverage: 'gap', ready: 3 }] });
    expect(answer.gaps.map(({ stream }) => stream)).toEqual(['v1/services', 'v1/endpoints']);
  });

  test('before the recording is empty and says so', async () => {
    expect(await busyLog().history.services({ at: at(500) })).toMatchObject({ coverage: 'before-recording', items: [] });
  });

  test('of an empty log is empty and says so', async () => {
    expect(await recordedLog().history.services({})).toMatchObject({ coverage: 'before-recording', asOf: 0, items: [] });
  });

  test('goes by address lists where Services themselves were never watched', async () => {
    const log = recordedLog();
    log.snapshot(1_000, SLICES, [slice('cart-1', 'cart', [pod(1)]), slice('pay-1', 'pay', [])]);
    log.change(2_000, SLICES, 'DELETED', slice('pay-1', 'pay', []));
    const answer = await log.history.services({});
    expect(answer.items).toMatchObject([{ name: 'cart', state: 'ok', source: 'endpointslices' }]);
  });

  test('pages of any size tell every Service once, with the last flip of each', async () => {
    const { history } = busyLog();
    for (const limit of [1, 2, 3]) {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await history.services({ limit, ...(cursor ? { cursor } : {}) });
        names.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(names).toEqual(['bare', 'cart', 'pay']);
    }
    const [cart] = (await history.services({ q: 'cart' })).items;
    expect(cart?.lastFlip).toEqual({
      at: text(3_000),
      address: '10.0.0.2',
      pod: 'p2',
      from: 'notReady',
      to: 'ready',
      cause: 'unknown',
    });
  });

  test('without causes the rest is the same, and no evidence is read', async () => {
    const { reader, history } = busyLog();
    const told = (await history.services({})).items;
    expect(told.filter(({ lastFlip }) => lastFlip?.cause !== undefined)).toHaveLength(2);
    const read: PropertyKey[] = [];
    const watched = new Proxy(reader, {
      get(target, name) {
        read.push(name);
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { items } = await localHistory(watched).services({ causes: false });
    const EVIDENCE = ['versions', 'body', 'bodiesOf', 'notesAbout', 'hasObjects', 'hasUnusualLists', 'counts', 'flips'];
    expect(read).toContain('servicesAt');
    expect(read.filter((name) => EVIDENCE.includes(String(name)))).toEqual([]);
    const withoutCause = ({ lastFlip, ...item }: (typeof told)[number]) => {
      const { cause: _, ...flip } = lastFlip ?? {};
      return lastFlip ? { ...item, lastFlip: flip } : item;
    };
    expect(items).toEqual(told.map(withoutCause));
  });
});

describe('the raw log and the live feed', () => {
  test('events come by position, with their stored bytes as text or their ledger fact', async () => {
    const log = busyLog();
    const events = await log.history.events({ after: 0 });
    expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
    for (const event of events) {
      if (event.type.startsWith('COVERAGE')) expect(event.objectText).toBeUndefined();
      else expect(JSON.parse(event.objectText ?? '')).toMatchObject({ metadata: { name: event.name, uid: event.uid } });
    }
    expect(events[0]).toMatchObject({ type: 'COVERAGE_BEGAN', stream: 'v1/services', cluster: 'test', epoch: 1 });
    expect(await log.history.events({ after: events.length - 1, limit: 5 })).toEqual(events.slice(-1));
    await expect(log.history.events({ after: -1 })).rejects.toThrow(InvalidQuestionError);
    await expect(log.history.events({ after: 0, limit: 10_001 })).rejects.toThrow(InvalidQuestionError);
  });

  test('news of any size tell every flip and every ledger event once, whole events only', async () => {
    const { history } = busyLog();
    const flips = (await history.flips({})).items;
    for (let limit = 1; limit <= 12; limit++) {
      const told = [];
      const ledger: string[] = [];
      for (let after = 0; ; ) {
        const news = await history.news({ after, limit });
        if (news.lastPosition === after) break;
        for (const flip of news.flips) expect(flip.position > after && flip.position <= news.lastPosition).toBe(true);
        after = news.lastPosition;
        told.push(...news.flips);
        ledger.push(...news.ledger.map(({ type }) => type));
      }
      expect(told).toEqual(flips.toSorted((a, b) => a.position - b.position));
      expect(ledger).toEqual(['COVERAGE_BEGAN', 'COVERAGE_BEGAN']);
    }
  });

  test('news after a position that the log does not have start again at its end', async () => {
    const { history } = busyLog();
    expect(await history.news({ after: 1_000_000 })).toEqual({
      lastPosition: await history.lastPosition(),
      flips: [],
      ledger: [],
    });
  });
});
