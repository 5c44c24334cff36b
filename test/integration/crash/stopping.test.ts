/** SIGTERM: watching ends, what was received is committed, the coverage ends in the ledger, the log is closed, all within 5 s. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RESOURCES, streamName } from '../../../src/domain/resources.ts';
import { isLedgerEvent, position } from '../../../src/store/event-store.ts';
import { openReader } from '../../../src/store/sqlite/store.ts';
import { eventually } from '../../support/eventually.ts';
import { RecordedCluster } from '../../support/recorded-cluster.ts';
import type { FlipbookProcess } from '../../support/recorder-process.ts';

/** The promise: Kubernetes and systemd kill what takes much longer. */
const WITHIN_MS = 5_000;

async function expectStops(recorder: FlipbookProcess): Promise<void> {
  const asked = performance.now();
  expect(await recorder.end('SIGTERM'), recorder.stderr).toEqual({ code: 0, signal: null });
  expect(performance.now() - asked).toBeLessThan(WITHIN_MS);
}

describe('SIGTERM', () => {
  test('in the middle of a busy watch: all that was committed is whole, and the ledger ends each coverage last', async () => {
    const world = await RecordedCluster.start(21);
    const recorder = await world.recording();
    const pace = setInterval(() => world.cluster.happen(1), 1);
    await eventually('much was recorded', () => world.lastPosition() > 200);
    await expectStops(recorder);
    clearInterval(pace);
    // Closed in order: all of it is in the one file.
    expect(existsSync(`${world.db}-wal`)).toBe(false);

    const { reader, close } = openReader(world.db);
    const events = reader.events({ after: position(0), limit: 100_000 });
    const names = new Map(reader.streams().map(({ id, key }) => [id, streamName(key)]));
    close();
    const last = events.slice(-RESOURCES.length);
    expect(last.filter(isLedgerEvent).map(({ streamId, fact }) => `${names.get(streamId)} ${fact.type}`)).toEqual(
      RESOURCES.map(({ name }) => `${name} COVERAGE_ENDED`),
    );
    expect(last.filter(isLedgerEvent).map(({ fact }) => fact.type === 'COVERAGE_ENDED' && fact.reason.code)).toEqual(
      RESOURCES.map(() => 'recorder-stopped'),
    );
    world.expectTruth({ caughtUp: false });
  });

  test('makes no request afterwards, and the next recorder goes on without a gap', async () => {
    const world = await RecordedCluster.start(22);
    const recorder = await world.recording();
    await expectStops(recorder);
    expect(world.server.watches()).toEqual([]);
    const asked = world.server.requests.length;
    world.cluster.happen(40);

    const next = await world.recording();
    const first = world.server.requests.slice(asked).filter(({ kind }) => kind === 'initial' || kind === 'list');
    expect(first).toEqual([]);
    await expectStops(next);
    expect(world.expectTruth({ caughtUp: true }).gaps).toBe(0);
  });

  test('while somebody reads an export and does not take it: the reader is cut off', async () => {
    const world = await RecordedCluster.start(23);
    const recorder = await world.recording();
    const url = await recorder.url();
    const feed = await fetch(`${url}/api/v1/stream`);
    const raw = await fetch(`${url}/api/v1/events`);
    expect([feed.status, raw.status]).toEqual([200, 200]);
    await expectStops(recorder);
    await Promise.allSettled([feed.body?.cancel(), raw.body?.cancel()]);
    world.expectTruth({ caughtUp: true });
  });

  test('while the API server is asked who it is and does not answer', async () => {
    const world = await RecordedCluster.start(24);
    world.server.next({ kind: 'other' }, () => {});
    const recorder = world.record();
    await world.server.until(() => world.server.requests.length === 1);
    await expectStops(recorder);
    expect(world.server.requests).toHaveLength(1);
  });

  test('while the API server cannot be reached', async () => {
    const world = await RecordedCluster.start(25);
    await world.server.stop();
    const recorder = world.record();
    await recorder.url();
    const { ready, reasons } = await recorder.readiness();
    expect([ready, reasons]).toEqual([false, [expect.stringMatching(/cannot be reached/)]]);
    await expectStops(recorder);
  });
});
