/** The logs that questions are measured over, each generated when it is first asked for. */
import { join } from 'node:path';
import { epochMs } from '../../src/domain/time.ts';
import { type BenchOptions, count, seconds } from '../figure.ts';
import { type GeneratedLog, generateLog, type LogLength } from '../generator/generate-log.ts';
import type { HistoryPlan } from '../generator/long-history.ts';

export type { GeneratedLog } from '../generator/generate-log.ts';

const FROM = epochMs(Date.UTC(2026, 9, 1));
const DAY_MS = 86_400_000;

export class BenchLogs {
  readonly #options: BenchOptions;
  #growing: ReturnType<BenchLogs['growing']> | undefined;
  #grown: Promise<GeneratedLog> | undefined;
  #wide: Promise<GeneratedLog> | undefined;
  #many: Promise<GeneratedLog> | undefined;
  #waves: Promise<GeneratedLog> | undefined;

  constructor(options: BenchOptions) {
    this.#options = options;
  }

  /** 100 Services of 10 backends, one flip an event: the log when it holds 10⁴ events, and the same log with 10⁷ of them. */
  growing(): Promise<{ short: GeneratedLog; long: GeneratedLog }> {
    this.#growing ??= (async () => {
      const short = { file: join(this.#options.folder, 'short.db'), events: 10_000 };
      const events = this.#options.quick ? 300_000 : 10_000_000;
      const { log, early } = await this.#generate('long', GROWING, { events }, short);
      if (early === undefined) throw new Error('the early copy is missing');
      return { short: early, long: log };
    })();
    return this.#growing;
  }

  /** The same with 10⁶ events. */
  grown(): Promise<GeneratedLog> {
    this.#grown ??= this.#only('grown', GROWING, { events: this.#options.quick ? 100_000 : 1_000_000 });
    return this.#grown;
  }

  /** 100 Services of 10 backends, four flips an event: 2 × 10⁶ flips, half of them told by Endpoints. */
  waves(): Promise<GeneratedLog> {
    this.#waves ??= this.#only('waves', planOf({ services: 100, backendsPerService: 10, wave: [3, 5], everyMs: 5_000 }), {
      flips: this.#options.quick ? 100_000 : 2_000_000,
    });
    return this.#waves;
  }

  /** One Service of 2,000 backends in 20 slices, with 100,000 flips in 24 hours (a fifth of them when it is to be quick). */
  wide(): Promise<GeneratedLog> {
    const [flips, flipsAWave] = [this.#options.quick ? 20_000 : 100_000, 3.76];
    // Endpoints would hold only 1,000 of them.
    const plan = planOf(
      { services: 1, backendsPerService: 2_000, wave: [1, 7], everyMs: (DAY_MS * flipsAWave) / flips },
      { endpoints: false, pods: false },
    );
    this.#wide ??= this.#only('wide', plan, { flips });
    return this.#wide;
  }

  /** 5,000 Services of 10 backends with a long history, their Pods recorded too. */
  many(): Promise<GeneratedLog> {
    const plan = planOf({ services: 5_000, backendsPerService: 10, wave: [1, 3], everyMs: 500 }, { endpoints: true, pods: true });
    // The first 65,000 events are what there was when the recording began.
    this.#many ??= this.#only('many', plan, { events: this.#options.quick ? 200_000 : 1_000_000 });
    return this.#many;
  }

  async #only(name: string, plan: HistoryPlan, length: LogLength): Promise<GeneratedLog> {
    return (await this.#generate(name, plan, length)).log;
  }

  async #generate(name: string, plan: HistoryPlan, length: LogLength, early?: { file: string; events: number }) {
    const { folder, say } = this.#options;
    const { events, flips } = length;
    say(`generating a log of ${events === undefined ? `${count(flips ?? 0)} flips` : `${count(events)} events`}`);
    const startedAt = performance.now();
    let told = 0;
    const onProgress = (share: number) => {
      if (share < 1 && share - told < 0.2) return;
      told = share;
      if (share < 1) say(`${Math.round(share * 100)} % of it after ${seconds(performance.now() - startedAt)}`);
    };
    const generated = await generateLog(join(folder, `${name}.db`), plan, length, { onProgress, ...(early ? { early } : {}) });
    const { log } = generated;
    const took = seconds(performance.now() - startedAt);
    say(`${count(log.events)} events and ${count(log.flips)} flips in ${took}, ${count(Math.round(log.bytes / 1e6))} MB`);
    return generated;
  }
}

function planOf(
  plan: Pick<HistoryPlan, 'services' | 'backendsPerService' | 'wave' | 'everyMs'>,
  record: HistoryPlan['record'] = { endpoints: true, pods: false },
): HistoryPlan {
  return { ...plan, seed: 1, record, from: FROM };
}

const GROWING = planOf({ services: 100, backendsPerService: 10, wave: [1, 1], everyMs: 500 });
