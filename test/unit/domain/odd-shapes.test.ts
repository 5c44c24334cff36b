/** Objects of a cluster are untrusted: whatever their shape, reading them must neither throw nor invent a backend. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BackendList,
  backendsOfEndpoints,
  backendsOfSlice,
  countBackends,
  isTruncated,
  serviceOfSlice,
} from '../../../src/domain/backends.ts';
import { watchedFlipBounds } from '../../../src/domain/flips.ts';
import type { EndpointSlice, Endpoints, KubeObject } from '../../../src/domain/objects.ts';
import { epochMs } from '../../../src/domain/time.ts';

/** Any JSON, but with the names that are looked for turning up often. */
const names = [
  'subsets',
  'addresses',
  'notReadyAddresses',
  'ports',
  'ip',
  'targetRef',
  'kind',
  'name',
  'uid',
  'nodeName',
  'port',
  'protocol',
];
const more = [
  'endpoints',
  'conditions',
  'ready',
  'serving',
  'terminating',
  'zone',
  'labels',
  'annotations',
  'managedFields',
  'time',
];
const odd = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(null, true, 5, '', 'Pod', '10.0.0.1', 'TCP', 8080, '2026-11-23T16:18:12Z'),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names, ...more), tie('any'), { maxKeys: 4 }),
  ),
})).any;
const anyObject = fc.dictionary(fc.constantFrom('subsets', 'endpoints', 'ports', 'addresses'), odd, { maxKeys: 4 });
const metadata = fc.dictionary(fc.constantFrom('labels', 'annotations', 'managedFields', 'creationTimestamp'), odd, {
  maxKeys: 4,
});
const object = fc
  .tuple(anyObject, metadata)
  .map(([body, meta]) => ({ ...body, metadata: { name: 'cart', uid: 'u', ...meta } }) as unknown as KubeObject);

function expectWellFormed(list: BackendList): void {
  for (const { backend } of list.values()) {
    expect(typeof backend.address).toBe('string');
    expect(backend.address).not.toBe('');
    for (const { name, port, protocol } of backend.ports) {
      expect([typeof name, typeof protocol]).toEqual(['string', 'string']);
      expect(port === undefined || Number.isFinite(port)).toBe(true);
    }
    for (const text of [backend.pod?.name ?? '', backend.pod?.uid ?? '', backend.node ?? '', backend.zone ?? ''])
      expect(typeof text).toBe('string');
  }
  const { ready, notReady, terminating } = countBackends(list);
  expect(ready + notReady + terminating).toBe(list.size);
}

describe('an object of an odd shape', () => {
  it('gives only well-formed backends, and none for what is no address', () => {
    fc.assert(
      fc.property(object, (value) => {
        expectWellFormed(backendsOfEndpoints(value as Endpoints));
        expectWellFormed(backendsOfSlice(value as EndpointSlice));
      }),
      { numRuns: 2_000 },
    );
  });

  it('still has an owner or none, and bounds that do not pass its receipt', () => {
    const at = epochMs(1_795_450_692_000);
    fc.assert(
      fc.property(object, object, (before, after) => {
        const owner = serviceOfSlice(after as EndpointSlice);
        expect(owner === undefined || typeof owner === 'string').toBe(true);
        expect(typeof isTruncated(after as Endpoints)).toBe('boolean');
        expect(watchedFlipBounds(before, after, at).notBefore).toBeLessThanOrEqual(at);
      }),
      { numRuns: 2_000 },
    );
  });

  it('loses only the parts that are odd', () => {
    const endpoints = {
      metadata: { name: 'cart', uid: 'u' },
      subsets: [
        null,
        {
          addresses: [null, { ip: 5 }, { ip: '10.0.0.1', targetRef: 'x', nodeName: 7 }],
          ports: [null, { port: 'http' }, { port: 8080 }],
        },
      ],
    } as unknown as Endpoints;
    expect([...backendsOfEndpoints(endpoints).values()].map(({ backend }) => backend)).toEqual([
      {
        address: '10.0.0.1',
        ports: [
          { name: '', port: undefined, protocol: 'TCP' },
          { name: '', port: 8080, protocol: 'TCP' },
        ],
      },
    ]);
  });
});
