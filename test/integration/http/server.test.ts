import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { createApp } from '../../../src/http/app.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { type HttpServer, ListenError, startServer } from '../../../src/http/server.ts';
import { type FakeHistory, fakeHistory, GrowingLog, manyFlips, pagedFlips } from '../../support/fake-history.ts';

const servers: HttpServer[] = [];
const errors: { err?: unknown }[] = [];
const log = { ...SILENT_LOG, error: (fields: object) => errors.push(fields) };
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
  // A client that leaves or is sent away is nothing to report.
  expect(errors.splice(0)).toEqual([]);
});

async function serve(history: FakeHistory, webRoot?: string) {
  const metrics = createMetrics({ processMetrics: false });
  const app = createApp({
    history,
    readiness: () => ({ ready: true, reasons: [] }),
    metrics,
    log,
    ...(webRoot === undefined ? {} : { webRoot }),
    live: { intervalMs: 1, heartbeatMs: 20 },
  });
  const server = await startServer({ app, host: '127.0.0.1', port: 0, log });
  servers.push(server);
  const liveStreams = async () => (await metrics.liveStreams.get()).values[0]?.value;
  return { server, url: server.url, liveStreams };
}

/** Reads a stream of server-sent events until it ends or the reader is left. */
class EventReader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #buffer = '';
  constructor(response: Response) {
    if (response.body === null) throw new Error('no body');
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }
  /** The next block of lines, as field → value; a comment is the field ''. `undefined` at the end. */
  async next(): Promise<Record<string, string> | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        return Object.fromEntries(block.split('\n').map((line) => line.split(/:\s?(.*)/s).slice(0, 2) as [string, string]));
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#buffer += value;
    }
  }
  /** The next block that is not a comment and names an event. */
  async event(): Promise<Record<string, string> | undefined> {
    for (;;) {
      const block = await this.next();
      if (block === undefined || 'event' in block) return block;
    }
  }
  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

const follow = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url, { headers: { 'Accept-Encoding': 'gzip', ...headers } });
  return { response, events: new EventReader(response) };
};

const overLog = (log: GrowingLog) => fakeHistory({ news: log.news, lastPosition: log.lastPosition });

