/**
 * Reads go by an index: none reads all of a table that grows with the history. Every test watches the statements that it
 * runs (test/support/watch-statements.ts); here every question is asked, so that none is missed, and the watch is tried.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import { type Question, type SyncHistory, syncHistory } from '../../../src/history/sync-history.ts';
import { importTrace } from '../../../src/recorder/import-trace.ts';
import { traceFile } from '../../../src/recorder/trace-source.ts';
import { type Connection, openForReading } from '../../../src/store/sqlite/connection.ts';
import { SqliteReader } from '../../../src/store/sqlite/reader.ts';
import { Statements } from '../../../src/store/sqlite/statements.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { takeFound } from '../../support/watch-statements.ts';

const [from, to] = [epochMs(0), epochMs(Date.UTC(2100, 0))];
const at = epochMs(Date.UTC(2026, 10, 23, 16, 20, 30));
const service = { namespace: 'store', name: 'checkout' };

/** Each with what makes other statements of it. */
const QUESTIONS: { readonly [Name in Question]: (ask: SyncHistory[Name]) => unknown } = {
  clusters: (ask) => ask(),
  services: (ask) => [
    ask({}),
    ask({ at, namespace: 'store', q: 'c', asOf: 600 }),
    ask({ cluster: 'incident', limit: 1, cursor: ask({ limit: 1 }).nextCursor ?? '' }),
  ],
  state: (ask) => [ask(service), ask({ ...service, at, source: 'endpointslices', cluster: 'incident', asOf: 600 })],
  object: (ask) => [
    ask({ resource: 'v1/endpoints', ...service, at }),
    ask({ resource: 'v1/services', ...service }),
    ask({ resource: 'v1/endpoints', ...service, asOf: 600 }),
  ],
  flips: (ask) => [
    ask({}),
    ask({ from, to, namespace: 'store', pod: 'p', node: 'n' }),
    ask({ namespace: 'store', service: 'checkout', from, to, source: 'endpointslices', pod: 'p', asOf: 600 }),
    ask({ limit: 5, cursor: ask({ limit: 5 }).nextCursor ?? '' }),
    ask({ cause: 'ReadinessProbeFailed' }),
    ask({ namespace: 'store', service: 'checkout', limit: 5, cursor: ask({ ...nameOf, limit: 5 }).nextCursor ?? '' }),
  ],
  flipsText: (ask) => [ask({ format: 'csv' }), ask({ format: 'ndjson', ...nameOf })],
  timeline: (ask) => [ask(service), ask({ ...service, from, to, source: 'endpointslices' })],
  drawnTimeline: (ask) => [
    ask({ ...service, px: 100 }),
    ask({ ...service, from, to, px: 1_000, source: 'endpointslices', asOf: 600 }),
  ],
  diff: (ask) => ask({ ...service, from: at, to }),
  summary: (ask) => [ask(service), ask({ ...service, source: 'endpointslices', asOf: 600 })],
  disagreements: (ask) => [ask({ ...service, from, to }), ask({ ...service, at })],
  coverage: (ask) => [ask({}), ask({ from, to, asOf: 600 })],
  events: (ask) => [ask({ after: 0, limit: 10 }), ask({ after: 600 })],
  news: (ask) => ask({ after: 400, limit: 100 }),
  lastPosition: (ask) => ask(),
};
const nameOf = { namespace: service.namespace, service: service.name };

let file: string;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-test-'));
  file = join(folder, 'flipbook.db');
  const store = openStore(file);
  const trace = await traceFile(new URL('../../fixtures/traces/incident-1.jsonl.zst', import.meta.url).pathname);
  await importTrace({ store, trace, cluster: { name: 'incident' } });
  store.close();
  return () => rmSync(folder, { recursive: true });
});

function reading<T>(work: (connection: Connection) => T): T {
  const connection = openForReading(file);
  try {
    return work(connection);
  } finally {
    connection.close();
  }
}

describe('no question goes over a table that grows', () => {
  for (const name of Object.keys(QUESTIONS) as Question[]) {
    test(name, () => {
      reading((connection) => {
        const history = syncHistory(new SqliteReader(new Statements(connection)));
        const ask = QUESTIONS[name] as (ask: unknown) => unknown;
        expect(() => ask(history[name])).not.toThrow();
      });
    });
  }
});

describe('the watch', () => {
  const bad: [what: string, sql: string, parameters: number[]][] = [
    ['a table that is read whole', 'SELECT count(*) AS n FROM flip', []],
    ['a table under another name', 'SELECT max(e.at) FROM event e', []],
    ['an index that is read whole', 'SELECT sum(began_at) FROM coverage INDEXED BY coverage_by_stream', []],
    ['a condition that no index serves', 'SELECT 1 FROM counts WHERE position = ?', [5]],
    ['a join that goes over one', 'SELECT 1 FROM service s JOIN backend b ON b.node = s.name', []],
    ['an index entered by what all have in common', 'SELECT 1 FROM object WHERE cluster_id = ? AND resource = ?', [1, 1]],
  ];
  for (const [what, sql, parameters] of bad) {
    test(`finds ${what}, also where the error is swallowed`, () => {
      reading((connection) => {
        expect(() => new Statements(connection).all(sql, ...parameters)).toThrow(/goes over the table/);
        expect(takeFound()).toHaveLength(1);
      });
    });
  }

  test('lets a seek pass', () => {
    reading((connection) => {
      const statements = new Statements(connection);
      expect(statements.get('SELECT at FROM event WHERE position = ?', 5)).toBeDefined();
      expect(statements.all('SELECT * FROM service ORDER BY name')).not.toHaveLength(0);
    });
  });
});
