/** A reader thread that ends itself when a certain call reaches its reader, as one does that runs out of memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerQuestions } from '../../../src/history/reader-thread.ts';
import { openReader } from '../../../src/store/sqlite/store.ts';

const { file, diesOf } = workerData as { file: string; diesOf: string };

if (parentPort) {
  answerQuestions(parentPort, () => {
    const { reader, close } = openReader(file);
    const dying = new Proxy(reader, {
      get(target, name) {
        if (name === diesOf) process.exit(1);
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { reader: dying, close };
  });
}