describe('the live stream', () => {
  it('begins at the present end, tells flips and coverage with their positions, and is never compressed', async () => {
    const log = new GrowingLog(0);
    log.appendFlips();
    const { url } = await serve(overLog(log));
    const { response, events } = await follow(`${url}/api/v1/stream`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
    });
    expect(response.headers.get('Content-Encoding')).toBeNull();
    expect(await events.next()).toEqual({ retry: '2000' });
    expect(await events.next()).toEqual({ id: '1' });
    log.appendFlips(3);
    const flips = await events.event();
    expect(flips).toMatchObject({ event: 'flips', id: '2' });
    expect(JSON.parse(flips?.data ?? '')).toMatchObject({
      position: 2,
      items: [{ position: 2 }, { position: 2 }, { position: 2 }],
    });
    log.appendLedger({ type: 'COVERAGE_ENDED', fact: { type: 'COVERAGE_ENDED', reason: { code: 'expired', detail: '410' } } });
    const coverage = await events.event();
    expect(coverage).toMatchObject({ event: 'coverage', id: '3' });
    expect(JSON.parse(coverage?.data ?? '')).toEqual({
      ...{ position: 3, at: '2026-11-23T16:25:01.120Z', cluster: 'demo', stream: 'v1/endpoints' },
      ...{ type: 'COVERAGE_ENDED', reason: 'expired', detail: '410' },
    });
    await events.leave();
  });

  it('goes on where a client left off, with nothing missing and nothing twice', async () => {
    const log = new GrowingLog(0);
    for (let index = 0; index < 10; index++) log.appendFlips();
    const { url } = await serve(overLog(log));
    const seen: number[] = [];
    for (const [path, headers] of [
      ['/api/v1/stream', { 'Last-Event-ID': '4' }],
      ['/api/v1/stream?lastEventId=4', {}],
      ['/api/v1/stream?lastEventId=9', { 'Last-Event-ID': '4' }],
    ] as const) {
      const { events } = await follow(url + path, headers);
      for (let position = 5; position <= 10; position++) seen.push(Number((await events.event())?.id));
      log.appendFlips();
      await events.leave();
      // The next client starts over at 4 and sees what came meanwhile only after these.
    }
    expect(seen).toEqual([5, 6, 7, 8, 9, 10, 5, 6, 7, 8, 9, 10, 5, 6, 7, 8, 9, 10]);
  });

  it('gives a client that has seen nothing a place to come back to, also when the log grew quietly', async () => {
    const log = new GrowingLog(7);
    const { url } = await serve(overLog(log));
    const { events } = await follow(`${url}/api/v1/stream`);
    await events.next();
    expect(await events.next()).toEqual({ id: '7' });
    log.appendOther();
    for (;;) {
      const block = await events.next();
      if (block?.id !== undefined) {
        expect(block).toEqual({ id: '8' });
        break;
      }
    }
    await events.leave();
  });

  it('starts at the end of another, shorter log', async () => {
    const log = new GrowingLog(7);
    const { url } = await serve(overLog(log));
    const { events } = await follow(`${url}/api/v1/stream`, { 'Last-Event-ID': '5000' });
    log.appendFlips();
    expect(await events.event()).toMatchObject({ id: '8' });
    await events.leave();
  });

  it('tells of one cluster when one is named', async () => {
    const log = new GrowingLog(0);
    const { url } = await serve(overLog(log));
    const { events } = await follow(`${url}/api/v1/stream?cluster=demo&lastEventId=0`);
    log.appendFlips(1, 'other');
    log.appendFlips(1, 'demo');
    expect(await events.event()).toMatchObject({ id: '2' });
    await events.leave();
    expect((await fetch(`${url}/api/v1/stream?cluster=nowhere`)).status).toBe(404);
  });

  it('stays alive while nothing happens', async () => {
    const { url } = await serve(overLog(new GrowingLog(7)));
    const { events } = await follow(`${url}/api/v1/stream`);
    const blocks = [await events.next(), await events.next(), await events.next(), await events.next()];
    expect(blocks.slice(2)).toEqual([{ '': 'still here' }, { '': 'still here' }]);
    await events.leave();
  });

  it('is forgotten when its client leaves', async () => {
    const { url, liveStreams } = await serve(overLog(new GrowingLog(7)));
    const clients = await Promise.all(Array.from({ length: 5 }, () => follow(`${url}/api/v1/stream`)));
    await Promise.all(clients.map(({ events }) => events.next()));
    expect(await liveStreams()).toBe(5);
    await Promise.all(clients.map(({ events }) => events.leave()));
    await vi.waitFor(async () => expect(await liveStreams()).toBe(0), { timeout: 10_000 });
  });
});

/** A client that asks, and then reads only when told to. */
async function slowClient(server: HttpServer, path: string): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return socket;
}

describe('an export', () => {
  it('waits for a client that does not read, and is whole when it does', async () => {
    const flips = manyFlips(60_000);
    const history = fakeHistory({ flips: pagedFlips(flips) });
    const { server } = await serve(history);
    const socket = await slowClient(server, '/api/v1/flips.csv');
    // Pages go into the buffers of the kernel until those are full, and then no further.
    let before = -1;
    await vi.waitFor(
      () => {
        const now = history.asked.length;
        const stands = now > 0 && now === before;
        before = now;
        expect(stands).toBe(true);
      },
      { timeout: 20_000, interval: 250 },
    );
    expect(history.asked.length).toBeLessThan(50);

    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await ended;
    expect(text.match(/,demo,store,web,/g)).toHaveLength(60_000);
    expect(text.endsWith('0\r\n\r\n')).toBe(true);
  });

  it('stops reading the log when its client leaves', async () => {
    const history = fakeHistory({ flips: pagedFlips(manyFlips(60_000)) });
    const { server } = await serve(history);
    const socket = await slowClient(server, '/api/v1/flips.csv');
    await vi.waitFor(() => expect(history.asked.length).toBeGreaterThan(2), { timeout: 10_000 });
    socket.destroy();
    // A server that did not notice would read on to the last page, with nobody to hold it back.
    let before = -1;
    await vi.waitFor(
      () => {
        const now = history.asked.length;
        const stands = now === before;
        before = now;
        expect(stands).toBe(true);
      },
      { timeout: 20_000, interval: 250 },
    );
    expect(history.asked.length).toBeLessThan(60);
  });

  it('that fails on the way breaks the connection off and says nothing of the inside', async () => {
    const pages = pagedFlips(manyFlips(12_000));
    const fails = fakeHistory({
      flips: (question) => (Number(question.cursor) >= 10_000 ? Promise.reject(new Error('SQLITE_IOERR')) : pages(question)),
    });
    const { url } = await serve(fails);
    const printed = vi.spyOn(console, 'error');
    for (const encoding of ['identity', 'gzip']) {
      const whole = fetch(`${url}/api/v1/flips.csv`, { headers: { 'Accept-Encoding': encoding } }).then((got) => got.text());
      // Whether anything was on its way by then is the socket's affair; the whole it must never seem to be.
      await expect(whole).rejects.toThrow();
    }
    expect(errors.splice(0).map(({ err }) => err)).toEqual([new Error('SQLITE_IOERR'), new Error('SQLITE_IOERR')]);
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });
});

