/**
 * The demo cluster's store: what etcd and the API server's watch cache are to a real one. Holds the current objects, gives
 * every write a resourceVersion, and remembers the latest changes so that a watch can resume.
 */
import { RESOURCES, type ResourceName, resourceNamed } from '../domain/resources.ts';
import type { DemoObject } from './objects.ts';

/** One version of an object, and its JSON written once. Never changed after it was made. */
export interface StoredObject<T extends DemoObject = DemoObject> {
  readonly key: string;
  readonly object: Readonly<T>;
  /** With `kind` and `apiVersion`, as a watch sends it and a GET answers. */
  readonly json: string;
}

/** One write, as a watch tells it. Holds the text alone: many of them are remembered. */
export interface StateChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ResourceName;
  readonly version: number;
  readonly key: string;
  /** Empty for a cluster-scoped object. */
  readonly namespace: string;
  /** The object after the write; a deleted one as it last was, at the version of its deletion. */
  readonly json: string;
}

export type StateListener = (change: StateChange, object: Readonly<DemoObject>) => void;

/** The versions after `since` were forgotten, in part or all. */
export class VersionTooOldError extends Error {
  override name = 'VersionTooOldError';
  readonly since: number;
  readonly oldest: number;

  constructor(since: number, oldest: number) {
    super(`too old resource version: ${since} (${oldest})`);
    this.since = since;
    this.oldest = oldest;
  }
}

/** A write named an object that does not exist, or does already: a fault of the demo's own controllers. */
export class StateConflictError extends Error {
  override name = 'StateConflictError';
}

interface Shelf {
  readonly objects: Map<string, StoredObject>;
  /** The objects as they were at `oldest`. Shares all that did not change since. */
  readonly base: Map<string, StoredObject>;
  /** Oldest first; at most the state's `historyLimit`, plus a quarter so that cutting is rare. */
  history: StateChange[];
  /** Watches may resume from this version or a later one, and the state at each of them can be listed. */
  oldest: number;
}

export interface ClusterStateOptions {
  /** How many changes of each resource a watch can look back on. Default 500: some ten minutes of the demo. */
  readonly historyLimit?: number;
}

/** What the state begins with: one resource as it stood at a version. */
export interface InitialResource {
  readonly objects: readonly DemoObject[];
  /** The version up to which the resource is known to be like this. A watch may resume from here. */
  readonly version: number;
}

export class ClusterState {
  readonly #shelves = new Map<ResourceName, Shelf>();
  readonly #listeners = new Set<StateListener>();
  readonly #historyLimit: number;
  #version = 0;

