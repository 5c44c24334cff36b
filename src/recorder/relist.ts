/** What must have happened while a stream was not watched: the difference between what was known and a later complete state. */
import type { Change, ReceivedObject } from '../domain/stream-batch.ts';
import type { ObjectEvent } from '../store/event-store.ts';

/** A known object that the complete state no longer holds. */
export interface Missing {
  readonly missing: ObjectEvent;
}

/**
 * - known but not listed: deleted, final state unknown;
 * - same name with another uid: the known one deleted, the listed one added;
 * - same uid, another version: modified, at least once;
 * - not known: added;
 * - same uid and version: nothing.
 *
 * Whatever was created and deleted in between is invisible. That is why the gap stays even if nothing differs.
 * Deletions come first, then the rest in the order of the list.
 *
 * @param epoch of the complete state: versions of another epoch say nothing about each other
 */
export function inferChanges(
  known: readonly ObjectEvent[],
  listed: readonly ReceivedObject[],
  epoch: number,
): (Change | Missing)[] {
  const listedUids = new Set(listed.map(({ uid }) => uid));
  const knownByUid = new Map(known.map((event) => [event.object.uid, event]));
  const missing = known.filter(({ object }) => !listedUids.has(object.uid)).map((event) => ({ missing: event }));
  const changes = listed.flatMap((object): Change[] => {
    const before = knownByUid.get(object.uid);
    if (before === undefined) return [{ type: 'ADDED', object }];
    if (before.epoch === epoch && before.resourceVersion === object.resourceVersion) return [];
    return [{ type: 'MODIFIED', object }];
  });
  return [...missing, ...changes];
}
