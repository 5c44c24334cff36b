/** The oracle is what the program is judged by, so each definition that it rests on is shown on a trace small enough to read. */
import { describe, expect, test } from 'vitest';
import { foldTrace, type Truth } from '../../support/oracle/index.ts';

const ENDPOINTS = '/api/v1/endpoints';
const SLICES = '/apis/discovery.k8s.io/v1/endpointslices';

type Line = [path: string, type: string, object: unknown];

/** One line a second, from 00:00:01 on. */
function fold(...lines: Line[]): Truth {
  return foldTrace(
    lines.map(([path, type, object], i) =>
      JSON.stringify({ at: `2026-01-01T00:00:${String(i + 1).padStart(2, '0')}.000Z`, path, type, object }),
    ),
  );
}
const second = (n: number) => Date.parse('2026-01-01T00:00:00.000Z') + n * 1000;
const list = (...items: object[]) => ({ kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items });
const pod = (uid: string) => ({ targetRef: { kind: 'Pod', namespace: 'a', name: `pod-${uid}`, uid } });
const endpoints = (...subsets: object[]) => ({
  kind: 'Endpoints',
  metadata: { namespace: 'a', name: 'web', uid: 'e', resourceVersion: '2' },
  subsets,
});
const slice = (name: string, ...members: object[]) => ({
  kind: 'EndpointSlice',
  metadata: { namespace: 'a', name, uid: name, resourceVersion: '2', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints: members,
  ports: [{ name: '', port: 80, protocol: 'TCP' }],
});
const member = (ip: string, uid: string, conditions: object) => ({ addresses: [ip], conditions, ...pod(uid) });

const flips = (truth: Truth) =>
  truth.flips.map((one) => `${one.line}: ${one.backend.key} ${one.from}>${one.to} ${one.after.ready}+${one.after.notReady}`);
const states = (truth: Truth, source: 'endpoints' | 'endpointslices', n: number) =>
  truth.stateAt('a', 'web', source, second(n))?.backends.map((one) => `${one.key} ${one.state}`);

const PORTS = [{ port: 80, protocol: 'TCP' }];

describe('flips', () => {
  test('a first snapshot makes no flips, and what came before it is not known', () => {
    const truth = fold([ENDPOINTS, 'LIST', list(endpoints({ addresses: [{ ip: '10.0.0.1', ...pod('p') }], ports: PORTS }))]);
    expect(flips(truth)).toEqual([]);
    expect(states(truth, 'endpoints', 0)).toBeUndefined();
    expect(states(truth, 'endpoints', 1)).toEqual(['10.0.0.1 p 80/TCP ready']);
  });

  test('an object added later flips from absent, a deleted one to absent', () => {
    const object = endpoints({ addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '10.0.0.2' }], ports: PORTS });
    const truth = fold([ENDPOINTS, 'LIST', list()], [ENDPOINTS, 'ADDED', object], [ENDPOINTS, 'DELETED', object]);
    expect(flips(truth)).toEqual([
      '2: 10.0.0.1  80/TCP absent>ready 1+1',
      '2: 10.0.0.2  80/TCP absent>notReady 1+1',
      '3: 10.0.0.1  80/TCP ready>absent 0+0',
      '3: 10.0.0.2  80/TCP notReady>absent 0+0',
    ]);
    expect(truth.stateAt('a', 'web', 'endpoints', second(3))).toEqual({ listed: false, truncated: false, backends: [] });
  });

  test('another Pod at the same address, and the same Pod on another port set, are other backends', () => {
    const at = (uid: string, ports: object[]) => endpoints({ addresses: [{ ip: '10.0.0.1', ...pod(uid) }], ports });
    const truth = fold(
      [ENDPOINTS, 'LIST', list(at('p', PORTS))],
      [ENDPOINTS, 'MODIFIED', at('q', PORTS)],
      [
        ENDPOINTS,
        'MODIFIED',
        at('q', [
          { name: 'b', port: 2, protocol: 'TCP' },
          { name: 'a', port: 1, protocol: 'UDP' },
        ]),
      ],
      [
        ENDPOINTS,
        'MODIFIED',
        at('q', [
          { name: 'a', port: 1, protocol: 'UDP' },
          { name: 'b', port: 2, protocol: 'TCP' },
        ]),
      ],
    );
    expect(flips(truth)).toEqual([
      '2: 10.0.0.1 p 80/TCP ready>absent 1+0',
      '2: 10.0.0.1 q 80/TCP absent>ready 1+0',
      '3: 10.0.0.1 q 80/TCP ready>absent 1+0',
      '3: 10.0.0.1 q a:1/UDP,b:2/TCP absent>ready 1+0',
    ]);
  });

  test('a backend that moves between slices did not flip', () => {
    const one = member('10.0.0.1', 'p', { ready: true });
    const truth = fold(
      [SLICES, 'LIST', list(slice('x', one), slice('y'))],
      [SLICES, 'MODIFIED', slice('y', one)],
      [SLICES, 'MODIFIED', slice('x')],
      [SLICES, 'DELETED', slice('x')],
    );
    expect(flips(truth)).toEqual([]);
    expect(states(truth, 'endpointslices', 4)).toEqual(['10.0.0.1 p 80/TCP ready']);
  });
});

