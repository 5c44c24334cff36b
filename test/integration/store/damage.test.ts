/** Files that are not what they should be, and what is said of them. */
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import { importTrace } from '../../../src/recorder/import-trace.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { traceFile } from '../../../src/recorder/trace-source.ts';
import { LogBusyError, LogUnusableError } from '../../../src/store/event-store.ts';
import { openReader, openStore } from '../../../src/store/sqlite/store.ts';
import { type Damage, verifyLog } from '../../../src/store/sqlite/verify.ts';
import { newLogFile } from '../../support/log-folder.ts';

let whole: Buffer;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-test-'));
  const store = openStore(join(folder, 'flipbook.db'));
  const trace = await traceFile(new URL('../../fixtures/traces/incident-1.jsonl.zst', import.meta.url).pathname);
  await importTrace({ store, trace, cluster: { name: 'incident' } });
  store.close();
  whole = readFileSync(join(folder, 'flipbook.db'));
  rmSync(folder, { recursive: true });
});

function copy(): string {
  const file = newLogFile();
  writeFileSync(file, whole);
  return file;
}

function damagesOf(file: string): Damage[] {
  const damages: Damage[] = [];
  const summary = verifyLog(file, { rebuild, onDamage: (damage) => damages.push(damage) });
  expect(summary.damages).toBe(damages.length);
  return damages;
}

function edit(file: string, sql: string): void {
  const connection = new Database(file);
  connection.pragma('foreign_keys = OFF');
  connection.exec(sql);
  connection.close();
}

describe('verify', () => {
  test('finds nothing in a log that is whole', () => {
    expect(damagesOf(copy())).toEqual([]);
  });

  test('finds nothing in a log that holds only ledger facts', () => {
    const file = newLogFile();
    const store = openStore(file);
    store.write((log) => {
      const { id } = log.stream(log.cluster({ uid: 'uid-1', name: 'prod' }).id, { resource: 'v1/pods' });
      const fact = { type: 'COVERAGE_BEGAN', resourceVersion: '1' } as const;
      log.projectLedger(log.appendLedger({ at: epochMs(1_795_450_692_000), streamId: id, epoch: 1, fact }));
    });
    store.close();
    expect(damagesOf(file)).toEqual([]);
  });

  const cases: [what: string, sql: string, where: string | RegExp, says: RegExp][] = [
    ['an event whose time was changed', 'UPDATE event SET at = at + 1 WHERE position = 300', 'position 300', /checksum/],
    [
      'an event given to another object',
      'UPDATE event SET object_id = object_id + 1 WHERE position = 300',
      'position 300',
      /checksum/,
    ],
    ['an object that was renamed', `UPDATE object SET name = 'other' WHERE object_id = 9`, /^position \d+$/, /checksum/],
    ['a missing event', 'DELETE FROM event WHERE position = 300', 'position 300', /missing/],
    [
      'a missing body',
      'DELETE FROM body WHERE position = (SELECT base FROM body WHERE base IS NOT NULL LIMIT 1)',
      /^position \d+$/,
      /missing/,
    ],
    [
      'a body that was replaced',
      `UPDATE body SET data = (SELECT data FROM body WHERE position = 21) WHERE position = 22`,
      'position 22',
      /decode|checksum/,
    ],
    [
      'a flip that was removed',
      'DELETE FROM flip WHERE position = (SELECT max(position) FROM flip)',
      'projection flip',
      /missing/,
    ],
    ['a flip that was changed', 'UPDATE flip SET to_state = 1 WHERE to_state = 2', 'projection flip', /does not give/],
    ['counts that were changed', 'UPDATE counts SET ready = ready + 1', 'projection counts', /does not give/],
    ['coverage that was stretched', 'UPDATE coverage SET proven_at = proven_at + 60000', 'projection coverage', /does not give/],
  ];
  for (const [what, sql, where, says] of cases) {
    test(`finds ${what}`, () => {
      const file = copy();
      edit(file, sql);
      const damages = damagesOf(file);
      expect(damages.length).toBeGreaterThan(0);
      expect(damages.some((damage) => damage.where.match(where) && says.test(damage.what))).toBe(true);
    });
  }

  test('finds a flipped bit wherever a stored version lies', () => {
    const connection = new Database(copy());
    const bodies = connection.prepare('SELECT position, data FROM body WHERE position % 97 = 0').all() as {
      position: number;
      data: Buffer;
    }[];
    connection.close();
    expect(bodies.length).toBeGreaterThan(3);
    for (const { position, data } of bodies) {
      const file = copy();
      const flipped = Buffer.from(data);
      const byte = (position * 31) % flipped.length;
      flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (position % 8));
      const damaged = new Database(file);
      damaged.prepare('UPDATE body SET data = ? WHERE position = ?').run(flipped, position);
      damaged.close();
      expect(damagesOf(file).map(({ where }) => where)).toContain(`position ${position}`);
    }
  });

  test('rebuild mends projections, and only those', () => {
    const file = copy();
    edit(file, 'DELETE FROM flip; UPDATE counts SET ready = 99; DELETE FROM coverage');
    const store = openStore(file);
    rebuild(store);
    store.close();
    expect(damagesOf(file)).toEqual([]);
  });
});

