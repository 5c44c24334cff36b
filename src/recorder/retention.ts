/**
 * Keeps the log within its age, its size and its disk while it is being recorded: now and then it looks whether a pass is
 * due, and makes it in small steps between which the watch goes on.
 */
import type { HistoryShed, ShedReason } from '../domain/ledger.ts';
import type { Log } from '../domain/log.ts';
import { type EpochMs, formatTime } from '../domain/time.ts';
import { type ClusterId, type EventStore, type Horizon, LogUnwritableError, type Position } from '../store/event-store.ts';
import type { LogSize } from '../store/log-space.ts';
import {
  type Disk,
  FIRST_EVENTS,
  helplessness,
  type LogState,
  nextStep,
  type Pass,
  passDue,
  pauseAfter,
  type RetentionSettings,
} from './retention-policy.ts';

export interface RetentionOptions {
  readonly store: EventStore;
  readonly settings: RetentionSettings;
  readonly log: Log;
  readonly now: () => EpochMs;
  /** `undefined` where it cannot be told. */
  readonly disk: () => Disk | undefined;
  /** Writes the fact into the ledger of a cluster. */
  readonly tell: (cluster: ClusterId, fact: HistoryShed) => void;
  /** Resolves after so many milliseconds, or at once when the signal is aborted; never rejects. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds, for durations. */
  readonly clock: () => number;
  /** Default 10 s. */
  readonly everyMs?: number;
}

/** What became of the history so far. */
export interface RetentionStatus {
  readonly horizons: readonly { readonly cluster: string; readonly at: EpochMs }[];
  readonly size: LogSize;
  readonly disk: Disk | undefined;
  /** Events taken away since the start, by reason. */
  readonly shed: Readonly<Record<ShedReason, number>>;
  /** The longest that recording was held up by a step. */
  readonly longestStepMs: number;
}

const EVERY_MS = 10_000;
/** Free pages up to this are kept for what comes next. */
const KEPT_FREE_BYTES = 1 << 20;
const FIRST_GIVEN_BACK_BYTES = 256 << 10;

export class Retention {
  readonly #options: RetentionOptions;
  readonly #stop = new AbortController();
  readonly #shed: Record<ShedReason, number> = { retain: 0, 'max-size': 0, 'low-disk': 0 };
  #longestStepMs = 0;
  #events = FIRST_EVENTS;
  #givenBackBytes = FIRST_GIVEN_BACK_BYTES;
  /** What is wrong was said, and is not said again until it was well in between. */
  #said = '';
  #running: Promise<void> = Promise.resolve();

  private constructor(options: RetentionOptions) {
    this.#options = options;
  }

  static start(options: RetentionOptions): Retention {
    const retention = new Retention(options);
    const { retainMs, maxBytes } = options.settings;
    if ((retainMs !== undefined || maxBytes !== undefined) && !options.store.size().canShrink) {
      options.log.warn(
        {},
        'this log was made without giving space back: what is shed is used again, but the file stays as large as it is; a `flipbook backup` of it does not have this limit',
      );
    }
    retention.#running = retention.#run();
    return retention;
  }

  /** Ends after the step under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  status(): RetentionStatus {
    const { store, disk } = this.#options;
    return {
      horizons: this.#namedHorizons(),
      size: store.size(),
      disk: disk(),
      shed: { ...this.#shed },
      longestStepMs: this.#longestStepMs,
    };
  }

  #namedHorizons(): RetentionStatus['horizons'] {
    const { reader } = this.#options.store;
    const clusters = reader.clusters();
    return reader
      .horizons()
      .map(({ clusterId, at }) => ({ cluster: clusters.find(({ id }) => id === clusterId)?.name ?? '', at }));
  }

  async #run(): Promise<void> {
    const { wait, everyMs = EVERY_MS } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#look();
      await wait(everyMs, signal);
    }
  }

  /** Makes the passes that are due, one after the other. */
  async #look(): Promise<void> {
    const { settings, log } = this.#options;
    try {
      for (let due = passDue(settings, this.#state()); due !== undefined; due = passDue(settings, this.#state())) {
        if (this.#stop.signal.aborted || (await this.#pass(due)) === 0) break;
      }
      this.#say(helplessness(settings, this.#state()) ?? '');
    } catch (error) {
      if (!(error instanceof LogUnwritableError)) log.error({ err: error }, 'history could not be shed');
      else this.#say(`history could not be shed: ${error.message}`);
    }
  }

  #state(): LogState {
    const { store, now, disk } = this.#options;
    const after = Math.max(0, ...store.reader.horizons().map(({ position }) => position)) as Position;
    const [oldest] = store.reader.events({ after, limit: 1 });
    return { now: now(), size: store.size(), disk: disk(), oldestAt: oldest?.at };
  }

