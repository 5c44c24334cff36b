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

/** Versions as the log has them, of one object or of few. */
export function storedVersions<T extends KubeObject>(reader: EventReader, events: readonly ObjectEvent[]): Version<T>[] {
  const bodies = new Bodies(reader, events);
  return events.map((event, index) => new StoredVersion<T>(bodies, event, index));
}

/** Who looks at one version mostly looks at its neighbours too: so many are read together. */
const TOGETHER = 16;

class Bodies {
  readonly reader: EventReader;
  readonly #events: readonly ObjectEvent[];
  readonly #blocks: (Uint8Array[] | undefined)[] = [];

  constructor(reader: EventReader, events: readonly ObjectEvent[]) {
    this.reader = reader;
    this.#events = events;
  }

  /** @throws CorruptLogError when this one is: not because of its neighbours */
  body(index: number): Uint8Array {
    const block = Math.floor(index / TOGETHER);
    this.#blocks[block] ??= this.#readTogether(block);
    return this.#blocks[block]?.[index % TOGETHER] ?? this.reader.body(this.#events[index] as ObjectEvent);
  }

  /** None when one of them cannot be read. */
  #readTogether(block: number): Uint8Array[] {
    const events = this.#events.slice(block * TOGETHER, (block + 1) * TOGETHER);
    if (events.length === 1) return [];
    try {
      return this.reader.bodiesOf(events);
    } catch (error) {
      if (error instanceof CorruptLogError) return [];
      throw error;
    }
  }
}

class StoredVersion<T extends KubeObject> implements Version<T> {
  readonly position: Version['position'];
  readonly at: Version['at'];
  readonly type: Version['type'];
  readonly origin: Version['origin'];
  readonly uid: string;
  readonly #bodies: Bodies;
  readonly #index: number;
  #object: T | undefined;

  constructor(bodies: Bodies, event: ObjectEvent, index: number) {
    this.position = event.position;
    this.at = event.at;
    this.type = event.type;
    this.origin = event.origin;
    this.uid = event.object.uid;
    this.#bodies = bodies;
    this.#index = index;
  }

  /** @throws CorruptLogError */
  get object(): T {
    this.#object ??= this.#parse();
    return this.#object;
  }

  #parse(): T {
    const recent = recentOf(this.#bodies.reader);
    const known = recent.get(this.position);
    if (known !== undefined) return known as T;
    try {
      const body = this.#bodies.body(this.#index);
      const object = JSON.parse(utf8.decode(body)) as T;
      recent.set(this.position, object, { size: body.length + 1 });
      return object;
    } catch (error) {
      if (error instanceof CorruptLogError) throw error;
      throw new CorruptLogError(`the version of event ${this.position} is not JSON`, { cause: error });
    }
  }
}
