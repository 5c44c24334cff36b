/**
 * Which addresses a Service must have, worked out from Pods and Service alone and in another way than the product does: as
 * flat sentences, one an address, that can be compared with what the served objects say.
 */
// biome-ignore lint/suspicious/noExplicitAny: objects as they come over the wire
type Any = any;

const isReady = (pod: Any) =>
  (pod.status.conditions ?? []).filter((c: Any) => c.type === 'Ready' && c.status === 'True').length === 1;

function portsFor(service: Any, pod: Any): string {
  const named = new Map<unknown, number>();
  for (const container of pod.spec.containers) for (const port of container.ports ?? []) named.set(port.name, port.containerPort);
  const all = service.spec.ports.map((p: Any) => {
    const port = typeof p.targetPort === 'string' ? named.get(p.targetPort) : p.targetPort;
    return `${p.name ?? ''}:${port}/${p.protocol}`;
  });
  return all.sort().join('+');
}

function selected(service: Any, pods: readonly Any[]): Any[] {
  const wanted = Object.entries(service.spec.selector);
  return pods
    .filter((pod) => pod.metadata.namespace === service.metadata.namespace && pod.status.podIP)
    .filter((pod) => !['Succeeded', 'Failed'].includes(pod.status.phase))
    .filter((pod) => wanted.every(([key, value]) => pod.metadata.labels?.[key] === value));
}

export function expectedEndpoints(service: Any, pods: readonly Any[]): string[] {
  const publish = Boolean(service.spec.publishNotReadyAddresses);
  return selected(service, pods)
    .filter((pod) => publish || !pod.metadata.deletionTimestamp)
    .map((pod) => {
      const list = publish || isReady(pod) ? 'ready' : 'notReady';
      return `${pod.status.podIP} ${pod.metadata.name} ${pod.metadata.uid} ${pod.spec.nodeName} ${portsFor(service, pod)} ${list}`;
    })
    .sort();
}

export function servedEndpoints(endpoints: Any): string[] {
  const told: string[] = [];
  for (const { addresses = [], notReadyAddresses = [], ports } of endpoints.subsets ?? []) {
    const portText = ports
      .map((p: Any) => `${p.name ?? ''}:${p.port}/${p.protocol}`)
      .sort()
      .join('+');
    const tell = (list: string) => (a: Any) =>
      told.push(`${a.ip} ${a.targetRef.name} ${a.targetRef.uid} ${a.nodeName} ${portText} ${list}`);
    addresses.forEach(tell('ready'));
    notReadyAddresses.forEach(tell('notReady'));
  }
  return told.sort();
}

export function expectedSlices(service: Any, pods: readonly Any[]): string[] {
  const publish = Boolean(service.spec.publishNotReadyAddresses);
  return selected(service, pods)
    .map((pod) => {
      const terminating = Boolean(pod.metadata.deletionTimestamp);
      const serving = isReady(pod);
      const conditions = `ready=${publish || (serving && !terminating)} serving=${serving} terminating=${terminating}`;
      return `${pod.status.podIP} ${pod.metadata.uid} ${pod.spec.nodeName} ${pod.metadata.labels['topology.kubernetes.io/zone']} ${portsFor(service, pod)} ${conditions}`;
    })
    .sort();
}

export function servedSlices(slices: readonly Any[]): string[] {
  const told = slices.flatMap(({ endpoints, ports }) => {
    const portText = (ports ?? [])
      .map((p: Any) => `${p.name ?? ''}:${p.port}/${p.protocol}`)
      .sort()
      .join('+');
    return (endpoints ?? []).map(({ addresses, conditions: c, targetRef, nodeName, zone }: Any) => {
      const conditions = `ready=${c.ready} serving=${c.serving} terminating=${c.terminating}`;
      return `${addresses.join()} ${targetRef.uid} ${nodeName} ${zone} ${portText} ${conditions}`;
    });
  });
  return told.sort();
}
