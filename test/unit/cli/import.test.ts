import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportRequest, ImportSummary } from '../../../src/cli/context.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { run, Sink } from './harness.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flipbook-'));
  file = join(folder, 'trace.jsonl');
  await writeFile(file, 'x'.repeat(1_000));
});
afterAll(() => rm(folder, { recursive: true }));

const SUMMARY: ImportSummary = {
  cluster: 'c1',
  events: 530,
  flips: 1,
  repeats: 0,
  span: { from: epochMs(Date.UTC(2026, 10, 23, 16)), to: epochMs(Date.UTC(2026, 10, 23, 17)) },
};

/** An importer that remembers what it was asked and does as the test says. */
function importer(work: (request: ImportRequest) => Promise<ImportSummary> = async () => SUMMARY) {
  const requests: ImportRequest[] = [];
  let closed = 0;
  const openImporter = async () => ({
    importTrace: (request: ImportRequest) => {
      requests.push(request);
      return work(request);
    },
    close: () => {
      closed++;
    },
  });
  return { requests, wiring: { openImporter }, closed: () => closed };
}

describe('flipbook import', () => {
  it('says one line a file on a pipe, and draws nothing', async () => {
    const { wiring, requests, closed } = importer(async ({ onProgress }) => {
      onProgress(500);
      return SUMMARY;
    });
    const { code, stdout, stderr } = await run(['import', file, '-', '--cluster', 'c1'], { wiring });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(
      /trace\.jsonl: cluster c1: 530 events, 1 flip, 0 repeats skipped; 2026-11-23T16:00:00\.000Z to 2026-11-23T17:00:00\.000Z; took \d+(\.\d)?s$/,
    );
    expect(lines[1]).toMatch(/^stdin: cluster c1: /);
    expect(requests.map(({ source }) => (typeof source === 'string' ? source : source.name))).toEqual([file, 'stdin']);
    expect(requests.map(({ cluster }) => cluster)).toEqual(['c1', 'c1']);
    expect(closed()).toBe(1);
  });

  it('draws its progress by bytes read on a terminal, and takes it away again', async () => {
    const { wiring } = importer(async ({ onProgress }) => {
      onProgress(250);
      onProgress(1_000_000);
      return SUMMARY;
    });
    const { stdout, stderr } = await run(['import', file], { wiring, stderr: new Sink({ isTTY: true }) });
    expect(stderr).toContain('25%');
    expect(stdout).toMatch(/^[^\n]*530 events[^\n]*\n$/);
  });

  it('tells a missing file before it makes a log', async () => {
    const { wiring, requests } = importer();
    const { code, stderr } = await run(['import', file, join(folder, 'absent.jsonl')], { wiring });
    expect({ code, requests }).toEqual({ code: 1, requests: [] });
    expect(stderr).toBe(`flipbook: ${join(folder, 'absent.jsonl')}: no such file\n`);
    expect((await run(['import', folder], { wiring })).code).toBe(2);
    expect((await run(['import', '-', '-'], { wiring })).code).toBe(2);
  });

  it('gives up with exit code 130 on Ctrl-C, keeps nothing and closes the log', async () => {
    const stop = new AbortController();
    const { wiring, closed } = importer(async ({ signal }) => {
      stop.abort('SIGINT');
      signal.throwIfAborted();
      return SUMMARY;
    });
    const { code, stdout, stderr } = await run(['import', file], { wiring, stop });
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toBe(`flipbook: interrupted: nothing of ${file} was kept\n`);
    expect(closed()).toBe(1);
  });

  it('closes the log when a trace is bad', async () => {
    const { wiring, closed } = importer(async () => {
      throw new Error('trace.jsonl line 7: not JSON');
    });
    expect(await run(['import', file], { wiring })).toMatchObject({
      code: 1,
      stderr: 'flipbook: trace.jsonl line 7: not JSON\n',
    });
    expect(closed()).toBe(1);
  });
});

describe('flipbook verify', () => {
  it('is content with a good log', async () => {
    const verify = async () => ({ events: 637, flips: 120, problems: [] });
    expect(await run(['verify'], { wiring: { verify } })).toMatchObject({
      code: 0,
      stdout: 'ok: 637 events, 120 flips\n',
      stderr: '',
    });
  });

  it('says what is wrong and where, with exit code 1', async () => {
    const verify = async () => ({ events: 637, flips: 120, problems: [{ where: 'position 12', what: 'checksum differs' }] });
    const { code, stdout, stderr } = await run(['verify', '--db', 'x.db'], { wiring: { verify } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'position 12: checksum differs\n' });
    expect(stderr).toBe('flipbook: 1 problem in x.db (637 events, 120 flips)\n');
  });
});

describe('flipbook rebuild', () => {
  it('says what it made', async () => {
    const rebuild = async () => ({ events: 637, flips: 120 });
    const { code, stdout } = await run(['rebuild'], { wiring: { rebuild } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rebuilt from 637 events: 120 flips; took /);
  });
});
