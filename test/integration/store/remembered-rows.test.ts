/**
 * What the writer remembers of rows, and what it writes only at the end of a transaction, held against a writer that opens
 * the log anew for every transaction: the tables hold the same.
 */
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import type { EventStore, LogWriter, StreamRecord } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { projectionRows } from '../../support/projection-rows.ts';

const STARTED = 1_795_450_692_000;

const backend = fc.record({
  address: fc.constantFrom('10.0.0.1', '10.0.0.2'),
  ports: fc.constantFrom([], [{ name: 'http', port: 8080, protocol: 'TCP' }]),
  pod: fc.constantFrom(undefined, { name: 'a', uid: 'a-1' }, { name: 'a', uid: 'a-2' }),
  node: fc.constantFrom(undefined, 'node-1'),
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('change' as const),
      slice: fc.constantFrom('s-1', 's-2'),
      type: fc.constantFrom('ADDED' as const, 'MODIFIED' as const, 'DELETED' as const),
      owner: fc.constantFrom(undefined, 'cart', 'shop'),
      flips: fc.array(backend, { maxLength: 3 }),
      /** The version is one that was appended before, perhaps of the same object and type. */
      repeats: fc.integer({ min: 0, max: 4 }).map((each) => each === 0),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('proof' as const), epoch: fc.integer({ min: 1, max: 2 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const transaction = fc.record({
  writes: fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
  fails: fc.integer({ min: 0, max: 5 }).map((each) => each === 0),
  /** Events shed after it. */
  sheds: fc.constantFrom(0, 0, 0, 2, 5),
});
type Transaction = typeof transaction extends fc.Arbitrary<infer T> ? T : never;

class Story {
  #version = 0;

  begin(store: EventStore): StreamRecord {
    const { clusters, streams } = { clusters: store.reader.clusters(), streams: store.reader.streams() };
    if (clusters.length > 0) return streams[0] as StreamRecord;
    return store.write((log) => {
      const { id } = log.cluster({ uid: 'uid-1', name: 'prod' });
      return log.stream(id, { resource: 'discovery.k8s.io/v1/endpointslices' });
    });
  }

  async tell(store: EventStore, { writes, fails, sheds }: Transaction): Promise<unknown[]> {
    const stream = this.begin(store);
    const heard: unknown[] = [];
    const told = store.writeTogether(async () => {
      for (const steps of writes) {
        store.write((log) => {
          for (const each of steps) heard.push(this.#step(log, stream, each));
        });
        heard.push(store.reader.streams());
      }
      if (fails) throw new Error('rolled back');
    });
    if (fails) await expect(told).rejects.toThrow('rolled back');
    else await told;
    if (sheds > 0) store.shed({ olderThan: epochMs(Number.MAX_SAFE_INTEGER), events: sheds, reason: 'max-size' });
    return heard;
  }

  #step(log: LogWriter, stream: StreamRecord, told: Step): unknown {
    const { clusterId } = stream;
    const at = epochMs(STARTED + ++this.#version);
    if (told.does === 'proof') {
      log.saveCursor(stream.id, told.epoch, { resourceVersion: String(this.#version), provenAt: at });
      return log.streams(clusterId);
    }
    const { slice, type, owner } = told;
    const resourceVersion = told.repeats ? '1' : String(this.#version);
    const object = { clusterId, resource: stream.key.resource, namespace: 'store', name: slice, uid: `uid-${slice}` };
    const body = Buffer.from(JSON.stringify({ kind: 'EndpointSlice', slice, version: this.#version, filling: 'x'.repeat(80) }));
    const event = log.appendObject({ at, type, origin: 'watch', streamId: stream.id, epoch: 1, resourceVersion, object, body });
    if (event === undefined) return 'repeat';
    const before = log.servicesOfSlice(event.objectId);
    log.projectObject(event, owner);
    if (owner !== undefined) {
      log.projectService({
        event,
        service: { clusterId, namespace: 'store', name: owner },
        source: 'endpointslices',
        counts: { ready: told.flips.length, notReady: 0, terminating: 0 },
        listed: true,
        truncated: false,
        editors: [],
        firstOrdinal: 0,
        flips: told.flips.map(({ address, ports, pod, node }) => ({
          backend: { address, ports, ...(pod ? { pod } : {}), ...(node ? { node } : {}) },
          from: 'absent',
          to: 'ready',
          notBefore: at,
        })),
      });
    }
    return [event, before, log.servicesOfSlice(event.objectId)];
  }
}

/** All but how versions are stored, which a writer that starts anew may choose otherwise. */
function rows(file: string): Record<string, unknown> {
  const connection = new Database(file, { readonly: true });
  try {
    const all = (sql: string) => connection.prepare(sql).all();
    const footings = all('SELECT position, deltas FROM footing ORDER BY position');
    expect(footings).toEqual(
      all('SELECT base AS position, count(*) AS deltas FROM body WHERE base IS NOT NULL GROUP BY base ORDER BY base'),
    );
    return {
      ...projectionRows(file),
      ...Object.fromEntries(['event', 'object', 'cursor', 'horizon'].map((table) => [table, all(`SELECT * FROM ${table}`)])),
    };
  } finally {
    connection.close();
  }
}

test('a writer that remembers rows leaves the tables that one leaves that opens the log anew for every transaction', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(transaction, { minLength: 1, maxLength: 7 }), async (transactions) => {
      const [remembering, anew] = [newLogFile(), newLogFile()];
      const [story, same] = [new Story(), new Story()];
      const store = openStore(remembering);
      try {
        for (const each of transactions) {
          const other = openStore(anew);
          try {
            expect(await story.tell(store, each)).toEqual(await same.tell(other, each));
          } finally {
            other.close();
          }
          expect(rows(remembering)).toEqual(rows(anew));
        }
      } finally {
        store.close();
      }
    }),
    { numRuns: 25 },
  );
});
