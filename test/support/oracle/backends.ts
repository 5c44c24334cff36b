/** The oracle's own reading of address lists, from DESIGN's words: which backends one object lists, and in which state. */

export type OracleSource = 'endpoints' | 'endpointslices';
export type OracleState = 'ready' | 'notReady' | 'serving' | 'terminating';

export interface OracleBackend {
  /** Address, Pod uid and ports: what makes it this backend and no other. Flips of one event are in the order of this text. */
  readonly key: string;
  readonly address: string;
  /** Each `name:port/protocol`, or `port/protocol` without a name; sorted, joined by comma; `*` stands for all ports. */
  readonly ports: string;
  /** Empty without a Pod. */
  readonly podUid: string;
  readonly podName: string;
  /** Empty where the list does not tell. */
  readonly node: string;
  readonly zone: string;
  readonly state: OracleState;
}

interface Port {
  name?: string | null;
  port?: number | null;
  protocol?: string | null;
}
interface Reference {
  kind?: string;
  name?: string;
  uid?: string;
}
interface Address {
  ip: string;
  nodeName?: string | null;
  targetRef?: Reference | null;
}
interface Subset {
  addresses?: Address[] | null;
  notReadyAddresses?: Address[] | null;
  ports?: Port[] | null;
}
interface SliceEndpoint {
  addresses: string[];
  conditions?: { ready?: boolean | null; serving?: boolean | null; terminating?: boolean | null } | null;
  targetRef?: Reference | null;
  nodeName?: string | null;
  zone?: string | null;
}
export interface ParsedEndpoints {
  subsets?: Subset[] | null;
}
export interface ParsedSlice {
  endpoints?: SliceEndpoint[] | null;
  ports?: Port[] | null;
}

/** Where a backend is listed twice, the state that comes first here wins. */
const RANK: readonly OracleState[] = ['ready', 'serving', 'terminating', 'notReady'];

export function portText(port: Port): string {
  const number = `${port.port ?? '*'}/${port.protocol ?? 'TCP'}`;
  return port.name ? `${port.name}:${number}` : number;
}

export function portsText(ports: readonly Port[] | null | undefined): string {
  return (ports ?? []).map(portText).sort().join(',');
}

function oracleBackend(
  address: string,
  reference: Reference | null | undefined,
  ports: string,
  state: OracleState,
  node: string | null | undefined,
  zone: string | null | undefined,
): OracleBackend {
  const pod = reference?.kind === 'Pod' ? reference : undefined;
  const podUid = pod?.uid ?? '';
  const key = `${address} ${podUid} ${ports}`;
  return { key, address, ports, podUid, podName: pod?.name ?? '', node: node ?? '', zone: zone ?? '', state };
}

export function backendsOfEndpoints(endpoints: ParsedEndpoints): OracleBackend[] {
  return (endpoints.subsets ?? []).flatMap((subset) => {
    const ports = portsText(subset.ports);
    const list = (addresses: Address[] | null | undefined, state: OracleState) =>
      (addresses ?? []).map((one) => oracleBackend(one.ip, one.targetRef, ports, state, one.nodeName, undefined));
    return [...list(subset.addresses, 'ready'), ...list(subset.notReadyAddresses, 'notReady')];
  });
}

/** `ready: null` means ready, and `serving: null` the same as ready (discovery/v1 EndpointConditions). */
export function stateInSlice(conditions: SliceEndpoint['conditions']): OracleState {
  const ready = conditions?.ready ?? true;
  const serving = conditions?.serving ?? ready;
  if (ready) return 'ready';
  if (conditions?.terminating) return serving ? 'serving' : 'terminating';
  return 'notReady';
}

export function backendsOfSlice(slice: ParsedSlice): OracleBackend[] {
  const ports = portsText(slice.ports);
  return (slice.endpoints ?? []).flatMap((endpoint) =>
    endpoint.addresses.map((address) =>
      oracleBackend(address, endpoint.targetRef, ports, stateInSlice(endpoint.conditions), endpoint.nodeName, endpoint.zone),
    ),
  );
}

/** Every backend once, in the order of its key. */
export function union(listed: readonly OracleBackend[]): OracleBackend[] {
  const byKey = new Map<string, OracleBackend>();
  for (const state of [...RANK].reverse()) {
    for (const one of listed) if (one.state === state) byKey.set(one.key, one);
  }
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
