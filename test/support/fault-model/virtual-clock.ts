/** Time that passes only when a test says so, for a watcher that is otherwise real. */
import { epochMs } from '../../../src/domain/time.ts';
import type { Clock } from '../../../src/kubernetes/clock.ts';

export const BEGIN = Date.UTC(2026, 10, 23, 16);

interface Wake {
  readonly at: number;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  #step = 0;
  #wasSet = false;
  readonly #wakes = new Set<Wake>();
  #uptime = 0;

  now = () => epochMs(BEGIN + this.#uptime + this.#step);

  uptime = () => this.#uptime;

  wakeAt = (uptime: number, wake: () => void) => {
    const entry = { at: uptime, wake };
    this.#wakes.add(entry);
    return () => void this.#wakes.delete(entry);
  };

  /** The clock is set: the time of day alone steps. Milliseconds. */
  set(byMs: number): void {
    this.#step += byMs;
    this.#wasSet = true;
  }

  /** Instants before and after cannot be compared any more. */
  get wasSet(): boolean {
    return this.#wasSet;
  }

  /** A clock of the same time for one process, whose wakes end with it. */
  ofProcess(): { clock: Clock; end: () => void } {
    const cancels = new Set<() => void>();
    let ended = false;
    const wakeAt: Clock['wakeAt'] = (uptime, wake) => {
      if (ended) return () => {};
      const cancel = this.wakeAt(uptime, () => {
        cancels.delete(cancel);
        wake();
      });
      cancels.add(cancel);
      return cancel;
    };
    const end = () => {
      ended = true;
      for (const cancel of cancels) cancel();
    };
    return { clock: { now: this.now, uptime: this.uptime, wakeAt }, end };
  }

  /** A moment passes in which nobody wakes: what happens now happens after everything that has happened. */
  moveOn(): void {
    this.#uptime += 1;
  }

  /** Lets time pass. Whoever is due is woken, one after the other, and what that brings about is over before the next. */
  async pass(ms: number, settle: () => Promise<void>): Promise<void> {
    const until = this.#uptime + ms;
    await settle();
    for (let guard = 0; ; guard++) {
      const next = this.#next(until);
      if (next === undefined) break;
      if (guard > 20_000) throw new Error(`more than ${guard} wakes within ${ms} ms`);
      this.#wakes.delete(next);
      this.#uptime = Math.max(this.#uptime, next.at);
      next.wake();
      await settle();
    }
    this.#uptime = Math.max(this.#uptime, until);
  }

  #next(until: number): Wake | undefined {
    let next: Wake | undefined;
    for (const wake of this.#wakes) if (wake.at <= until && (next === undefined || wake.at < next.at)) next = wake;
    return next;
  }
}
