/**
 * The inside of a reader thread. Which store it opens is not decided here: the module that is the thread's entry point
 * passes `open`, because history knows no engine.
 *
 * @example
 * // reader-thread.ts of the composition root
 * if (parentPort) answerQuestions(parentPort, () => openReader(workerData.file));
 */
import type { MessagePort } from 'node:worker_threads';
import type { EventReader } from '../store/event-store.ts';
import { type FromThread, type ToThread, writeError } from './reader-protocol.ts';
import { type SyncHistory, syncHistory } from './sync-history.ts';

/** A reader with a connection of its own. */
export interface OwnReader {
  readonly reader: EventReader;
  close(): void;
}

/** Opens the log and answers questions, one after the other, until told to close. */
export function answerQuestions(port: MessagePort, open: () => OwnReader): void {
  const send = (message: FromThread) => port.postMessage(message);
  let own: OwnReader;
  try {
    own = open();
  } catch (error) {
    send({ ready: false, error: writeError(error) });
    port.close();
    return;
  }
  const answers = syncHistory(own.reader);
  port.on('message', (message: ToThread) => {
    if (message === 'close') {
      own.close();
      port.close();
      return;
    }
    const { id, question, args } = message;
    try {
      const answer = answers[question] as (...args: readonly unknown[]) => ReturnType<SyncHistory[typeof question]>;
      send({ id, value: answer(...args) });
    } catch (error) {
      send({ id, error: writeError(error) });
    }
  });
  send({ ready: true });
}
