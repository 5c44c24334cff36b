/** A history that answers what it is told to, and remembers what it was asked. */
import type { FlipAnswer, FlipsAnswer, LogEventAnswer } from '../../src/history/answers.ts';
import { type History, NotFoundError } from '../../src/history/history.ts';
import { flipsText } from '../../src/history/questions/flips-text.ts';
import { examples } from '../../src/http/examples.ts';
import { incidentExamples } from '../../src/http/incident-examples.ts';

export interface FakeHistory extends History {
  /** Every question so far, oldest first. */
  readonly asked: { method: keyof History; question: unknown }[];
}

/** Answers the examples of the documentation, where `answers` does not say otherwise. */
export function fakeHistory(answers: Partial<History> = {}): FakeHistory {
  const asked: FakeHistory['asked'] = [];
  const history: History = {
    clusters: async () => examples.clusters,
    services: async () => examples.services,
    state: async () => examples.state,
    object: async () => {
      throw new NotFoundError('no such object');
    },
    flips: async () => ({ ...examples.flips, nextCursor: undefined }),
    // As the real one does: the same page, as text.
    flipsText: async ({ format, ...question }) => {
      const { items, gaps: _gaps, ...page } = await (answers.flips ?? history.flips)(question);
      return { ...page, text: flipsText(items, format) };
    },
    timeline: async () => examples.timeline,
    drawnTimeline: async () => examples.drawnTimeline,
    diff: async () => examples.diff,
    summary: async () => incidentExamples.summary,
    disagreements: async () => incidentExamples.disagreements,
    coverage: async () => examples.coverage,
    events: async () => [],
    news: async ({ after }) => ({ lastPosition: after, flips: [], ledger: [] }),
    lastPosition: async () => 637,
    close: async () => {},
    ...answers,
  };
  const remembering = Object.fromEntries(
    Object.entries(history).map(([method, answer]) => [
      method,
      (question: unknown) => {
        asked.push({ method: method as keyof History, question });
        return (answer as (question: unknown) => unknown)(question);
      },
    ]),
  );
  return { ...(remembering as unknown as History), asked };
}

/** `count` flips, a second apart, one an event. */
export function manyFlips(count: number): FlipAnswer[] {
  return Array.from({ length: count }, (_, index) => {
    const at = new Date(Date.UTC(2026, 10, 23, 16, 18) + index * 1_000).toISOString();
    const [from, to] = index % 2 === 0 ? (['ready', 'notReady'] as const) : (['notReady', 'ready'] as const);
    return { ...examples.flip, at, notBefore: at, notAfter: at, position: index + 1, from, to };
  });
}

/** `flips` over a list, in pages, with the position of the page's start as its cursor. */
export function pagedFlips(all: readonly FlipAnswer[], asOf = 637): History['flips'] {
  return async ({ limit = 200, cursor = '0' }): Promise<FlipsAnswer> => {
    const start = Number(cursor);
    const next = start + limit;
    return {
      ...examples.flips,
      coverage: 'complete',
      gaps: [],
      asOf,
      items: all.slice(start, next),
      nextCursor: next < all.length ? String(next) : undefined,
    };
  };
}

/** A log that grows when it is told to: the part of a history that the live feed reads. */
export class GrowingLog {
  #last = 0;
  readonly #flips: FlipAnswer[] = [];
  readonly #ledger: LogEventAnswer[] = [];
  /** How often `news` was asked. */
  reads = 0;

  constructor(last = 0) {
    this.#last = last;
  }

  /** Appends one event with so many flips, and returns its position. */
  appendFlips(count = 1, cluster = 'demo'): number {
    this.#last++;
    for (let index = 0; index < count; index++) {
      this.#flips.push({ ...examples.flip, cluster, address: `10.0.0.${index}`, position: this.#last });
    }
    return this.#last;
  }

  /** Appends one event that makes no flips. */
  appendOther(): number {
    return ++this.#last;
  }

  appendLedger(event: Pick<LogEventAnswer, 'type' | 'fact'>): number {
    this.#last++;
    this.#ledger.push({
      position: this.#last,
      at: '2026-11-23T16:25:01.120Z',
      cluster: 'demo',
      stream: 'v1/endpoints',
      epoch: 1,
      ...event,
    });
    return this.#last;
  }

  readonly lastPosition = async (): Promise<number> => this.#last;

  readonly news: History['news'] = async ({ after }) => {
    this.reads++;
    return {
      lastPosition: Math.max(this.#last, after),
      flips: this.#flips.filter(({ position }) => position > after),
      ledger: this.#ledger.filter(({ position }) => position > after),
    };
  };
}
