/** What the endpoints controllers list, given a Service and a Pod: their rule, written down once more. */
import { type FlipState, formatPorts, type Source } from '../backends.ts';
import type { Service } from '../objects.ts';
import { containersOf, isDeleting, isTerminal, isTrue, type Pod, selects } from './objects.ts';

/** An object as it stood at some instant. `unknown`: the log does not tell whether there was one. */
export type Known<T> = T | 'absent' | 'unknown';

/**
 * The state in which a Service lists a Pod. Sources: k8s.io/endpointslice util/controller_utils.go ShouldPodBeInEndpoints
 * and utils.go podToEndpoint; kubernetes pkg/controller/endpoint/endpoints_controller.go syncService and addEndpointSubset.
 *
 * - Not listed: a Pod that the selector does not match, that has no IP, or whose phase is Succeeded or Failed.
 * - A Pod being deleted leaves Endpoints at once and stays in slices as `serving` or `terminating`; with
 *   `publishNotReadyAddresses` it stays `ready` in both.
 * - `publishNotReadyAddresses` makes every listed Pod `ready`; else its condition Ready decides.
 *
 * A Service that is not known is taken to match: its Pods are then judged alone.
 * @returns `undefined` when the rule cannot say: the Pod is not known, or the Service keeps no list by selector
 */
export function expectedState(source: Source, service: Known<Service>, pod: Known<Pod>): FlipState | undefined {
  if (service === 'absent') return 'absent';
  const spec = service !== 'unknown' && typeof service.spec === 'object' ? (service.spec ?? undefined) : undefined;
  if (service !== 'unknown' && isKeptByHand(service)) return undefined;
  if (pod === 'unknown') return undefined;
  if (pod === 'absent' || !hasAddress(pod) || isTerminal(pod)) return 'absent';
  if (spec !== undefined && !selects(spec.selector, pod.metadata.labels)) return 'absent';
  const publishes = spec?.publishNotReadyAddresses === true;
  const isReady = isTrue(pod, 'Ready');
  if (isDeleting(pod) && !publishes) return source === 'endpoints' ? 'absent' : isReady ? 'serving' : 'terminating';
  return publishes || isReady ? 'ready' : 'notReady';
}

/**
 * The port set of a Pod's backend in the form of `formatPorts`: each port of the Service with the number of its target,
 * which may be the name of a container port (k8s.io/endpointslice util FindPort). `undefined` where a name is not found:
 * the controllers leave such a port out, or the Pod changed since.
 */
export function expectedPorts(service: Service, pod: Pod): string | undefined {
  const ports = portsOf(service).map(({ name = '', port, protocol = 'TCP', targetPort = port }) => {
    const number = typeof targetPort === 'string' ? containerPort(pod, targetPort, protocol) : targetPort;
    return number === undefined ? undefined : { name, port: number, protocol };
  });
  return ports.every((port) => port !== undefined) ? formatPorts(ports) : undefined;
}

function containerPort(pod: Pod, wanted: string, wantedProtocol: string): number | undefined {
  const ports = containersOf(pod).flatMap(({ container }) => container.ports ?? []);
  return ports.find(({ name, protocol = 'TCP' }) => name === wanted && protocol === wantedProtocol)?.containerPort;
}

/** Without a selector, people (or other programs) write the address list. A Service without a spec says nothing of it. */
export function isKeptByHand({ spec }: Service): boolean {
  return typeof spec === 'object' && spec !== null && Object.keys(spec.selector ?? {}).length === 0;
}

/** A Service is stored as it was received: what is no list is none. */
export function portsOf({ spec }: Service): NonNullable<NonNullable<Service['spec']>['ports']> {
  return Array.isArray(spec?.ports) ? spec.ports.filter((port) => typeof port === 'object' && port !== null) : [];
}

function hasAddress(pod: Pod): boolean {
  return (pod.status?.podIPs ?? []).some(({ ip }) => ip !== undefined && ip !== '');
}
