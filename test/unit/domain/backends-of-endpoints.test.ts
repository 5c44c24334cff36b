import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackendList, backendKey, backendsOfEndpoints, countBackends, isTruncated } from '../../../src/domain/backends.ts';
import type { EndpointAddress, EndpointSubset } from '../../../src/domain/objects.ts';
import { anyEndpoints } from './arbitraries.ts';

const HTTP = [{ name: 'http', port: 8080, protocol: 'TCP' }];
const GRPC = [{ name: 'grpc', port: 9090, protocol: 'TCP' }];
const metadata = { name: 'web', uid: 'uid-web' };
const endpoints = (...subsets: EndpointSubset[]) => backendsOfEndpoints({ metadata, subsets });
const podAddress = (ip: string, pod = 'web-a'): EndpointAddress => ({
  ip,
  nodeName: 'node-1',
  targetRef: { kind: 'Pod', namespace: 'store', name: pod, uid: `uid-${pod}` },
});
const states = (list: BackendList) => [...list.values()].map(({ key, state }) => `${key} ${state}`).sort();

describe('the backends of an Endpoints object', () => {
  it('are ready in addresses and notReady in notReadyAddresses', () => {
    const list = endpoints({
      addresses: [podAddress('10.0.0.1')],
      notReadyAddresses: [podAddress('10.0.0.2', 'web-b')],
      ports: HTTP,
    });
    expect(states(list)).toEqual(['10.0.0.1 uid-web-a http:8080/TCP ready', '10.0.0.2 uid-web-b http:8080/TCP notReady']);
    expect(countBackends(list)).toEqual({ ready: 1, notReady: 1, terminating: 0 });
  });

  it('are described by Pod, node and ports', () => {
    const [listed] = endpoints({ addresses: [podAddress('10.0.0.1')], ports: HTTP }).values();
    expect(listed?.backend).toEqual({
      address: '10.0.0.1',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      pod: { name: 'web-a', uid: 'uid-web-a' },
      node: 'node-1',
    });
  });

  it('are two when one Pod stands in two subsets with different ports', () => {
    const list = endpoints(
      { addresses: [podAddress('10.0.0.1')], ports: HTTP },
      { notReadyAddresses: [podAddress('10.0.0.1')], ports: GRPC },
    );
    expect(states(list)).toEqual(['10.0.0.1 uid-web-a grpc:9090/TCP notReady', '10.0.0.1 uid-web-a http:8080/TCP ready']);
  });

  it('are two when one address stands for two Pods', () => {
    const list = endpoints({ addresses: [podAddress('10.0.0.1', 'web-a'), podAddress('10.0.0.1', 'web-b')], ports: HTTP });
    expect(list.size).toBe(2);
  });

  it('have no Pod when people wrote the addresses, or when the target is something else', () => {
    const node = { kind: 'Node', name: 'node-1', uid: 'uid-n' };
    for (const targetRef of [undefined, null, node]) {
      const [listed] = endpoints({ addresses: [{ ip: '192.0.2.7', targetRef }], ports: HTTP }).values();
      expect(listed?.key).toBe('192.0.2.7  http:8080/TCP');
      expect(listed?.backend).not.toHaveProperty('pod');
      expect(listed?.backend).not.toHaveProperty('node');
    }
  });

  it('are none in an object without subsets, addresses or IPs', () => {
    expect(backendsOfEndpoints({ metadata }).size).toBe(0);
    expect(backendsOfEndpoints({ metadata, subsets: null }).size).toBe(0);
    expect(endpoints({ addresses: null, notReadyAddresses: null, ports: null }).size).toBe(0);
    expect(endpoints({ addresses: [{}, { ip: '' }], ports: HTTP }).size).toBe(0);
  });

  it('are ready when they stand in both lists, whichever is read first', () => {
    const both = { addresses: [podAddress('10.0.0.1')], notReadyAddresses: [podAddress('10.0.0.1')], ports: HTTP };
    const ready = { addresses: [podAddress('10.0.0.1')], ports: HTTP };
    const notReady = { notReadyAddresses: [podAddress('10.0.0.1')], ports: HTTP };
    for (const list of [endpoints(both), endpoints(ready, notReady), endpoints(notReady, ready)]) {
      expect(states(list)).toEqual(['10.0.0.1 uid-web-a http:8080/TCP ready']);
    }
  });

  it('are ready exactly when a client that reads addresses would find them there', () => {
    fc.assert(
      fc.property(anyEndpoints, (object) => {
        const list = backendsOfEndpoints(object);
        const ips = (pick: (subset: EndpointSubset) => readonly EndpointAddress[] | null | undefined) =>
          new Set((object.subsets ?? []).flatMap((subset) => (pick(subset) ?? []).map(({ ip }) => ip)));
        const inList = (...wanted: string[]) =>
          new Set([...list.values()].filter(({ state }) => wanted.includes(state)).map(({ backend }) => backend.address));
        expect(inList('ready')).toEqual(ips((subset) => subset.addresses));
        expect(inList('ready', 'notReady')).toEqual(
          ips((subset) => subset.addresses).union(ips((subset) => subset.notReadyAddresses)),
        );
      }),
    );
  });

  it('do not depend on the order of subsets and addresses', () => {
    fc.assert(
      fc.property(anyEndpoints, (object) => {
        const reversed = (object.subsets ?? []).toReversed().map(({ addresses, notReadyAddresses, ports }) => ({
          addresses: addresses?.toReversed(),
          notReadyAddresses: notReadyAddresses?.toReversed(),
          ports: ports?.toReversed(),
        }));
        expect(states(backendsOfEndpoints({ ...object, subsets: reversed }))).toEqual(states(backendsOfEndpoints(object)));
      }),
    );
  });

  it('stand under their own key, and never terminate', () => {
    fc.assert(
      fc.property(anyEndpoints, (object) => {
        const list = backendsOfEndpoints(object);
        for (const [key, listed] of list) {
          expect(listed.key).toBe(key);
          expect(key.startsWith(backendKey(listed.backend.address, listed.backend.pod?.uid ?? '', ''))).toBe(true);
        }
        expect(countBackends(list).terminating).toBe(0);
      }),
    );
  });
});

describe('a truncated Endpoints object', () => {
  it('says so by its annotation, with the one word that the controller writes', () => {
    const annotated = (value: string) => ({
      metadata: { ...metadata, annotations: { 'endpoints.kubernetes.io/over-capacity': value } },
    });
    expect(isTruncated(annotated('truncated'))).toBe(true);
    // Written by Kubernetes before 1.22: more than 1,000, but not cut.
    expect(isTruncated(annotated('warning'))).toBe(false);
    expect(isTruncated({ metadata })).toBe(false);
  });
});
