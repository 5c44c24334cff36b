/** The log cannot be written to for a while: nothing of what was committed is lost, and nothing is missing afterwards. */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { LIVELY } from '../../support/random-cluster.ts';
import { RecordedCluster } from '../../support/recorded-cluster.ts';
import { type FlipbookProcess, preload } from '../../support/recorder-process.ts';

/** What `prlimit` of util-linux does, no other system has. */
const canLiftLimits = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

/** Things go on happening until the recorder says that it is not ready; returns why. */
async function untilNotReady(world: RecordedCluster, recorder: FlipbookProcess): Promise<readonly string[]> {
  let reasons: readonly string[] = [];
  await eventually('the recorder says that it cannot write', async () => {
    world.cluster.happen(5);
    const readiness = await recorder.readiness();
    reasons = readiness.reasons;
    expect(readiness.status).toBe(readiness.ready ? 200 : 503);
    return !readiness.ready;
  });
  return reasons;
}

/** The log stands still although things happen, then goes on where it was, and nothing is missing. */
async function expectNothingMissing(world: RecordedCluster, recorder: FlipbookProcess, free: () => void): Promise<void> {
  const before = world.lastPosition();
  world.cluster.happen(30);
  world.expectTruth({ caughtUp: false });
  free();
  await eventually('the recorder is ready again', async () => (await recorder.readiness()).ready);
  await world.caughtUp();
  expect(world.lastPosition()).toBeGreaterThan(before);
  expect(await recorder.end('SIGTERM')).toEqual({ code: 0, signal: null });
  const audit = world.expectTruth({ caughtUp: true });
  // Reading stopped before anything was missed, and went on from the cursor.
  expect(audit.gaps).toBe(0);
}

function fullDisk(world: RecordedCluster) {
  const file = join(world.folder, 'disk-is-full');
  return {
    options: { preload: [preload('small-disk.ts')], env: { FLIPBOOK_TEST_DISK_FULL: file } },
    fill: () => writeFileSync(file, ''),
    free: () => rmSync(file),
  };
}

/** Another program that writes to the file, and takes its time. */
function holdLocked(db: string): () => void {
  const connection = new Database(db);
  connection.exec('BEGIN IMMEDIATE');
  const release = () => {
    connection.close();
  };
  onTestFinished(release);
  return release;
}

describe('a log that cannot be written to', () => {
  test('on a full disk: the recorder is not ready and says why, and goes on from its cursor when there is space again', async () => {
    const world = await RecordedCluster.start(11);
    const disk = fullDisk(world);
    const recorder = await world.recording(disk.options);
    disk.fill();
    const reasons = await untilNotReady(world, recorder);
    expect(reasons).toContainEqual(expect.stringMatching(/cannot be written.*: the disk is full/));
    await expectNothingMissing(world, recorder, disk.free);
  });

  test.skipIf(!canLiftLimits)('beyond a quota, which only `prlimit` can lift while the program runs: likewise', async () => {
    const world = await RecordedCluster.start(12);
    const recorder = await world.recording({ maxFileBlocks: 4_000 });
    const reasons = await untilNotReady(world, recorder);
    expect(reasons).toContainEqual(expect.stringMatching(/cannot be written.*: the disk (is full|reports an error or a limit)/));
    await expectNothingMissing(world, recorder, () => {
      execFileSync('prlimit', ['--pid', String(recorder.pid), '--fsize=unlimited']);
    });
  });

  test('while another program holds it: likewise, and answers are given meanwhile', async () => {
    const world = await RecordedCluster.start(13);
    const recorder = await world.recording();
    const release = holdLocked(world.db);
    const before = world.lastPosition();
    const reasons = await untilNotReady(world, recorder);
    expect(reasons).toContainEqual(expect.stringMatching(/cannot be written.*: another program holds it locked/));
    await eventually('every stream that has news says so', async () => {
      world.cluster.happen(5);
      const { reasons: now } = await recorder.readiness();
      return LIVELY.every((resource) => now.some((reason) => reason.startsWith(resource)));
    });
    await eventually('none of them reads on', () => LIVELY.every((resource) => world.server.watches(resource).length === 0));
    expect(world.lastPosition()).toBe(before);
    await expectNothingMissing(world, recorder, release);
  });

  test('stops in time when it is asked to, however it cannot be written to', async () => {
    const world = await RecordedCluster.start(14);
    const recorder = await world.recording();
    const before = world.lastPosition();
    const release = holdLocked(world.db);
    await untilNotReady(world, recorder);
    const asked = performance.now();
    expect(await recorder.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(5_000);
    release();
    expect(world.lastPosition()).toBeGreaterThanOrEqual(before);
    world.expectTruth({ caughtUp: false });

    // The next one makes up for it.
    const next = await world.recording();
    expect(await next.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(world.expectTruth({ caughtUp: true }).gaps).toBe(0);
  });
});
