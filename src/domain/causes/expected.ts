/** What the endpoints controllers list, given a Service and a Pod: their rule, written down once more. */
import type { FlipState, Source } from '../backends.ts';
import type { Service } from '../objects.ts';
import { isDeleting, isTerminal, isTrue, type Pod, selects } from './objects.ts';

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
  if (service !== 'unknown' && !hasSelector(service)) return undefined;
  if (pod === 'unknown') return undefined;
  if (pod === 'absent' || !hasAddress(pod) || isTerminal(pod)) return 'absent';
  if (service !== 'unknown' && !selects(service.spec?.selector, pod.metadata.labels)) return 'absent';
  const publishes = service !== 'unknown' && service.spec?.publishNotReadyAddresses === true;
  const isReady = isTrue(pod, 'Ready');
  if (isDeleting(pod) && !publishes) return source === 'endpoints' ? 'absent' : isReady ? 'serving' : 'terminating';
  return publishes || isReady ? 'ready' : 'notReady';
}

/** Without one, people (or other programs) write the address list. */
export function hasSelector(service: Service): boolean {
  return Object.keys(service.spec?.selector ?? {}).length > 0;
}

function hasAddress(pod: Pod): boolean {
  return (pod.status?.podIPs ?? []).some(({ ip }) => ip !== undefined && ip !== '');
}
