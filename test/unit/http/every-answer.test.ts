import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/http/metrics.ts';
import { fakeHistory, manyFlips, pagedFlips } from '../../support/fake-history.ts';
import { testApp } from '../../support/http-app.ts';

const PATHS = [
  '/api/v1/services',
  '/api/v1/services?form=1',
  '/api/v1/flips.csv',
  '/livez',
  '/readyz',
  '/metrics',
  '/nothing',
  '/docs',
];

describe('every answer', () => {
  it('is kept from being framed, sniffed, and told to others', async () => {
    const app = testApp();
    for (const path of PATHS) {
      const { headers } = await app.get(path);
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('Referrer-Policy')).toBe('no-referrer');
      const policy = headers.get('Content-Security-Policy') ?? '';
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
      expect(policy.includes('unsafe-inline')).toBe(path === '/docs');
      expect(headers.get('Access-Control-Allow-Origin')).toBeNull();
    }
  });

  it('carries the request id it was given, when that is a short safe token, and its own otherwise', async () => {
    const app = testApp();
    for (const path of PATHS) {
      expect((await app.get(path, { 'X-Request-Id': 'Abc_1-2' })).headers.get('X-Request-Id')).toBe('Abc_1-2');
      for (const bad of ['a b', 'a"b', 'x'.repeat(65), '<script>', 'é']) {
        const id = (await app.get(path, { 'X-Request-Id': bad })).headers.get('X-Request-Id');
        expect(id).toMatch(/^[0-9a-f-]{36}$/);
      }
    }
  });

  it('of text is compressed when it is long and the client can read it', async () => {
    const app = testApp({ history: fakeHistory({ flips: pagedFlips(manyFlips(2_000)) }) });
    for (const [path, Accept] of [
      ['/api/v1/flips', 'application/json'],
      ['/api/v1/flips.csv', '*/*'],
      ['/api/v1/flips', 'application/x-ndjson'],
      ['/openapi.json', '*/*'],
    ] as const) {
      const plain = await app.get(path, { Accept });
      expect(plain.headers.get('Content-Encoding')).toBeNull();
      const packed = await app.get(path, { Accept, 'Accept-Encoding': 'gzip' });
      expect(packed.headers.get('Content-Encoding')).toBe('gzip');
      expect(packed.headers.get('Vary')).toContain('Accept-Encoding');
      const text = await plain.text();
      expect(gunzipSync(await packed.arrayBuffer()).toString()).toBe(text);
    }
    expect((await app.get('/api/v1/clusters', { 'Accept-Encoding': 'gzip' })).headers.get('Content-Encoding')).toBeNull();
  });

  it('to HEAD has the headers of GET and no body', async () => {
    const app = testApp();
    for (const path of ['/api/v1/services', '/livez', '/api/v1/events', '/api/v1/stream']) {
      const response = await app.router.request(path, { method: 'HEAD' });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('');
    }
    expect(await app.metricsText()).toContain('flipbook_http_live_streams 0');
  });

  it('is counted by the template of its route, so that names and queries make no new series', async () => {
    // With a page, whose catch-all matches every path.
    const app = testApp({ webRoot: import.meta.dirname });
    for (const name of ['a', 'b', 'c']) await app.get(`/api/v1/namespaces/store/services/${name}/state?at=now`);
    await app.get('/api/v1/services?limit=0');
    await app.get('/api/no/such/thing');
    await app.get('/docs/swagger-ui.css');
    await app.router.request('/api/v1/services', { method: 'BREW' });
    const series = [...(await app.metricsText()).matchAll(/^flipbook_http_request_duration_seconds_count\{(.*)\} (\d+)$/gm)];
    expect(series.map(([, labels, count]) => `${labels} ${count}`).sort()).toEqual([
      'method="GET",route="/api/v1/namespaces/{ns}/services/{name}/state",status="200" 3',
      'method="GET",route="/api/v1/services",status="400" 1',
      'method="GET",route="/docs/{file}",status="200" 1',
      'method="GET",route="other",status="404" 1',
      'method="other",route="other",status="405" 1',
    ]);
  });

  it('is logged at debug without its query', async () => {
    const lines: object[] = [];
    const log = { debug: (fields: object) => lines.push(fields), info: () => {}, warn: () => {}, error: () => {} };
    await testApp({ log }).get('/api/v1/services?q=s3cret', { 'X-Request-Id': 'r1' });
    expect(lines).toEqual([
      {
        requestId: 'r1',
        method: 'GET',
        route: '/api/v1/services',
        path: '/api/v1/services',
        status: 200,
        ms: expect.any(Number),
      },
    ]);
  });
});

describe('probes', () => {
  it('live as long as the process answers', async () => {
    const response = await testApp({ readiness: () => ({ ready: false, reasons: ['no'] }) }).get('/livez');
    expect([response.status, await response.text()]).toEqual([200, 'ok']);
  });

  it('ready, or not and why', async () => {
    const reasons: string[] = [];
    const app = testApp({ readiness: () => ({ ready: reasons.length === 0, reasons }) });
    expect((await app.get('/readyz')).status).toBe(200);
    reasons.push('v1/endpoints is not watched: 403 Forbidden');
    const response = await app.get('/readyz');
    expect(response.status).toBe(503);
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(await response.json()).toEqual({ ready: false, reasons });
  });

  it('metrics tell of the process and of everything that registered', async () => {
    const app = testApp({ metrics: createMetrics() });
    const response = await app.get('/metrics');
    expect(response.headers.get('Content-Type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    expect(text).toContain('process_cpu_seconds_total');
    for (const name of text.matchAll(/^# TYPE (\S+)/gm)) expect(text).toContain(`# HELP ${name[1]} `);
  });
});