describe('the server', () => {
  it('ends live streams and answers what it was asked before it stops', async () => {
    const log = new GrowingLog(7);
    let answer = () => {};
    const asked = Promise.withResolvers<void>();
    const history = fakeHistory({
      news: log.news,
      lastPosition: log.lastPosition,
      coverage: async ({ from }) => {
        asked.resolve();
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return { from: new Date(from ?? 0).toISOString(), to: '2026-11-23T16:30:00.000Z', asOf: 1, items: [] };
      },
    });
    const { server, url } = await serve(history);
    const { events } = await follow(`${url}/api/v1/stream`);
    await events.next();
    const pending = fetch(`${url}/api/v1/coverage`);
    await asked.promise;
    const closed = server.close(30_000);
    while ((await events.next()) !== undefined);
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
    answer();
    expect((await pending).status).toBe(200);
    await closed;
  });

  it('breaks off what does not end within the deadline', async () => {
    const asked = Promise.withResolvers<void>();
    const history = fakeHistory({
      coverage: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    const { server, url } = await serve(history);
    const pending = fetch(`${url}/api/v1/coverage`).then(
      () => 'answered',
      () => 'broken off',
    );
    await asked.promise;
    await server.close(10);
    expect(await pending).toBe('broken off');
  });

  it('says what is wrong when it cannot listen', async () => {
    const { server } = await serve(fakeHistory());
    const app = createApp({
      history: fakeHistory(),
      readiness: () => ({ ready: true, reasons: [] }),
      metrics: createMetrics({ processMetrics: false }),
      log: SILENT_LOG,
    });
    const listening = startServer({ app, host: '127.0.0.1', port: server.port, log: SILENT_LOG });
    await expect(listening).rejects.toThrow(ListenError);
    await expect(listening).rejects.toThrow(`127.0.0.1:${server.port} is taken by another process`);
    await expect(startServer({ app, host: '192.0.2.1', port: 0, log: SILENT_LOG })).rejects.toThrow(
      '192.0.2.1 is not an address',
    );
  });

  it('lets nobody out of the folder of the page, however the request is written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flipbook-server-'));
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist', 'inside.txt'), 'INSIDE');
    writeFileSync(join(folder, 'outside.txt'), 'OUTSIDE');
    const { server } = await serve(fakeHistory(), join(folder, 'dist'));
    expect(await rawAnswer(server, '/inside.txt')).toContain('INSIDE');
    expect(await rawAnswer(server, '/x/../inside.txt')).toContain('INSIDE');
    for (const target of [
      '/../outside.txt',
      '/%2e%2e/outside.txt',
      '/..%2foutside.txt',
      '/x/..%2f..%2foutside.txt',
      '/..\\outside.txt',
      '/..%5coutside.txt',
      'http://localhost/../outside.txt',
    ]) {
      const answer = await rawAnswer(server, target);
      expect(answer, target).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer, target).not.toContain('OUTSIDE');
    }
    rmSync(folder, { recursive: true });
  });
});

/** What comes back for a request target that no client library would send as it is. */
async function rawAnswer(server: HttpServer, target: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.once('close', () => resolve(text));
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  });
}
