/** The versions that objects had over a window. */
import type { KubeObject } from '../domain/objects.ts';
import type { ResourceName } from '../domain/resources.ts';
import type { ChangeType } from '../domain/stream-batch.ts';
import { type EpochMs, epochMs } from '../domain/time.ts';
import {
  type ClusterId,
  CorruptLogError,
  type EventReader,
  type ObjectEvent,
  type Origin,
  type Position,
} from '../store/event-store.ts';
import type { LogView } from './log-view.ts';

export interface Version<T extends KubeObject = KubeObject> {
  readonly position: Position;
  readonly at: EpochMs;
  readonly type: ChangeType;
  readonly origin: Origin;
  readonly name: string;
  readonly uid: string;
  /** What it was, or for a DELETED the last that it was. Untrusted. Read when it is first asked for. @throws CorruptLogError */
  readonly object: T;
}

export interface ObjectsOf {
  readonly clusterId: ClusterId;
  readonly resource: ResourceName;
  readonly namespace: string;
}

export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/**
 * The versions of the object with this name, whichever its uid, by position: the one in force at `from`, if it existed, and
 * those with from < at < to.
 */
export function versionsOf<T extends KubeObject>(
  view: LogView,
  objects: ObjectsOf & { readonly name: string },
  span: Span,
): readonly Version<T>[] {
  return read<T>(view, objects, span);
}

/** The same for every object of a resource in a namespace, by name. */
export function versionsIn<T extends KubeObject>(
  view: LogView,
  objects: ObjectsOf,
  span: Span,
): ReadonlyMap<string, readonly Version<T>[]> {
  return Map.groupBy(read<T>(view, { ...objects, name: { prefix: '' } }, span), ({ name }) => name);
}

function read<T extends KubeObject>(
  { reader, asOf }: LogView,
  objects: ObjectsOf & { readonly name: string | { readonly prefix: string } },
  { from, to }: Span,
): Version<T>[] {
  // The store's spans include their end, an instant of one millisecond.
  return reader.versions({ ...objects, from, to: epochMs(to - 1), asOf }).map((event) => new StoredVersion<T>(reader, event));
}

const utf8 = new TextDecoder();

class StoredVersion<T extends KubeObject> implements Version<T> {
  readonly position: Position;
  readonly at: EpochMs;
  readonly type: ChangeType;
  readonly origin: Origin;
  readonly name: string;
  readonly uid: string;
  readonly #reader: EventReader;
  readonly #event: ObjectEvent;
  #object: T | undefined;

  constructor(reader: EventReader, event: ObjectEvent) {
    this.position = event.position;
    this.at = event.at;
    this.type = event.type;
    this.origin = event.origin;
    this.name = event.object.name;
    this.uid = event.object.uid;
    this.#reader = reader;
    this.#event = event;
  }

  get object(): T {
    this.#object ??= this.#parse();
    return this.#object;
  }

  #parse(): T {
    const text = utf8.decode(this.#reader.body(this.#event));
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new CorruptLogError(`the version of event ${this.position} is not JSON`);
    }
  }
}
