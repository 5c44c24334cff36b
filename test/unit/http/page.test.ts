import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testApp } from '../../support/http-app.ts';

let folder = '';
let webRoot = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flipbook-page-'));
  webRoot = join(folder, 'dist');
  mkdirSync(join(webRoot, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'dist-other.txt'), 'secret');
  writeFileSync(join(webRoot, '.hidden.txt'), 'secret');
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>Flipbook</title>');
  writeFileSync(join(webRoot, 'favicon.svg'), '<svg/>');
  writeFileSync(join(webRoot, 'assets', 'index-a1b2c3.js'), 'export {};');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the page', () => {
  it('is asked for anew each time, its hashed files never again', async () => {
    const app = testApp({ webRoot });
    const index = await app.get('/');
    expect([index.status, index.headers.get('Content-Type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(index.headers.get('Cache-Control')).toBe('no-cache');
    const script = await app.get('/assets/index-a1b2c3.js');
    expect(await script.text()).toBe('export {};');
    expect(script.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    const icon = await app.get('/favicon.svg');
    expect([icon.headers.get('Content-Type'), icon.headers.get('Cache-Control')]).toEqual(['image/svg+xml', 'no-cache']);
  });

  it('answers the paths of its own router, and never those of the API', async () => {
    const app = testApp({ webRoot });
    for (const path of ['/services/store/web', '/coverage', '/services/store/web?from=now-1h&flip=342']) {
      expect(await (await app.get(path)).text()).toContain('<title>Flipbook</title>');
    }
    for (const path of [
      '/api',
      '/api/v1',
      '/api/v1/servces',
      '/assets/gone',
      '/assets/gone.js',
      '/gone.css',
      '/docs/',
      '/livez/x',
      '/openapi.json/x',
    ]) {
      expect(await app.problem(path)).toMatchObject({ status: 404 });
    }
  });

  it('is all that can be reached of the disk', async () => {
    const app = testApp({ webRoot });
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/%2e%2e%2fdist-other.txt',
      '/..%5csecret.txt',
      '/.hidden.txt',
      '/%00.txt',
      '//etc/hosts.txt',
    ]) {
      const response = await app.get(path);
      expect(response.status, path).not.toBe(200);
      expect(await response.text()).not.toContain('secret\n');
    }
  });

  it('that was not built says what to do, and appears as soon as it is', async () => {
    const root = join(folder, 'later');
    const app = testApp({ webRoot: root });
    const missing = await app.get('/');
    expect(missing.status).toBe(503);
    expect(await missing.text()).toContain('npm run build');
    mkdirSync(root);
    writeFileSync(join(root, 'index.html'), '<title>Flipbook</title>');
    expect((await app.get('/')).status).toBe(200);
  });
});

describe('the documentation page', () => {
  it('asks no other server', async () => {
    const app = testApp();
    const page = await (await app.get('/docs')).text();
    const initializer = await (await app.get('/docs/initializer.js')).text();
    expect(page + initializer).not.toMatch(/https?:\/\//);
    expect(initializer).toContain('validatorUrl: null');
    const parts = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => `/${path}`);
    expect(parts.length).toBeGreaterThanOrEqual(4);
    for (const path of parts) expect((await app.get(path)).status, path).toBe(200);
  });

  it('hands out the files it needs and nothing else of that package', async () => {
    const app = testApp();
    for (const path of ['/docs/package.json', '/docs/index.html', '/docs/constructor', '/docs/..%2fpackage.json']) {
      expect(await app.problem(path)).toMatchObject({ status: 404 });
    }
  });
});
