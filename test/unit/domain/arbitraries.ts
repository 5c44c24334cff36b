/** Objects as a small cluster could hold them: few addresses, Pods and ports, so that they meet often. */
import fc from 'fast-check';
import type { BackendList, BackendPort } from '../../../src/domain/backends.ts';
import { backendsOfEndpoints, backendsOfSlice } from '../../../src/domain/backends.ts';
import type {
  EndpointAddress,
  EndpointPort,
  EndpointSlice,
  EndpointSubset,
  Endpoints,
  SliceEndpoint,
} from '../../../src/domain/objects.ts';

const ip = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1');
const targetRef = fc.constantFrom(
  { kind: 'Pod', name: 'web-a', uid: 'uid-a' },
  { kind: 'Pod', name: 'web-b', uid: 'uid-b' },
  { kind: 'Node', name: 'node-1', uid: 'uid-n' },
  null,
  undefined,
);
const nodeName = fc.constantFrom('node-1', 'node-2', null, undefined);
const nilOr = <T>(values: fc.Arbitrary<T>) => fc.oneof({ weight: 3, arbitrary: values }, fc.constantFrom(null, undefined));

/** As API servers write ports: names only where there are several, nil for "all ports" in slices. */
export const anyPorts: fc.Arbitrary<readonly EndpointPort[] | null | undefined> = fc.oneof(
  fc.constantFrom(
    null,
    undefined,
    [],
    [{ port: 8080, protocol: 'TCP' }],
    [{ name: '', port: null }],
    [{ name: 'http', port: 80 }],
  ),
  fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('http', 'grpc', 'metrics-1', 'all'),
      port: fc.constantFrom(80, 8080, 9090, null),
      protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'),
    }),
    { maxLength: 3, selector: ({ name }) => name },
  ),
);

export const anyBackendPorts: fc.Arbitrary<BackendPort[]> = fc.uniqueArray(
  fc.record({
    name: fc.oneof(fc.constantFrom('', 'all'), fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/)),
    port: fc.oneof(fc.integer({ min: 0, max: 65_535 }), fc.constant(undefined)),
    protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'),
  }),
  { maxLength: 5, selector: ({ name, port, protocol }) => `${name} ${port} ${protocol}` },
);

const address: fc.Arbitrary<EndpointAddress> = fc.record({ ip, targetRef, nodeName });
const subset: fc.Arbitrary<EndpointSubset> = fc.record({
  addresses: nilOr(fc.array(address, { maxLength: 4 })),
  notReadyAddresses: nilOr(fc.array(address, { maxLength: 4 })),
  ports: anyPorts,
});
const metadata = { name: 'web', uid: 'uid-web', resourceVersion: '1' };

export const anyEndpoints: fc.Arbitrary<Endpoints> = fc.record({
  metadata: fc.constant(metadata),
  subsets: nilOr(fc.array(subset, { maxLength: 3 })),
});

const condition = fc.constantFrom(true, false, null, undefined);
export const anyConditions = fc.record({ ready: condition, serving: condition, terminating: condition });

const sliceEndpoint: fc.Arbitrary<SliceEndpoint> = fc.record({
  addresses: fc.array(ip, { minLength: 1, maxLength: 2 }),
  conditions: nilOr(anyConditions),
  targetRef,
  nodeName,
  zone: fc.constantFrom('zone-a', null, undefined),
});

export const anySlice: fc.Arbitrary<EndpointSlice> = fc.record({
  metadata: fc.constant(metadata),
  endpoints: nilOr(fc.array(sliceEndpoint, { maxLength: 5 })),
  // Few port sets: backends that move between slices must meet themselves there.
  ports: fc.constantFrom([{ name: 'http', port: 8080, protocol: 'TCP' }], [{ name: '', port: null }]),
});

export const anyEndpointsList: fc.Arbitrary<BackendList> = anyEndpoints.map(backendsOfEndpoints);
export const anySliceList: fc.Arbitrary<BackendList> = anySlice.map(backendsOfSlice);
export const anyList: fc.Arbitrary<BackendList> = fc.oneof(anyEndpointsList, anySliceList);
