/** The scheduler: gives each new Pod the node with the fewest. */
import { isTerminating, type Pod, setCondition } from '../objects.ts';
import { WorkQueue, type World } from './world.ts';

const ZONE = 'topology.kubernetes.io/zone';

export function runScheduler(world: World): void {
  const { state, events } = world;
  const queue = new WorkQueue(world, [4, 12], (key, now) => {
    const pod = state.get<Pod>('v1/pods', key)?.object;
    if (pod === undefined || pod.spec.nodeName !== undefined || isTerminating(pod)) return;
    const counts = new Map(state.list('v1/nodes').map(({ object }) => [object.metadata.name, 0]));
    for (const { spec } of state.objects<Pod>('v1/pods')) {
      if (spec.nodeName !== undefined) counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1);
    }
    const [node] = [...counts].reduce((fewest, each) => (each[1] < fewest[1] ? each : fewest));
    const zone = state.get('v1/nodes', `/${node}`)?.object.metadata.labels?.[ZONE];
    state.edit<Pod>('v1/pods', key, (draft) => {
      draft.spec.nodeName = node;
      // PodTopologyLabels admission copies the node's zone when a Pod is bound.
      if (zone !== undefined) draft.metadata.labels = { ...draft.metadata.labels, [ZONE]: zone };
      draft.status.conditions ??= [];
      setCondition(draft.status.conditions, 'PodScheduled', 'True', now, undefined);
    });
    events.scheduled(pod, node);
  });
  state.subscribe(({ type, resource, key }) => {
    if (resource === 'v1/pods' && type === 'ADDED') queue.add(key);
  });
}
