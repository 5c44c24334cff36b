import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { VerifyOptions } from '../../../src/cli/context.ts';
import { clusterNameOf } from '../../../src/cli/import.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { run, Sink } from './harness.ts';

const INCIDENT = join(import.meta.dirname, '../../fixtures/traces/incident-1.jsonl.zst');
const wiring = { openStore: async (db: string) => openStore(db) };

let folder: string;
let db: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flipbook-'));
});
afterAll(() => rm(folder, { recursive: true }));
let count = 0;
beforeEach(() => {
  db = join(folder, `${count++}.db`);
});

const positionOf = (file: string): number => {
  const store = openStore(file);
  try {
    return store.reader.lastPosition();
  } finally {
    store.close();
  }
};

describe('flipbook import', () => {
  it('appends a trace and says one line a file on a pipe, with nothing drawn', async () => {
    const { code, stdout, stderr } = await run(['import', INCIDENT, '--db', db], { wiring });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /incident-1\.jsonl\.zst: 637 lines: \d+ events, \d+ flips; 0 lines recorded already; 2026-\S+Z to 2026-\S+Z; took \d+(\.\d)?s\n$/,
    );
    expect(positionOf(db)).toBe(Number(/(\d+) events/.exec(stdout)?.[1]));
  });

  it('takes each file for a cluster of its own, called after it, unless told otherwise', async () => {
    expect(
      ['traces/incident-1.jsonl.zst', '/tmp/monday.jsonl.gz', 'x.json', 'plain', '.jsonl', '<stdin>'].map(clusterNameOf),
    ).toEqual(['incident-1', 'monday', 'x', 'plain', 'imported', 'stdin']);
    await run(['import', INCIDENT, '--db', db], { wiring });
    const store = openStore(db);
    expect(store.reader.clusters().map(({ name }) => name)).toEqual(['incident-1']);
    store.close();
  });

  it('changes nothing the second time, from a file or from stdin', async () => {
    await run(['import', INCIDENT, '--db', db], { wiring });
    const before = positionOf(db);
    const stdin = Readable.from([await readFile(INCIDENT)]);
    const { code, stdout } = await run(['import', '-', '--db', db, '--cluster', 'incident-1'], { wiring, stdin });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^<stdin>: 637 lines: 0 events, 0 flips; 637 lines recorded already; /);
    expect(positionOf(db)).toBe(before);
  });

  it('draws its progress on a terminal and takes it away again', async () => {
    const stderr = new Sink({ isTTY: true });
    const { code, stdout } = await run(['import', INCIDENT, '--db', db], { wiring, stderr });
    expect(code).toBe(0);
    expect(stderr.text).toContain('100%');
    expect(stdout).toMatch(/^[^\n]*637 lines[^\n]*\n$/);
  });

  it('tells a missing file before it makes a log', async () => {
    const missing = join(folder, 'absent.jsonl');
    const { code, stderr } = await run(['import', INCIDENT, missing, '--db', db], { wiring });
    expect(code).toBe(1);
    expect(stderr).toBe(`flipbook: ${missing}: no such file\n`);
    expect(await readdir(folder)).not.toContain(db.slice(folder.length + 1));
    expect((await run(['import', '-', '-', '--db', db], { wiring })).code).toBe(2);
  });

  it('names file and line of what is no trace, and keeps nothing of the file', async () => {
    const bad = join(folder, 'bad.jsonl');
    const list = { resourceVersion: '1' };
    await writeFile(
      bad,
      `${JSON.stringify({ at: '2026-11-23T16:18:12.224Z', path: '/api/v1/endpoints', type: 'LIST', object: { kind: 'EndpointsList', apiVersion: 'v1', metadata: list, items: [] } })}\n`,
    );
    await appendFile(bad, 'what is this\n');
    const { code, stdout, stderr } = await run(['import', bad, '--db', db], { wiring });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(`flipbook: ${bad}:2: not JSON: "what is this"\n`);
    expect(positionOf(db)).toBe(0);
  });

  it('gives up with exit code 130 on Ctrl-C and keeps nothing of the file', async () => {
    const stop = new AbortController();
    // The trace ends never: only the signal can end the import.
    const line = { at: '2026-11-23T16:18:12.224Z', path: '/api/v1/configmaps', type: 'ADDED', object: {} };
    const list = { kind: 'ServiceList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] };
    async function* endless() {
      yield Buffer.from(`${JSON.stringify({ ...line, path: '/api/v1/services', type: 'LIST', object: list })}\n`);
      for (let index = 0; ; index++) {
        if (index === 100) stop.abort('SIGINT');
        yield Buffer.from(`${JSON.stringify(line)}\n`);
      }
    }
    const { code, stdout, stderr } = await run(['import', '-', '--db', db], { wiring, stop, stdin: Readable.from(endless()) });
    expect({ code, stdout, stderr }).toEqual({
      code: 130,
      stdout: '',
      stderr: 'flipbook: interrupted: nothing of <stdin> was kept\n',
    });
    expect(positionOf(db)).toBe(0);
  });
});

describe('flipbook rebuild', () => {
  it('makes as many flips again as the import made', async () => {
    const imported = await run(['import', INCIDENT, '--db', db], { wiring });
    const [, events, flips] = /(\d+) events, (\d+) flips/.exec(imported.stdout) ?? [];
    const { code, stdout } = await run(['rebuild', '--db', db], { wiring });
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^rebuilt from ${events} events: ${flips} flips; took `));
  });
});

describe('flipbook verify', () => {
  const damaged =
    (damages: number) =>
    async (_db: string, { onDamage }: VerifyOptions) => {
      for (let index = 1; index <= damages; index++) onDamage({ where: `position ${index}`, what: 'its checksum\u001b differs' });
      return { events: 5_000, damages };
    };

  it('is content with a good log', async () => {
    const { code, stdout, stderr } = await run(['verify'], { wiring: { verify: damaged(0) } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ok: 5000 events/);
  });

  it('says what is wrong and where, with exit code 1', async () => {
    const { code, stdout, stderr } = await run(['verify', '--db', 'x.db'], { wiring: { verify: damaged(1) } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'position 1: its checksum� differs\n' });
    expect(stderr).toBe('flipbook: 1 damage found in x.db (5000 events)\n');
  });

  it('counts what is too much to tell', async () => {
    const { stdout } = await run(['verify'], { wiring: { verify: damaged(3_000) } });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1_001);
    expect(stdout).toContain('\nand 2000 more\n');
  });
});
