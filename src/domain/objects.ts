/**
 * The parts of Kubernetes objects that the program reads. Everything here comes from a cluster and is untrusted:
 * each field may be missing, whatever the API says, so each is optional except what was checked on receipt.
 */

/** The objects of a list, whatever it is: what is no list has none, and what is no object is left out. */
export function objectsOf<Item extends object>(list: readonly Item[] | null | undefined): readonly Item[] {
  if (!Array.isArray(list)) return [];
  const isObject = (item: Item | null): item is Item => typeof item === 'object' && item !== null;
  const items: readonly (Item | null)[] = list;
  return items.every(isObject) ? items : items.filter(isObject);
}

/** A text that is there, else `undefined`. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export interface OwnerReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly controller?: boolean;
}

export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: string;
  /** RFC 3339, whole seconds. */
  readonly time?: string;
  readonly subresource?: string;
}

export interface ObjectMeta {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly namespace?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** Any recorded object. A reduced one has lost its `resourceVersion`; the event carries it. */
export interface KubeObject {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly metadata: Omit<ObjectMeta, 'resourceVersion'> & { readonly resourceVersion?: string };
}

export interface ObjectReference {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
}

export interface EndpointPort {
  readonly name?: string;
  readonly port?: number | null;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

export interface EndpointAddress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly nodeName?: string | null;
  readonly targetRef?: ObjectReference | null;
}

export interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[] | null;
  readonly notReadyAddresses?: readonly EndpointAddress[] | null;
  readonly ports?: readonly EndpointPort[] | null;
}

export interface Endpoints extends KubeObject {
  readonly subsets?: readonly EndpointSubset[] | null;
}

export interface SliceEndpoint {
  readonly addresses?: readonly string[] | null;
  readonly conditions?: {
    readonly ready?: boolean | null;
    readonly serving?: boolean | null;
    readonly terminating?: boolean | null;
  } | null;
  readonly targetRef?: ObjectReference | null;
  readonly nodeName?: string | null;
  readonly zone?: string | null;
}

export interface EndpointSlice extends KubeObject {
  readonly addressType?: string;
  readonly endpoints?: readonly SliceEndpoint[] | null;
  readonly ports?: readonly EndpointPort[] | null;
}

export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly selector?: Readonly<Record<string, string>> | null;
    readonly publishNotReadyAddresses?: boolean;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port?: number;
      readonly protocol?: string;
      readonly targetPort?: number | string;
    }[];
  };
}
