/** Backends: what a Service's address list holds, and the state of each, from Endpoints or from EndpointSlices. */
import {
  type EndpointAddress,
  type EndpointPort,
  type EndpointSlice,
  type Endpoints,
  type ObjectReference,
  objectsOf,
  type SliceEndpoint,
  textOf,
} from './objects.ts';

/** Which of the two kinds of address list an answer is drawn from. */
export type Source = 'endpoints' | 'endpointslices';
export const SOURCES = ['endpoints', 'endpointslices'] as const satisfies readonly Source[];

/**
 * `ready`: in `addresses`; `notReady`: in `notReadyAddresses`. In slices, `ready` unless `conditions.ready` is false;
 * else, when terminating, `serving` or `terminating` by the `serving` condition; else `notReady`.
 */
export type BackendState = 'ready' | 'notReady' | 'serving' | 'terminating';

/** What a flip goes from or to: `absent` is not being listed at all. */
export type FlipState = BackendState | 'absent';

export interface BackendPort {
  /** Empty for the single unnamed port of a Service. */
  readonly name: string;
  /** `undefined` in a slice means "all ports" (discovery/v1 EndpointPort.port). */
  readonly port: number | undefined;
  readonly protocol: string;
}

/** One member of an address list. Address, Pod uid and ports identify it; the rest describes it. */
export interface Backend {
  readonly address: string;
  readonly ports: readonly BackendPort[];
  /** Absent where no Pod stands behind the address (hand-written Endpoints). */
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly node?: string;
  readonly zone?: string;
}

/** A backend as it is listed at one moment. */
export interface ListedBackend {
  /** {@link backendKey} of `backend`. */
  readonly key: string;
  readonly backend: Backend;
  readonly state: BackendState;
}

/** The address list of one Service in one source at one moment, by backend key. */
export type BackendList = ReadonlyMap<string, ListedBackend>;

export const NO_BACKENDS: BackendList = new Map();

/**
 * The ports of a backend in one canonical text, `http:8080/TCP,grpc:9090/TCP`, sorted; an unnamed port is
 * `8080/TCP`, "all ports" is `all/TCP`. It is part of a backend's identity, a CSV column and a key of the store.
 */
export function formatPorts(ports: readonly BackendPort[]): string {
  return ports
    .map(({ name, port, protocol }) => `${name === '' ? '' : `${name}:`}${port ?? 'all'}/${protocol}`)
    .sort()
    .join(',');
}

/** The inverse of {@link formatPorts}. */
export function parsePorts(text: string): BackendPort[] {
  if (text === '') return [];
  return text.split(',').map((each) => {
    const slash = each.lastIndexOf('/');
    const colon = each.lastIndexOf(':', slash);
    const port = each.slice(colon + 1, slash);
    return {
      name: colon < 0 ? '' : each.slice(0, colon),
      port: port === 'all' ? undefined : Number(port),
      protocol: each.slice(slash + 1),
    };
  });
}

/** Identity of a backend: IP + target Pod uid + port set. The same IP with another Pod is another backend. */
export function backendKey(address: string, podUid: string, ports: string): string {
  return `${address} ${podUid} ${ports}`;
}

/** The backends of a v1 Endpoints object. A Pod in two subsets with different ports is two backends. */
export function backendsOfEndpoints(endpoints: Endpoints): BackendList {
  return backendsIn(listedIn(groupsOfEndpoints(endpoints)));
}

/** The backends of one EndpointSlice. */
export function backendsOfSlice(slice: EndpointSlice): BackendList {
  return backendsIn(listedIn(groupsOfSlice(slice)));
}

/** Items of an object's list that are read in one way: `addresses` of a subset, or the `endpoints` of a slice. */
export interface AddressGroup {
  /** As they stand in the object. */
  readonly items: readonly object[];
  /** Groups of one name read equal items as equal backends. */
  readonly name: string;
  /** The backends of an item of the group. */
  readonly backendsOf: (item: object) => readonly ListedBackend[];
}

export function groupsOfEndpoints(endpoints: Endpoints): AddressGroup[] {
  return objectsOf(endpoints.subsets).flatMap((subset) => {
    const ports = canonicalPorts(subset.ports);
    const text = formatPorts(ports);
    const group = (list: readonly EndpointAddress[] | null | undefined, state: BackendState): AddressGroup => ({
      items: objectsOf(list),
      name: `${state} ${text}`,
      backendsOf: (item) => listedAddress(item, ports, text, state),
    });
    return [group(subset.addresses, 'ready'), group(subset.notReadyAddresses, 'notReady')];
  });
}

export function groupsOfSlice(slice: EndpointSlice): AddressGroup[] {
  const ports = canonicalPorts(slice.ports);
  const text = formatPorts(ports);
  return [{ items: objectsOf(slice.endpoints), name: text, backendsOf: (item) => listedEndpoint(item, ports, text) }];
}

