/** Copies of a log: whole, made while it is recorded, and good to go on from. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import { syncHistory } from '../../../src/history/sync-history.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { type BackupError, backupLog } from '../../../src/store/sqlite/backup.ts';
import { openReader, openStore } from '../../../src/store/sqlite/store.ts';
import { type Damage, verifyLog } from '../../../src/store/sqlite/verify.ts';
import { eventually } from '../../support/eventually.ts';
import { auditLog } from '../../support/log-audit.ts';
import { LIVELY } from '../../support/random-cluster.ts';
import { RecordedCluster } from '../../support/recorded-cluster.ts';
import { record } from '../../support/recorder-process.ts';
import { incidentLog } from '../retention/keeping.ts';

function damagesOf(file: string): Damage[] {
  const damages: Damage[] = [];
  verifyLog(file, { rebuild, onDamage: (damage) => damages.push(damage) });
  return damages;
}

const rejection = (work: Promise<unknown>): Promise<BackupError> =>
  work.then(
    () => Promise.reject(new Error('it was made')),
    (error) => error,
  );

describe('a backup', () => {
  test('made while things happen is the log as of one position, and a recorder goes on from it without a gap', async () => {
    const world = await RecordedCluster.start(21);
    const recorder = await world.recording();
    const copy = join(world.folder, 'copy.db');
    let going = true;
    const happening = (async () => {
      while (going) {
        world.cluster.happen(5);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const { position, bytes } = await backupLog(world.db, copy, { force: false });
    going = false;
    await happening;
    expect(position).toBeGreaterThan(0);
    expect(bytes).toBe(statSync(copy).size);
    const history = world.server.history;
    expect(auditLog(copy, { history, happenedAt: world.cluster.happenedAt }, { resources: LIVELY }).problems).toEqual([]);
    expect(damagesOf(copy)).toEqual([]);
    await world.caughtUp();
    expect(world.lastPosition()).toBeGreaterThanOrEqual(position);
    expect(await recorder.end('SIGTERM')).toEqual({ code: 0, signal: null });

    world.cluster.happen(10);
    const next = record({ kubeconfig: world.kubeconfig, db: copy });
    onTestFinished(() => next[Symbol.asyncDispose]());
    await next.url();
    await eventually('the next recorder is ready', async () => (await next.readiness()).ready);
    const caughtUp = () => {
      const { reader, close } = openReader(copy);
      const cursors = reader.streams().map(({ key, cursor }) => [key.resource, Number(cursor?.resourceVersion)] as const);
      close();
      return LIVELY.every((resource) => {
        const due = history.events.findLast((event) => event.resource === resource)?.revision ?? 0;
        return cursors.some(([of, at]) => of === resource && at >= due);
      });
    };
    await eventually('the copy has caught up', caughtUp);
    expect(await next.end('SIGTERM')).toEqual({ code: 0, signal: null });
    const audit = auditLog(copy, { history, happenedAt: world.cluster.happenedAt }, { resources: LIVELY, caughtUp: true });
    expect(audit).toMatchObject({ problems: [], gaps: 0 });
    expect(damagesOf(copy)).toEqual([]);
  }, 60_000);

  test('answers like the log, byte for byte', async () => {
    const file = await incidentLog();
    const copy = join(dirname(file), 'copy.db');
    const progress: number[] = [];
    await backupLog(file, copy, { force: false, onProgress: (done) => progress.push(done) });
    const [a, b] = [openReader(file), openReader(copy)];
    const ask = ({ reader }: typeof a) => [
      syncHistory(reader).events({ after: 0, limit: 10_000 }),
      syncHistory(reader).flips({ limit: 1_000 }),
      syncHistory(reader).clusters(),
    ];
    expect(ask(b)).toEqual(ask(a));
    // Reading leaves nothing beside the copy: it may lie where nobody writes.
    expect(readdirSync(dirname(file)).filter((name) => name.startsWith('copy.db'))).toEqual(['copy.db']);
    a.close();
    b.close();
    expect(readdirSync(dirname(file)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('leaves out what was shed, and gives space back even where the log cannot', async () => {
    const file = await incidentLog();
    const connection = new Database(file);
    connection.pragma('journal_mode = DELETE');
    connection.pragma('auto_vacuum = NONE');
    connection.exec('VACUUM');
    connection.close();
    const store = openStore(file);
    while (store.shed({ olderThan: epochMs(9e12), events: 500, reason: 'retain' }).passed > 0);
    expect(store.size().canShrink).toBe(false);
    store.close();
    const copy = join(dirname(file), 'copy.db');
    await backupLog(file, copy, { force: false });
    expect(statSync(copy).size).toBeLessThan(statSync(file).size);
    const copied = openStore(copy);
    expect(copied.size().canShrink).toBe(true);
    copied.close();
    expect(damagesOf(copy)).toEqual([]);
  });

  test('does not replace a file unless it is told to, and never the log itself or one that is in use', async () => {
    const file = await incidentLog();
    const folder = dirname(file);
    const copy = join(folder, 'copy.db');
    writeFileSync(copy, 'something else');
    expect((await rejection(backupLog(file, copy, { force: false }))).message).toMatch(/copy\.db exists: .*--force/);
    expect(readFileSync(copy, 'utf8')).toBe('something else');
    await backupLog(file, copy, { force: true });
    expect(damagesOf(copy)).toEqual([]);
    expect((await rejection(backupLog(file, file, { force: true }))).message).toMatch(/the log itself/);
    expect((await rejection(backupLog(file, join(folder, 'no', 'copy.db'), { force: false }))).message).toMatch(/no folder/);
    mkdirSync(join(folder, 'there'));
    expect((await rejection(backupLog(file, join(folder, 'there'), { force: true }))).message).toMatch(/is a folder/);
    const store = openStore(copy);
    expect((await rejection(backupLog(file, copy, { force: true }))).message).toMatch(/in use|being written/);
    store.close();
  });

  test('that is interrupted leaves nothing, and what was there before', async () => {
    const file = await incidentLog();
    const copy = join(dirname(file), 'copy.db');
    writeFileSync(copy, 'before');
    const stop = new AbortController();
    stop.abort('SIGINT');
    await expect(backupLog(file, copy, { force: true, signal: stop.signal })).rejects.toBe('SIGINT');
    expect(readFileSync(copy, 'utf8')).toBe('before');
    expect(readdirSync(dirname(file)).filter((name) => name.startsWith(basename(copy)))).toEqual(['copy.db']);
  });
});
