/** The stored part of objects of the `reduced` resources. */
import type { KubeObject } from '../../domain/objects.ts';
import type { Resource, ResourceName } from '../../domain/resources.ts';
import { keepOfEvent } from './event.ts';
import type { Keep } from './keep.ts';
import { keepOfNode } from './node.ts';
import { keepOfPod } from './pod.ts';
import { keepOfDeployment, keepOfReplicaSet } from './workloads.ts';

const KEEP: Partial<Record<ResourceName, Keep>> = {
  'v1/pods': keepOfPod,
  'v1/nodes': keepOfNode,
  'v1/events': keepOfEvent,
  'apps/v1/replicasets': keepOfReplicaSet,
  'apps/v1/deployments': keepOfDeployment,
};

/**
 * The part of an object that is stored, in the shape of the object itself. Two versions that differ only in what is
 * left out give the same bytes when written as JSON. `kind` and `apiVersion` are set from the resource: the items of a
 * list carry neither.
 *
 * @throws Error for a resource that is stored verbatim: a caller's mistake.
 */
export function reduceObject(resource: Resource, object: KubeObject): KubeObject {
  const keep = KEEP[resource.name];
  if (!keep) throw new Error(`${resource.name} is stored verbatim`);
  return keep({ ...object, kind: resource.kind, apiVersion: resource.apiVersion }) as KubeObject;
}
