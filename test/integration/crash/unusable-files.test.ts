/** Files that cannot be a log: one line that says so, exit code 1, and the file left as it was. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { FakeApiServer } from '../../support/fake-api-server/index.ts';
import { openKubeconfig, record } from '../../support/recorder-process.ts';

/** Permissions mean nothing to root, who then runs the recorder as somebody else. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
/** Windows knows no read-only folders. */
const isWindows = process.platform === 'win32';

let folder: string;
let kubeconfig: string;
const server = new FakeApiServer();

beforeAll(async () => {
  await server.start();
  folder = mkdtempSync(join(tmpdir(), 'flipbook-test-'));
  chmodSync(folder, 0o755);
  kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, openKubeconfig(server.url));
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A path in a folder of its own. */
function path(name = 'flipbook.db'): string {
  return join(mkdtempSync(join(folder, 'case-')), name);
}

function wholeLog(): string {
  const file = path();
  const store = openStore(file);
  new Recorder({ store, cluster: { uid: 'uid-cluster', name: 'prod' }, times: 'received' });
  store.close();
  return file;
}

function edited(sql: string): string {
  const file = wholeLog();
  const connection = new Database(file);
  connection.exec(sql);
  connection.close();
  return file;
}

function truncated(bytes: (size: number) => number): string {
  const file = wholeLog();
  truncateSync(file, bytes(statSync(file).size));
  return file;
}

function other(write: (file: string) => void, name?: string): string {
  const file = path(name);
  write(file);
  return file;
}

function readOnly(what: 'file' | 'folder'): string {
  const file = wholeLog();
  if (what === 'file') chmodSync(file, 0o444);
  chmodSync(join(file, '..'), 0o555);
  return file;
}

const CASES: [what: string, make: () => string, says: RegExp][] = [
  ['not a database', () => other((file) => writeFileSync(file, 'dear diary\n'.repeat(500))), /is not a SQLite database/],
  [
    'the database of another program',
    () => other((file) => new Database(file).exec('CREATE TABLE diary (day TEXT)').close()),
    /is a SQLite database, but not a Flipbook log/,
  ],
  [
    'a log of a newer version',
    () => edited(`INSERT INTO migration VALUES ('9999_later.sql', 'x', 1)`),
    /made by a newer version of Flipbook \(it has migration 9999_later\.sql\)/,
  ],
  ['a log cut in half', () => truncated((size) => size / 2), /the file is damaged \(truncated or overwritten\)/],
  ['a log cut in its header', () => truncated(() => 70), /is a SQLite database, but not a Flipbook log/],
  ['a log of which nearly nothing is left', () => truncated(() => 30), /the file is damaged \(truncated or overwritten\)/],
  ['a folder', () => other((file) => mkdirSync(file)), /it is a folder/],
  ['in a folder that does not exist', () => path('missing/flipbook.db'), /does its folder exist/],
];

/** Runs `flipbook record` on a file until it ends; expects it to refuse the file, and to leave it as it was. */
async function expectRefused(file: string, says: RegExp, uid?: number): Promise<void> {
  const content = () => (statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file).toString('base64') : undefined);
  const before = content();
  await using recorder = record({ kubeconfig, db: file, ...(uid === undefined ? {} : { uid }) });
  expect(await recorder.exited).toEqual({ code: 1, signal: null });
  expect(recorder.stdout).toBe('');
  expect(recorder.stderr).toMatch(/^flipbook: .+\n$/);
  expect(recorder.stderr).toMatch(says);
  expect(recorder.stderr).toContain(file);
  expect(content() === before).toBe(true);
}

describe('flipbook record on a file that cannot be a log', () => {
  test.concurrent.each(CASES)('%s: says so in one line and exits with 1', async (_what, make, says) => {
    await expectRefused(make(), says);
  });

  for (const what of isWindows ? [] : (['file', 'folder'] as const)) {
    test.concurrent(`read-only ${what}: says so in one line and exits with 1`, async () => {
      await expectRefused(readOnly(what), /not writable|may this user write there/, isRoot ? NOBODY : undefined);
    });
  }

  // Every step of making a log, cut off by a quota: the file itself, its journals, the lock beside it.
  for (const blocks of isWindows ? [] : [1, 40]) {
    test.concurrent(`no room for more than ${blocks * 512} bytes: says so in one line and exits with 1`, async () => {
      await using recorder = record({ kubeconfig, db: path(), maxFileBlocks: blocks });
      expect(await recorder.exited).toEqual({ code: 1, signal: null });
      expect(recorder.stderr).toMatch(/^flipbook: .*(the disk is full|the disk reports an error or a limit).*\n$/);
    });
  }

  test('and watches nothing', () => {
    expect(server.requests).toEqual([]);
  });

  test('a log that was closed in order can be copied, and goes on as a copy', async () => {
    const copy = path();
    copyFileSync(wholeLog(), copy);
    await using recorder = record({ kubeconfig, db: copy });
    await recorder.url();
    expect(await recorder.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});
