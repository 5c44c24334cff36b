/** The eight resources that are recorded, and how each is listed, watched and stored. */

/** Group, version and plural of a resource, as in `kubectl get --raw`: the name of its stream. */
export type ResourceName =
  | 'v1/endpoints'
  | 'discovery.k8s.io/v1/endpointslices'
  | 'v1/services'
  | 'v1/pods'
  | 'v1/nodes'
  | 'v1/events'
  | 'apps/v1/replicasets'
  | 'apps/v1/deployments';

export interface Resource {
  readonly name: ResourceName;
  readonly apiVersion: string;
  readonly kind: string;
  /** Path of the group and version, without a trailing slash: `/api/v1`, `/apis/apps/v1`. */
  readonly groupPath: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** `verbatim`: byte for byte as received. `reduced`: only the fields that explain readiness; never env, volumes or args. */
  readonly storage: 'verbatim' | 'reduced';
  /**
   * False for v1 Events: the API server keeps no watch cache for them, so it sends no periodic bookmarks,
   * and their expiry arrives as DELETED though nobody deleted anything.
   */
  readonly watchCache: boolean;
}

const resource = (
  groupPath: string,
  plural: string,
  kind: string,
  storage: Resource['storage'],
  more: Partial<Resource> = {},
): Resource => {
  const apiVersion = groupPath.replace(/^\/apis?\//, '');
  const name = `${apiVersion}/${plural}` as ResourceName;
  return { name, apiVersion, kind, groupPath, plural, storage, namespaced: true, watchCache: true, ...more };
};

/** In the order in which streams are started: what answers need first, then what explains them. */
export const RESOURCES: readonly Resource[] = [
  resource('/api/v1', 'endpoints', 'Endpoints', 'verbatim'),
  resource('/apis/discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice', 'verbatim'),
  resource('/api/v1', 'services', 'Service', 'verbatim'),
  resource('/api/v1', 'pods', 'Pod', 'reduced'),
  resource('/api/v1', 'nodes', 'Node', 'reduced', { namespaced: false }),
  resource('/api/v1', 'events', 'Event', 'reduced', { watchCache: false }),
  resource('/apis/apps/v1', 'replicasets', 'ReplicaSet', 'reduced'),
  resource('/apis/apps/v1', 'deployments', 'Deployment', 'reduced'),
];

const byName = new Map(RESOURCES.map((each) => [each.name, each]));

/** @throws Error for a name that is not one of the eight: a caller's mistake, not a user's. */
export function resourceNamed(name: ResourceName): Resource {
  const found = byName.get(name);
  if (!found) throw new Error(`not a recorded resource: ${name}`);
  return found;
}

export function isResourceName(name: string): name is ResourceName {
  return byName.has(name as ResourceName);
}

/** One list+watch of one resource: over the whole cluster, or over one namespace. */
export interface StreamKey {
  readonly resource: ResourceName;
  /** Absent: all namespaces (or a cluster-scoped resource). */
  readonly namespace?: string;
}

/** `v1/endpoints`, or `v1/endpoints in store` for a stream of one namespace. For ledger, logs and messages. */
export function streamName(stream: StreamKey): string {
  return stream.namespace === undefined ? stream.resource : `${stream.resource} in ${stream.namespace}`;
}

/** The request path of a stream: `/api/v1/endpoints`, `/apis/apps/v1/namespaces/store/deployments`. */
export function streamPath(stream: StreamKey): string {
  const { groupPath, plural } = resourceNamed(stream.resource);
  return stream.namespace === undefined
    ? `${groupPath}/${plural}`
    : `${groupPath}/namespaces/${encodeURIComponent(stream.namespace)}/${plural}`;
}

const PATH = /^(\/api\/v1|\/apis\/[a-z0-9.-]+\/v1)\/(?:namespaces\/([-a-z0-9]+)\/)?([a-z]+)$/;

/** The inverse of {@link streamPath}. `undefined` for a path that is not one of the eight resources. */
export function parseStreamPath(path: string): StreamKey | undefined {
  const match = PATH.exec(path);
  if (!match) return undefined;
  const [, groupPath, namespace, plural] = match;
  const found = RESOURCES.find((each) => each.groupPath === groupPath && each.plural === plural);
  if (!found || (namespace !== undefined && !found.namespaced)) return undefined;
  return namespace === undefined ? { resource: found.name } : { resource: found.name, namespace };
}

/**
 * Orders two resourceVersions of one resource. They are opaque decimal strings that compare by length, then as
 * text, and only within one resource (KEP-5504 "Comparable Resource Version"); never as Number, which loses digits.
 * Negative: `a` is older.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
