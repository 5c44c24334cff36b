import { beforeAll, describe, expect, test } from 'vitest';
import { keyOf } from '../../../src/demo/cluster-state.ts';
import type { DemoObject, EndpointSlice, Endpoints, Pod, Service, SliceEndpoint } from '../../../src/demo/objects.ts';
import { readIncident } from '../../../src/demo/shifted-trace.ts';
import { selectedPods, sliceContentsOf, subsetsOf } from '../../../src/demo/simulation/endpoints-of-pods.ts';

/** With no change of anything for so long, the real controllers had caught up. */
const QUIET_MS = 400;

interface Moment {
  readonly at: string;
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, DemoObject>>;
}

/** The real cluster at each of its quiet moments. */
async function quietMoments(): Promise<Moment[]> {
  const lines = (await readIncident()).map(
    (line) => JSON.parse(line) as { at: string; path: string; type: string; object: DemoObject },
  );
  const objects = new Map<string, Map<string, DemoObject>>();
  const moments: Moment[] = [];
  for (const [index, { at, path, type, object }] of lines.entries()) {
    const plural = path.slice(path.lastIndexOf('/') + 1);
    const known = objects.get(plural) ?? new Map<string, DemoObject>();
    objects.set(plural, known);
    if (type === 'LIST') for (const item of (object as unknown as { items: DemoObject[] }).items) known.set(keyOf(item), item);
    else if (type === 'DELETED') known.delete(keyOf(object));
    else if (type !== 'BOOKMARK') known.set(keyOf(object), object);
    const next = lines[index + 1];
    if (next && Date.parse(next.at) - Date.parse(at) < QUIET_MS) continue;
    moments.push({ at, objects: new Map([...objects].map(([name, all]) => [name, new Map(all)])) });
  }
  return moments;
}

function all<T extends DemoObject>({ objects }: Moment, plural: string): T[] {
  return [...(objects.get(plural)?.values() ?? [])] as T[];
}

describe('Endpoints and slices made of Pods', () => {
  let moments: Moment[];
  beforeAll(async () => {
    moments = await quietMoments();
  });

  test('are, at every quiet moment of the incident, what the real endpoints controller wrote', () => {
    let compared = 0;
    for (const moment of moments) {
      for (const service of all<Service>(moment, 'services').filter(({ spec }) => spec.selector)) {
        const written = moment.objects.get('endpoints')?.get(keyOf(service)) as Endpoints | undefined;
        const subsets = subsetsOf(service, selectedPods(service, all<Pod>(moment, 'pods')));
        expect(subsets, `${keyOf(service)} at ${moment.at}`).toEqual(written?.subsets ?? []);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });

  test('are, at every quiet moment of the incident, what the real endpointslice controller wrote', () => {
    let compared = 0;
    const byUid = (endpoints: readonly SliceEndpoint[]) =>
      [...endpoints].sort((a, b) => (a.targetRef.uid < b.targetRef.uid ? -1 : 1));
    for (const moment of moments) {
      const zoneOf = (node: string) =>
        moment.objects.get('nodes')?.get(`/${node}`)?.metadata.labels?.['topology.kubernetes.io/zone'];
      for (const service of all<Service>(moment, 'services').filter(({ spec }) => spec.selector)) {
        const slices = all<EndpointSlice>(moment, 'endpointslices').filter(
          ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name,
        );
        const contents = sliceContentsOf(service, selectedPods(service, all<Pod>(moment, 'pods')), zoneOf);
        const written = slices.filter(({ endpoints }) => endpoints !== null);
        expect(
          contents.map(({ ports, endpoints }) => ({ ports, endpoints: byUid(endpoints) })),
          `${keyOf(service)} at ${moment.at}`,
        ).toEqual(written.map(({ ports, endpoints }) => ({ ports, endpoints: byUid(endpoints ?? []) })));
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });
});
