/** One answer that the page shows: what it was, whether a newer one is on its way, and what went wrong with that. */
import { type Signal, signal } from '@preact/signals';
import { ApiError } from './api.ts';

export interface LoadOptions {
  /** Do not dim the old answer: the new one brings news to the same view. */
  readonly quiet?: boolean;
  /** Milliseconds to wait for a later question that replaces this one: dragging asks often. */
  readonly delayMs?: number;
}

/**
 * News of a busy cluster comes faster than a long answer. So long a question under way is let finish before it is asked again;
 * one that takes longer is taken for lost.
 */
const PATIENCE_MS = 15_000;

/**
 * @param show takes an answer that is true and not yet all of it, to be shown meanwhile; absent where the question is the one that
 * is answered on the page already
 */
export type Ask<T> = (key: string, abort: AbortSignal, show?: (data: T) => void) => Promise<T>;

export class Resource<T> {
  /** The last answer that came; it stays while a newer one is loading or has failed. */
  readonly data: Signal<T | undefined> = signal(undefined);
  readonly error: Signal<ApiError | undefined> = signal(undefined);
  readonly loading: Signal<boolean> = signal(false);
  /** The question that `data` answers. */
  readonly answered: Signal<string | undefined> = signal(undefined);
  readonly #ask: Ask<T>;
  #key: string | undefined;
  #abort: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the question under way was asked. */
  #askedAt: number | undefined;
  #again = false;

  constructor(ask: Ask<T>) {
    this.#ask = ask;
  }

  /** Asks unless the same question was asked last. `undefined` forgets everything. */
  want(key: string | undefined, options: LoadOptions = {}): void {
    if (key === this.#key) return;
    this.#key = key;
    if (key !== undefined) {
      this.#start(options);
      return;
    }
    this.#cancel();
    this.data.value = undefined;
    this.answered.value = undefined;
    this.error.value = undefined;
    this.loading.value = false;
  }

  /** Asks again; quietly, not before the same question that is under way is answered. */
  reload(options: LoadOptions = {}): void {
    if (this.#key === undefined) return;
    const isUnderWay = this.#askedAt !== undefined && Date.now() - this.#askedAt < PATIENCE_MS;
    if (options.quiet && isUnderWay) this.#again = true;
    else this.#start(options);
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = undefined;
    this.#askedAt = undefined;
    this.#again = false;
  }

  #start({ quiet = false, delayMs = 0 }: LoadOptions): void {
    const key = this.#key as string;
    this.#cancel();
    const abort = new AbortController();
    this.#abort = abort;
    this.#askedAt = Date.now();
    if (!quiet) this.loading.value = true;
    const show = (data: T) => {
      if (abort.signal.aborted) return;
      this.answered.value = key;
      this.data.value = data;
      this.error.value = undefined;
      this.loading.value = false;
    };
    const run = async () => {
      try {
        show(await this.#ask(key, abort.signal, this.answered.peek() === key ? undefined : show));
      } catch (error) {
        if (abort.signal.aborted) return;
        this.error.value =
          error instanceof ApiError ? error : new ApiError(0, error instanceof Error ? error.message : String(error));
        this.loading.value = false;
      }
      if (abort.signal.aborted) return;
      this.#askedAt = undefined;
      if (this.#again) this.#start({ quiet: true });
    };
    if (delayMs > 0) this.#timer = setTimeout(run, delayMs);
    else void run();
  }
}
