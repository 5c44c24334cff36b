import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Log } from '../../../src/domain/log.ts';
import { clusterIdentity, createClient } from '../../../src/kubernetes/client.ts';
import { Access, KubeConfigError } from '../../../src/kubernetes/kube-config.ts';
import { fakeServer, folder, kubeconfig, watch } from './watching.ts';

const ENDPOINTS = 'v1/endpoints';
const SECRET = 'hunter2';

/** Keeps every word that is logged. */
function listening(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const keep = (fields: object, message: string) => {
    const { err } = fields as { err?: Error };
    lines.push(`${message} ${JSON.stringify(fields)} ${err?.stack ?? ''}`);
  };
  return { log: { debug: keep, info: keep, warn: keep, error: keep }, lines };
}

describe('the connection', () => {
  it('trusts the authority of the kubeconfig, also where the context has no user', async () => {
    const server = await fakeServer({ tls: true });
    for (const user of [{ token: SECRET }, undefined]) {
      const { sink } = watch(server, [ENDPOINTS], { kubeconfig: kubeconfig(server, user) });
      await sink.first('snapshot');
    }
  });

  it('refuses a server of another authority, says so, and goes on trying', async () => {
    const server = await fakeServer({ tls: true });
    const { sink, watcher } = watch(server, [ENDPOINTS], {
      kubeconfig: kubeconfig(server, {}, { 'certificate-authority-data': undefined }),
      settings: { tellAfterMs: 20 },
    });
    const told = await sink.first('interrupted');
    expect(told.reason).toMatchObject({ code: 'unreachable', detail: expect.stringMatching(/certificate/i) });
    expect(watcher.status()[0]?.phase).not.toBe('stopped');
    expect(server.requests).toEqual([]);
  });

  it('goes over HTTP/1.1, one connection for each watch', async () => {
    const server = await fakeServer();
    const { sink } = watch(server, [ENDPOINTS, 'v1/pods']);
    await sink.until(() => sink.batches.length === 2);
    const answers = [await server.watching(ENDPOINTS), await server.watching('v1/pods')];
    answers[0]?.reset();
    expect(answers[1]?.open).toBe(true);
    await server.until(() => server.seen({ kind: 'watch', resource: ENDPOINTS }).length === 1);
    expect(server.seen({ kind: 'watch', resource: 'v1/pods' })).toEqual([]);
  });

  it('goes through the proxy that the kubeconfig names', async () => {
    const server = await fakeServer({ tls: true });
    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      const [host, port] = (request.url ?? '').split(':');
      const upstream = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { sink } = watch(server, [ENDPOINTS], { kubeconfig: kubeconfig(server, {}, { 'proxy-url': url }) });
    await sink.first('snapshot');
    expect(tunnels).toEqual([new URL(server.url).host]);
  });

  it('passes on what the API server warns of once, not with every answer', async () => {
    const server = await fakeServer();
    const { log, lines } = listening();
    const { sink } = watch(server, [ENDPOINTS], { log });
    await sink.first('snapshot');
    (await server.watching(ENDPOINTS)).reset();
    await server.until(() => server.seen({ kind: 'watch' }).length === 1);
    server.history.put(ENDPOINTS, 'cart');
    await sink.until(() => sink.changes().length === 1);
    expect(lines.filter((each) => each.includes('v1 Endpoints is deprecated'))).toHaveLength(1);
  });
});

