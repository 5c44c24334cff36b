/** What a Pod says of itself, what a Service asks of its Pods, and when the two disagree. Pure. */
import type { FlipState } from '../domain/backends.ts';
import type { Pod } from '../domain/causes/index.ts';
import { objectsOf, type Service, textOf } from '../domain/objects.ts';

export interface PodFacts {
  readonly ready: boolean;
  /** `lastTransitionTime` of condition Ready: whole seconds, by the clock of whoever wrote it. */
  readonly transitionAt?: string;
  /**
   * It has an address, its containers have not ended for good, and it is not being deleted. Of any other Pod no list is
   * expected to say anything (k8s.io/endpointslice util ShouldPodBeInEndpoints).
   */
  readonly canBeListed: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly node?: string;
  /** Named ports of its containers, as `http/TCP`. */
  readonly portNames: ReadonlySet<string>;
}

export function podFacts({ metadata, spec, status }: Pod): PodFacts {
  const condition = objectsOf(status?.conditions).find(({ type }) => type === 'Ready');
  const transitionAt = textOf(condition?.lastTransitionTime);
  const addresses = objectsOf(status?.podIPs).flatMap(({ ip }) => textOf(ip) ?? []);
  const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const node = textOf(spec?.nodeName);
  const sidecars = objectsOf(spec?.initContainers).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const ports = [...objectsOf(spec?.containers), ...sidecars].flatMap((container) => objectsOf(container.ports));
  return {
    ready: condition?.status === 'True',
    ...(transitionAt === undefined ? {} : { transitionAt }),
    canBeListed: addresses.length > 0 && !hasEnded && metadata.deletionTimestamp === undefined,
    labels: metadata.labels ?? {},
    addresses,
    ...(node === undefined ? {} : { node }),
    portNames: new Set(ports.flatMap(({ name, protocol }) => (textOf(name) ? `${name}/${protocol ?? 'TCP'}` : []))),
  };
}

export interface ServiceFacts {
  /** Absent where people or other controllers keep the list: then it says what they want it to say. */
  readonly selector?: Readonly<Record<string, string>>;
  readonly publishesNotReady: boolean;
  /** Target ports by name, as `http/TCP`; a number is open on any Pod. Empty: no ports, as a headless Service may have. */
  readonly targetPorts: readonly (string | number)[];
}

export function serviceFacts({ spec }: Service): ServiceFacts {
  const selector = spec?.selector;
  const isSelecting = selector !== null && typeof selector === 'object' && Object.keys(selector).length > 0;
  return {
    ...(isSelecting && spec?.type !== 'ExternalName' ? { selector } : {}),
    publishesNotReady: spec?.publishNotReadyAddresses === true,
    targetPorts: objectsOf(spec?.ports).map(({ targetPort, port, protocol }) =>
      typeof targetPort === 'string' ? `${targetPort}/${protocol ?? 'TCP'}` : (targetPort ?? port ?? 0),
    ),
  };
}

/** Whether labels meet the Service's selector. */
export function selects({ selector }: ServiceFacts, labels: Readonly<Record<string, string>>): boolean {
  return selector !== undefined && Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** Whether the Service's controller would put the Pod into its list: by its labels, and with at least one port that the Pod has. */
function wants(service: ServiceFacts, { labels, portNames }: PodFacts): boolean {
  if (!selects(service, labels)) return false;
  const { targetPorts } = service;
  return targetPorts.length === 0 || targetPorts.some((port) => typeof port === 'number' || portNames.has(port));
}

/**
 * Whether a Pod and a list that the Service's controller keeps contradict each other. A terminating Pod never does, nor one
 * that is gone; nor does one that a truncated Endpoints leaves out.
 *
 * @param state the Pod's in the list
 */
export function disagree(
  service: ServiceFacts | undefined,
  pod: PodFacts | undefined,
  state: FlipState,
  { truncated }: { readonly truncated: boolean },
): boolean {
  if (service?.selector === undefined || !pod?.canBeListed) return false;
  if (!pod.ready) return state === 'ready' && !service.publishesNotReady;
  return state === 'notReady' || (state === 'absent' && !truncated && wants(service, pod));
}
