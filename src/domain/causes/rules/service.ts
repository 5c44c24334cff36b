/** What a change of the Service object itself did to its backends. */
import type { Service } from '../../objects.ts';
import { type Cause, inferred, observed } from '../cause.ts';
import { type Evidence, LOOK_AHEAD_MS, lastIndexAt, type Version, type Versions } from '../evidence.ts';
import { type Known, portsOf } from '../expected.ts';

/** @param version the one from which on the Service asks for what the flip brought */
export function serviceChange(version: Version<Service>, before: Known<Service>, after: Known<Service>): Cause | undefined {
  if (after === 'absent') return observed('ServiceDeleted', `Service ${version.object.metadata.name} deleted`, [version]);
  if (before === 'absent') return observed('ServiceCreated', `Service ${version.object.metadata.name} created`, [version]);
  if (before === 'unknown' || after === 'unknown') return undefined;
  const [from, to] = [before, after].map(selectorText);
  if (from !== to) return observed('SelectorChanged', `selector changed: ${from} → ${to}`, [version]);
  const [old, now] = [before, after].map(portsText);
  if (old !== now) return observed('PortsChanged', `ports changed: ${old} → ${now}`, [version]);
  const [hid, publishes] = [before, after].map((each) => each.spec?.publishNotReadyAddresses === true);
  if (hid !== publishes)
    return observed('PublishNotReadyChanged', `publishNotReadyAddresses changed: ${hid} → ${publishes}`, [version]);
  return undefined;
}

/** How long the controllers may take to write the list after the Service changed. They work in milliseconds unless they are throttled. */
const CONTROLLER_MS = 30_000;

/**
 * The ports of a backend are part of what it is, so new ports make it leave and come back as another. That shows in no
 * Pod, and the Pod stays listed: the change of the Service nearest to the flip is what did it.
 */
export function portsChange({ flip, service }: Evidence): Cause | undefined {
  if (flip.from !== 'absent' && flip.to !== 'absent') return undefined;
  const change = nearest(service, flip.at, (before, after) => portsText(before) !== portsText(after));
  if (change === undefined) return undefined;
  return observed('PortsChanged', `ports changed: ${portsText(change.before)} → ${portsText(change.version.object)}`, [
    change.version,
  ]);
}

/** Where the Pods are not recorded, a change of the Service shortly before is all that is left to go by. */
export function serviceAlone({ flip, service, pod }: Evidence): Cause | undefined {
  if (pod.length > 0 || (flip.from !== 'absent' && flip.to !== 'absent')) return undefined;
  const near = (version: Version<Service>) => version.at >= flip.at - CONTROLLER_MS && version.at <= flip.at + LOOK_AHEAD_MS;
  const made = service.findLast((version) => near(version) && version.type === (flip.to === 'absent' ? 'DELETED' : 'ADDED'));
  if (made !== undefined && made.origin !== 'snapshot') {
    const name = made.object.metadata.name;
    return flip.to === 'absent'
      ? inferred('ServiceDeleted', `Service ${name} deleted`, [made])
      : inferred('ServiceCreated', `Service ${name} created`, [made]);
  }
  const change = nearest(service, flip.at, (before, after) => selectorText(before) !== selectorText(after));
  if (change === undefined) return undefined;
  const [from, to] = [change.before, change.version.object].map(selectorText);
  return inferred('SelectorChanged', `selector changed: ${from} → ${to}`, [change.version]);
}

function nearest(service: Versions<Service>, at: number, differs: (before: Service, after: Service) => boolean) {
  for (let index = lastIndexAt(service, at + LOOK_AHEAD_MS); index > 0; index--) {
    const [earlier, version] = [service[index - 1], service[index]];
    if (earlier === undefined || version === undefined || version.at < at - CONTROLLER_MS) return undefined;
    const isEdit = version.type !== 'DELETED' && earlier.type !== 'DELETED' && version.uid === earlier.uid;
    if (isEdit && differs(earlier.object, version.object)) return { version, before: earlier.object };
  }
  return undefined;
}

/** `app=cart,tier=web`; `none` without one. */
function selectorText(service: Service): string {
  const selector = Object.entries(service.spec?.selector ?? {});
  if (selector.length === 0) return 'none';
  return selector
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}

/** `http 80→8080/TCP`, in the order of the Service. Node ports are no ports of a backend. */
function portsText(service: Service): string {
  const ports = portsOf(service).map(({ name, port, targetPort, protocol }) => {
    return `${name ? `${name} ` : ''}${port}→${targetPort ?? port}/${protocol ?? 'TCP'}`;
  });
  return ports.length > 0 ? ports.join(', ') : 'none';
}
