import { describe, expect, it } from 'vitest';
import { examples } from '../../../src/http/examples.ts';
import { incidentExamples } from '../../../src/http/incident-examples.ts';
import { fakeHistory } from '../../support/fake-history.ts';
import { PRESENT, testApp } from '../../support/http-app.ts';

const web = '/api/v1/namespaces/store/services/web';

describe('every route asks history what it was asked, and passes the answer on', () => {
  it.each([
    ['/api/v1/clusters', 'clusters', undefined, examples.clusters],
    [
      '/api/v1/services?at=now-15m&namespace=store&q=we&limit=7&cursor=abc&cluster=demo&asof=12',
      'services',
      { at: PRESENT - 900_000, namespace: 'store', q: 'we', limit: 7, cursor: 'abc', cluster: 'demo', asOf: 12 },
      examples.services,
    ],
    ['/api/v1/services?q=', 'services', {}, examples.services],
    [
      `${web}/state?at=1795450692000&source=endpointslices&asof=9&cluster=demo`,
      'state',
      { namespace: 'store', name: 'web', at: 1795450692000, source: 'endpointslices', asOf: 9, cluster: 'demo' },
      examples.state,
    ],
    [`${web}/state`, 'state', { namespace: 'store', name: 'web' }, examples.state],
    [
      `${web}/flips?from=now-1h&to=now&source=endpoints&cause=Rollout&pod=p&node=n&limit=1000&cursor=c`,
      'flips',
      {
        ...{ namespace: 'store', service: 'web', from: PRESENT - 3_600_000, to: PRESENT, source: 'endpoints' },
        ...{ cause: 'Rollout', pod: 'p', node: 'n', limit: 1000, cursor: 'c' },
      },
      { ...examples.flips, nextCursor: undefined },
    ],
    [
      '/api/v1/flips?namespace=store&service=web&pod=p&node=n&cause=Rollout',
      'flips',
      { namespace: 'store', service: 'web', pod: 'p', node: 'n', cause: 'Rollout' },
      { ...examples.flips, nextCursor: undefined },
    ],
    [
      `${web}/timeline?from=now-1h&to=now`,
      'timeline',
      { namespace: 'store', name: 'web', from: PRESENT - 3_600_000, to: PRESENT },
      examples.timeline,
    ],
    [
      `${web}/timeline?from=now-1h&to=now&px=1200&lanes=40&lanesAfter=80&lane=10.0.0.1%20uid&steady=list`,
      'drawnTimeline',
      {
        ...{ namespace: 'store', name: 'web', from: PRESENT - 3_600_000, to: PRESENT },
        ...{ px: 1200, lanes: 40, lanesAfter: 80, lane: '10.0.0.1 uid', steady: 'list' },
      },
      examples.drawnTimeline,
    ],
    [
      `${web}/diff?from=now-1h&to=now&asof=5`,
      'diff',
      { namespace: 'store', name: 'web', from: PRESENT - 3_600_000, to: PRESENT, asOf: 5 },
      examples.diff,
    ],
    [
      `${web}/summary?from=now-1h&to=now&source=endpoints&asof=5&cluster=demo`,
      'summary',
      {
        ...{ namespace: 'store', name: 'web', from: PRESENT - 3_600_000, to: PRESENT },
        ...{ source: 'endpoints', asOf: 5, cluster: 'demo' },
      },
      incidentExamples.summary,
    ],
    [
      `${web}/disagreements?from=now-1h&to=now&longerThan=1m30s`,
      'disagreements',
      { namespace: 'store', name: 'web', from: PRESENT - 3_600_000, to: PRESENT, longerThanMs: 90_000 },
      incidentExamples.disagreements,
    ],
    [
      `${web}/disagreements?at=now&source=endpointslices`,
      'disagreements',
      { namespace: 'store', name: 'web', at: PRESENT, source: 'endpointslices' },
      incidentExamples.disagreements,
    ],
    [
      '/api/v1/coverage?from=now-1h&to=now&cluster=demo',
      'coverage',
      { from: PRESENT - 3_600_000, to: PRESENT, cluster: 'demo' },
      examples.coverage,
    ],
  ])('%s', async (path, method, question, answer) => {
    const app = testApp();
    const response = await app.get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(answer)));
    expect(app.history.asked).toEqual([{ method, question }]);
  });

  it('shows one cluster when one is named', async () => {
    const app = testApp();
    expect(await (await app.get('/api/v1/clusters?cluster=demo')).json()).toEqual(examples.clusters);
    expect(await (await app.get(`/api/v1/clusters?cluster=${examples.clusters.items[0]?.uid}`)).json()).toEqual(
      examples.clusters,
    );
    expect(await app.problem('/api/v1/clusters?cluster=other')).toMatchObject({ status: 404 });
  });

  it('asks which one is meant where clusters share a name', async () => {
    const [cluster] = examples.clusters.items;
    if (cluster === undefined) throw new Error('no example');
    const twins = [cluster, { ...cluster, uid: 'another' }];
    const app = testApp({ history: fakeHistory({ clusters: async () => ({ items: twins }) }) });
    for (const path of ['/api/v1/clusters', '/api/v1/events', '/api/v1/stream']) {
      expect(await app.problem(`${path}?cluster=demo`)).toMatchObject({ status: 400, parameter: 'cluster' });
    }
    expect(await (await app.get('/api/v1/clusters?cluster=another')).json()).toEqual({ items: [twins[1]] });
    expect(await app.problem('/api/v1/events?cluster=another')).toMatchObject({ status: 400, parameter: 'cluster' });
  });

  it('takes names that need escaping in a path', async () => {
    const app = testApp();
    await app.get('/api/v1/namespaces/st%20ore/services/w%2Fe%3Fb/state');
    expect(app.history.asked[0]?.question).toMatchObject({ namespace: 'st ore', name: 'w/e?b' });
  });
});

