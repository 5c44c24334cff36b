/** The demo cluster as the incident left it: what a trace's lists and watches add up to. */
import { parseStreamPath, type ResourceName, resourceNamed } from '../domain/resources.ts';
import { ClusterState, type InitialResource, keyOf } from './cluster-state.ts';
import type { DemoObject } from './objects.ts';

interface TraceLine {
  readonly path: string;
  readonly type: 'LIST' | 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: DemoObject & { items?: DemoObject[] | null };
}

/**
 * The state at the end of a trace. Each resource begins at the last version that the trace tells of it, so that a
 * recorder whose cursors come from this trace resumes without a gap. Trusts the trace: it is the packaged one.
 */
export function stateAfter(lines: readonly string[]): ClusterState {
  const resources = new Map<ResourceName, { objects: Map<string, DemoObject>; version: number }>();
  for (const line of lines) {
    const { path, type, object } = JSON.parse(line) as TraceLine;
    const stream = parseStreamPath(path);
    if (stream === undefined || type === 'ERROR') continue;
    const known = resources.get(stream.resource) ?? { objects: new Map<string, DemoObject>(), version: 0 };
    resources.set(stream.resource, known);
    known.version = Number(object.metadata.resourceVersion);
    if (type === 'LIST') {
      const { kind, apiVersion } = resourceNamed(stream.resource);
      // Items of a list carry neither; everywhere else they stand first.
      known.objects = new Map((object.items ?? []).map((item) => [keyOf(item), { ...item, kind, apiVersion }]));
    } else if (type === 'DELETED') known.objects.delete(keyOf(object));
    else if (type !== 'BOOKMARK') known.objects.set(keyOf(object), object);
  }
  const initial = new Map<ResourceName, InitialResource>();
  for (const [resource, { objects, version }] of resources) initial.set(resource, { objects: [...objects.values()], version });
  return new ClusterState(initial);
}
