import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../src/cli/context.ts';
import type { Config } from '../../../src/config.ts';
import { run, Sink } from './harness.ts';

/** A server that notes its end. */
function server(more: Partial<RunningServer> = {}) {
  const ended: string[] = [];
  const running: RunningServer = {
    url: 'http://127.0.0.1:8080',
    cluster: 'c1',
    close: async () => {
      ended.push('closed');
    },
    ...more,
  };
  return { running, ended };
}

describe.each(['record', 'serve', 'demo'] as const)('flipbook %s', (command) => {
  it('says where log and page are, runs until it is told to stop, and stops in order with exit code 0', async () => {
    const stop = new AbortController();
    const stdout = new Sink();
    const { running, ended } = server();
    const ending = run([command, '--db', 'x.db'], { wiring: { [command]: async () => running }, stop, stdout });
    while (!stdout.text.includes('http://')) await setImmediate();
    expect(ended).toEqual([]);
    stop.abort('SIGTERM');
    expect(await ending).toMatchObject({ code: 0, stderr: '' });
    expect(ended).toEqual(['closed']);
    expect(stdout.text).toContain('x.db');
    expect(stdout.text).toContain('http://127.0.0.1:8080');
    if (command !== 'serve') expect(stdout.text).toContain('c1');
  });

  it('goes on though nobody reads where it is', async () => {
    const stop = new AbortController();
    const stdout = new Sink({ closesAfter: 0 });
    const { running, ended } = server();
    let isOver = false;
    const ending = run([command], { wiring: { [command]: async () => running }, stop, stdout }).finally(() => {
      isOver = true;
    });
    await new Promise((resolve) => stdout.once('error', resolve));
    await setImmediate();
    expect({ isOver, ended }).toEqual({ isOver: false, ended: [] });
    stop.abort('SIGTERM');
    expect(await ending).toMatchObject({ code: 0, stderr: '' });
  });

  it('told to stop while it starts, it stops without a word', async () => {
    const stop = new AbortController();
    const { running, ended } = server();
    const start = async () => {
      stop.abort('SIGINT');
      return running;
    };
    const { code, stdout } = await run([command], { wiring: { [command]: start }, stop });
    expect({ code, stdout, ended }).toEqual({ code: 0, stdout: '', ended: ['closed'] });
  });

  it('cannot start: one line, exit code 1', async () => {
    const start = async () => {
      throw Object.assign(new Error('listen'), { code: 'EADDRINUSE', address: '127.0.0.1', port: 8080 });
    };
    const { code, stderr } = await run([command], { wiring: { [command]: start } });
    expect(code).toBe(1);
    expect(stderr).toBe('flipbook: 127.0.0.1:8080 is in use already: choose another with --listen, or stop what listens there\n');
  });
});

describe('flipbook demo', () => {
  it('records into a temporary log that it removes at the end, unless one is named', async () => {
    const stop = new AbortController();
    stop.abort('SIGINT');
    const configs: Config[] = [];
    const demo = async (config: Config) => {
      configs.push(config);
      await writeFile(config.db, 'a log');
      return server().running;
    };
    await run(['demo'], { wiring: { demo }, stop });
    const [temporary] = configs as [Config];
    expect(temporary).toMatchObject({ cluster: 'demo', logLevel: 'error' });
    expect(dirname(dirname(temporary.db))).toBe(tmpdir());
    expect(existsSync(dirname(temporary.db))).toBe(false);

    const folder = await mkdtemp(join(tmpdir(), 'flipbook-'));
    const db = join(folder, 'kept.db');
    await run(['demo'], { wiring: { demo }, stop, env: { FLIPBOOK_DB: db } });
    expect(configs[1]?.db).toBe(db);
    expect(existsSync(db)).toBe(true);
    await rm(folder, { recursive: true });
  });
});
