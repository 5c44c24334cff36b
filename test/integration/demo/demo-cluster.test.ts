import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type DemoCluster, startDemoCluster } from '../../../src/demo/demo-cluster.ts';
import { FAKE_SECRET } from '../../../src/demo/scenario.ts';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { RESOURCES } from '../../../src/domain/resources.ts';
import { type EpochMs, epochMs, MAX_INSTANT } from '../../../src/domain/time.ts';
import { clusterIdentity, createClient } from '../../../src/kubernetes/client.ts';
import { startWatching, type Watcher } from '../../../src/kubernetes/watcher.ts';
import { importTrace } from '../../../src/recorder/import-trace.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { type EventStore, type FlipRecord, isLedgerEvent, LATEST, type Position } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { get } from './http-client.ts';

const now = () => epochMs(Date.now());

describe('the demo cluster, recorded', () => {
  let folder: string;
  let cluster: DemoCluster;
  let server: string;
  let store: EventStore;
  let watcher: Watcher;
  let startedAt: EpochMs;
  /** Last event of the imported incident. */
  let imported: Position;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flipbook-demo-'));
    startedAt = now();
    cluster = await startDemoCluster({ now, seed: 1, log: SILENT_LOG });
    const config = new KubeConfig();
    config.loadFromString(JSON.stringify(cluster.kubeconfig));
    server = config.getCurrentCluster()?.server ?? '';

    const identity = { name: cluster.clusterName, uid: cluster.clusterUid };
    store = openStore(join(folder, 'flipbook.db'));
    await importTrace({ store, trace: { name: 'incident', chunks: cluster.traceLines() }, cluster: identity });
    imported = store.reader.lastPosition();

    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(cluster.kubeconfig));
    const client = createClient({ kubeconfig }, SILENT_LOG);
    const sink = new Recorder({ store, cluster: identity, times: 'received' });
    watcher = startWatching({ client, sink, log: SILENT_LOG });
    // The first rollout is through: its new Pods are ready.
    await vi.waitFor(() => expect(newFlips().filter(({ to }) => to === 'ready').length).toBeGreaterThanOrEqual(3), {
      timeout: 60_000,
      interval: 50,
    });
  }, 90_000);

  afterAll(async () => {
    await watcher?.stop();
    store?.close();
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function flips(): FlipRecord[] {
    return store.reader.flips({ from: epochMs(0), to: MAX_INSTANT, source: 'endpoints', asOf: LATEST, limit: 10_000 });
  }
  function newFlips(): FlipRecord[] {
    return flips().filter(({ position }) => position > imported);
  }

  test('is known by the UID of its namespace kube-system', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    const identity = await clusterIdentity(createClient({ kubeconfig }, SILENT_LOG));
    expect(identity).toEqual({ uid: cluster.clusterUid, source: 'kube-system' });
  });

  test('has its incident in the minutes before its start, and lives on after it', () => {
    const past = flips().filter(({ position }) => position <= imported);
    expect(past.length).toBeGreaterThan(50);
    for (const { at } of past) {
      expect(at).toBeGreaterThan(startedAt - 200_000);
      expect(at).toBeLessThan(startedAt);
    }
    for (const { at, origin } of newFlips()) {
      expect(at).toBeGreaterThanOrEqual(startedAt);
      expect(origin).toBe('watch');
    }
  });

  test('lets every stream resume from the cursor that the incident left, without a relist', () => {
    expect(watcher.status().map(({ stream, lastError }) => ({ stream, lastError }))).toEqual(
      RESOURCES.map(({ name }) => ({ stream: { resource: name }, lastError: undefined })),
    );
    const facts = store.reader.events({ after: imported, limit: 10_000 }).filter(isLedgerEvent);
    const kinds = facts.map(({ fact }) => (fact.type === 'COVERAGE_ENDED' ? fact.reason.code : fact.type));
    // A stream that has seen no change yet is not told as resumed yet; no stream began anew.
    expect(new Set(kinds)).toEqual(new Set(['COVERAGE_RESUMED']));
    for (const { epoch } of store.reader.streams()) expect(epoch).toBe(1);
  });

  test('serves the fake secret in its Pods, and not a byte of it reaches the disk', async () => {
    const { body } = await get(`${server}/api/v1/pods`);
    expect(JSON.stringify(body)).toContain(FAKE_SECRET);
    const recorded = store.reader.events({ after: imported, limit: 10_000 });
    const bodies = recorded.flatMap((event) => (isLedgerEvent(event) ? [] : [Buffer.from(store.reader.body(event)).toString()]));
    // The Pods that carry it were recorded …
    expect(bodies.some((each) => each.includes('"kind":"Pod"') && each.includes('checkout:v4'))).toBe(true);
    // … without it.
    for (const each of bodies) expect(each).not.toContain('secret');
    for (const file of readdirSync(folder)) expect(readFileSync(join(folder, file)).includes(FAKE_SECRET)).toBe(false);
  });
});
