import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackendPort, backendsOfEndpoints, backendsOfSlice, formatPorts, parsePorts } from '../../../src/domain/backends.ts';
import { anyBackendPorts, anyPorts } from './arbitraries.ts';

const port = (name: string, number: number | undefined, protocol = 'TCP'): BackendPort => ({ name, port: number, protocol });

describe('the ports of a backend in one text', () => {
  it.each([
    [[], ''],
    [[port('', 8080)], '8080/TCP'],
    [[port('http', 8080)], 'http:8080/TCP'],
    [[port('http', 8080), port('grpc', 9090)], 'grpc:9090/TCP,http:8080/TCP'],
    [[port('', undefined)], 'all/TCP'],
    [[port('any', undefined, 'UDP')], 'any:all/UDP'],
    [[port('all', 53, 'UDP')], 'all:53/UDP'],
  ])('of %j are %j', (ports, text) => {
    expect(formatPorts(ports)).toBe(text);
    const byText = (a: BackendPort, b: BackendPort) => (formatPorts([a]) < formatPorts([b]) ? -1 : 1);
    expect(parsePorts(text)).toEqual([...ports].sort(byText));
  });

  it('read back are the same ports', () => {
    fc.assert(
      fc.property(anyBackendPorts, (ports) => {
        const read = parsePorts(formatPorts(ports));
        expect(read).toHaveLength(ports.length);
        expect(read).toEqual(expect.arrayContaining(ports));
        expect(formatPorts(read)).toBe(formatPorts(ports));
      }),
    );
  });

  it('do not depend on the order in which the ports came', () => {
    const shuffled = anyBackendPorts.chain((ports) =>
      fc.tuple(fc.constant(ports), fc.shuffledSubarray(ports, { minLength: ports.length })),
    );
    fc.assert(
      fc.property(shuffled, ([ports, other]) => {
        expect(formatPorts(other)).toBe(formatPorts(ports));
      }),
    );
  });

  it('differ where a set of ports differs', () => {
    fc.assert(
      fc.property(anyBackendPorts, anyBackendPorts, (a, b) => {
        const set = (ports: readonly BackendPort[]) =>
          new Set(ports.map((each) => JSON.stringify([each.name, each.port ?? -1, each.protocol])));
        expect(formatPorts(a) === formatPorts(b)).toBe(set(a).symmetricDifference(set(b)).size === 0);
      }),
    );
  });

  it('are TCP where a list says nothing, as the API does', () => {
    const metadata = { name: 'web', uid: 'u' };
    const listed = [
      ...backendsOfEndpoints({ metadata, subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] }).values(),
    ];
    expect(listed[0]?.backend.ports).toEqual([port('', 80)]);
  });

  it('are the same for Endpoints and for a slice that lists the same ports', () => {
    fc.assert(
      fc.property(anyPorts, (ports) => {
        const metadata = { name: 'web', uid: 'u' };
        const fromEndpoints = backendsOfEndpoints({ metadata, subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports }] });
        const fromSlice = backendsOfSlice({ metadata, endpoints: [{ addresses: ['10.0.0.1'] }], ports });
        expect([...fromSlice.keys()]).toEqual([...fromEndpoints.keys()]);
      }),
    );
  });
});
