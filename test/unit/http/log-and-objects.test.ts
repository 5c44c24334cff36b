import { describe, expect, it } from 'vitest';
import { parseRfc3339 } from '../../../src/domain/time.ts';
import type { LogEventAnswer } from '../../../src/history/answers.ts';
import type { History, ObjectAnswer } from '../../../src/history/history.ts';
import { LogEvent } from '../../../src/http/contract.ts';
import { fakeHistory } from '../../support/fake-history.ts';
import { PRESENT, testApp } from '../../support/http-app.ts';

const event = (position: number, more: Partial<LogEventAnswer> = {}): LogEventAnswer => ({
  position,
  at: '2026-11-23T16:20:41.318Z',
  type: 'MODIFIED',
  cluster: 'demo',
  stream: 'v1/endpoints',
  epoch: 1,
  ...more,
});

/** The log of these events, as history hands it out. */
const logOf =
  (all: readonly LogEventAnswer[]): History['events'] =>
  async ({ after, limit = 1000 }) =>
    all.filter(({ position }) => position > after).slice(0, limit);

const positions = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).position as number);

describe('the raw log', () => {
  it('carries objects as they are stored, digit for digit', async () => {
    const objectText = '{"metadata":{"name":"web","n":12345678901234567890,"f":1.0,"e":"\\u00e9\\/","k":1e2},"a":1,"a":2}';
    const app = testApp({ history: fakeHistory({ events: logOf([event(1, { name: 'web', objectText }), event(2)]) }) });
    const response = await app.get('/api/v1/events');
    expect(response.headers.get('Content-Type')).toBe('application/x-ndjson; charset=utf-8');
    const [first = '', second = ''] = (await response.text()).split('\n');
    expect(first).toContain(`"object":${objectText}}`);
    expect(LogEvent.parse(JSON.parse(first))).toMatchObject({ position: 1, name: 'web', object: { a: 2 } });
    expect(LogEvent.parse(JSON.parse(second))).not.toHaveProperty('object');
    expect(first).not.toContain('objectText');
  });

  it('keeps an event on one line, however its object was laid out', async () => {
    const objectText = '{\n  "kind": "Endpoints",\r\n  "note": "two\\nlines"\n}';
    const app = testApp({ history: fakeHistory({ events: logOf([event(1, { objectText })]) }) });
    const lines = (await (await app.get('/api/v1/events')).text()).split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '').object).toEqual({ kind: 'Endpoints', note: 'two\nlines' });
  });

  it('is told from where it was asked, so far as it was asked, a few events at a time', async () => {
    const all = Array.from({ length: 2_000 }, (_, index) => event(index + 1));
    const history = fakeHistory({ events: logOf(all) });
    const app = testApp({ history });
    expect(positions(await (await app.get('/api/v1/events?after=10&limit=250')).text())).toEqual(
      Array.from({ length: 250 }, (_, index) => index + 11),
    );
    expect(history.asked.map(({ question }) => question)).toEqual([
      { after: 10, limit: 100 },
      { after: 110, limit: 100 },
      { after: 210, limit: 50 },
    ]);
    expect(positions(await (await app.get('/api/v1/events')).text())).toHaveLength(1_000);
    expect(positions(await (await app.get('/api/v1/events?limit=10000')).text())).toHaveLength(2_000);
    expect(positions(await (await app.get('/api/v1/events?after=2000')).text())).toEqual([]);
    expect(positions(await (await app.get('/api/v1/events?asof=130')).text())).toHaveLength(130);
  });

  it('can be told of one cluster', async () => {
    const all = Array.from({ length: 500 }, (_, index) => event(index + 1, { cluster: index % 5 === 0 ? 'demo' : 'other' }));
    const app = testApp({ history: fakeHistory({ events: logOf(all) }) });
    expect(positions(await (await app.get('/api/v1/events?cluster=demo&limit=30')).text())).toEqual(
      Array.from({ length: 30 }, (_, index) => index * 5 + 1),
    );
    expect(await app.problem('/api/v1/events?cluster=nowhere')).toMatchObject({ status: 404 });
  });
});

describe('an object at an instant', () => {
  // Bytes that a JSON parser would not give back, and one that is not even UTF-8.
  const body = new Uint8Array([...new TextEncoder().encode('{"a":1.0,"b":"\\u00e9 é"}'), 0xff]);
  const answer: ObjectAnswer = {
    body,
    at: parseRfc3339('2026-11-23T16:21:00.007Z') ?? PRESENT,
    position: 342,
    resourceVersion: '2104',
    coverage: 'gap',
    askedAt: PRESENT,
    asOf: 400,
    gap: { stream: 'v1/endpoints', from: '2026-11-23T16:30:00.000Z', reason: 'unreachable', detail: 'détail\n' },
  };

  it.each([
    ['endpoints', 'v1/endpoints'],
    ['endpointslices', 'discovery.k8s.io/v1/endpointslices'],
    ['services', 'v1/services'],
  ])('%s come byte for byte, with what vouches for them', async (plural, resource) => {
    const app = testApp({ history: fakeHistory({ object: async () => answer }) });
    const response = await app.get(`/api/v1/namespaces/store/${plural}/web?at=now-1h&asof=400&cluster=demo`);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(body);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'flipbook-at': '2026-11-23T17:00:00.000Z',
      'flipbook-version-at': '2026-11-23T16:21:00.007Z',
      'flipbook-position': '342',
      'flipbook-as-of': '400',
      'flipbook-coverage': 'gap',
      'flipbook-gap-from': '2026-11-23T16:30:00.000Z',
      'flipbook-gap-reason': 'unreachable',
    });
    expect(app.history.asked).toEqual([
      {
        method: 'object',
        question: { resource, namespace: 'store', name: 'web', at: PRESENT - 3_600_000, asOf: 400, cluster: 'demo' },
      },
    ]);
  });

  it('that did not exist is a 404', async () => {
    expect(await testApp().problem('/api/v1/namespaces/store/endpoints/web')).toMatchObject({ status: 404 });
  });
});
