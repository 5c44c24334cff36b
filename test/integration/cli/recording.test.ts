import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DemoCluster, startDemoCluster } from '../../../src/demo/demo-cluster.ts';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { RESOURCES } from '../../../src/domain/resources.ts';
import { epochMs } from '../../../src/domain/time.ts';
import type { ClustersAnswer } from '../../../src/history/answers.ts';
import { flipbook, get, start, temporaryFolder, until, urlOf } from './process.ts';

const now = () => epochMs(Date.now());

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: DemoCluster;
let kubeconfig: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  cluster = await startDemoCluster({ now, seed: 7, log: SILENT_LOG });
  kubeconfig = join(folder.path, 'kubeconfig');
  await writeFile(kubeconfig, JSON.stringify(cluster.kubeconfig));
});
afterAll(async () => {
  await cluster.stop();
  await folder[Symbol.asyncDispose]();
});

const clustersOf = async (url: string) => (await (await get(`${url}/api/v1/clusters`)).json()) as ClustersAnswer;
const readyzOf = async (url: string) => {
  const response = await get(`${url}/readyz`);
  return { status: response.status, ...((await response.json()) as { ready: boolean; reasons: string[] }) };
};

describe('flipbook record', () => {
  it('records a cluster, stops on SIGTERM, and goes on from where it stopped', async () => {
    const db = join(folder.path, 'record.db');
    const args = ['record', '--kubeconfig', kubeconfig, '--db', db, '--listen', '127.0.0.1:0', '--cluster', 'c1'];
    const first = start(args);
    const url = await urlOf(first);
    expect(first.stdout()).toMatch(/^Recording cluster c1\n/);
    await until(
      () => readyzOf(url),
      ({ ready }) => ready,
    );
    const watching = await until(
      () => clustersOf(url),
      ({ items }) => items[0]?.streams.filter((each) => each.watching).length === RESOURCES.length,
    );
    expect(watching.items).toMatchObject([{ name: 'c1', uid: cluster.clusterUid }]);
    const metrics = await (await get(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^flipbook_recorder_events_total [1-9]\d*$/m);
    for (const { name } of RESOURCES) {
      expect(metrics).toContain(`flipbook_stream_watched{stream="${name}"} 1\n`);
      expect(metrics).toMatch(new RegExp(`^flipbook_stream_proven_timestamp_seconds\\{stream="${name}"\\} \\d{10}`, 'm'));
    }
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    const position = watching.items[0]?.lastEvent?.position ?? 0;
    expect((await flipbook('verify', '--db', db)).code).toBe(0);

    const second = start(args);
    const again = await until(
      () => urlOf(second).then(clustersOf),
      ({ items }) => items[0]?.streams.filter((each) => each.watching).length === RESOURCES.length,
    );
    expect(again.items[0]?.streams.map(({ gaps }) => gaps)).toEqual(RESOURCES.map(() => 0));
    expect(again.items[0]?.lastEvent?.position).toBeGreaterThan(position);
    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);
  }, 60_000);

  it('says what is wrong with a kubeconfig before it makes a log', async () => {
    const db = join(folder.path, 'never.db');
    const { code, stderr } = await flipbook('record', '--kubeconfig', kubeconfig, '--context', 'prod', '--db', db);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'flipbook: the kubeconfig has no context "prod"; it has: demo\n' });
    expect((await flipbook('record', '--db', db)).stderr).toMatch(/^flipbook: no cluster is configured/);
    expect(existsSync(db)).toBe(false);
  });

  it('serves while its API server cannot be reached, says so, and stops all the same', async () => {
    const nowhere = join(folder.path, 'nowhere');
    const [entry] = cluster.kubeconfig.clusters;
    await writeFile(
      nowhere,
      JSON.stringify({ ...cluster.kubeconfig, clusters: [{ ...entry, cluster: { server: 'http://127.0.0.1:9' } }] }),
    );
    const program = start([
      'record',
      '--kubeconfig',
      nowhere,
      '--db',
      join(folder.path, 'nowhere.db'),
      '--listen',
      '127.0.0.1:0',
    ]);
    const url = await urlOf(program);
    expect(program.stdout()).toMatch(/^The cluster does not answer yet/);
    const { status, reasons } = await readyzOf(url);
    expect(status).toBe(503);
    expect(reasons).toEqual([expect.stringMatching(/^the API server http:\/\/127\.0\.0\.1:9 cannot be reached: /)]);
    expect(program.stderr()).toContain('cannot be reached');
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  });
});

describe('flipbook record, told to stop while it still waits for its API server', () => {
  it('stops at once', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const hanging = join(folder.path, 'hanging');
    const [entry] = cluster.kubeconfig.clusters;
    await writeFile(
      hanging,
      JSON.stringify({ ...cluster.kubeconfig, clusters: [{ ...entry, cluster: { server: `http://127.0.0.1:${port}` } }] }),
    );
    const program = start([
      'record',
      '--kubeconfig',
      hanging,
      '--db',
      join(folder.path, 'hanging.db'),
      '--listen',
      '127.0.0.1:0',
    ]);
    const [socket] = (await once(silent, 'connection')) as [Socket];
    program.child.kill('SIGTERM');
    expect({ code: await program.ended, stdout: program.stdout(), stderr: program.stderr() }).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    socket.destroy();
    silent.close();
  });
});

describe('flipbook demo', () => {
  it('shows an incident in the past and flips in the present without any cluster, and cleans up behind it', async () => {
    const program = start(['demo', '--listen', '127.0.0.1:0']);
    const url = await urlOf(program);
    const db = /log\s+(\S+)/.exec(program.stdout())?.[1] ?? '';
    expect(existsSync(db)).toBe(true);
    const past = (await (await get(`${url}/api/v1/namespaces/store/services/checkout/flips?limit=1000`)).json()) as {
      items: { origin: string }[];
    };
    expect(past.items.length).toBeGreaterThan(10);
    await until(
      () => clustersOf(url),
      ({ items }) => items[0]?.streams.every((each) => each.watching && each.gaps === 0) ?? false,
    );
    const recent = await until(
      async () => (await (await get(`${url}/api/v1/flips?from=now-1m&limit=1000`)).json()) as { items: { at: string }[] },
      ({ items }) => items.length > 0,
    );
    expect(recent.items[0]).toMatchObject({ cluster: 'demo', namespace: 'store' });
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(0);
    expect(existsSync(dirname(db))).toBe(false);
  }, 60_000);
});
