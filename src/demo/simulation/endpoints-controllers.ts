/** The endpoints and the endpointslice controller: Pods and Services in, address lists out. */
import { type EpochMs, epochMs } from '../../domain/time.ts';
import { keyOf } from '../cluster-state.ts';
import {
  type EndpointSlice,
  type Endpoints,
  kubeTime,
  matches,
  noteWrite,
  type Pod,
  type Service,
  type SliceEndpoint,
} from '../objects.ts';
import { selectedPods, sliceContentsOf, subsetsOf } from './endpoints-of-pods.ts';
import { WorkQueue, type World } from './world.ts';

/** A change of Pods or Services is in the address lists at most this long after. */
export const ENDPOINTS_LAG_MS = 20;

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

export function runEndpointsControllers(world: World): void {
  const { state } = world;
  const services = () => state.objects<Service>('v1/services');
  const byController = { endpoints: new TriggerTimes(), slices: new TriggerTimes() };
  for (const service of services()) {
    const pods = selectedPods(service, state.objects<Pod>('v1/pods'));
    for (const times of Object.values(byController)) times.changed(service, pods);
  }

  const slices = new WorkQueue(world, [3, 12], (key, now) => {
    reconcile(key, byController.slices, (service, pods, trigger) => writeSlice(world, service, pods, trigger, now));
  });
  const endpoints = new WorkQueue(world, [5, ENDPOINTS_LAG_MS], (key, now) => {
    reconcile(key, byController.endpoints, (service, pods, trigger) => writeEndpoints(world, service, pods, trigger, now));
  });

  function reconcile(
    key: string,
    times: TriggerTimes,
    write: (service: Readonly<Service>, pods: Readonly<Pod>[], trigger: EpochMs | undefined) => void,
  ): void {
    const service = state.get<Service>('v1/services', key)?.object;
    if (service?.spec.selector === undefined) return;
    const pods = selectedPods(service, state.objects<Pod>('v1/pods'));
    write(service, pods, times.changed(service, pods));
  }

  state.subscribe(({ resource, key, namespace }, { metadata }) => {
    if (resource !== 'v1/pods' && resource !== 'v1/services') return;
    for (const service of services()) {
      const { selector } = service.spec;
      if (selector === undefined || service.metadata.namespace !== namespace) continue;
      if (resource === 'v1/services' ? keyOf(service) !== key : !matches(selector, metadata.labels)) continue;
      slices.add(keyOf(service));
      endpoints.add(keyOf(service));
    }
  });
}

function writeEndpoints(
  { state }: World,
  service: Readonly<Service>,
  pods: Readonly<Pod>[],
  trigger: EpochMs | undefined,
  now: EpochMs,
): void {
  const subsets = subsetsOf(service, pods);
  state.edit<Endpoints>('v1/endpoints', keyOf(service), (endpoints) => {
    if (JSON.stringify(endpoints.subsets ?? []) === JSON.stringify(subsets)) return;
    if (subsets.length > 0) endpoints.subsets = subsets;
    else delete endpoints.subsets;
    noteTrigger(endpoints, trigger);
    noteWrite(endpoints, 'kube-controller-manager', now);
  });
}

/** The demo's Services fit into one slice each: they have one set of ports and far fewer than 100 Pods. */
function writeSlice(
  { state }: World,
  service: Readonly<Service>,
  pods: Readonly<Pod>[],
  trigger: EpochMs | undefined,
  now: EpochMs,
): void {
  const slice = [...state.objects<EndpointSlice>('discovery.k8s.io/v1/endpointslices')].find((each) =>
    each.metadata.ownerReferences?.some(({ uid }) => uid === service.metadata.uid),
  );
  if (slice === undefined) return;
  const zoneOf = (node: string) => state.get('v1/nodes', `/${node}`)?.object.metadata.labels?.['topology.kubernetes.io/zone'];
  const [content] = sliceContentsOf(service, pods, zoneOf);
  state.edit<EndpointSlice>('discovery.k8s.io/v1/endpointslices', keyOf(slice), (draft) => {
    const endpoints = content ? inPlace(draft.endpoints ?? [], content.endpoints) : null;
    const ports = content?.ports ?? null;
    if (JSON.stringify([draft.endpoints, draft.ports]) === JSON.stringify([endpoints, ports])) return;
    draft.endpoints = endpoints;
    draft.ports = ports;
    draft.metadata.generation = (draft.metadata.generation ?? 1) + 1;
    noteTrigger(draft, trigger);
    noteWrite(draft, 'kube-controller-manager', now);
  });
}

/** Endpoints that stay keep their places, new ones come after them (endpointslice reconciler.go, `reconcileByPortMapping`). */
function inPlace(before: readonly SliceEndpoint[], wanted: readonly SliceEndpoint[]): SliceEndpoint[] {
  const left = new Map(wanted.map((endpoint) => [endpoint.targetRef.uid, endpoint]));
  const kept = before.flatMap(({ targetRef }) => {
    const endpoint = left.get(targetRef.uid);
    left.delete(targetRef.uid);
    return endpoint ? [endpoint] : [];
  });
  return [...kept, ...left.values()];
}

function noteTrigger(object: Endpoints | EndpointSlice, trigger: EpochMs | undefined): void {
  const { [TRIGGER_TIME]: _, ...others } = object.metadata.annotations ?? {};
  const annotations = trigger === undefined ? others : { ...others, [TRIGGER_TIME]: kubeTime(trigger) };
  if (Object.keys(annotations).length > 0) object.metadata.annotations = annotations;
  else delete object.metadata.annotations;
}

/**
 * When the changes behind a reconciliation happened: the earliest transition of a `Ready` condition, or creation of the
 * Service, that the reconciliation before did not know. A Pod that only left has none (endpointslice util
 * trigger_time_tracker.go).
 */
class TriggerTimes {
  readonly #known = new Map<string, { service: number; pods: ReadonlyMap<string, number> }>();

  changed(service: Readonly<Service>, pods: readonly Readonly<Pod>[]): EpochMs | undefined {
    const before = this.#known.get(service.metadata.uid);
    const serviceAt = Date.parse(service.metadata.creationTimestamp);
    const podsAt = new Map<string, number>();
    const changed: number[] = serviceAt > (before?.service ?? 0) ? [serviceAt] : [];
    for (const { metadata, status } of pods) {
      const ready = status.conditions?.find(({ type }) => type === 'Ready');
      if (ready === undefined) continue;
      const at = Date.parse(ready.lastTransitionTime);
      podsAt.set(metadata.name, at);
      if (at > (before?.pods.get(metadata.name) ?? 0)) changed.push(at);
    }
    this.#known.set(service.metadata.uid, { service: serviceAt, pods: podsAt });
    if (before === undefined) return epochMs(serviceAt);
    return changed.length === 0 ? undefined : epochMs(Math.min(...changed));
  }
}