describe('credentials', () => {
  it('that were replaced are read afresh after 401, and nothing is told', async () => {
    const server = await fakeServer();
    server.token = 'first';
    const tokenFile = join(folder(), 'token');
    writeFileSync(tokenFile, 'first\n');
    const { sink } = watch(server, [ENDPOINTS], { kubeconfig: kubeconfig(server, { tokenFile }) });
    await sink.first('snapshot');
    server.token = 'second';
    writeFileSync(tokenFile, 'second\n');
    (await server.watching(ENDPOINTS)).reset();
    server.history.put(ENDPOINTS, 'cart');
    await sink.until(() => sink.changes().length === 1);
    expect(sink.batches.map((each) => each.kind)).toEqual(['snapshot', 'changes']);
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer second');
  });

  it('that are refused for ever are a gap, and mend when they are accepted', async () => {
    const server = await fakeServer();
    server.token = 'right';
    const { sink } = watch(server, [ENDPOINTS], { kubeconfig: kubeconfig(server, { token: 'wrong' }) });
    expect((await sink.first('interrupted')).reason.code).toBe('unauthenticated');
    server.token = 'wrong';
    await sink.first('snapshot');
  });

  it('that cannot be had are a gap, and mend when they can', async () => {
    const server = await fakeServer();
    const tokenFile = join(folder(), 'token');
    const { sink } = watch(server, [ENDPOINTS], { kubeconfig: kubeconfig(server, { tokenFile }) });
    const told = await sink.first('interrupted');
    expect(told.reason).toEqual({ code: 'unauthenticated', detail: 'no credentials: ENOENT' });
    expect(server.requests).toEqual([]);
    writeFileSync(tokenFile, 'now');
    await sink.first('snapshot');
  });

  it('come from an exec plugin, which runs once for all streams; what it prints when it fails is never told', async () => {
    const server = await fakeServer();
    server.token = SECRET;
    const directory = folder();
    const count = join(directory, 'runs');
    const plugin = join(directory, 'plugin.sh');
    const credential = JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: SECRET },
    });
    writeFileSync(plugin, `#!/bin/sh\necho run >> '${count}'\necho '${credential}'\n`);
    chmodSync(plugin, 0o755);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' };
    const { sink } = watch(server, [ENDPOINTS, 'v1/pods', 'v1/services'], { kubeconfig: kubeconfig(server, { exec }) });
    await sink.until(() => sink.batches.length === 3);
    expect(readFileSync(count, 'utf8')).toBe('run\n');

    writeFileSync(plugin, `#!/bin/sh\necho '${SECRET}' >&2\nexit 1\n`);
    const { log, lines } = listening();
    const broken = watch(server, [ENDPOINTS], { kubeconfig: kubeconfig(server, { exec }), log });
    expect((await broken.sink.first('interrupted')).reason.detail).toBe('no credentials: the authentication plugin failed');
    expect(lines.join('\n')).not.toContain(SECRET);
  });

  it('that are still being fetched do not hold up a stop, and nothing is asked when they come', async () => {
    const server = await fakeServer();
    const directory = folder();
    const [plugin, began, go, ended] = ['plugin.sh', 'began', 'go', 'ended'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
      string,
    ];
    const credential = '{"status":{"token":"late"}}';
    writeFileSync(
      plugin,
      `#!/bin/sh\ntouch '${began}'\nwhile [ ! -f '${go}' ]; do sleep 0.01; done\necho '${credential}'\ntouch '${ended}'\n`,
    );
    chmodSync(plugin, 0o755);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' };
    const { watcher } = watch(server, [ENDPOINTS], { kubeconfig: kubeconfig(server, { exec }) });
    await vi.waitUntil(() => existsSync(began), { timeout: 10_000 });
    await watcher.stop();
    expect(existsSync(ended)).toBe(false);
    writeFileSync(go, '');
    await vi.waitUntil(() => existsSync(ended), { timeout: 10_000 });
    expect(server.requests).toEqual([]);
  });

  it('never appear in what is logged', async () => {
    const server = await fakeServer();
    server.token = 'right';
    const { log, lines } = listening();
    const { sink } = watch(server, [ENDPOINTS], { kubeconfig: kubeconfig(server, { token: SECRET }), log });
    await sink.first('interrupted');
    await server.stop();
    server.token = SECRET;
    await server.start();
    await sink.first('snapshot');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toContain(SECRET);
  });
});

describe('the kubeconfig', () => {
  it('may name another context, and says which there are when it does not exist', async () => {
    const server = await fakeServer();
    const file = kubeconfig(server);
    expect(new Access({ kubeconfig: file, context: 'fake' }).server).toBe(server.url);
    expect(() => new Access({ kubeconfig: file, context: 'prod' })).toThrow(
      new KubeConfigError('the kubeconfig has no context "prod"; it has: fake'),
    );
  });

  it('is merged from the files of KUBECONFIG, of which the first counts and missing ones are skipped', async () => {
    const [one, two] = [await fakeServer(), await fakeServer()];
    const env = { KUBECONFIG: ['/does/not/exist', kubeconfig(one), kubeconfig(two)].join(':') };
    expect(new Access({ env }).server).toBe(one.url);
  });

  it.each([
    ['missing', undefined, /cannot read the kubeconfig .*: ENOENT/],
    ['not YAML', `users: [{ token: ${SECRET}`, /it is not a kubeconfig/],
    ['empty', '', /it is not a kubeconfig|names no cluster/],
    ['without a current context', '{"clusters":[],"users":[],"contexts":[]}', /names no cluster/],
  ])('that is %s is an error for people, which quotes nothing of the file', (_, content, message) => {
    const file = join(folder(), 'config');
    if (content !== undefined) writeFileSync(file, content);
    const load = () => new Access({ kubeconfig: file });
    expect(load).toThrow(KubeConfigError);
    expect(load).toThrow(message);
    expect(load).not.toThrow(SECRET);
  });

  it('that is nowhere is an error that says where it was looked for', () => {
    expect(() => new Access({ env: { HOME: folder() } })).toThrow(/no cluster is configured: give --kubeconfig/);
  });
});

describe('the identity of a cluster', () => {
  const identity = async (server: Awaited<ReturnType<typeof fakeServer>>, cluster = {}) =>
    clusterIdentity(createClient({ kubeconfig: kubeconfig(server, {}, cluster) }, listening().log));

  it('is the UID of namespace kube-system', async () => {
    const server = await fakeServer({ tls: true });
    expect(await identity(server)).toEqual({ uid: server.kubeSystemUid, source: 'kube-system' });
  });

  it('where that may not be read is a stable hash of the authority, or of the URL without one', async () => {
    const server = await fakeServer({ tls: true });
    server.forbidden.add('namespaces');
    const byAuthority = await identity(server);
    expect(byAuthority).toEqual({ uid: expect.stringMatching(/^connection-[0-9a-f]{32}$/), source: 'connection' });
    expect(await identity(server)).toEqual(byAuthority);
    const byUrl = await identity(server, { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true });
    expect(byUrl.source).toBe('connection');
    expect(byUrl.uid).not.toBe(byAuthority.uid);
  });

  it('is not made up when the server cannot be asked', async () => {
    const server = await fakeServer();
    await server.stop();
    onTestFinished(async () => void (await server.start()));
    await expect(identity(server)).rejects.toThrow(/ECONNREFUSED/);
  });
});
