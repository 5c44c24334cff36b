import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { CSV_COLUMNS } from '../../../src/history/flips-csv.ts';
import { createApp } from '../../../src/http/app.ts';
import * as contract from '../../../src/http/contract.ts';
import { ServicesAnswer } from '../../../src/http/contract-services.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { parseCsv } from '../../support/rfc4180.ts';
import { type Imported, importFixture } from '../incident/imported.ts';

let incident: Imported;
let get: (path: string, headers?: Record<string, string>) => Promise<Response>;
beforeAll(async () => {
  incident = await importFixture('incident-1');
  const { router } = createApp({
    history: incident.history,
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: createMetrics({ processMetrics: false }),
    log: SILENT_LOG,
  });
  get = async (path, headers = {}) => router.request(path, { headers });
});
afterAll(() => incident.close());

const instants = ['2026-11-23T16:00:00Z', '2026-11-23T16:18:40Z', '2026-11-23T16:20:00Z', '2026-11-23T16:21:05Z', 'now'];

/** The answer at a path, held against the contract: nothing missing, and nothing in it that the contract does not name. */
async function answer<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
  const response = await get(path);
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  // Parsing leaves out what the schema does not know.
  expect(schema.parse(body), path).toEqual(body);
  return body as z.infer<Schema>;
}

const linesOf = async (path: string, headers: Record<string, string> = {}) => {
  const text = await (await get(path, headers)).text();
  return text.split('\n').slice(0, -1);
};

describe('the answers about a real incident', () => {
  it('are what the contract promises, on every route and at every instant', async () => {
    await answer('/api/v1/clusters', contract.ClustersAnswer);
    await answer('/api/v1/coverage', contract.CoverageAnswer);
    const { items } = await answer('/api/v1/services', ServicesAnswer);
    const services = items.filter(({ source }) => source !== undefined);
    expect(services.length).toBeGreaterThan(3);
    for (const at of instants) await answer(`/api/v1/services?at=${at}`, ServicesAnswer);
    const bare = await answer('/api/v1/services?causes=false', ServicesAnswer);
    const causesOf = ({ lastFlip }: (typeof items)[number]) => (lastFlip ? [lastFlip.cause] : []);
    expect(items.flatMap(causesOf)).not.toContain(undefined);
    expect(new Set(bare.items.flatMap(causesOf))).toEqual(new Set([undefined]));
    expect(bare.items).toMatchObject(items.map(({ lastFlip: _, ...item }) => item));
    for (const { namespace, name } of services) {
      const path = `/api/v1/namespaces/${namespace}/services/${name}`;
      for (const source of contract.Source.options) {
        await answer(`${path}/timeline?source=${source}`, contract.TimelineAnswer);
        await answer(`${path}/flips?source=${source}&limit=1000`, contract.FlipsAnswer);
        for (const at of instants) {
          await answer(`${path}/state?source=${source}&at=${at}`, contract.StateAnswer);
          await answer(`${path}/diff?source=${source}&from=${instants[0]}&to=${at}`, contract.DiffAnswer);
        }
      }
    }
  });

  it('are the same flips as pages, as CSV and as NDJSON', async () => {
    const paged: contract.Flip[] = [];
    let cursor: string | undefined;
    do {
      const page = await answer(`/api/v1/flips?limit=7${cursor === undefined ? '' : `&cursor=${cursor}`}`, contract.FlipsAnswer);
      paged.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(paged.length).toBeGreaterThan(50);
    const lines = await linesOf('/api/v1/flips', { Accept: 'application/x-ndjson' });
    expect(lines.map((line) => JSON.parse(line))).toEqual(paged);
    const [header = [], ...rows] = parseCsv(await (await get('/api/v1/flips.csv')).text());
    expect(header).toEqual([...CSV_COLUMNS]);
    const cell = (row: string[], column: (typeof CSV_COLUMNS)[number]) => row[header.indexOf(column)];
    expect(rows.map((row) => [cell(row, 'time'), cell(row, 'address'), cell(row, 'to'), cell(row, 'position')])).toEqual(
      paged.map(({ at, address, to, position }) => [at, address, to, String(position)]),
    );
  });

  it('give each object as the log carries it, byte for byte', async () => {
    const plurals: Record<string, string> = {
      'v1/endpoints': 'endpoints',
      'discovery.k8s.io/v1/endpointslices': 'endpointslices',
      'v1/services': 'services',
    };
    const lines = await linesOf('/api/v1/events?limit=10000');
    const latest = new Map<string, { line: string; event: contract.LogEvent }>();
    let position = 0;
    for (const line of lines) {
      const event = contract.LogEvent.parse(JSON.parse(line));
      expect(event.position).toBe(++position);
      const plural = plurals[event.resource ?? ''];
      if (plural !== undefined) latest.set(`/api/v1/namespaces/${event.namespace}/${plural}/${event.name}`, { line, event });
    }
    expect(latest.size).toBeGreaterThan(10);
    for (const [path, { line, event }] of latest) {
      const response = await get(`${path}?at=now`);
      const deleted = event.type === 'DELETED';
      expect(response.status, path).toBe(deleted ? 404 : 200);
      if (deleted) continue;
      expect(response.headers.get('Flipbook-Position')).toBe(String(event.position));
      expect(line).toContain(`,"object":${await response.text()}}`);
    }
  });
});