  /** Resources that `initial` leaves out begin empty, at the latest version of the others. */
  constructor(initial: ReadonlyMap<ResourceName, InitialResource>, options: ClusterStateOptions = {}) {
    this.#historyLimit = options.historyLimit ?? 500;
    for (const { version } of initial.values()) this.#version = Math.max(this.#version, version);
    for (const { name } of RESOURCES) {
      const { objects, version } = initial.get(name) ?? { objects: [], version: this.#version };
      const stored = objects.map((object) => store(object));
      const entries = stored.map((each) => [each.key, each] as const);
      this.#shelves.set(name, { objects: new Map(entries), base: new Map(entries), history: [], oldest: version });
    }
  }

  /** The version of the latest write of any resource. */
  get version(): number {
    return this.#version;
  }

  /** All objects of a resource, ordered by namespace and name as the API server lists them. */
  list<T extends DemoObject>(resource: ResourceName): StoredObject<T>[] {
    return byKey(this.#shelf(resource).objects) as StoredObject<T>[];
  }

  /**
   * All objects of a resource as they were at a version, in the same order.
   *
   * @throws VersionTooOldError
   */
  listAt(resource: ResourceName, version: number): StoredObject[] {
    if (version === this.#version) return this.list(resource);
    const { base, history, oldest } = this.#shelf(resource);
    if (version < oldest) throw new VersionTooOldError(version, oldest);
    const objects = new Map(base);
    for (const change of history) {
      if (change.version > version) break;
      apply(change, objects);
    }
    return byKey(objects);
  }

  /** Like {@link list}, without the order and the JSON: for controllers that look through everything. */
  *objects<T extends DemoObject>(resource: ResourceName): Iterable<Readonly<T>> {
    for (const { object } of this.#shelf(resource).objects.values()) yield object as T;
  }

  get<T extends DemoObject>(resource: ResourceName, key: string): StoredObject<T> | undefined {
    return this.#shelf(resource).objects.get(key) as StoredObject<T> | undefined;
  }

  /** @throws StateConflictError when there is one of that name. */
  create<T extends DemoObject>(resource: ResourceName, object: T): Readonly<T> {
    const key = keyOf(object);
    if (this.#shelf(resource).objects.has(key)) throw new StateConflictError(`${resource} ${key} exists`);
    return this.#write('ADDED', resource, object) as T;
  }

  /**
   * Lets `change` edit a copy of the object and writes that. A copy that comes out the same is not written and makes no
   * version, as on a real API server.
   *
   * @param change Edits the draft in place.
   * @returns The object as it now is; `undefined` when it does not exist.
   */
  edit<T extends DemoObject>(resource: ResourceName, key: string, change: (draft: T) => void): Readonly<T> | undefined {
    const stored = this.get<T>(resource, key);
    if (stored === undefined) return undefined;
    const draft = JSON.parse(stored.json) as T;
    change(draft);
    if (JSON.stringify(draft) === stored.json) return stored.object;
    return this.#write('MODIFIED', resource, draft) as T;
  }

  /** Does nothing when the object is gone already. */
  remove(resource: ResourceName, key: string): void {
    const stored = this.get(resource, key);
    if (stored !== undefined) this.#write('DELETED', resource, JSON.parse(stored.json) as DemoObject);
  }

  /**
   * The changes of a resource after a version, oldest first.
   *
   * @throws VersionTooOldError
   */
  changesSince(resource: ResourceName, version: number): readonly StateChange[] {
    const { history, oldest } = this.#shelf(resource);
    if (version < oldest) throw new VersionTooOldError(version, oldest);
    const first = history.findIndex((change) => change.version > version);
    return first < 0 ? [] : history.slice(first);
  }

  /** Calls `listener` with every change from now on, right after it was written. @returns A function that ends it. */
  subscribe(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #write(type: StateChange['type'], resource: ResourceName, draft: DemoObject): Readonly<DemoObject> {
    const version = ++this.#version;
    draft.metadata.resourceVersion = String(version);
    const stored = store(draft);
    const shelf = this.#shelf(resource);
    if (type === 'DELETED') shelf.objects.delete(stored.key);
    else shelf.objects.set(stored.key, stored);
    const { key, json } = stored;
    const change: StateChange = { type, resource, version, key, namespace: draft.metadata.namespace ?? '', json };
    shelf.history.push(change);
    if (shelf.history.length > this.#historyLimit * 1.25) {
      const dropped = shelf.history.splice(0, shelf.history.length - this.#historyLimit);
      for (const each of dropped) apply(each, shelf.base);
      shelf.oldest = dropped.at(-1)?.version ?? shelf.oldest;
    }
    for (const listener of [...this.#listeners]) listener(change, draft);
    return draft;
  }

  #shelf(resource: ResourceName): Shelf {
    return this.#shelves.get(resourceNamed(resource).name) as Shelf;
  }
}

/** `store/cart`; for a cluster-scoped object `/node-1`. */
export function keyOf(object: DemoObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** The object as an item of a list, which carries neither `kind` nor `apiVersion`. */
export function itemJson({ json, object }: StoredObject): string {
  return `{${json.slice(typeMeta(object).length)}`;
}

function store(object: DemoObject): StoredObject {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return { key: keyOf(object), object, json: typeMeta(object) + JSON.stringify(rest).slice(1) };
}

function byKey(objects: ReadonlyMap<string, StoredObject>): StoredObject[] {
  return [...objects.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function apply({ type, key, json }: StateChange, objects: Map<string, StoredObject>): void {
  if (type === 'DELETED') objects.delete(key);
  else objects.set(key, { key, json, object: JSON.parse(json) as DemoObject });
}

/** How the JSON of an object begins. */
function typeMeta({ kind, apiVersion }: Readonly<DemoObject>): string {
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`;
}