/** All that groups list; a backend may be listed more than once. */
export function listedIn(groups: readonly AddressGroup[]): ListedBackend[] {
  const listed: ListedBackend[] = [];
  for (const { items, backendsOf } of groups) for (const item of items) listed.push(...backendsOf(item));
  return listed;
}

/** Of a backend that is listed more than once the better state counts: a client that reads that one would use it. */
export function backendsIn(listed: readonly ListedBackend[]): BackendList {
  const list = new Map<string, ListedBackend>();
  for (const each of listed) addListed(list, each);
  return list;
}

/**
 * The address list of a Service over all its slices. A backend may stand in two slices while it moves between them
 * (discovery/v1: consumers must tolerate duplicates); it then counts once, with the better of its states.
 */
export function mergeBackendLists(lists: Iterable<BackendList>): BackendList {
  const merged = new Map<string, ListedBackend>();
  for (const list of lists) for (const listed of list.values()) addListed(merged, listed);
  return merged;
}

export interface BackendCounts {
  readonly ready: number;
  readonly notReady: number;
  /** States `serving` and `terminating` together; always 0 for Endpoints, which drops a terminating Pod at once. */
  readonly terminating: number;
}

export function countBackends(list: BackendList): BackendCounts {
  let ready = 0;
  let notReady = 0;
  for (const { state } of list.values()) {
    if (state === 'ready') ready++;
    else if (state === 'notReady') notReady++;
  }
  return { ready, notReady, terminating: list.size - ready - notReady };
}

/** True when the endpoints controller cut the object at 1,000 addresses, so that slices alone tell all backends. */
export function isTruncated(endpoints: Endpoints): boolean {
  return endpoints.metadata.annotations?.['endpoints.kubernetes.io/over-capacity'] === 'truncated';
}

/** The Service that a slice belongs to, in the slice's own namespace. */
export function serviceOfSlice(slice: EndpointSlice): string | undefined {
  return textOf(slice.metadata.labels?.['kubernetes.io/service-name']);
}

const RANK: Record<FlipState, number> = { ready: 3, serving: 2, terminating: 1, notReady: 0, absent: -1 };

/** Of two states in which a backend is listed at once, the one that counts: the one more able to serve. */
export function betterState<State extends FlipState>(a: State, b: State): State {
  return RANK[a] >= RANK[b] ? a : b;
}

function addListed(list: Map<string, ListedBackend>, listed: ListedBackend): void {
  const known = list.get(listed.key);
  if (known === undefined || RANK[known.state] < RANK[listed.state]) list.set(listed.key, listed);
}

function listedAddress(
  address: EndpointAddress,
  ports: readonly BackendPort[],
  portsText: string,
  state: BackendState,
): readonly ListedBackend[] {
  const ip = textOf(address.ip);
  if (ip === undefined) return [];
  const described = describePod(address.targetRef);
  const node = textOf(address.nodeName);
  const backend: Backend = { address: ip, ports, ...described, ...(node ? { node } : {}) };
  return [{ key: backendKey(ip, described.pod?.uid ?? '', portsText), backend, state }];
}

/**
 * Nil conditions follow the API: `ready: nil` is to be read as true, `serving: nil` the same as ready (discovery/v1
 * types.go, EndpointConditions).
 */
function listedEndpoint(endpoint: SliceEndpoint, ports: readonly BackendPort[], portsText: string): readonly ListedBackend[] {
  const { ready, serving, terminating } = endpoint.conditions ?? {};
  const isReady = ready ?? true;
  const state = isReady ? 'ready' : terminating ? ((serving ?? isReady) ? 'serving' : 'terminating') : 'notReady';
  const [node, zone] = [textOf(endpoint.nodeName), textOf(endpoint.zone)];
  const described = { ports, ...describePod(endpoint.targetRef), ...(node ? { node } : {}), ...(zone ? { zone } : {}) };
  const addresses: readonly string[] = Array.isArray(endpoint.addresses) ? endpoint.addresses : [];
  return addresses
    .filter((address) => textOf(address) !== undefined)
    .map((address) => ({
      key: backendKey(address, described.pod?.uid ?? '', portsText),
      backend: { address, ...described },
      state,
    }));
}

function describePod(reference: ObjectReference | null | undefined): { pod?: { name: string; uid: string } } {
  if (reference?.kind !== 'Pod') return {};
  return { pod: { name: textOf(reference.name) ?? '', uid: textOf(reference.uid) ?? '' } };
}

function canonicalPorts(ports: readonly EndpointPort[] | null | undefined): BackendPort[] {
  return objectsOf(ports)
    .map(({ name, port, protocol }) => ({
      name: textOf(name) ?? '',
      port: typeof port === 'number' ? port : undefined,
      protocol: textOf(protocol) ?? 'TCP',
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : (a.port ?? 0) - (b.port ?? 0)));
}