describe('a file that cannot be used as a log is refused with a reason', () => {
  const refused = (file: string, message: RegExp, open: (file: string) => unknown = openStore) => {
    expect(() => open(file)).toThrow(LogUnusableError);
    expect(() => open(file)).toThrow(message);
  };

  test('text', () => {
    const file = newLogFile();
    writeFileSync(file, 'This is not a database, though it is long enough to be read as one.'.repeat(20));
    refused(file, /it is not a SQLite database/);
    refused(file, /it is not a SQLite database/, openReader);
  });

  test('a SQLite database of something else', () => {
    const file = newLogFile();
    edit(file, 'CREATE TABLE recipe (name TEXT)');
    refused(file, /not a Flipbook log/);
  });

  test('a log from a newer version', () => {
    const file = copy();
    edit(file, `INSERT INTO migration VALUES ('9999_future.sql', 'x', 0)`);
    refused(file, /made by a newer version of Flipbook/);
    refused(file, /made by a newer version of Flipbook/, openReader);
  });

  test('a log whose migrations read differently', () => {
    const file = copy();
    edit(file, `UPDATE migration SET checksum = 'x'`);
    refused(file, /reads differently/);
  });

  test('a file that was cut off', () => {
    const file = copy();
    truncateSync(file, Math.floor(whole.length / 2));
    refused(file, /the file is damaged/);
    refused(file, /the file is damaged/, openReader);
  });

  test('a folder, and a folder that does not exist', () => {
    const file = newLogFile();
    refused(file.replace(/flipbook\.db$/, ''), /it is a folder/);
    refused(`${file}/nowhere/flipbook.db`, /does its folder exist/);
  });

  test('no file, for reading', () => {
    refused(newLogFile(), /there is no log at/, openReader);
  });

  test.skipIf(process.getuid?.() === 0)('a file that may not be written (not shown as root, who may write any file)', () => {
    const file = copy();
    chmodSync(file, 0o444);
    refused(file, /not writable/);
  });
});

describe('one writer per log', () => {
  test('a second one is refused and told who holds it, a reader is not', () => {
    const file = copy();
    const store = openStore(file);
    onTestFinished(() => store.close());
    expect(() => openStore(file)).toThrow(LogBusyError);
    expect(() => openStore(file)).toThrow(new RegExp(`is being written by process ${process.pid} on `));
    const reader = openReader(file);
    expect(reader.reader.lastPosition()).toBeGreaterThan(0);
    reader.close();
  });

  test('the log is free again when the writer has closed it', () => {
    const file = copy();
    openStore(file).close();
    const again = openStore(file);
    again.close();
    copyFileSync(file, `${file}.copy`);
  });
});
