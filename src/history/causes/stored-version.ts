/** A version as the log has it; its body is read and parsed when it is first asked for, and once. */
import { LRUCache } from 'lru-cache';
import type { Version } from '../../domain/causes/index.ts';
import type { KubeObject } from '../../domain/objects.ts';
import { CorruptLogError, type EventReader, type ObjectEvent } from '../../store/event-store.ts';

const utf8 = new TextDecoder();

/** Bytes of the bodies whose objects a reader keeps: the pages of one export look at many objects again. */
const RECENT_BYTES = 4 << 20;
/** By position: what an event carries never changes. */
const recentObjects = new WeakMap<EventReader, LRUCache<number, KubeObject>>();

function recentOf(reader: EventReader): LRUCache<number, KubeObject> {
  const known = recentObjects.get(reader);
  if (known !== undefined) return known;
  const made = new LRUCache<number, KubeObject>({ maxSize: RECENT_BYTES });
  recentObjects.set(reader, made);
  return made;
}

export class StoredVersion<T extends KubeObject> implements Version<T> {
  readonly position: Version['position'];
  readonly at: Version['at'];
  readonly type: Version['type'];
  readonly origin: Version['origin'];
  readonly uid: string;
  readonly #reader: EventReader;
  readonly #event: ObjectEvent;
  #object: T | undefined;

  constructor(reader: EventReader, event: ObjectEvent) {
    this.position = event.position;
    this.at = event.at;
    this.type = event.type;
    this.origin = event.origin;
    this.uid = event.object.uid;
    this.#reader = reader;
    this.#event = event;
  }

  /** @throws CorruptLogError */
  get object(): T {
    this.#object ??= this.#parse();
    return this.#object;
  }

  #parse(): T {
    const recent = recentOf(this.#reader);
    const known = recent.get(this.position);
    if (known !== undefined) return known as T;
    try {
      const body = this.#reader.body(this.#event);
      const object = JSON.parse(utf8.decode(body)) as T;
      recent.set(this.position, object, { size: body.length + 1 });
      return object;
    } catch (error) {
      if (error instanceof CorruptLogError) throw error;
      throw new CorruptLogError(`the version of event ${this.position} is not JSON`, { cause: error });
    }
  }
}
