/**
 * What the endpoints and the endpointslice controller make of a Service and its Pods. Pure. Checked in the tests against
 * what the real controllers wrote during the incident.
 */
import {
  type EndpointSlice,
  isReady,
  isTerminating,
  matches,
  type Pod,
  type Port,
  type Service,
  type SliceEndpoint,
  type Subset,
} from '../objects.ts';

/** The Pods that a Service selects. A Service without a selector selects none: people write its Endpoints. */
export function selectedPods(service: Readonly<Service>, pods: Iterable<Readonly<Pod>>): Readonly<Pod>[] {
  const { selector } = service.spec;
  if (selector === undefined) return [];
  const inNamespace = [...pods].filter(({ metadata }) => metadata.namespace === service.metadata.namespace);
  return inNamespace.filter(({ metadata }) => matches(selector, metadata.labels));
}

/**
 * The subsets of a Service's Endpoints: one for each set of ports, addresses ordered as text (endpoints_controller.go,
 * `syncService`; endpoints/util.go, `RepackSubsets`). A terminating Pod is left out at once; with
 * `publishNotReadyAddresses` it stays, and every Pod counts as ready.
 *
 * @param pods Those that the Service selects.
 */
export function subsetsOf(service: Readonly<Service>, pods: readonly Readonly<Pod>[]): Subset[] {
  const publishAll = service.spec.publishNotReadyAddresses === true;
  const subsets = new Map<string, Required<Subset>>();
  for (const pod of pods) {
    if (!hasAddress(pod) || (isTerminating(pod) && !publishAll)) continue;
    const ports = portsOf(service, pod);
    const portsKey = JSON.stringify(ports);
    const subset = subsets.get(portsKey) ?? { addresses: [], notReadyAddresses: [], ports };
    subsets.set(portsKey, subset);
    const list = publishAll || isReady(pod) ? subset.addresses : subset.notReadyAddresses;
    list.push({ ip: pod.status.podIP ?? '', ...nodeNameOf(pod), targetRef: referenceTo(pod) });
  }
  return [...subsets.values()].map(({ addresses, notReadyAddresses, ports }) => ({
    ...(addresses.length > 0 ? { addresses: addresses.sort(byIp) } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses: notReadyAddresses.sort(byIp) } : {}),
    ports,
  }));
}

export interface SliceContent {
  readonly endpoints: SliceEndpoint[];
  readonly ports: EndpointSlice['ports'];
}

/**
 * The endpoints of a Service's slices, one content for each set of ports (endpointslice utils.go, `podToEndpoint`).
 * Terminating Pods stay in, perhaps still serving.
 *
 * @param pods Those that the Service selects.
 * @param zoneOf The zone of a node, if it has one.
 */
export function sliceContentsOf(
  service: Readonly<Service>,
  pods: readonly Readonly<Pod>[],
  zoneOf: (node: string) => string | undefined,
): SliceContent[] {
  const contents = new Map<string, SliceContent>();
  for (const pod of pods) {
    if (!hasAddress(pod)) continue;
    const ports = portsOf(service, pod).map(({ name = '', port, protocol }) => ({ name, protocol, port }));
    const portsKey = JSON.stringify(ports);
    const content = contents.get(portsKey) ?? { endpoints: [], ports };
    contents.set(portsKey, content);
    const serving = isReady(pod);
    const terminating = isTerminating(pod);
    const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
    const zone = zoneOf(pod.spec.nodeName ?? '');
    content.endpoints.push({
      addresses: [pod.status.podIP ?? ''],
      conditions: { ready, serving, terminating },
      targetRef: referenceTo(pod),
      ...nodeNameOf(pod),
      ...(zone === undefined ? {} : { zone }),
    });
  }
  return [...contents.values()];
}

/** A Pod that has ended for good (`Succeeded`, `Failed`) has no place in any address list (`ShouldPodBeInEndpoints`). */
function hasAddress({ status }: Readonly<Pod>): boolean {
  return status.phase !== 'Succeeded' && status.phase !== 'Failed' && status.podIP !== undefined && status.podIP !== '';
}

/** A named target port is looked up in the Pod; one that it does not have leaves the port out (`FindPort`). */
function portsOf(service: Readonly<Service>, pod: Readonly<Pod>): Port[] {
  return service.spec.ports.flatMap(({ name, protocol, targetPort }) => {
    const port = typeof targetPort === 'number' ? targetPort : containerPort(pod, targetPort, protocol);
    return port === undefined ? [] : [{ ...(name ? { name } : {}), port, protocol }];
  });
}

function containerPort(pod: Readonly<Pod>, name: string, protocol: string): number | undefined {
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  return ports.find((port) => port.name === name && port.protocol === protocol)?.containerPort;
}

function nodeNameOf({ spec }: Readonly<Pod>): { nodeName?: string } {
  return spec.nodeName === undefined ? {} : { nodeName: spec.nodeName };
}

function referenceTo({ metadata }: Readonly<Pod>): SliceEndpoint['targetRef'] {
  return { kind: 'Pod', namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
}

function byIp(a: { ip: string }, b: { ip: string }): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0;
}
