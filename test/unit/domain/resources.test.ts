import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareResourceVersions,
  isResourceName,
  parseStreamPath,
  RESOURCES,
  type ResourceName,
  resourceNamed,
  type StreamKey,
  streamName,
  streamPath,
} from '../../../src/domain/resources.ts';

const wholeCluster = fc.constantFrom(...RESOURCES).map(({ name }): StreamKey => ({ resource: name }));
const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const oneNamespace = fc
  .tuple(fc.constantFrom(...RESOURCES.filter(({ namespaced }) => namespaced)), label)
  .map(([{ name }, namespace]): StreamKey => ({ resource: name, namespace }));
const anyStream = fc.oneof(wholeCluster, oneNamespace);
const anyPath = fc.oneof(
  fc.string(),
  fc
    .array(
      fc.constantFrom(
        '',
        'api',
        'apis',
        'v1',
        'apps',
        'discovery.k8s.io',
        'namespaces',
        'store',
        'pods',
        'nodes',
        '%',
        '%2F',
        '%ff',
      ),
      { maxLength: 7 },
    )
    .map((parts) => `/${parts.join('/')}`),
);

describe('the path of a stream', () => {
  it('leads back to the stream', () => {
    fc.assert(
      fc.property(anyStream, (stream) => {
        expect(parseStreamPath(streamPath(stream))).toEqual(stream);
      }),
    );
  });

  it('differs between any two streams', () => {
    fc.assert(
      fc.property(anyStream, anyStream, (a, b) => {
        expect(streamPath(a) === streamPath(b)).toBe(a.resource === b.resource && a.namespace === b.namespace);
      }),
    );
  });

  it('is what the API server serves', () => {
    expect(RESOURCES.map(({ name }) => streamPath({ resource: name }))).toEqual([
      '/api/v1/endpoints',
      '/apis/discovery.k8s.io/v1/endpointslices',
      '/api/v1/services',
      '/api/v1/pods',
      '/api/v1/nodes',
      '/api/v1/events',
      '/apis/apps/v1/replicasets',
      '/apis/apps/v1/deployments',
    ]);
    expect(streamPath({ resource: 'apps/v1/deployments', namespace: 'store' })).toBe(
      '/apis/apps/v1/namespaces/store/deployments',
    );
  });

  it('is read from any text without an error, and only from itself', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const stream = parseStreamPath(path);
        if (stream !== undefined) expect(parseStreamPath(streamPath(stream))).toEqual(stream);
      }),
      { numRuns: 1_000, examples: [['/api/v1/namespaces/%/pods'], ['/api/v1/namespaces/store/pods']] },
    );
  });

  it.each([
    '/api/v1',
    '/api/v1/secrets',
    '/api/v1/endpointslices',
    '/apis/apps/v1/pods',
    '/apis/apps/v2/deployments',
    '/api/v1/endpoints/',
    '/api/v1/endpoints?watch=1',
    '/api/v1/namespaces/store',
    '/api/v1/namespaces//pods',
    '/api/v1/namespaces/store/nodes',
    '/api/v1/namespaces/a/b/pods',
    '/api/v1/namespaces/a%2Fb/pods',
    '/api/v1/namespaces/%/pods',
    'api/v1/pods',
  ])('is not %s', (path) => {
    expect(parseStreamPath(path)).toBeUndefined();
  });
});

describe('a resource', () => {
  it('is found by its name, and by no other', () => {
    for (const each of RESOURCES) {
      expect(resourceNamed(each.name)).toBe(each);
      expect(isResourceName(each.name)).toBe(true);
    }
    for (const name of ['v1/secrets', 'endpoints', '', 'constructor']) expect(isResourceName(name)).toBe(false);
    expect(() => resourceNamed('v1/secrets' as ResourceName)).toThrow('not a recorded resource: v1/secrets');
  });

  it('is named after its group, version and plural', () => {
    for (const { name, apiVersion, plural, groupPath } of RESOURCES) {
      expect(name).toBe(`${apiVersion}/${plural}`);
      expect(groupPath).toBe(apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`);
    }
  });

  it('is stored byte for byte only when it is the history itself', () => {
    expect(RESOURCES.filter(({ storage }) => storage === 'verbatim').map(({ kind }) => kind)).toEqual([
      'Endpoints',
      'EndpointSlice',
      'Service',
    ]);
  });

  it('has a watch cache on the server unless it is v1 Events', () => {
    expect(RESOURCES.filter(({ watchCache }) => !watchCache).map(({ name }) => name)).toEqual(['v1/events']);
  });

  it('tells people which stream it means', () => {
    expect(streamName({ resource: 'v1/pods' })).toBe('v1/pods');
    expect(streamName({ resource: 'v1/pods', namespace: 'store' })).toBe('v1/pods in store');
  });
});

describe('resourceVersions', () => {
  const version = fc.bigInt({ min: 0n, max: 10n ** 40n });
  const sign = (value: number | bigint) => (value < 0 ? -1 : value > 0 ? 1 : 0);

  it('are ordered as the numbers they are, far beyond what a Number can hold', () => {
    const near = fc.tuple(version, fc.bigInt({ min: -2n, max: 2n })).map(([a, by]) => [a, a + by < 0n ? 0n : a + by] as const);
    fc.assert(
      fc.property(fc.oneof(fc.tuple(version, version), near), ([a, b]) => {
        expect(sign(compareResourceVersions(String(a), String(b)))).toBe(sign(a - b));
      }),
      { examples: [[[2n ** 53n, 2n ** 53n + 1n]], [[9n, 10n]], [[99_999_999_999_999_999_999n, 100_000_000_000_000_000_000n]]] },
    );
  });

  it('have a total order even where a server writes something else', () => {
    const text = fc.string({ maxLength: 4 });
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(sign(compareResourceVersions(a, b))).toBe(sign(-compareResourceVersions(b, a)));
        expect(compareResourceVersions(a, b) === 0).toBe(a === b);
        const [first, second, third] = [a, b, c].sort(compareResourceVersions) as [string, string, string];
        expect(compareResourceVersions(first, second)).toBeLessThanOrEqual(0);
        expect(compareResourceVersions(second, third)).toBeLessThanOrEqual(0);
        expect(compareResourceVersions(first, third)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
