/** The log is kept within its age, its size and its disk, and says so. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { registerLogMetrics } from '../../../src/cli/log-metrics.ts';
import { Random } from '../../../src/demo/simulation/random.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { syncHistory } from '../../../src/history/sync-history.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import type { Recorder } from '../../../src/recorder/recorder.ts';
import { isLedgerEvent, type Position } from '../../../src/store/event-store.ts';
import { openReader, openStore } from '../../../src/store/sqlite/store.ts';
import { type Damage, verifyLog } from '../../../src/store/sqlite/verify.ts';
import { received, subsetsOf } from '../../support/objects.ts';
import { preload } from '../../support/recorder-process.ts';
import { bytesOnDisk, incidentLog, keep } from './keeping.ts';

function damagesOf(file: string): Damage[] {
  const damages: Damage[] = [];
  verifyLog(file, { rebuild, onDamage: (damage) => damages.push(damage) });
  return damages;
}

/** Of the incident: its first and last event, and how many. */
function extentOf(file: string) {
  const { reader, close } = openReader(file);
  const [cluster] = reader.clusters();
  const extent = cluster && reader.extent(cluster.id);
  close();
  if (!extent) throw new Error('the log is empty');
  return extent;
}

describe('retention', () => {
  test('without a reason nothing is shed', async () => {
    const file = await incidentLog();
    const { told, said, steps, close } = await keep(file, {});
    expect([told, said, steps]).toEqual([[], [], 0]);
    close();
  });

  test('by age: history older than is kept goes, the ledger tells it once, and the state then stays', async () => {
    const file = await incidentLog();
    const { first, last } = extentOf(file);
    const middle = epochMs((first.at + last.at) / 2);
    const before = openReader(file);
    const state = syncHistory(before.reader).state({ namespace: 'store', name: 'checkout', at: middle });
    const { asOf } = state;
    before.close();
    const hour = 3_600_000;
    const kept = await keep(file, { settings: { retainMs: hour }, now: () => epochMs(first.at + hour + 50_000) });
    // Hardly too old is not shed at once; a little later it is.
    expect(kept.told).toEqual([]);
    kept.close();
    const now = () => epochMs(middle + hour);
    const late = await keep(file, { settings: { retainMs: hour }, now });
    expect(late.told).toHaveLength(1);
    expect(late.told[0]).toMatchObject({ type: 'HISTORY_SHED', why: 'retain', position: expect.any(Number) });
    const horizon = late.store.reader.horizons()[0];
    expect(horizon?.at).toBeLessThanOrEqual(now() - hour);
    const facts = late.store.reader.events({ after: (horizon?.position ?? 0) as Position, limit: 10_000 }).filter(isLedgerEvent);
    expect(facts.filter(({ fact }) => fact.type === 'HISTORY_SHED').map(({ fact }) => fact)).toEqual(late.told);
    expect(late.said).toMatchObject([{ level: 'info', fields: { reason: 'retain' } }]);
    const history = syncHistory(late.store.reader);
    expect(history.state({ namespace: 'store', name: 'checkout', at: middle, asOf })).toEqual(state);
    expect(() => history.state({ namespace: 'store', name: 'checkout', asOf: 1 })).toThrow(/was shed/);
    expect(asOf).toBeGreaterThan(horizon?.position ?? 0);
    late.close();
    expect(damagesOf(file)).toEqual([]);
  });

  test('by size: the file really becomes smaller, and stays below what was asked for', async () => {
    const file = await incidentLog();
    const before = bytesOnDisk(file);
    const maxBytes = Math.floor(before * 0.8);
    const kept = await keep(file, { settings: { maxBytes } });
    expect(kept.told).toMatchObject([{ why: 'max-size' }]);
    expect(kept.status.size.used).toBeLessThanOrEqual(maxBytes);
    expect(kept.status.shed['max-size']).toBeGreaterThan(0);
    kept.store.giveBack(before);
    kept.close();
    expect(bytesOnDisk(file)).toBeLessThan(before * 0.9);
    expect(damagesOf(file)).toEqual([]);
  });

  test('a nearly full disk: the oldest goes until there is room, with a warning; the last hour never goes', async () => {
    const file = await incidentLog();
    const { last } = extentOf(file);
    const quota = bytesOnDisk(file) + 20_000;
    const disk = () => ({ free: quota - bytesOnDisk(file), total: quota });
    const kept = await keep(file, { settings: { minFreeBytes: 60_000 }, disk });
    expect(kept.told[0]).toMatchObject({ why: 'low-disk' });
    expect(kept.said[0]).toMatchObject({ level: 'warn', message: expect.stringContaining('disk is nearly full') });
    const { file: bytes, used } = kept.status.size;
    expect((kept.status.disk?.free ?? 0) + bytes - used).toBeGreaterThan(60_000);
    expect(kept.store.reader.horizons()[0]?.position).toBeLessThan(last.position);
    kept.close();

    const fresh = await incidentLog();
    const recent = await keep(fresh, { disk: () => ({ free: 0, total: quota }), now: () => last.at });
    expect(recent.told).toEqual([]);
    expect(recent.said).toMatchObject([
      { level: 'warn', message: expect.stringContaining('no history older than an hour is left') },
    ]);
    recent.close();
  });

  test('recording goes on between the steps of a pass, and loses nothing', async () => {
    const file = await incidentLog();
    const { last } = extentOf(file);
    const now = epochMs(last.at + 86_400_000);
    const stream = { resource: 'v1/endpoints', namespace: 'other' } as const;
    let commits = 0;
    const between = (recorder: Recorder) => {
      const version = ++commits + 10_000;
      const object = received(stream.resource, {
        name: 'cart',
        namespace: 'other',
        uid: 'uid-cart',
        version,
        body: subsetsOf([]),
      });
      const common = { stream, at: now };
      if (commits === 1)
        recorder.commit({ ...common, kind: 'snapshot', resourceVersion: '10000', objects: [], reason: { code: 'expired' } });
      const changes = [{ type: commits === 1 ? 'ADDED' : 'MODIFIED', object } as const];
      recorder.commit({ ...common, kind: 'changes', changes, cursor: String(version), provenAt: now });
    };
    const { store, steps, close } = await keep(file, { settings: { retainMs: 3_600_000 }, now: () => now, between });
    expect(steps).toBeGreaterThan(3);
    const events = store.reader.events({ after: last.position, limit: 1_000 });
    const recorded = events.flatMap((event) =>
      isLedgerEvent(event) || event.object.namespace !== 'other' ? [] : event.resourceVersion,
    );
    expect(recorded).toEqual(Array.from({ length: commits }, (_, index) => String(10_001 + index)));
    close();
    expect(damagesOf(file)).toEqual([]);
  });

  test('a log that was made without it is shed all the same, and its operator is told how to get space back', async () => {
    const file = await incidentLog();
    const { default: Database } = await import('better-sqlite3');
    const connection = new Database(file);
    connection.pragma('journal_mode = DELETE');
    connection.pragma('auto_vacuum = NONE');
    connection.exec('VACUUM');
    connection.close();
    const kept = await keep(file, { settings: { retainMs: 3_600_000 } });
    expect(kept.said[0]).toMatchObject({ level: 'warn', message: expect.stringContaining('flipbook backup') });
    expect(kept.status.size).toMatchObject({ canShrink: false });
    expect(kept.status.size.used).toBeLessThan(kept.status.size.file);
    kept.close();
    expect(damagesOf(file)).toEqual([]);
  });

  test('metrics tell horizon, size, disk and what was shed', async () => {
    const file = await incidentLog();
    const kept = await keep(file, { settings: { retainMs: 3_600_000 }, disk: () => ({ free: 9e9, total: 1e10 }) });
    const registry = new Registry();
    registerLogMetrics(registry, () => kept.status);
    const text = await registry.metrics();
    const until = (kept.store.reader.horizons()[0]?.at ?? 0) / 1_000;
    expect(text).toContain(`flipbook_history_horizon_timestamp_seconds{cluster="incident"} ${until}`);
    expect(text).toContain(`flipbook_log_bytes{part="used"} ${kept.status.size.used}`);
    expect(text).toContain('flipbook_disk_free_bytes 9000000000');
    expect(text).toContain(`flipbook_history_shed_events_total{reason="retain"} ${kept.status.shed.retain}`);
    const untold = new Registry();
    registerLogMetrics(untold, () => undefined);
    expect(await untold.metrics()).not.toMatch(/^flipbook_(log_bytes|disk_free_bytes|history_horizon)\S* /m);
    kept.close();
  });

  test('a pass that is killed anywhere leaves a whole log, and the next one goes on', async () => {
    const file = await incidentLog();
    const random = new Random(3);
    const program = join(import.meta.dirname, 'shed-all.ts');
    let killed = 0;
    for (let life = 0; life < 8; life++) {
      const step = Math.ceil(600 ** random.next()) + 30;
      const child = spawn(process.execPath, ['--import', preload('die-at-step.ts'), program, file], {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, FLIPBOOK_TEST_DIE_AT_STEP: String(step) },
      });
      const signal = await new Promise((resolve) => child.once('close', (_, by) => resolve(by)));
      if (signal === 'SIGKILL') killed++;
      expect(damagesOf(file)).toEqual([]);
    }
    expect(killed).toBeGreaterThan(4);
    const store = openStore(file);
    while (store.shed({ olderThan: epochMs(9e12), events: 500, reason: 'retain' }).passed > 0);
    store.close();
    expect(damagesOf(file)).toEqual([]);
  }, 60_000);
});