describe('states', () => {
  test('conditions that are missing or null mean ready and serving', () => {
    const truth = fold([
      SLICES,
      'LIST',
      list(
        slice(
          'x',
          member('10.0.0.1', '1', {}),
          member('10.0.0.2', '2', { ready: null, serving: false, terminating: true }),
          member('10.0.0.3', '3', { ready: false, serving: null, terminating: null }),
          member('10.0.0.4', '4', { ready: false, serving: true, terminating: true }),
          member('10.0.0.5', '5', { ready: false, serving: null, terminating: true }),
          member('10.0.0.6', '6', { ready: false, serving: false, terminating: true }),
          { addresses: ['10.0.0.7'] },
        ),
      ),
    ]);
    expect(states(truth, 'endpointslices', 1)?.map((text) => text.replace(' 80/TCP', ''))).toEqual([
      '10.0.0.1 1 ready',
      '10.0.0.2 2 ready',
      '10.0.0.3 3 notReady',
      '10.0.0.4 4 serving',
      '10.0.0.5 5 terminating',
      '10.0.0.6 6 terminating',
      '10.0.0.7  ready',
    ]);
  });

  test.each([
    ['ready', 'serving'],
    ['serving', 'terminating'],
    ['terminating', 'notReady'],
    ['ready', 'notReady'],
  ])('a backend in two slices is %s rather than %s, whichever comes first', (wins, loses) => {
    const conditions: Record<string, object> = {
      ready: { ready: true },
      serving: { ready: false, serving: true, terminating: true },
      terminating: { ready: false, serving: false, terminating: true },
      notReady: { ready: false },
    };
    const of = (name: string, state: string) => slice(name, member('10.0.0.1', 'p', conditions[state] ?? {}));
    for (const items of [
      [of('x', wins), of('y', loses)],
      [of('x', loses), of('y', wins)],
    ]) {
      expect(states(fold([SLICES, 'LIST', list(...items)]), 'endpointslices', 1)).toEqual([`10.0.0.1 p 80/TCP ${wins}`]);
    }
  });
});

describe('objects', () => {
  test('the item of a list keeps every byte but for the kind and apiVersion put before it', () => {
    const item = String.raw`{"metadata":{"namespace":"a","name":"web","uid":"e","resourceVersion":"2"},"x":{"n":1.0e2,"s":"}]\"\\","u":"\u00e9é "}}`;
    const line = `{"at":"2026-01-01T00:00:01.000Z","path":"${ENDPOINTS}","type":"LIST","object":{"kind":"EndpointsList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[${item}, ${item.replace('"web"', '"api"')}]}}`;
    const truth = foldTrace([line]);
    expect(truth.objectAt('Endpoints', 'a', 'web', second(1))).toBe(`{"kind":"Endpoints","apiVersion":"v1",${item.slice(1)}`);
    expect(truth.services.map((one) => one.name)).toEqual(['api', 'web']);
    expect(truth.objectAt('Endpoints', 'a', 'web', second(0))).toBeUndefined();
  });

  test('what the oracle does not know it refuses', () => {
    expect(() => fold([ENDPOINTS, 'LIST', list()], [ENDPOINTS, 'LIST', list()])).toThrow('line 2');
    expect(() => fold([ENDPOINTS, 'ERROR', {}])).toThrow('line 1');
    expect(() => foldTrace(['{"at":"2026-01-01T00:00:01.000Z"'])).toThrow('line 1');
  });
});
