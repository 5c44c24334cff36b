/** The simulation's clock and its to-do list. Time moves only by `tick`, and each task sees the instant it was meant for. */
import { type EpochMs, epochMs } from '../../domain/time.ts';

interface Task {
  at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Schedule {
  #now: EpochMs;
  #order = 0;
  /** A binary heap: the earliest task first, of equal ones the one that was added first. */
  readonly #heap: Task[] = [];

  constructor(now: EpochMs) {
    this.#now = now;
  }

  get now(): EpochMs {
    return this.#now;
  }

  /** When the next task is due; `undefined` when there is none. */
  get nextAt(): EpochMs | undefined {
    const first = this.#heap[0];
    return first && epochMs(first.at);
  }

  after(delayMs: number, run: () => void): void {
    this.#push({ at: this.#now + Math.max(0, delayMs), order: this.#order++, run });
  }

  /**
   * Runs everything that is due by `now`, in order, also what those tasks add. How the way there is cut into ticks makes
   * no difference. A `now` that lies before the last one does nothing.
   */
  tick(now: EpochMs): void {
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#pop();
      this.#now = epochMs(first.at);
      first.run();
    }
    if (now > this.#now) this.#now = now;
  }

  /** Moves every task into the future: the time was slept through, and nothing happened in it. */
  postpone(byMs: number): void {
    for (const task of this.#heap) task.at += byMs;
    this.#now = epochMs(this.#now + byMs);
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let index = heap.push(task) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(task, heap[parent] as Task)) break;
      heap[index] = heap[parent] as Task;
      index = parent;
    }
    heap[index] = task;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Task;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child++;
      if (!isBefore(heap[child] as Task, last)) break;
      heap[index] = heap[child] as Task;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