  /** @returns how many events the horizon moved over */
  async #pass(pass: Pass): Promise<number> {
    const { store, log } = this.#options;
    const { signal } = this.#stop;
    const before = store.reader.horizons();
    const sizeBefore = store.size();
    let [passed, removed] = [0, 0];
    try {
      while (!signal.aborted && (pass.usedBytes === undefined || store.size().used > pass.usedBytes)) {
        const step = await this.#timed(pass.reason, () =>
          store.shed({ olderThan: pass.olderThan, events: this.#events, reason: pass.reason }),
        );
        this.#events = nextStep(this.#events, step.tookMs);
        if (step.result.passed === 0) break;
        passed += step.result.passed;
        removed += step.result.removed;
        this.#shed[pass.reason] += step.result.removed;
      }
    } finally {
      if (passed > 0) this.#tell(pass.reason, before, removed);
    }
    await this.#giveBack(pass.reason);
    if (passed > 0) {
      const { file } = store.size();
      const facts = { reason: pass.reason, events: removed, bytesBefore: sizeBefore.file, bytesAfter: file };
      const until = Math.max(...store.reader.horizons().map(({ at }) => at)) as EpochMs;
      const said = { ...facts, until: formatTime(until), longestStepMs: Math.round(this.#longestStepMs) };
      if (pass.reason === 'low-disk') log.warn(said, 'the disk is nearly full: the oldest history was shed');
      else log.info(said, 'the oldest history was shed');
    }
    return passed;
  }

  /** In the file only what is free beyond a small reserve, and of the file system only when the file has it to give. */
  async #giveBack(reason: ShedReason): Promise<void> {
    const { store } = this.#options;
    const { signal } = this.#stop;
    for (let size = store.size(); size.canShrink && size.file - size.used > KEPT_FREE_BYTES && !signal.aborted; ) {
      const bytes = this.#givenBackBytes;
      const { tookMs } = await this.#timed(reason, () => store.giveBack(bytes));
      this.#givenBackBytes = nextStep(bytes / 4_096, tookMs) * 4_096;
      const now = store.size();
      if (now.file >= size.file) break;
      size = now;
    }
    await this.#timed(reason, () => store.settle());
  }

  async #timed<T>(reason: ShedReason, work: () => T): Promise<{ result: T; tookMs: number }> {
    const { clock, wait } = this.#options;
    const startedAt = clock();
    const result = work();
    const tookMs = clock() - startedAt;
    this.#longestStepMs = Math.max(this.#longestStepMs, tookMs);
    await wait(pauseAfter(reason, tookMs), this.#stop.signal);
    return { result, tookMs };
  }

  #tell(why: ShedReason, before: readonly Horizon[], events: number): void {
    const { store, tell } = this.#options;
    for (const { clusterId, position, at } of store.reader.horizons()) {
      if (before.some((horizon) => horizon.clusterId === clusterId && horizon.position === position)) continue;
      tell(clusterId, { type: 'HISTORY_SHED', until: at, position, why, events });
    }
  }

  #say(what: string): void {
    if (this.#said === what) return;
    this.#said = what;
    if (what !== '') this.#options.log.warn({}, what);
  }
}
