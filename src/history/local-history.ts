/** {@link History} in the asking thread: for commands, which ask one thing and end. */
import type { EventReader } from '../store/event-store.ts';
import type { History } from './history.ts';
import { historyOf, type SyncHistory, syncHistory } from './sync-history.ts';

/** @param close what to do with the reader's connection at the end */
export function localHistory(reader: EventReader, close: () => void = () => {}): History {
  const answers = syncHistory(reader);
  return historyOf(
    async (name, args) => (answers[name] as (...args: unknown[]) => ReturnType<SyncHistory[typeof name]>)(...args),
    async () => close(),
  );
}
