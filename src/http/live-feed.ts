/**
 * What happens in the log, told to any number of listeners by one poller.
 *
 * A listener is nothing but a position: it asks for what came after, and asks again when it has passed that on. So a
 * slow client costs no memory (it is simply further behind, and reads the log for itself until it has caught up), and a
 * thousand clients that keep up cost one read an interval.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../domain/log.ts';
import type { History } from '../history/history.ts';

export type News = Awaited<ReturnType<History['news']>>;

/** `quiet`: nothing came within the heartbeat interval. `closed`: the feed has ended. */
export type FeedAnswer = News | 'quiet' | 'closed';

export interface LiveFeedOptions {
  readonly history: Pick<History, 'news' | 'lastPosition'>;
  readonly log: Log;
  /** How often the log is looked at while somebody listens. Default 500. */
  readonly intervalMs?: number;
  /** After how long without news a listener is told `quiet`. Default 15,000. */
  readonly heartbeatMs?: number;
  /** Waits between two looks. Tests bring their own. */
  readonly wait?: (ms: number) => Promise<void>;
}

interface Listener {
  readonly after: number;
  waitedMs: number;
  readonly answer: (answer: FeedAnswer) => void;
}

/** Events looked through at a time. */
const BATCH = 1000;

export class LiveFeed {
  readonly #history: Pick<History, 'news' | 'lastPosition'>;
  readonly #log: Log;
  readonly #intervalMs: number;
  readonly #heartbeatMs: number;
  readonly #wait: (ms: number) => Promise<void>;
  readonly #listeners = new Set<Listener>();
  /** Up to where the poller has looked. */
  #seen = 0;
  /** The poller's last find, and the position it was asked after. */
  #latest: { after: number; news: News } | undefined;
  /** The last look took in as much as it could: there is probably more, and the next need not wait. */
  #more = false;
  #polling = false;
  #failing = false;
  #closed = false;

  constructor({ history, log, intervalMs = 500, heartbeatMs = 15_000, wait }: LiveFeedOptions) {
    this.#history = history;
    this.#log = log;
    this.#intervalMs = intervalMs;
    this.#heartbeatMs = heartbeatMs;
    // Unreferenced: a process that has nothing else to do may end.
    this.#wait = wait ?? ((ms) => delay(ms, undefined, { ref: false }));
  }

  /** How many are waiting for news. */
  get listeners(): number {
    return this.#listeners.size;
  }

  lastPosition(): Promise<number> {
    return this.#history.lastPosition();
  }

  /** What came after a position: at once when there is something, else when it comes. */
  async newsAfter(after: number, signal: AbortSignal): Promise<FeedAnswer> {
    if (this.#closed || signal.aborted) return 'closed';
    if (after < this.#seen) {
      const news = this.#latest?.after === after ? this.#latest.news : await this.#history.news({ after, limit: BATCH });
      if (news.lastPosition > after) return news;
    }
    return this.#listen(after, signal);
  }

  /** Ends every stream; for the shutdown. */
  close(): void {
    this.#closed = true;
    this.#answer('closed', () => true);
  }

  #listen(after: number, signal: AbortSignal): Promise<FeedAnswer> {
    return new Promise((resolve) => {
      const stop = () => listener.answer('closed');
      const listener: Listener = {
        after,
        waitedMs: 0,
        answer: (answer) => {
          signal.removeEventListener('abort', stop);
          this.#listeners.delete(listener);
          resolve(answer);
        },
      };
      // While a read was under way the feed may have closed or the client gone.
      if (this.#closed || signal.aborted) return resolve('closed');
      signal.addEventListener('abort', stop);
      this.#listeners.add(listener);
      if (!this.#polling) {
        this.#polling = true;
        this.#seen = Math.max(this.#seen, after);
        void this.#poll();
      }
    });
  }

  async #poll(): Promise<void> {
    try {
      while (this.#listeners.size > 0 && !this.#closed) {
        const waitMs = this.#more ? 0 : this.#intervalMs;
        if (waitMs > 0) await this.#wait(waitMs);
        await this.#look(waitMs);
      }
    } finally {
      this.#polling = false;
    }
  }

  async #look(waitedMs: number): Promise<void> {
    this.#more = false;
    for (const listener of this.#listeners) listener.waitedMs += waitedMs;
    try {
      const after = this.#seen;
      const news = await this.#history.news({ after, limit: BATCH });
      this.#failing = false;
      if (news.lastPosition > after) {
        this.#seen = news.lastPosition;
        this.#latest = { after, news };
        this.#more = news.lastPosition - after >= BATCH;
        // In step: here is the batch itself. Further behind: what to read is for newsAfter to see.
        for (const listener of [...this.#listeners]) {
          if (listener.after === after) listener.answer(news);
        }
      }
    } catch (error) {
      if (!this.#failing) this.#log.warn({ err: error }, 'the live feed cannot read the log; it keeps trying');
      this.#failing = true;
    }
    this.#answer('quiet', ({ after, waitedMs }) => after < this.#seen || waitedMs >= this.#heartbeatMs);
  }

  #answer(answer: FeedAnswer, whom: (listener: Listener) => boolean): void {
    for (const listener of [...this.#listeners]) if (whom(listener)) listener.answer(answer);
  }
}
