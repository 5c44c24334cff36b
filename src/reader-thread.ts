/** Entry point of the reader threads that `main.ts` starts: answers from a read-only connection of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerQuestions } from './history/reader-thread.ts';
import { openReader } from './store/sqlite/store.ts';

if (parentPort) answerQuestions(parentPort, () => openReader((workerData as { db: string }).db));
