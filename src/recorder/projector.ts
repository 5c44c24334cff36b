/**
 * Turns events into projections: flips, counts, lifespans and coverage. It is the only way they are made, whether the
 * event has just been received or `rebuild` reads it back, so both give the same rows.
 */
import { type BackendCounts, countBackends, isTruncated, type Source, serviceOfSlice } from '../domain/backends.ts';
import { editorsOf, type KubeEvent, noteOf, saidAt } from '../domain/causes/index.ts';
import { amongSlices, countAfter, type Flip, type FlipBounds, inferredFlipBounds, watchedFlipBounds } from '../domain/flips.ts';
import type { EndpointSlice, KubeObject } from '../domain/objects.ts';
import { type EpochMs, epochMs } from '../domain/time.ts';
import {
  isLedgerEvent,
  type LogWriter,
  type ObjectEvent,
  type Position,
  type StoredEvent,
  type StreamId,
} from '../store/event-store.ts';
import { AddressLists, type ListVersion, NO_LIST, type ServiceScope } from './address-lists.ts';

/** What one event does to one Service in one source. */
interface ServiceChange {
  readonly service: ServiceScope;
  readonly source: Source;
  readonly flips: readonly Flip[];
  readonly counts: BackendCounts;
  readonly listed: boolean;
  /** The object's version before the event and with it. */
  readonly versions: readonly [ListVersion, ListVersion];
  readonly firstOrdinal: number;
}

export class Projector {
  readonly #lists = new AddressLists();
  readonly #horizon: Position;

  /** @param horizon up to here history was shed: the events left tell what there was, and nothing of how it came about */
  constructor(horizon = 0 as Position) {
    this.#horizon = horizon;
  }

  /**
   * @param value the version that the event carries, parsed; read from the log when not given
   * @returns how many flips the event brought
   */
  project(log: LogWriter, event: StoredEvent, value?: KubeObject): number {
    if (isLedgerEvent(event)) {
      log.projectLedger(event);
      return 0;
    }
    switch (event.object.resource) {
      case 'v1/endpoints':
        return this.#projectEndpoints(log, event, value ?? parse(log, event));
      case 'discovery.k8s.io/v1/endpointslices':
        return this.#projectSlice(log, event, (value ?? parse(log, event)) as EndpointSlice);
      case 'v1/services':
        log.projectObject(event, event.object.name);
        return 0;
      case 'v1/events':
        log.projectObject(event, undefined);
        // A v1 Event that is deleted has expired: that is nothing that happened to anybody.
        if (event.type !== 'DELETED' && event.position > this.#horizon) projectNote(log, event, value ?? parse(log, event));
        return 0;
      default:
        log.projectObject(event, undefined);
        return 0;
    }
  }

  /** After a transaction was rolled back. */
  forget(): void {
    this.#lists.forget();
  }

  #projectEndpoints(log: LogWriter, event: ObjectEvent, value: KubeObject): number {
    const service = { clusterId: event.object.clusterId, namespace: event.object.namespace, name: event.object.name };
    const before = this.#lists.endpointsBefore(log, service, event.position);
    const { after, flips } = this.#lists.nextEndpoints(before, event.type === 'DELETED' ? undefined : value);
    log.projectObject(event, service.name);
    this.#lists.setEndpoints(service, after);
    return this.#projectService(log, event, {
      service,
      source: 'endpoints',
      flips,
      counts: countBackends(after.backends),
      listed: after !== NO_LIST,
      versions: [before, after],
      firstOrdinal: 0,
    });
  }

  #projectSlice(log: LogWriter, event: ObjectEvent, value: EndpointSlice): number {
    const { clusterId, namespace } = event.object;
    const owner = serviceOfSlice(value);
    const owners = new Set(log.servicesOfSlice(event.objectId));
    if (owner !== undefined) owners.add(owner);
    // All of them before the event is projected: what a list is read from must not know of the event yet.
    const lists = [...owners].map((name) => {
      const service: ServiceScope = { clusterId, namespace, name };
      return { service, slices: this.#lists.slicesBefore(log, service, event.position) };
    });
    log.projectObject(event, owner);
    let firstOrdinal = 0;
    for (const { service, slices } of lists) {
      const { byObject } = slices;
      const before = byObject.get(event.objectId) ?? NO_LIST;
      const gone = event.type === 'DELETED' || service.name !== owner;
      const { after, flips: own } = this.#lists.nextSlice(before, gone ? undefined : value);
      byObject.delete(event.objectId);
      const others = [...byObject.values()].map(({ backends }) => backends);
      const flips = amongSlices(own, others);
      if (after !== NO_LIST) byObject.set(event.objectId, after);
      slices.counts = countAfter(slices.counts, flips);
      this.#lists.setSlices(service, slices);
      const { counts } = slices;
      const listed = byObject.size > 0;
      firstOrdinal += this.#projectService(log, event, {
        service,
        source: 'endpointslices',
        flips,
        counts,
        listed,
        versions: [before, after],
        firstOrdinal,
      });
    }
    return firstOrdinal;
  }

  #projectService(log: LogWriter, event: ObjectEvent, change: ServiceChange): number {
    const { versions, flips, ...projection } = change;
    const [before, after] = versions.map(({ object }) => object);
    // A first snapshot makes no flips: nothing is known of before it.
    const known = event.origin === 'snapshot' || event.position <= this.#horizon ? [] : flips;
    const notBefore = known.length > 0 ? bounds(log, event, versions).notBefore : event.at;
    log.projectService({
      ...projection,
      event,
      truncated: change.source === 'endpoints' && after !== undefined && isTruncated(after),
      editors: after === undefined ? [] : editorsOf(before, after),
      flips: known.map(({ backend, from, to }) => ({ backend, from, to, notBefore })),
    });
    return known.length;
  }
}

function projectNote(log: LogWriter, event: ObjectEvent, value: KubeEvent): void {
  const note = noteOf(value);
  if (note === undefined) return;
  // One that a list tells of may be old.
  const said = event.origin === 'watch' ? undefined : saidAt(value);
  const at = epochMs(Math.min(event.at, said ?? event.at));
  log.projectNote(event.object.clusterId, { ...note, at, position: event.position });
}

function bounds(log: LogWriter, event: ObjectEvent, [before, after]: readonly [ListVersion, ListVersion]): FlipBounds {
  if (event.origin === 'relist') return inferredFlipBounds(gapBegan(log, event) ?? event.at, event.at);
  return watchedFlipBounds(before.object, after.object, event.at);
}

/** Up to when the object was proven known before the gap that the event closes. */
function gapBegan(log: LogWriter, { object, streamId }: ObjectEvent): EpochMs | undefined {
  // Open spans are left out: their proof moves on, and a rebuild would find another one.
  const provenUntil = (id: StreamId) => {
    const span = log.lastSpan(id);
    return span?.end && span.provenAt;
  };
  const own = provenUntil(streamId);
  if (own !== undefined) return own;
  // The stream is new: what was known came from streams of another scope.
  const proofs = log
    .streams(object.clusterId)
    .filter(({ key }) => key.resource === object.resource && (key.namespace ?? object.namespace) === object.namespace)
    .flatMap(({ id }) => provenUntil(id) ?? []);
  return proofs.length > 0 ? epochMs(Math.max(...proofs)) : undefined;
}

function parse(log: LogWriter, event: ObjectEvent): KubeObject {
  return JSON.parse(Buffer.from(log.body(event)).toString()) as KubeObject;
}
