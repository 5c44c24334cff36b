/**
 * {@link History} from a small pool of reader threads, each with its own read-only connection, so that a heavy question
 * delays neither the recorder nor the questions beside it.
 */
import { Worker } from 'node:worker_threads';
import type { History } from './history.ts';
import { type FromThread, readError, type ToThread } from './reader-protocol.ts';
import { historyOf, type Question } from './sync-history.ts';

/** The thread that was answering ended before it could. The question may be put again. */
export class ReaderThreadError extends Error {
  override name = 'ReaderThreadError';
}

export interface ReaderThreads {
  /** Entry point of a thread: calls `answerQuestions`. */
  readonly module: URL;
  /** Handed to the thread as its `workerData`: how to open the log. Plain data. */
  readonly data: unknown;
  /** Default 2: one for a heavy question, one for the light ones beside it. */
  readonly threads?: number;
}

/**
 * Starts the threads and waits until each has opened the log.
 *
 * @throws LogUnusableError, or whatever else the opening threw in the thread
 */
export async function threadedHistory({ module, data, threads = 2 }: ReaderThreads): Promise<History> {
  const pool = new Pool(() => new ReaderThread(module, data), threads);
  await pool.ready();
  return historyOf(
    (question, args) => pool.ask(question, args),
    () => pool.close(),
  );
}

/** Questions go to the thread with the fewest waiting; a thread that died is replaced by the next question. */
class Pool {
  readonly #start: () => ReaderThread;
  readonly #threads: ReaderThread[];
  #closed = false;

  constructor(start: () => ReaderThread, size: number) {
    this.#start = start;
    this.#threads = Array.from({ length: Math.max(1, size) }, start);
  }

  async ready(): Promise<void> {
    try {
      await Promise.all(this.#threads.map((thread) => thread.ready));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async ask(question: Question, args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) throw new ReaderThreadError('the log is closed');
    this.#threads.forEach((thread, index) => {
      if (thread.ended) this.#threads[index] = this.#start();
    });
    const idlest = this.#threads.reduce((a, b) => (b.waiting < a.waiting ? b : a));
    return idlest.ask(question, args);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

class ReaderThread {
  /** Settles when the thread has opened the log, or could not. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #ended = false;

  constructor(module: URL, data: unknown) {
    this.#worker = new Worker(module, { workerData: data, name: 'reader' });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    // Whoever asks meets the failure; a thread that nobody asks must not end the process by it.
    promise.catch(() => {});
    const fail = (error: Error) => {
      this.#ended = true;
      reject(error);
      for (const waiting of this.#waiting.values()) waiting.reject(error);
      this.#waiting.clear();
    };
    this.#worker.on('message', (message: FromThread) => {
      if ('ready' in message) message.ready ? resolve() : fail(readError(message.error));
      else this.#settle(message);
    });
    this.#worker.on('messageerror', (error) => {
      fail(new ReaderThreadError(`an answer could not be read: ${error.message}`));
      void this.#worker.terminate();
    });
    this.#worker.on('error', (error: unknown) => {
      fail(new ReaderThreadError(`a reader thread failed: ${error instanceof Error ? error.message : String(error)}`));
    });
    this.#exited = new Promise((exited) => {
      this.#worker.on('exit', () => {
        fail(new ReaderThreadError('a reader thread ended before it had answered'));
        exited();
      });
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  async ask(question: Question, args: readonly unknown[]): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = this.#nextId++;
    // Counted from here on, so that the pool does not pick a thread that is only starting for everything.
    this.#waiting.set(id, { resolve, reject });
    this.ready.then(
      () => this.#send({ id, question, args }),
      (error: Error) => this.#settle({ id, failure: error }),
    );
    return promise;
  }

  /** Waits for the answers under way. */
  async close(): Promise<void> {
    await this.ready.catch(() => {});
    if (!this.#ended) this.#send('close');
    await this.#exited;
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #settle(
    message:
      | { id: number; value: unknown }
      | { id: number; error: Parameters<typeof readError>[0] }
      | { id: number; failure: Error },
  ): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (!waiting) return;
    if ('failure' in message) waiting.reject(message.failure);
    else if ('error' in message) waiting.reject(readError(message.error));
    else waiting.resolve(message.value);
  }
}
