/** Kubernetes objects as tests need them: small, but shaped as the API server sends them. */
import type { ManagedFieldsEntry } from '../../src/domain/objects.ts';
import { type ResourceName, resourceNamed } from '../../src/domain/resources.ts';
import type { ReceivedObject } from '../../src/domain/stream-batch.ts';
import { receiveObject } from '../../src/kubernetes/received.ts';

export interface ObjectSketch {
  readonly name: string;
  readonly uid: string;
  readonly version: string | number;
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly managedFields?: readonly ManagedFieldsEntry[];
  readonly body?: Record<string, unknown>;
}

/** The bytes of an object, as they stand in a watch event. */
export function objectBytes(
  resource: ResourceName,
  { name, uid, version, namespace = 'store', labels, annotations, managedFields, body }: ObjectSketch,
): Buffer {
  const { kind, apiVersion, namespaced } = resourceNamed(resource);
  const metadata = {
    name,
    ...(namespaced ? { namespace } : {}),
    uid,
    resourceVersion: String(version),
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    ...(managedFields ? { managedFields } : {}),
  };
  return Buffer.from(JSON.stringify({ kind, apiVersion, metadata, ...body }));
}

/** An object as a stream receives it. */
export function received(resource: ResourceName, sketch: ObjectSketch): ReceivedObject {
  return receiveObject(resourceNamed(resource), objectBytes(resource, sketch));
}

export interface AddressSketch {
  readonly ip: string;
  readonly pod?: string;
  readonly ready?: boolean;
}

/** An Endpoints body with one subset of one port. */
export function subsetsOf(addresses: readonly AddressSketch[], port = 8080): Record<string, unknown> {
  const list = (ready: boolean) =>
    addresses
      .filter((each) => (each.ready ?? true) === ready)
      .map(({ ip, pod }) => ({
        ip,
        ...(pod ? { nodeName: 'node-1', targetRef: { kind: 'Pod', name: pod, namespace: 'store', uid: `uid-${pod}` } } : {}),
      }));
  const [addressesReady, notReadyAddresses] = [list(true), list(false)];
  return {
    subsets: [
      {
        ...(addressesReady.length > 0 ? { addresses: addressesReady } : {}),
        ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
        ports: [{ port, protocol: 'TCP' }],
      },
    ],
  };
}

/** A slice body with one unnamed port. */
export function sliceOf(addresses: readonly AddressSketch[], port = 8080): Record<string, unknown> {
  return {
    addressType: 'IPv4',
    endpoints: addresses.map(({ ip, pod, ready = true }) => ({
      addresses: [ip],
      conditions: { ready },
      ...(pod
        ? { nodeName: 'node-1', zone: 'zone-a', targetRef: { kind: 'Pod', name: pod, namespace: 'store', uid: `uid-${pod}` } }
        : {}),
    })),
    ports: [{ name: '', port, protocol: 'TCP' }],
  };
}
