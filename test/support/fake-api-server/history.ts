/** What happened in a cluster: one revision counts every write of every resource, as in etcd. */
import { type ResourceName, resourceNamed } from '../../../src/domain/resources.ts';

export interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly [field: string]: unknown;
}

interface Content {
  readonly metadata?: object;
  readonly [field: string]: unknown;
}

export interface HistoryEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly resource: ResourceName;
  readonly object: StoredObject;
}

export class ClusterHistory {
  revision = 1_000;
  /** Versions up to this one are forgotten. */
  compacted = 0;
  readonly events: HistoryEvent[] = [];
  readonly #objects = new Map<string, StoredObject>();
  readonly #listeners = new Set<(event: HistoryEvent) => void>();
  #uids = 0;

  /** Creates or changes the object of this name. `content.metadata` adds labels and the like; it cannot rename the object. */
  put(resource: ResourceName, name: string, content: Content = {}, namespace = 'store'): StoredObject {
    const { kind, apiVersion, namespaced } = resourceNamed(resource);
    const key = `${resource}/${namespace}/${name}`;
    const known = this.#objects.get(key);
    this.revision++;
    const { metadata: more, ...rest } = content;
    const metadata = {
      ...more,
      name,
      ...(namespaced ? { namespace } : {}),
      uid: known?.metadata.uid ?? `uid-${++this.#uids}`,
      resourceVersion: String(this.revision),
    };
    const object = { kind, apiVersion, metadata, ...rest };
    this.#objects.set(key, object);
    this.#happened({ type: known ? 'MODIFIED' : 'ADDED', revision: this.revision, resource, object });
    return object;
  }

  /** A deletion has a version of its own, which the last body carries. */
  remove(resource: ResourceName, name: string, namespace = 'store'): void {
    const key = `${resource}/${namespace}/${name}`;
    const known = this.#objects.get(key);
    if (!known) throw new Error(`there is no ${key}`);
    this.#objects.delete(key);
    this.revision++;
    const object = { ...known, metadata: { ...known.metadata, resourceVersion: String(this.revision) } };
    this.#happened({ type: 'DELETED', revision: this.revision, resource, object });
  }

  /** Forgets every version until now, as etcd's compaction or the restart of an API server does. */
  compact(): void {
    this.compacted = this.revision;
  }

  /** As after the restore of a backup: an earlier revision, with what is given as its only objects. */
  restore(revision: number): void {
    this.revision = revision;
    this.compacted = 0;
    this.events.length = 0;
    this.#objects.clear();
  }

  /**
   * As after the restore of a backup taken at `revision`: every object as it then was, with its uid, and nothing after.
   * The revisions from here on are given out a second time.
   */
  backTo(revision: number): void {
    const kept = this.events.filter((each) => each.revision <= revision);
    const objects = this.#objectsAt(revision);
    this.restore(revision);
    this.events.push(...kept);
    for (const [key, object] of objects) this.#objects.set(key, object);
  }

  /**
   * The objects now, or as they were at a version, sorted by key as etcd lists them: not in the order of their versions.
   */
  list(resource: ResourceName, namespace?: string, version = this.revision): StoredObject[] {
    return [...(version === this.revision ? this.#objects : this.#objectsAt(version))]
      .filter(
        ([key, { metadata }]) => key.startsWith(`${resource}/`) && (namespace === undefined || metadata.namespace === namespace),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  since(resource: ResourceName, revision: number, namespace?: string): HistoryEvent[] {
    return this.events.filter((each) => each.revision > revision && concerns(each, resource, namespace));
  }

  follow(listener: (event: HistoryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #objectsAt(version: number): Map<string, StoredObject> {
    const objects = new Map<string, StoredObject>();
    for (const { type, revision, resource, object } of this.events) {
      if (revision > version) break;
      const key = `${resource}/${object.metadata.namespace ?? 'store'}/${object.metadata.name}`;
      if (type === 'DELETED') objects.delete(key);
      else objects.set(key, object);
    }
    return objects;
  }

  #happened(event: HistoryEvent): void {
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

export function concerns(event: HistoryEvent, resource: ResourceName, namespace?: string): boolean {
  return event.resource === resource && (namespace === undefined || event.object.metadata.namespace === namespace);
}
