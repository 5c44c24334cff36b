import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlipAnswer } from '../../../src/history/answers.ts';
import { CSV_COLUMNS } from '../../../src/history/flips-csv.ts';
import { examples } from '../../../src/http/examples.ts';
import { exportFileName } from '../../../src/http/flip-export.ts';
import { fakeHistory, manyFlips, pagedFlips } from '../../support/fake-history.ts';
import { testApp } from '../../support/http-app.ts';
import { parseCsv } from '../../support/rfc4180.ts';

const web = '/api/v1/namespaces/store/services/web';
const over = (flips: readonly FlipAnswer[], asOf?: number) =>
  testApp({ history: fakeHistory({ flips: pagedFlips(flips, asOf) }) });

async function csvOf(flips: readonly FlipAnswer[]): Promise<Record<string, string>[]> {
  const [header, ...rows] = parseCsv(await (await over(flips).get('/api/v1/flips.csv')).text());
  expect(header).toEqual([...CSV_COLUMNS]);
  return rows.map((cells) => Object.fromEntries(CSV_COLUMNS.map((column, index) => [column, cells[index] ?? ''])));
}

describe('an export', () => {
  it('holds every flip once, read page by page as of one position', async () => {
    const app = over(manyFlips(11_234), 9_999);
    const response = await app.get(`${web}/flips.csv?from=now-1h&source=endpoints`);
    const rows = parseCsv(await response.text());
    expect(rows.slice(1).map((row) => Number(row.at(-1)))).toEqual(Array.from({ length: 11_234 }, (_, index) => index + 1));
    const questions = app.history.asked.map(({ question }) => question);
    const same = {
      namespace: 'store',
      service: 'web',
      source: 'endpoints',
      from: expect.any(Number),
      limit: 5000,
      format: 'csv',
    };
    expect(questions).toEqual([same, { ...same, cursor: '5000', asOf: 9_999 }, { ...same, cursor: '10000', asOf: 9_999 }]);
  });

  it('says what it is, what it is called, as of when, and how sure it is', async () => {
    const { headers } = await over(manyFlips(3)).get(`${web}/flips.csv`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="flips_store_web_20261123T161800Z_20261123T163000Z.csv"',
      'flipbook-as-of': '637',
      'flipbook-coverage': 'complete',
      'cache-control': 'no-store',
    });
  });

  it('without flips is the header row alone', async () => {
    expect(await (await over([]).get('/api/v1/flips.csv')).text()).toBe(`${CSV_COLUMNS.join(',')}\r\n`);
    expect(await (await over([]).get('/api/v1/flips', { Accept: 'application/x-ndjson' })).text()).toBe('');
  });

  it('comes as CSV or NDJSON where it is asked for by name, and as a page of JSON otherwise', async () => {
    const app = over(manyFlips(1_500));
    for (const path of ['/api/v1/flips', `${web}/flips`]) {
      const csv = await app.get(path, { Accept: 'text/csv' });
      expect(parseCsv(await csv.text())).toHaveLength(1_501);
      const ndjson = await app.get(path, { Accept: 'application/x-ndjson' });
      expect(ndjson.headers.get('Content-Type')).toBe('application/x-ndjson; charset=utf-8');
      expect(ndjson.headers.get('Content-Disposition')).toMatch(/\.ndjson"$/);
      const lines = (await ndjson.text()).split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.map((line) => JSON.parse(line))).toEqual(manyFlips(1_500));
      for (const Accept of ['*/*', 'text/html,application/xhtml+xml,*/*;q=0.8', 'application/json', 'image/png']) {
        expect(await (await app.get(path, { Accept })).json()).toMatchObject({ items: { length: 200 } });
      }
    }
  });

  it('refuses paging, which it has no use for', async () => {
    const app = over(manyFlips(3));
    for (const parameter of ['limit', 'cursor']) {
      expect(await app.problem(`/api/v1/flips?${parameter}=5`, { Accept: 'text/csv' })).toMatchObject({ status: 400, parameter });
    }
    expect(app.history.asked).toEqual([]);
  });

  it('that fails after it has begun breaks off, so that nobody takes the part for the whole', async () => {
    const errors: object[] = [];
    const pages = pagedFlips(manyFlips(15_000));
    const history = fakeHistory({
      flips: (question) => (question.cursor === '10000' ? Promise.reject(new Error('disk gone')) : pages(question)),
    });
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (fields: object) => errors.push(fields) };
    const response = await testApp({ history, log }).get('/api/v1/flips.csv');
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('broke off');
    expect(errors).toEqual([expect.objectContaining({ err: new Error('disk gone') })]);
  });

  it('reads at most one page further than the client does', async () => {
    const app = over(manyFlips(30_000));
    const reader = (await app.get('/api/v1/flips.csv')).body?.getReader();
    await reader?.read();
    expect(app.history.asked).toHaveLength(1);
    await reader?.read();
    expect(app.history.asked).toHaveLength(3);
    await reader?.cancel();
    expect(app.history.asked).toHaveLength(3);
  });

  it('asked for with HEAD tells its headers and reads one page', async () => {
    const app = over(manyFlips(10_000));
    const response = await app.router.request('/api/v1/flips.csv', { method: 'HEAD' });
    expect(response.headers.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present');
    expect(await response.text()).toBe('');
    expect(app.history.asked).toHaveLength(1);
  });

  it('has a file name that no name in the cluster can break', () => {
    const page = { ...examples.flips, from: '2026-11-23T16:18:00.000Z', to: '2026-11-23T16:30:00.000Z' };
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.option(fc.string(), { nil: undefined }), (namespace, service) => {
        const name = exportFileName([namespace, service], page, 'text/csv');
        expect(name).toMatch(/^[A-Za-z0-9_-]+\.csv$/);
        expect(name.length).toBeLessThan(200);
      }),
    );
  });
});

