/** Reads go by an index: none reads all of a table that grows with the history. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { epochMs, MAX_INSTANT } from '../../../src/domain/time.ts';
import { importTrace } from '../../../src/recorder/import-trace.ts';
import { traceFile } from '../../../src/recorder/trace-source.ts';
import { type EventReader, LATEST, position } from '../../../src/store/event-store.ts';
import { SqliteReader } from '../../../src/store/sqlite/reader.ts';
import { Statements, withoutPeeking } from '../../../src/store/sqlite/statements.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';

/** Rows are added to these as long as the recorder runs. The others grow with the cluster, not with time. */
const GROWING = ['event', 'body', 'object', 'lifespan', 'backend', 'flip', 'counts', 'note', 'coverage'];

/** Notes every statement that a reader prepares. */
class NotedStatements extends Statements {
  readonly seen = new Set<string>();
  override get<Row>(sql: string, ...parameters: (string | number | null | Buffer)[]): Row | undefined {
    this.seen.add(sql);
    return super.get<Row>(sql, ...parameters);
  }
  override all<Row>(sql: string, ...parameters: (string | number | null | Buffer)[]): Row[] {
    this.seen.add(sql);
    return super.all<Row>(sql, ...parameters);
  }
  override arrays<Row extends readonly unknown[]>(sql: string, ...parameters: (string | number | null | Buffer)[]): Row[] {
    this.seen.add(sql);
    return super.arrays<Row>(sql, ...parameters);
  }
}

const window = { from: epochMs(0), to: MAX_INSTANT, asOf: position(600), limit: 5 };

const questions: Record<string, (reader: EventReader) => void> = {
  'state at T of an object': (reader) => {
    const [cluster] = reader.clusters();
    if (cluster)
      reader.objectAt({
        clusterId: cluster.id,
        resource: 'v1/endpoints',
        namespace: 'store',
        name: 'cart',
        at: MAX_INSTANT,
        asOf: LATEST,
      });
  },
  'versions of an object in a span': (reader) => {
    const [cluster] = reader.clusters();
    const span = { resource: 'v1/pods', namespace: 'store', from: epochMs(0), to: MAX_INSTANT, asOf: LATEST } as const;
    if (cluster) reader.versions({ ...span, clusterId: cluster.id, name: 'cart-557f78dc86-8ppq9' });
    if (cluster) reader.versions({ ...span, clusterId: cluster.id, name: { prefix: 'cart-' } });
  },
  'whether a resource was recorded': (reader) => {
    const [cluster] = reader.clusters();
    if (cluster) reader.hasObjects({ clusterId: cluster.id, resource: 'v1/pods' });
    if (cluster) reader.hasObjects({ clusterId: cluster.id, resource: 'v1/pods', namespace: 'store' });
  },
  'what v1 Events said of an object': (reader) => {
    const [cluster] = reader.clusters();
    if (cluster) reader.notesAbout({ clusterId: cluster.id, uid: 'u', from: epochMs(0), to: MAX_INSTANT, asOf: LATEST });
  },
  'slices of a Service at T': (reader) => {
    const [cluster] = reader.clusters();
    if (cluster) reader.slicesAt({ clusterId: cluster.id, namespace: 'store', service: 'cart', at: MAX_INSTANT, asOf: LATEST });
  },
  'Services at T': (reader) => {
    const [cluster] = reader.clusters();
    reader.servicesAt({ at: MAX_INSTANT, asOf: LATEST, limit: 5 });
    if (cluster) {
      const after = { clusterId: cluster.id, namespace: 'a', name: 'b' };
      reader.servicesAt({ clusterId: cluster.id, namespace: 'store', q: 'c', at: MAX_INSTANT, asOf: LATEST, after, limit: 5 });
    }
  },
  'flips of a Service': (reader) => {
    const [cluster] = reader.clusters();
    const service = cluster && reader.service({ clusterId: cluster.id, namespace: 'store', name: 'cart' });
    if (!service) throw new Error('the fixture has no Service store/cart');
    const [first] = reader.flips({ ...window, serviceId: service.id });
    if (first) reader.flips({ ...window, serviceId: service.id, after: first, pod: 'x', node: 'y', source: 'endpointslices' });
    const steps = { ...window, serviceId: service.id, source: 'endpoints' } as const;
    const [step] = reader.flipSteps(steps);
    if (!step) throw new Error('the fixture has no flips of store/cart');
    reader.flipSteps({ ...steps, after: step });
    expect(reader.backends([step.backend]).size).toBe(1);
  },
  'flips of all Services': (reader) => {
    const [first] = reader.flips(window);
    if (first) reader.flips({ ...window, after: first, namespace: 'store', service: 'cart', node: 'n', source: 'endpoints' });
    reader.flipsAfter({ after: position(5), through: LATEST, limit: 5 });
  },
  'counts of a Service': (reader) => {
    const [cluster] = reader.clusters();
    const service = cluster && reader.service({ clusterId: cluster.id, namespace: 'store', name: 'cart' });
    if (!service) throw new Error('the fixture has no Service store/cart');
    reader.countsAt({ serviceId: service.id, source: 'endpoints', at: MAX_INSTANT, asOf: LATEST });
    reader.counts({ serviceId: service.id, source: 'endpoints', ...window });
  },
  coverage: (reader) => {
    reader.coverage({ asOf: LATEST });
  },
  'the raw log': (reader) => {
    reader.lastPosition();
    reader.event(position(5));
    reader.events({ after: position(5), limit: 5 });
  },
};

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

describe('no read goes over a table that grows', () => {
  for (const [question, ask] of Object.entries(questions)) {
    test(question, () => {
      const connection = new Database(file, { readonly: true });
      try {
        const statements = new NotedStatements(connection);
        ask(new SqliteReader(statements));
        expect(statements.seen.size).toBeGreaterThan(0);
        for (const sql of statements.seen) {
          const parameters = Array.from({ length: sql.split('?').length - 1 }, () => 1);
          const plan = connection.prepare(`EXPLAIN QUERY PLAN ${withoutPeeking(sql)}`).all(...parameters) as { detail: string }[];
          for (const { detail } of plan) {
            const scanned = /^SCAN (\w+)/.exec(detail)?.[1];
            const table = scanned && (new RegExp(`(?:FROM|JOIN) (\\w+) ${scanned}\\b`).exec(sql)?.[1] ?? scanned);
            expect(GROWING, `${detail} in ${sql}`).not.toContain(table);
            // A page of a long window must not sort all of it. The flips of one event may be (`FOR LAST TERM OF ORDER BY`).
            if (/FROM (flip|counts|event) /.test(sql)) expect(detail, sql).not.toBe('USE TEMP B-TREE FOR ORDER BY');
          }
        }
      } finally {
        connection.close();
      }
    });
  }
});
