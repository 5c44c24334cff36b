/** The address list of each Service as the log has it so far, per source: what the next event is compared with. */
import { LRUCache } from 'lru-cache';
import {
  type AddressGroup,
  type BackendCounts,
  type BackendList,
  backendsOfEndpoints,
  backendsOfSlice,
  countBackends,
  groupsOfEndpoints,
  groupsOfSlice,
  mergeBackendLists,
  NO_BACKENDS,
  serviceOfSlice,
} from '../domain/backends.ts';
import { diffBackends, type Flip } from '../domain/flips.ts';
import { follow } from '../domain/followed-list.ts';
import type { EndpointSlice, Endpoints, KubeObject } from '../domain/objects.ts';
import { MAX_INSTANT } from '../domain/time.ts';
import type { ClusterId, EventReader, ObjectEvent, ObjectId, Position } from '../store/event-store.ts';

/** One Endpoints object or slice: its backends, and what is needed to bound the next flip. */
export interface ListVersion {
  readonly backends: BackendList;
  /** The version itself without its lists; `undefined` when the object does not exist. */
  readonly object: KubeObject | undefined;
}

export const NO_LIST: ListVersion = { backends: NO_BACKENDS, object: undefined };

/** The slices of one Service, and the counts over all of them. */
export interface SliceLists {
  readonly byObject: Map<ObjectId, ListVersion>;
  counts: BackendCounts;
}

export interface ServiceScope {
  readonly clusterId: ClusterId;
  readonly namespace: string;
  readonly name: string;
}

/** A version and how it differs from the one before. */
export interface ChangedList {
  readonly after: ListVersion;
  readonly flips: readonly Flip[];
}

/** Backends kept in memory over all Services, in each source, of some 500 bytes each; the rest is read from the log when needed. */
const MAX_BACKENDS = 50_000;
/** Addresses as received that are kept to find the next version's changes by; there only the busiest lists matter. */
const MAX_ITEMS = 50_000;

export class AddressLists {
  readonly #endpoints = new LRUCache<string, ListVersion>({
    maxSize: MAX_BACKENDS,
    sizeCalculation: ({ backends }) => backends.size + 1,
  });
  readonly #slices = new LRUCache<string, SliceLists>({
    maxSize: MAX_BACKENDS,
    sizeCalculation: ({ byObject }) => byObject.values().reduce((sum, { backends }) => sum + backends.size, 1),
  });
  /** What lists were read from. */
  readonly #groups = new LRUCache<BackendList, readonly AddressGroup[]>({
    maxSize: MAX_ITEMS,
    sizeCalculation: (groups) => groups.reduce((sum, { items }) => sum + items.length, 1),
  });

  /** As of the event before `position`. */
  endpointsBefore(log: EventReader, service: ServiceScope, position: Position): ListVersion {
    const key = cacheKey(service);
    const cached = this.#endpoints.get(key);
    if (cached) return cached;
    const event = log.objectAt({ ...service, resource: 'v1/endpoints', at: MAX_INSTANT, asOf: (position - 1) as Position });
    const list = event && event.type !== 'DELETED' ? endpointsVersion(parse(log, event)) : NO_LIST;
    this.#endpoints.set(key, list);
    return list;
  }

  setEndpoints(service: ServiceScope, list: ListVersion): void {
    this.#endpoints.set(cacheKey(service), list);
  }

  /** @param before is not to be used any more but for its `object` */
  nextEndpoints(before: ListVersion, object: KubeObject | undefined): ChangedList {
    return this.#next(before, object, object === undefined ? [] : groupsOfEndpoints(object as Endpoints));
  }

  /** @param before is not to be used any more but for its `object` */
  nextSlice(before: ListVersion, object: KubeObject | undefined): ChangedList {
    return this.#next(before, object, object === undefined ? [] : groupsOfSlice(object as EndpointSlice));
  }

  /** As of the event before `position`. Change it as the event changes the Service, and {@link setSlices}. */
  slicesBefore(log: EventReader, service: ServiceScope, position: Position): SliceLists {
    const key = cacheKey(service);
    const cached = this.#slices.get(key);
    if (cached) return cached;
    const { name, ...scope } = service;
    const byObject = new Map<ObjectId, ListVersion>();
    const events = log.slicesAt({ ...scope, service: name, at: MAX_INSTANT, asOf: (position - 1) as Position });
    for (const event of events) {
      const slice = parse(log, event);
      if (serviceOfSlice(slice) === name) byObject.set(event.objectId, sliceVersion(slice));
    }
    const merged = mergeBackendLists([...byObject.values()].map(({ backends }) => backends));
    const lists = { byObject, counts: countBackends(merged) };
    this.#slices.set(key, lists);
    return lists;
  }

  setSlices(service: ServiceScope, lists: SliceLists): void {
    const key = cacheKey(service);
    // What is set again as it was is not measured again.
    this.#slices.delete(key);
    this.#slices.set(key, lists);
  }

  #next({ backends: known }: ListVersion, object: KubeObject | undefined, groups: readonly AddressGroup[]): ChangedList {
    const former = this.#groups.get(known);
    this.#groups.delete(known);
    if (object === undefined) return { after: NO_LIST, flips: diffBackends(known, NO_BACKENDS) };
    const { backends, groups: next, flips } = follow({ backends: known, groups: former }, groups);
    if (next !== undefined) this.#groups.set(backends, next);
    return { after: { backends, object: { metadata: object.metadata } }, flips };
  }

  /** After a transaction was rolled back: what is kept here may never have happened. */
  forget(): void {
    this.#groups.clear();
    this.#endpoints.clear();
    this.#slices.clear();
  }
}

function endpointsVersion(object: KubeObject): ListVersion {
  return { backends: backendsOfEndpoints(object as Endpoints), object: { metadata: object.metadata } };
}

function sliceVersion(object: KubeObject): ListVersion {
  return { backends: backendsOfSlice(object as EndpointSlice), object: { metadata: object.metadata } };
}

function parse(log: EventReader, event: ObjectEvent): KubeObject {
  return JSON.parse(Buffer.from(log.body(event)).toString()) as KubeObject;
}

function cacheKey({ clusterId, namespace, name }: ServiceScope): string {
  return `${clusterId} ${namespace}/${name}`;
}
