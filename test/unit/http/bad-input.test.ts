import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidQuestionError, NotFoundError } from '../../../src/history/history.ts';
import { fakeHistory } from '../../support/fake-history.ts';
import { testApp } from '../../support/http-app.ts';

const web = '/api/v1/namespaces/store/services/web';
/** Every route that takes parameters, with those that it cannot do without. */
const ROUTES = [
  '/api/v1/clusters?',
  '/api/v1/services?',
  `${web}/state?`,
  `${web}/flips?`,
  `${web}/flips.csv?`,
  '/api/v1/flips?',
  '/api/v1/flips.csv?',
  `${web}/timeline?`,
  `${web}/diff?from=now-1h&to=now&`,
  `${web}/summary?`,
  `${web}/disagreements?`,
  '/api/v1/namespaces/store/endpoints/web?',
  '/api/v1/namespaces/store/endpointslices/web-x?',
  `${web}?`,
  '/api/v1/coverage?',
  '/api/v1/events?',
  '/api/v1/stream?',
];
const KNOWN = new Set(
  'cluster asof at from to source limit cursor namespace service pod node cause causes q px after lastEventId longerThan'.split(
    ' ',
  ),
);

describe('a parameter that is not understood is refused by name', () => {
  it.each([
    ['/api/v1/services?limit=0', 'limit'],
    ['/api/v1/services?limit=1001', 'limit'],
    ['/api/v1/services?limit=ten', 'limit'],
    ['/api/v1/services?limit=1e2', 'limit'],
    ['/api/v1/services?limit=', 'limit'],
    ['/api/v1/services?limit=-1', 'limit'],
    ['/api/v1/services?limit=1.5', 'limit'],
    ['/api/v1/services?asof=-1', 'asof'],
    ['/api/v1/services?asof=99999999999999999', 'asof'],
    ['/api/v1/services?cursor=', 'cursor'],
    ['/api/v1/services?namespace=', 'namespace'],
    ['/api/v1/services?causes=', 'causes'],
    ['/api/v1/services?causes=no', 'causes'],
    ['/api/v1/services?form=now-1h', 'form'],
    ['/api/v1/services?__proto__=1', '__proto__'],
    ['/api/v1/flips?source=pods', 'source'],
    ['/api/v1/flips?source=', 'source'],
    ['/api/v1/flips?cause=', 'cause'],
    ['/api/v1/flips.csv?limit=10', 'limit'],
    ['/api/v1/flips.csv?cursor=abc', 'cursor'],
    [`${web}/timeline?px=0`, 'px'],
    [`${web}/timeline?px=20001`, 'px'],
    [`${web}/timeline?px=9&lanes=0`, 'lanes'],
    [`${web}/timeline?px=9&steady=no`, 'steady'],
    [`${web}/timeline?lanesAfter=5`, 'lanesAfter'],
    [`${web}/disagreements?longerThan=`, 'longerThan'],
    [`${web}/disagreements?longerThan=5`, 'longerThan'],
    [`${web}/disagreements?longerThan=-5s`, 'longerThan'],
    [`${web}/disagreements?longerThan=soon`, 'longerThan'],
    [`${web}/summary?longerThan=5s`, 'longerThan'],
    ['/api/v1/events?after=x', 'after'],
    ['/api/v1/events?limit=10001', 'limit'],
    ['/api/v1/stream?lastEventId=x', 'lastEventId'],
    [`/api/v1/namespaces/${'n'.repeat(513)}/services/web/state`, 'ns'],
  ])('%s', async (path, parameter) => {
    const app = testApp();
    const problem = await app.problem(path);
    expect(problem).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400, parameter });
    expect(problem.detail).toContain(parameter);
    expect(app.history.asked).toEqual([]);
  });

  it('so that a misspelled name never widens the question, on any route', async () => {
    const name = fc.string({ minLength: 1, maxLength: 20 }).filter((name) => !KNOWN.has(name) && name.isWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ROUTES), name, fc.string(), async (route, name, value) => {
        const app = testApp();
        const problem = await app.problem(`${route}${new URLSearchParams([[name, value]])}`);
        expect(problem).toMatchObject({ status: 400, parameter: name });
        expect(app.history.asked).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('and names every fault of a request at once', async () => {
    const { detail } = await testApp().problem('/api/v1/services?limit=0&form=1');
    expect(detail).toContain('"limit" is not a whole number from 1 to 1000');
    expect(detail).toContain(
      '"form" is not a parameter of this route; there are: at, namespace, q, limit, cursor, causes, cluster, asof',
    );
  });

  it('and a repeated one too, because it has two meanings', async () => {
    for (const route of ROUTES) {
      const app = testApp();
      expect(await app.problem(`${route}cluster=demo&cluster=demo`)).toMatchObject({ status: 400, parameter: 'cluster' });
      expect(app.history.asked).toEqual([]);
    }
  });

  it('and the event id of a stream', async () => {
    const app = testApp();
    for (const id of ['x', '-1', '1.5', '99999999999999999']) {
      expect(await app.problem('/api/v1/stream', { 'Last-Event-ID': id })).toMatchObject({
        status: 400,
        parameter: 'Last-Event-ID',
      });
    }
  });
});

describe('problems', () => {
  const failing = (error: unknown) => {
    const answer = () => Promise.reject(error);
    return fakeHistory({ state: answer, flips: answer, object: answer, summary: answer, disagreements: answer });
  };

  it('what history does not know is a 404', async () => {
    const app = testApp({ history: failing(new NotFoundError('no Service store/web was ever seen')) });
    for (const path of [`${web}/state`, `${web}/flips`, `${web}/flips.csv`, `${web}/summary`, `${web}/disagreements`]) {
      expect(await app.problem(path)).toMatchObject({
        title: 'Not Found',
        status: 404,
        detail: 'no Service store/web was ever seen',
      });
    }
  });

  it('what history cannot answer as put is a 400', async () => {
    const app = testApp({ history: failing(new InvalidQuestionError('cluster', 'two clusters know store/web')) });
    for (const path of [`${web}/state`, `${web}/flips.csv`]) {
      expect(await app.problem(path)).toMatchObject({ status: 400, parameter: 'cluster', detail: 'two clusters know store/web' });
    }
  });

  it('anything else is a 500 that tells the log everything and the client nothing', async () => {
    const logged: object[] = [];
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (fields: object) => logged.push(fields) };
    const secret = new Error('SQLITE_CORRUPT: /data/flipbook.db');
    const app = testApp({ history: failing(secret), log });
    for (const path of [`${web}/state?cluster=s3cret`, `${web}/flips.csv?cluster=s3cret`]) {
      const response = await app.get(path, { 'X-Request-Id': 'abc-1' });
      const text = await response.text();
      expect(response.status).toBe(500);
      expect(response.headers.get('Content-Type')).toBe('application/problem+json');
      expect(text).not.toMatch(/SQLITE|flipbook\.db|\.ts:|at /);
      expect(JSON.parse(text)).toMatchObject({ status: 500, requestId: 'abc-1' });
    }
    expect(logged).toHaveLength(2);
    expect(logged[0]).toMatchObject({ err: secret, requestId: 'abc-1', path: `${web}/state` });
    expect(JSON.stringify(logged)).not.toContain('s3cret');
  });

  it('a path that no route has is a 404 problem', async () => {
    const app = testApp();
    for (const path of ['/api/v1/nothing', '/api', '/api/v2/services', '/', '/api/v1/namespaces/store/pods/x']) {
      expect(await app.problem(path)).toMatchObject({ status: 404, detail: expect.stringContaining(path) });
    }
  });

  it('whatever is not GET or HEAD is refused with what is allowed', async () => {
    const app = testApp();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const response = await app.router.request('/api/v1/services', { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('Allow')).toBe('GET, HEAD');
      expect(await response.json()).toMatchObject({ title: 'Method Not Allowed' });
    }
    expect(app.history.asked).toEqual([]);
  });
});
