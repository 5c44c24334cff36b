/** From which of the two kinds of address list an answer is drawn, and the list itself at one instant. */
import {
  type BackendList,
  backendsOfEndpoints,
  backendsOfSlice,
  isTruncated,
  mergeBackendLists,
  NO_BACKENDS,
  type Source,
  serviceOfSlice,
} from '../domain/backends.ts';
import type { EndpointSlice, Endpoints } from '../domain/objects.ts';
import type { ResourceName } from '../domain/resources.ts';
import { type EpochMs, MAX_INSTANT } from '../domain/time.ts';
import { type ClusterId, CorruptLogError, type EventReader, type ObjectEvent } from '../store/event-store.ts';
import { coverageAt, type InstantCoverage, type KnownSpan } from './gaps.ts';
import { knownOf, type LogView } from './log-view.ts';
import type { SeenService } from './resolve.ts';

export const RESOURCE_OF_SOURCE: Readonly<Record<Source, ResourceName>> = {
  endpoints: 'v1/endpoints',
  endpointslices: 'discovery.k8s.io/v1/endpointslices',
};

/**
 * The source of an answer about one instant: Endpoints where the Service has such an object, else slices. Two exceptions
 * keep the answer true: slices where the cluster no longer serves Endpoints (they may be switched off since Kubernetes
 * 1.33), and Endpoints where slices were not watched, for then their absence says nothing.
 */
export function sourceAt(hasEndpoints: boolean, endpoints: InstantCoverage, slices: InstantCoverage): Source {
  if (hasEndpoints) return isSwitchedOff(endpoints) && slices.status === 'complete' ? 'endpointslices' : 'endpoints';
  return slices.status !== 'complete' && endpoints.status === 'complete' ? 'endpoints' : 'endpointslices';
}

function isSwitchedOff({ gap }: InstantCoverage): boolean {
  return gap !== undefined && gap.to === undefined && gap.reason === 'not-served';
}

/** The resource that tells of addresses where no single Service is asked about: Endpoints, unless that is lost or never was. */
export function primarySource(endpoints: readonly (readonly KnownSpan[])[], slices: readonly (readonly KnownSpan[])[]): Source {
  if (slices.length === 0) return 'endpoints';
  const served = endpoints.some((known) => known.at(-1)?.end?.code !== 'not-served');
  return served ? 'endpoints' : 'endpointslices';
}

/**
 * The source that tells a Service's whole story: Endpoints where it ever had them, else slices; slices also where the
 * cluster no longer serves Endpoints.
 */
export function sourceOfService(view: LogView, service: SeenService): Source {
  const { cluster, namespace, record } = service;
  const told = (source: Source) =>
    record !== undefined &&
    view.reader.countsAt({ serviceId: record.id, source, at: MAX_INSTANT, asOf: view.asOf }) !== undefined;
  if (!told('endpoints'))
    return told('endpointslices') || !isWatched(view, service, 'endpoints') ? 'endpointslices' : 'endpoints';
  const last = knownOf(view, cluster.id, 'v1/endpoints', namespace).at(-1);
  return last?.end?.code === 'not-served' && told('endpointslices') ? 'endpointslices' : 'endpoints';
}

function isWatched(view: LogView, { cluster, namespace }: SeenService, source: Source): boolean {
  return knownOf(view, cluster.id, RESOURCE_OF_SOURCE[source], namespace).length > 0;
}

/** {@link sourceAt} for one Service at one instant. */
export function sourceOfServiceAt(view: LogView, { cluster, namespace, name }: SeenService, at: EpochMs): Source {
  const event = view.reader.objectAt({ clusterId: cluster.id, resource: 'v1/endpoints', namespace, name, at, asOf: view.asOf });
  const covered = (source: Source) => coverageAt(knownOf(view, cluster.id, RESOURCE_OF_SOURCE[source], namespace), at);
  return sourceAt(event !== undefined && event.type !== 'DELETED', covered('endpoints'), covered('endpointslices'));
}

/** A Service's address list as the log tells it of one instant. */
export interface ListedAt {
  readonly list: BackendList;
  /** Endpoints was cut at 1,000 addresses. */
  readonly truncated: boolean;
  /** The newest event that the list rests on; 0 for none. */
  readonly position: number;
}

const NOTHING: ListedAt = { list: NO_BACKENDS, truncated: false, position: 0 };

/** @throws CorruptLogError */
export function listedAt(view: LogView, service: SeenService, source: Source, at: EpochMs): ListedAt {
  return source === 'endpoints' ? endpointsAt(view, service, at) : slicesAt(view, service, at);
}

function endpointsAt({ reader, asOf }: LogView, { cluster, namespace, name }: SeenService, at: EpochMs): ListedAt {
  const event = reader.objectAt({ clusterId: cluster.id, resource: 'v1/endpoints', namespace, name, at, asOf });
  if (event === undefined) return NOTHING;
  if (event.type === 'DELETED') return { ...NOTHING, position: event.position };
  const endpoints = parseBody<Endpoints>(reader, event);
  return { list: backendsOfEndpoints(endpoints), truncated: isTruncated(endpoints), position: event.position };
}

function slicesAt({ reader, asOf }: LogView, service: SeenService, at: EpochMs): ListedAt {
  const { cluster, namespace, name, record } = service;
  const events = reader.slicesAt({ clusterId: cluster.id, namespace, service: name, at, asOf });
  // One whose label was taken away, or names another Service by then, is not its slice any more.
  const own = events
    .map((event) => ({ position: event.position, slice: parseBody<EndpointSlice>(reader, event) }))
    .filter(({ slice }) => serviceOfSlice(slice) === name);
  const list = mergeBackendLists(own.map(({ slice }) => backendsOfSlice(slice)));
  // A slice that was taken away is among the events no more, but its departure is one of the Service's counts.
  const counts = record && reader.countsAt({ serviceId: record.id, source: 'endpointslices', at, asOf });
  return { list, truncated: false, position: Math.max(0, counts?.position ?? 0, ...own.map(({ position }) => position)) };
}

const utf8 = new TextDecoder();

function parseBody<T>(reader: EventReader, event: ObjectEvent): T {
  const text = utf8.decode(reader.body(event));
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new CorruptLogError(`the version of event ${event.position} is not JSON`);
  }
}

/** The spans in which a source told of a Service's namespace. */
export function knownOfSource(view: LogView, clusterId: ClusterId, source: Source, namespace: string): KnownSpan[] {
  return knownOf(view, clusterId, RESOURCE_OF_SOURCE[source], namespace);
}
