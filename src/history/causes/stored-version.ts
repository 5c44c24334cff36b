/** A version as the log has it; its body is read and parsed when it is first asked for, and once. */
import type { Version } from '../../domain/causes/index.ts';
import type { KubeObject } from '../../domain/objects.ts';
import { CorruptLogError, type EventReader, type ObjectEvent } from '../../store/event-store.ts';

const utf8 = new TextDecoder();

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
    try {
      return JSON.parse(utf8.decode(this.#reader.body(this.#event))) as T;
    } catch (error) {
      if (error instanceof CorruptLogError) throw error;
      throw new CorruptLogError(`the version of event ${this.position} is not JSON`, { cause: error });
    }
  }
}
