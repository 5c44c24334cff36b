/** A log of a random history, by the real recorder: Services, lists of both kinds, Pods, v1 Events; gaps, relists, lost streams. */
import { Random } from '../../../src/demo/simulation/random.ts';
import type { ResourceName } from '../../../src/domain/resources.ts';
import type { AddressSketch } from '../../support/objects.ts';
import { ENDPOINTS, endpoints, recordedLog, SERVICES, SLICES, slice } from '../history/recorded-log.ts';

const PODS = 'v1/pods';
const EVENTS = 'v1/events';
const RESOURCES: readonly ResourceName[] = [SERVICES, ENDPOINTS, SLICES, PODS, EVENTS];
export const NAMES = ['cart', 'db', 'web'] as const;
const PEOPLE = ['a', 'b', 'c', 'd'];

type Sketch = ReturnType<typeof endpoints>;

/** What exists in the cluster, by resource and name. */
type World = Map<ResourceName, Map<string, Sketch>>;

export interface RandomLogOptions {
  readonly seed: number;
  /** Things that happen. */
  readonly steps: number;
  /** Another cluster is recorded into the same log, in turns. */
  readonly twoClusters?: boolean;
  /** Now and then a time is told that lies before what was told already, as when an older trace is imported later. */
  readonly timesGoBack?: boolean;
}

export function randomLog({ seed, steps, twoClusters = false, timesGoBack = false }: RandomLogOptions) {
  const random = new Random(seed);
  const log = recordedLog();
  const world: World = new Map(RESOURCES.map((resource) => [resource, new Map()]));
  const lives = new Map<string, number>();
  let now = 1_000;

  const addresses = (): AddressSketch[] =>
    random
      .shuffled(PEOPLE)
      .slice(0, random.between(0, PEOPLE.length))
      .map((pod) => ({ ip: `10.0.0.${PEOPLE.indexOf(pod) + 1}`, pod, ready: random.next() < 0.6 }));
  const uid = (resource: ResourceName, name: string) => `${resource} ${name} ${lives.get(`${resource} ${name}`) ?? 0}`;
  const make = (resource: ResourceName): Sketch => {
    const service = random.pick(NAMES);
    const pod = random.pick(PEOPLE);
    switch (resource) {
      case ENDPOINTS:
        return { ...endpoints(service, addresses()), uid: uid(resource, service) };
      case SLICES: {
        const name = `slice-${random.between(1, 4)}`;
        // Slices may change hands, or carry no label at all: seldom, but then the log must still be right.
        const owner = random.next() < 0.85 ? (NAMES[Number(name.at(-1)) % 3] as string) : service;
        const made = { ...slice(name, owner, addresses()), uid: uid(resource, name) };
        return random.next() < 0.05 ? { ...made, labels: {} } : made;
      }
      case SERVICES:
        return { name: service, uid: uid(resource, service), body: { spec: { selector: { app: random.suffix() } } } };
      case PODS: {
        const status = { phase: 'Running', conditions: [{ type: 'Ready', status: random.next() < 0.5 ? 'True' : 'False' }] };
        return { name: pod, uid: uid(resource, pod), body: { status, spec: { nodeName: `node-${random.between(1, 9)}` } } };
      }
      default: {
        const name = `${pod}.${random.between(1, 6)}`;
        const about = { kind: 'Pod', namespace: 'store', name: pod, uid: `uid-of-${pod}` };
        const body = { involvedObject: about, reason: 'Unhealthy', type: 'Warning', count: random.between(1, 99) };
        return { name, uid: uid(resource, name), body: { ...body, message: `Readiness probe failed: ${random.suffix()}` } };
      }
    }
  };
  const objects = (resource: ResourceName) => world.get(resource) as Map<string, Sketch>;
  const happen = (resource: ResourceName, told: boolean) => {
    const sketch = make(resource);
    const exists = objects(resource).get(sketch.name);
    if (exists && random.next() < 0.2) {
      if (told) log.change(now, resource, 'DELETED', exists);
      objects(resource).delete(sketch.name);
      const life = `${resource} ${sketch.name}`;
      if (random.next() < 0.8) lives.set(life, (lives.get(life) ?? 0) + 1);
      return;
    }
    if (told) log.change(now, resource, exists ? 'MODIFIED' : 'ADDED', sketch);
    objects(resource).set(sketch.name, sketch);
  };

  for (const resource of RESOURCES) {
    for (let each = 0; each < 4; each++) happen(resource, false);
    log.snapshot(now, resource, [...objects(resource).values()]);
  }
  const other = twoClusters ? log.clusterOf('another') : undefined;
  other?.snapshot(now, ENDPOINTS);
  const lost = new Set<ResourceName>();
  for (let step = 0; step < steps; step++) {
    now += random.between(0, 3);
    if (timesGoBack && random.next() < 0.05) now = Math.max(1_000, now - random.between(1, 60));
    if (other && random.next() < 0.3) {
      const body = { subsets: [{ addresses: addresses().map(({ ip }) => ({ ip })), ports: [{ port: step + 1 }] }] };
      other.change(now, ENDPOINTS, step % 2 ? 'MODIFIED' : 'ADDED', { name: random.pick(NAMES), body });
    }
    const resource = random.pick(RESOURCES);
    const luck = random.next();
    if (lost.has(resource)) {
      happen(resource, false);
      if (luck > 0.7) continue;
      log.snapshot(now, resource, [...objects(resource).values()]);
      lost.delete(resource);
    } else if (luck < 0.03) {
      log.interrupt(now, resource, random.next() < 0.5 ? { code: 'forbidden', detail: '403' } : undefined);
      lost.add(resource);
    } else if (luck < 0.1) log.prove(now, resource);
    else happen(resource, true);
  }
  return { ...log, end: now, random };
}