describe('a CSV row', () => {
  it('tells a flip in the columns that were promised', async () => {
    expect(await csvOf([examples.flip])).toEqual([
      {
        time: '2026-11-23T16:20:41.318Z',
        cluster: 'demo',
        namespace: 'store',
        service: 'web',
        source: 'endpoints',
        address: '10.100.4.202',
        ports: 'http:8080/TCP',
        pod: 'web-6d4b9c7d9-9qk4m',
        pod_uid: '7f3d9a52-3b1f-4a0f-8a59-0b6a2f2f4d10',
        node: 'node-4',
        zone: 'zone-a',
        from: 'ready',
        to: 'notReady',
        ready_after: '2',
        not_ready_after: '1',
        cause: 'ReadinessProbeFailed',
        detail: 'readiness probe failed: HTTP probe failed with statuscode: 503',
        confidence: 'observed',
        not_before: '2026-11-23T16:20:41.000Z',
        not_after: '2026-11-23T16:20:41.318Z',
        position: '342',
      },
    ]);
  });

  it('leaves the cells of what is not known empty', async () => {
    const { pod: _pod, node: _node, zone: _zone, detail: _detail, ...bare } = examples.flip;
    expect((await csvOf([bare]))[0]).toMatchObject({ pod: '', pod_uid: '', node: '', zone: '', detail: '' });
  });

  it('survives any text, and no cell begins like a formula', async () => {
    const text = fc.string({
      unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', "'", ',', ';', 'a', 'ü', '😀', ' '),
    });
    await fc.assert(
      fc.asyncProperty(text, text, async (detail, node) => {
        const [row] = await csvOf([{ ...examples.flip, detail, node }]);
        for (const [written, given] of [
          [row?.detail, detail],
          [row?.node, node],
        ]) {
          expect(written).not.toMatch(/^[=+\-@\t\r]/);
          expect(written?.endsWith(given ?? '')).toBe(true);
          expect((written?.length ?? 0) - (given?.length ?? 0)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 60 },
    );
  });
});
