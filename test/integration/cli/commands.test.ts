import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flipbook, get, INCIDENT, type Program, start, temporaryFolder, until, urlOf } from './process.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let db: string;
let server: Program;
let api: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  db = join(folder.path, 'flipbook.db');
  expect(await flipbook('import', INCIDENT, '--db', db, '--cluster', 'c1')).toMatchObject({ code: 0, stderr: '' });
  server = start(['serve', '--db', db, '--listen', '127.0.0.1:0', '--log-level', 'error']);
  api = `${await urlOf(server)}/api/v1`;
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(server.stderr()).toBe('');
  await folder[Symbol.asyncDispose]();
});

const AT = '2026-11-23T16:19:45.000Z';

describe('a command gives the answer of the API', () => {
  it('state as JSON', async () => {
    const { code, stdout } = await flipbook('state', 'store/checkout', '--at', AT, '-o', 'json', '--db', db);
    const route = await get(`${api}/namespaces/store/services/checkout/state?at=${AT}`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(await route.json());
    expect(JSON.parse(stdout).notReady).toHaveLength(1);
  });

  it('services as JSON', async () => {
    const { stdout } = await flipbook('services', '--at', AT, '-o', 'json', '--db', db);
    expect(JSON.parse(stdout)).toEqual(await (await get(`${api}/services?at=${AT}`)).json());
    const { stdout: one } = await flipbook('services', '--at', AT, '-o', 'json', '--db', db, '--namespace', 'default');
    expect(JSON.parse(one).items).toEqual(
      JSON.parse(stdout).items.filter((each: { namespace: string }) => each.namespace === 'default'),
    );
  });

  it('flips as JSON and as CSV, filtered or not', async () => {
    const route = `${api}/namespaces/store/services/checkout/flips`;
    for (const [flags, query] of [
      [[], ''],
      [['--source', 'endpointslices', '--node', 'node-1'], 'source=endpointslices'],
      [['--from', '2026-11-23T16:18:30Z', '--to', AT], `from=2026-11-23T16:18:30Z&to=${AT}`],
    ] as const) {
      const command = ['flips', 'store/checkout', ...flags, '--db', db];
      const json = JSON.parse((await flipbook(...command, '-o', 'json')).stdout);
      const answer = (await (await get(`${route}?${query}&limit=1000`)).json()) as { items: { node?: string }[] };
      const wanted = flags.includes('--node' as never) ? answer.items.filter(({ node }) => node === 'node-1') : answer.items;
      expect(json).toEqual({ ...answer, items: wanted });
      expect(wanted.length).toBeGreaterThan(0);
      if (flags.includes('--node' as never)) continue;
      expect((await flipbook(...command, '-o', 'csv')).stdout).toBe(await (await get(`${route}.csv?${query}`)).text());
    }
  });

  it('the exact Endpoints object, byte for byte', async () => {
    const { stdout } = await flipbook('state', 'store/checkout', '--at', AT, '-o', 'endpoints', '--db', db);
    expect(stdout).toBe(await (await get(`${api}/namespaces/store/endpoints/checkout?at=${AT}`)).text());
    expect(stdout).toContain('"kind":"Endpoints"');
    const yaml = await flipbook('state', 'store/checkout', '--at', AT, '-o', 'yaml', '--db', db);
    expect(yaml.stdout).toMatch(/^kind: Endpoints$/m);
  });
});

describe('the program', () => {
  it('answers a time before the recording with what it does not know', async () => {
    const { code, stdout } = await flipbook('state', 'store/checkout', '--at', '2026-11-23T16:00:00Z', '--db', db);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Coverage +unknown: nothing was recorded yet/m);
    expect(stdout).toMatch(/^Backends +unknown/m);
  });

  it.each([
    [1, ['state', 'store/nothing'], /^flipbook: .*store\/nothing\n$/],
    [1, ['state', 'store/checkout', '--cluster', 'c2'], /^flipbook: the log has no cluster c2/],
    [2, ['state', 'store/checkout', '--at', 'noon'], /^flipbook: --at "noon" is not a time/],
  ])('ends with %i and one line: %j', async (code, args, message) => {
    const result = await flipbook(...args, '--db', db);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr.match(/\n/g)).toHaveLength(1);
  });

  it.each([['state', 'a/b'], ['flips', 'a/b'], ['services'], ['verify'], ['rebuild'], ['serve', '--listen', '127.0.0.1:0']])(
    'says how to get a log where there is none, and makes none: %s %s',
    async (...args) => {
      const missing = join(folder.path, 'missing.db');
      const { code, stderr } = await flipbook(...args, '--db', missing);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `flipbook: no log at ${missing}: run \`flipbook record\` or \`flipbook import FILE\` first\n`,
      });
      expect(existsSync(missing)).toBe(false);
    },
  );

  it('refuses a file that is no log', async () => {
    const { code, stderr } = await flipbook('services', '--db', INCIDENT);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^flipbook: cannot open the log .*not a SQLite database\n$/);
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const program = start(['flips', 'store/checkout', '--db', db, '-o', 'csv']);
    program.child.stdout?.destroy();
    expect(await program.ended).toBe(0);
    expect(program.stderr()).toBe('');
  });

  it('says that its port is taken', async () => {
    const listen = new URL(api).host;
    const { code, stderr } = await flipbook('serve', '--db', db, '--listen', listen);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^flipbook: ${listen} is taken[^\n]*\n$`));
  });

  it('verifies a log and rebuilds what is derived from it', async () => {
    expect(await flipbook('verify', '--db', db)).toMatchObject({ code: 0, stderr: '' });
    expect((await flipbook('rebuild', '--db', db)).stdout).toMatch(/^rebuilt from \d+ events: \d+ flips; /);
    expect(await flipbook('verify', '--db', db)).toMatchObject({ code: 0, stderr: '' });
  });

  it('finds a version of which one byte changed, and says where', async () => {
    const damaged = join(folder.path, 'damaged.db');
    await flipbook('import', INCIDENT, '--db', damaged);
    const connection = new Database(damaged);
    const { position, data } = connection
      .prepare('SELECT position, data FROM body WHERE base IS NOT NULL ORDER BY position LIMIT 1 OFFSET 20')
      .get() as { position: number; data: Buffer };
    data[data.length >> 1] = (data[data.length >> 1] as number) ^ 1;
    connection.prepare('UPDATE body SET data = ? WHERE position = ?').run(data, position);
    connection.close();
    const { code, stdout, stderr } = await flipbook('verify', '--db', damaged);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^position ${position}: `, 'm'));
    expect(stderr).toMatch(/^flipbook: \d+ damages? found in /);
  });
});

