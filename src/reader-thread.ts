/** Entry point of a reader thread: the composition root's second, small half. `workerData` is a {@link ReaderThreadData}. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerQuestions } from './history/reader-thread.ts';
import { openReader } from './store/sqlite/store.ts';

/** Where a thread finds its log. */
export interface ReaderThreadData {
  readonly file: string;
}

if (parentPort) answerQuestions(parentPort, () => openReader((workerData as ReaderThreadData).file));
