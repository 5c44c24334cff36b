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
 * Deletions come first, then the rest in the order of the list; one at a time, for there may be hundreds of thousands.
 *
 * @param epoch of the complete state: versions of another epoch say nothing about each other
 */
export function* inferChanges(
  known: readonly ObjectEvent[],
  listed: readonly ReceivedObject[],
  epoch: number,
): Generator<Change | Missing> {
  const knownByUid = new Map(known.map((event) => [event.object.uid, event]));
  const missing = new Set(knownByUid.keys());
  for (const { uid } of listed) missing.delete(uid);
  for (const event of known) if (missing.has(event.object.uid)) yield { missing: event };
  for (const object of listed) {
    const before = knownByUid.get(object.uid);
    if (before === undefined) yield { type: 'ADDED', object };
    else if (before.epoch !== epoch || before.resourceVersion !== object.resourceVersion) yield { type: 'MODIFIED', object };
  }
}