describe('an import', () => {
  it('that is interrupted while its pipe is silent ends with 130 and leaves nothing behind', async () => {
    const file = join(folder.path, 'interrupted.db');
    const program = start(['import', '-', '--db', file]);
    // The first half of the trace: whole lines are in it, its end is not.
    const bytes = await readFile(INCIDENT);
    program.child.stdin?.write(bytes.subarray(0, bytes.length >> 1));
    await until(async () => existsSync(`${file}-wal`), Boolean);
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(130);
    expect(program.stderr()).toBe('flipbook: interrupted: nothing of <stdin> was kept\n');
    expect((await flipbook('verify', '--db', file)).stdout).toMatch(/^ok: 0 events/);
  });

  it('reads a pipe, and leaves out what the log has', async () => {
    const program = start(['import', '-', '--db', db, '--cluster', 'c1']);
    program.child.stdin?.end(await readFile(INCIDENT));
    expect(await program.ended).toBe(0);
    expect(program.stdout()).toMatch(/^<stdin>: 637 lines: 0 events, 0 flips; 637 lines recorded already/);
  });
});

describe('flipbook backup', () => {
  it('makes a copy that answers alike, says what it did, and replaces nothing by itself', async () => {
    const copy = join(folder.path, 'copy.db');
    const made = await flipbook('backup', copy, '--db', db);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toMatch(/^\S+copy\.db: the log up to position \d+, \d+\.\d MB; took \S+\n$/);
    const state = (file: string) => flipbook('state', 'store/checkout', '--at', AT, '-o', 'json', '--db', file);
    expect((await state(copy)).stdout).toBe((await state(db)).stdout);
    expect(await flipbook('verify', '--db', copy)).toMatchObject({ code: 0 });
    const again = await flipbook('backup', copy, '--db', db);
    expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/exists: .*--force\n$/) });
    expect(await flipbook('backup', copy, '--force', '--db', db)).toMatchObject({ code: 0 });
    expect(await flipbook('backup', '--db', db)).toMatchObject({ code: 2, stdout: '' });
    expect(await flipbook('backup', copy, '--db', join(folder.path, 'none.db'))).toMatchObject({ code: 1 });
  });
});
