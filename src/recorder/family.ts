/** Which objects resemble each other, so that one can be stored as its difference from another. */
import type { KubeObject } from '../domain/objects.ts';
import type { ResourceName } from '../domain/resources.ts';

/**
 * The Pods of one ReplicaSet and the ReplicaSets of one Deployment differ in little; so do the Events of one reason,
 * and all Nodes, Deployments and Services. Endpoints and slices hold addresses of their own and are like no other.
 */
export function familyOf(resource: ResourceName, value: KubeObject): string | undefined {
  switch (resource) {
    case 'v1/endpoints':
    case 'discovery.k8s.io/v1/endpointslices':
      return undefined;
    case 'v1/pods':
    case 'apps/v1/replicasets': {
      const owner = value.metadata.ownerReferences?.find(({ controller }) => controller);
      return owner?.uid ? `${resource} ${owner.uid}` : resource;
    }
    case 'v1/events':
      return `${resource} ${(value as { reason?: string }).reason ?? ''}`;
    default:
      return resource;
  }
}
