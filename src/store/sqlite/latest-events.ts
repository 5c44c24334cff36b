/** The latest event of each name that was written lately: a change is held against it, and most names change again. */
import { LRUCache } from 'lru-cache';
import type { ObjectEvent, ObjectId, ObjectIdentity } from '../event-store.ts';

/** A version as it is stored. */
export interface StoredBody {
  /** Its position. */
  readonly body: number;
  /** Raw bytes. */
  readonly size: number;
  /** CRC-32 of the raw bytes. */
  readonly crc: number;
}

export interface LatestEvent extends StoredBody {
  readonly event: ObjectEvent;
}

/** Some 400 bytes each. */
const MAX_NAMES = 20_000;

/**
 * What the tables say, kept beside them: whoever changes rows of events, bodies or lifespans in another way than by appending
 * and projecting clears it.
 */
export class LatestEvents {
  readonly #byName = new LRUCache<string, LatestEvent>({ max: MAX_NAMES });
  #appended: LatestEvent | undefined;

  /** `undefined`: not known here. */
  get(object: Omit<ObjectIdentity, 'uid'>): LatestEvent | undefined {
    return this.#byName.get(keyOf(object));
  }

  set(latest: LatestEvent): void {
    this.#byName.set(keyOf(latest.event.object), latest);
  }

  /** An event counts from when it is projected. */
  append(latest: LatestEvent): void {
    this.#appended = latest;
  }

  project(event: ObjectEvent): void {
    const key = keyOf(event.object);
    const known = this.#byName.get(key);
    const appended = this.#appended?.event.position === event.position ? this.#appended : undefined;
    // The newest holder of a name counts, and which that is can be told only from the one that counted before.
    if (appended !== undefined && known !== undefined && event.objectId >= known.event.objectId) this.#byName.set(key, appended);
    else this.#byName.delete(key);
  }

  /** The object is not in the log any more. */
  forget(object: Omit<ObjectIdentity, 'uid'> & { readonly id: ObjectId }): void {
    const key = keyOf(object);
    if (this.#byName.get(key)?.event.objectId === object.id) this.#byName.delete(key);
    if (this.#appended?.event.objectId === object.id) this.#appended = undefined;
  }

  clear(): void {
    this.#byName.clear();
    this.#appended = undefined;
  }
}

function keyOf({ clusterId, resource, namespace, name }: Omit<ObjectIdentity, 'uid'>): string {
  return `${clusterId} ${resource} ${namespace}/${name}`;
}
