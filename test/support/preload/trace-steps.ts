/** Writes down which thread runs which SQL, on which connection: one line a statement into the file FLIPBOOK_TEST_STEPS. */
import { appendFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { beforeEveryStep } from './sqlite-steps.ts';

/** One line of the file, as JSON. */
export interface TracedStep {
  /** 0: the main thread. */
  readonly thread: number;
  readonly readonly: boolean;
  readonly inTransaction: boolean;
  readonly sql: string;
}

const file = process.env.FLIPBOOK_TEST_STEPS;
if (file !== undefined) {
  beforeEveryStep(({ connection, sql }) => {
    const { readonly, inTransaction } = connection;
    appendFileSync(file, `${JSON.stringify({ thread: threadId, readonly, inTransaction, sql } satisfies TracedStep)}\n`);
  });
}
