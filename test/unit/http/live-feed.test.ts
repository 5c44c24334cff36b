import { describe, expect, it } from 'vitest';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { LiveFeed } from '../../../src/http/live-feed.ts';
import { GrowingLog } from '../../support/fake-history.ts';

/** A clock that stands still until it is told to tick, and a tick that ends when the feed has looked. */
class Ticks {
  #waiting: (() => void)[] = [];
  readonly wait = () => new Promise<void>((resolve) => this.#waiting.push(resolve));
  get waiting(): number {
    return this.#waiting.length;
  }
  async tick(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve();
    await settled();
  }
}

/** Until every promise that can be settled without a tick is. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function feedOver(log: GrowingLog, more: { heartbeatMs?: number } = {}) {
  const ticks = new Ticks();
  const feed = new LiveFeed({ history: log, log: SILENT_LOG, intervalMs: 500, wait: ticks.wait, ...more });
  return { feed, ticks };
}

const forever = new AbortController().signal;

describe('the live feed', () => {
  it('tells a listener at the end of the log what comes next, and nothing before', async () => {
    const log = new GrowingLog(10);
    const { feed, ticks } = feedOver(log);
    const answer = feed.newsAfter(10, forever);
    await ticks.tick();
    expect(feed.listeners).toBe(1);
    log.appendFlips(2);
    await ticks.tick();
    expect(await answer).toMatchObject({ lastPosition: 11, flips: [{ position: 11 }, { position: 11 }] });
    expect(feed.listeners).toBe(0);
  });

  it('reads the log once for any number of listeners that keep up', async () => {
    const log = new GrowingLog(10);
    const { feed, ticks } = feedOver(log);
    let positions = Array.from({ length: 50 }, () => 10);
    for (let round = 0; round < 4; round++) {
      const answers = positions.map((position) => feed.newsAfter(position, forever));
      log.appendFlips();
      await ticks.tick();
      positions = (await Promise.all(answers)).map((answer) => (typeof answer === 'string' ? -1 : answer.lastPosition));
      expect(new Set(positions)).toEqual(new Set([11 + round]));
    }
    expect(log.reads).toBe(4);
  });

  it('lets a slow listener catch up at its own pace, missing nothing', async () => {
    const log = new GrowingLog(0);
    const { feed, ticks } = feedOver(log);
    void feed.newsAfter(0, forever);
    for (let round = 0; round < 5; round++) {
      log.appendFlips();
      await ticks.tick();
      void feed.newsAfter(round + 1, forever);
    }
    const slow = await feed.newsAfter(1, forever);
    expect(slow).toMatchObject({ lastPosition: 5, flips: [{ position: 2 }, { position: 3 }, { position: 4 }, { position: 5 }] });
  });

  it('wakes a listener that began between two positions of the poller', async () => {
    const log = new GrowingLog(10);
    const { feed, ticks } = feedOver(log);
    void feed.newsAfter(10, forever);
    await settled();
    log.appendFlips();
    log.appendFlips();
    const ahead = feed.newsAfter(11, forever);
    await ticks.tick();
    // Told that there is something, and finds it when it asks again.
    expect(await ahead).toBe('quiet');
    expect(await feed.newsAfter(11, forever)).toMatchObject({ lastPosition: 12, flips: [{ position: 12 }] });
  });

  it('moves listeners on where the log grew without flips', async () => {
    const log = new GrowingLog(10);
    const { feed, ticks } = feedOver(log);
    const answer = feed.newsAfter(10, forever);
    log.appendOther();
    await ticks.tick();
    expect(await answer).toEqual({ lastPosition: 11, flips: [], ledger: [] });
  });

  it('does not wait between two looks while the log is far ahead', async () => {
    const log = new GrowingLog(0);
    const ticks = new Ticks();
    // A history that looks through a thousand events at a time, as the real one does.
    const news: GrowingLog['news'] = async ({ after, limit = 1 }) => {
      const all = await log.news({ after });
      const lastPosition = Math.min(all.lastPosition, after + limit);
      return { ...all, lastPosition, flips: all.flips.filter(({ position }) => position <= lastPosition) };
    };
    const feed = new LiveFeed({ history: { news, lastPosition: log.lastPosition }, log: SILENT_LOG, wait: ticks.wait });
    const first = feed.newsAfter(0, forever);
    for (let index = 0; index < 3_500; index++) log.appendFlips();
    await ticks.tick();
    const positions: number[] = [];
    for (let answer = await first; positions.length < 3_500; ) {
      if (typeof answer === 'string') throw new Error(`told ${answer} after ${positions.length}`);
      positions.push(...answer.flips.map(({ position }) => position));
      if (answer.lastPosition < 3_500) answer = await feed.newsAfter(answer.lastPosition, forever);
    }
    expect(positions).toEqual(Array.from({ length: 3_500 }, (_, index) => index + 1));
  });

  it('tells a listener when it has been quiet for long', async () => {
    const { feed, ticks } = feedOver(new GrowingLog(10), { heartbeatMs: 1_500 });
    const answer = feed.newsAfter(10, forever);
    await ticks.tick();
    await ticks.tick();
    expect(feed.listeners).toBe(1);
    await ticks.tick();
    expect(await answer).toBe('quiet');
  });

  it('does not look at the log while nobody listens', async () => {
    const log = new GrowingLog(10);
    const { feed, ticks } = feedOver(log);
    const leaving = new AbortController();
    const answer = feed.newsAfter(10, leaving.signal);
    leaving.abort();
    expect(await answer).toBe('closed');
    await ticks.tick();
    await ticks.tick();
    expect(ticks.waiting).toBe(0);
    expect(log.reads).toBeLessThanOrEqual(1);
    // And looks again when somebody comes.
    const next = feed.newsAfter(10, forever);
    log.appendFlips();
    await ticks.tick();
    expect(await next).toMatchObject({ lastPosition: 11 });
  });

  it('keeps trying when the log cannot be read, and says so once', async () => {
    const log = new GrowingLog(10);
    let broken = true;
    const warnings: string[] = [];
    const ticks = new Ticks();
    const feed = new LiveFeed({
      history: {
        lastPosition: log.lastPosition,
        news: (question) => (broken ? Promise.reject(new Error('busy')) : log.news(question)),
      },
      log: { ...SILENT_LOG, warn: (_, message) => warnings.push(message) },
      wait: ticks.wait,
    });
    const answer = feed.newsAfter(10, forever);
    await ticks.tick();
    await ticks.tick();
    expect(warnings).toHaveLength(1);
    broken = false;
    log.appendFlips();
    await ticks.tick();
    expect(await answer).toMatchObject({ lastPosition: 11 });
  });

  it('ends every listener when it closes, and takes no new one', async () => {
    const { feed } = feedOver(new GrowingLog(10));
    const answers = [feed.newsAfter(10, forever), feed.newsAfter(10, forever)];
    feed.close();
    expect(await Promise.all(answers)).toEqual(['closed', 'closed']);
    expect(await feed.newsAfter(3, forever)).toBe('closed');
  });
});