describe('times', () => {
  const instant = Date.UTC(2026, 10, 23, 16, 18, 12, 500);
  it.each([
    ['2026-11-23T16:18:12.5Z', instant],
    ['2026-11-23T17:18:12.5%2B01:00', instant],
    // A `+` that nobody escaped arrives as a space.
    ['2026-11-23T17:18:12.5+01:00', instant],
    ['2026-11-23+17:18:12.5+01:00', instant],
    ['2026-11-23T10:18:12.500-06:00', instant],
    [String(instant), instant],
    ['now', PRESENT],
    ['now-15m', PRESENT - 900_000],
    ['now+1m', PRESENT + 60_000],
  ])('%s is understood', async (text, at) => {
    const app = testApp();
    expect((await app.get(`/api/v1/services?at=${text}`)).status).toBe(200);
    expect(app.history.asked[0]?.question).toMatchObject({ at });
  });

  it.each(['yesterday', '2026-11-23', '2026-02-30T00:00:00Z', '2026-11-23T16:18:12', '-5', 'now-', '', 'x'.repeat(65)])(
    '%j is refused with the name of the parameter',
    async (text) => {
      const app = testApp();
      for (const [path, parameter] of [
        [`/api/v1/services?at=${text}`, 'at'],
        [`${web}/timeline?from=${text}`, 'from'],
        [`/api/v1/coverage?to=${text}`, 'to'],
      ] as const) {
        expect(await app.problem(path)).toMatchObject({ status: 400, parameter });
      }
      expect(app.history.asked).toEqual([]);
    },
  );

  it('both ends of a window count from one now', async () => {
    let now = PRESENT;
    const app = testApp({ clock: () => now++ as typeof PRESENT });
    await app.get('/api/v1/coverage?from=now&to=now');
    expect(app.history.asked[0]?.question).toEqual({ from: PRESENT, to: PRESENT });
  });

  it('a window that ends before it begins is refused, naming its begin', async () => {
    const app = testApp();
    for (const path of [
      '/api/v1/flips',
      '/api/v1/flips.csv',
      `${web}/timeline`,
      `${web}/diff`,
      `${web}/flips`,
      '/api/v1/coverage',
    ]) {
      expect(await app.problem(`${path}?from=now&to=now-1ms`)).toMatchObject({ status: 400, parameter: 'from' });
    }
    expect(app.history.asked).toEqual([]);
  });

  it('a difference needs both ends', async () => {
    const app = testApp();
    expect(await app.problem(`${web}/diff?from=now`)).toMatchObject({ status: 400, parameter: 'to' });
    expect(await app.problem(`${web}/diff?to=now`)).toMatchObject({ status: 400, parameter: 'from' });
  });
});
