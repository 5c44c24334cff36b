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

  reload(options: LoadOptions = {}): void {
    if (this.#key !== undefined) this.#start(options);
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = undefined;
  }

  #start({ quiet = false, delayMs = 0 }: LoadOptions): void {
    const key = this.#key as string;
    this.#cancel();
    const abort = new AbortController();
    this.#abort = abort;
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
        return;
      } catch (error) {
        if (abort.signal.aborted) return;
        this.error.value =
          error instanceof ApiError ? error : new ApiError(0, error instanceof Error ? error.message : String(error));
      }
      this.loading.value = false;
    };
    if (delayMs > 0) this.#timer = setTimeout(run, delayMs);
    else void run();
  }
}
