/** One cluster being recorded: found, watched, and stopped in order. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Log, SILENT_LOG } from '../../../src/domain/log.ts';
import { RESOURCES, type ResourceName } from '../../../src/domain/resources.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { type Client, createClient } from '../../../src/kubernetes/client.ts';
import { RequestError } from '../../../src/kubernetes/connection.ts';
import type { StreamStatus } from '../../../src/kubernetes/stream.ts';
import {
  freeClusterName,
  isWatched,
  notReadyReasons,
  Recording,
  type RecordingOptions,
} from '../../../src/recorder/recording.ts';
import { type ClusterId, isLedgerEvent, LATEST, position } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import type { FakeApiServer } from '../../support/fake-api-server/index.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { fakeServer, kubeconfig, QUICK } from '../kubernetes/watching.ts';

const ENDPOINTS = 'v1/endpoints';

async function recordingOf(server: FakeApiServer, more: Partial<RecordingOptions> = {}) {
  const store = openStore(newLogFile());
  const recording = await Recording.start({
    store,
    client: createClient({ kubeconfig: kubeconfig(server) }, SILENT_LOG),
    log: SILENT_LOG,
    now: () => epochMs(Date.now()),
    namespaces: [],
    suggestedName: 'tested',
    watch: { settings: QUICK },
    ...more,
  });
  onTestFinished(async () => {
    await recording.stop();
    store.close();
  });
  const ends = () => store.reader.coverage({ asOf: LATEST }).map(({ spans }) => spans.at(-1)?.end);
  return { recording, store, ends };
}

/** Waits until every stream is watched. */
const ready = (recording: Recording) => {
  const allWatched = () => recording.streams().length > 0 && recording.streams().every(isWatched);
  return vi.waitUntil(allWatched, { timeout: 10_000 });
};
const identified = (server: FakeApiServer) => server.requests.filter(({ path }) => path.endsWith('/kube-system')).length;

describe('a recording', () => {
  it('begins when the API server can be reached, however late', async () => {
    const server = await fakeServer();
    const real = createClient({ kubeconfig: kubeconfig(server) }, SILENT_LOG);
    let refusals = 3;
    const client: Client = {
      server: real.server,
      authority: real.authority,
      connect: () =>
        refusals-- > 0
          ? {
              request: () => Promise.reject(new RequestError({ kind: 'connection', message: 'connect ECONNREFUSED' })),
              close: () => Promise.resolve(),
            }
          : real.connect(),
    };
    const { recording, ends } = await recordingOf(server, { client, retry: { firstMs: 1, maxMs: 2 } });
    expect(recording.clusterName).toBeUndefined();
    expect(recording.readiness()).toEqual({
      ready: false,
      reasons: [`the API server ${server.url} cannot be reached: connect ECONNREFUSED`],
    });
    await ready(recording);
    expect(recording.clusterName).toBe('tested');
    await recording.stop();
    expect(ends().map((end) => end?.code)).toEqual(RESOURCES.map(() => 'recorder-stopped'));
  });

  it('keeps the name that the log has for a cluster, and takes none that another cluster bears', () => {
    const known = [
      { id: 1 as ClusterId, uid: 'u1', name: 'prod' },
      { id: 2 as ClusterId, uid: 'u2', name: 'prod-2' },
    ];
    expect(freeClusterName(known, 'u1', 'other')).toBe('prod');
    expect(freeClusterName(known, 'u3', 'other')).toBe('other');
    expect(freeClusterName(known, 'u3', 'prod')).toBe('prod-3');
  });
});

describe('a cluster that another one takes the place of', () => {
  it('is not recorded any more, and nothing of the other one is taken for its own', async () => {
    const server = await fakeServer();
    server.history.put(ENDPOINTS, 'cart');
    const errors: string[] = [];
    const log: Log = { ...SILENT_LOG, error: (_, message) => errors.push(message) };
    const { recording, store, ends } = await recordingOf(server, { log });
    await ready(recording);
    await server.watching(ENDPOINTS);

    const [own, other] = [server.kubeSystemUid, 'e7c0ffee-0000-4000-8000-000000000002'];
    server.kubeSystemUid = other;
    await server.stop();
    server.history.put(ENDPOINTS, 'of-the-other');
    await server.start();
    await vi.waitUntil(() => ends().every((end) => end !== undefined), { timeout: 10_000 });

    const why = `another cluster answers at ${server.url}: its kube-system has the uid ${other}, and the recorded one has ${own}`;
    expect(ends()).toEqual(RESOURCES.map(() => ({ code: 'new-epoch', detail: why })));
    expect(recording.readiness()).toEqual({ ready: false, reasons: [why] });
    expect(errors).toEqual([expect.stringContaining(why)]);
    expect(recording.streams().map(({ phase }) => phase)).toEqual(RESOURCES.map(() => 'stopped'));
    const objects = store.reader.events({ after: position(0), limit: 1_000 }).filter((event) => !isLedgerEvent(event));
    expect(objects.map((event) => !isLedgerEvent(event) && event.object.name)).toEqual(['cart']);
    expect(server.seen({ kind: 'watch' })).toEqual([]);

    const last = store.reader.lastPosition();
    await recording.stop();
    expect(store.reader.lastPosition()).toBe(last);
  });

  it('is asked who it is after an error, not at each clean end', async () => {
    const server = await fakeServer();
    const { recording } = await recordingOf(server);
    await ready(recording);
    expect(identified(server)).toBe(1);
    (await server.watching(ENDPOINTS)).end();
    await server.until(() => server.seen({ kind: 'watch', resource: ENDPOINTS }).length === 1);
    expect(identified(server)).toBe(1);
    (await server.watching(ENDPOINTS)).reset();
    await server.until(() => server.seen({ kind: 'watch', resource: ENDPOINTS }).length === 2);
    expect(identified(server)).toBe(2);
    server.history.compact();
    const watch = await server.watching(ENDPOINTS);
    watch.error(410, 'Expired', 'too old resource version');
    await server.until(() => server.seen({ kind: 'initial', resource: ENDPOINTS }).length === 2);
    expect(identified(server)).toBe(3);
    expect(recording.readiness().ready).toBe(true);
  });

  it('cannot be told where the namespace may not be read, and the recording goes on', async () => {
    const server = await fakeServer();
    server.forbidden.add('namespaces');
    const { recording } = await recordingOf(server);
    await ready(recording);
    server.kubeSystemUid = 'e7c0ffee-0000-4000-8000-000000000002';
    (await server.watching(ENDPOINTS)).reset();
    await server.until(() => server.seen({ kind: 'watch', resource: ENDPOINTS }).length === 1);
    expect(identified(server)).toBe(1);
    expect(recording.readiness().ready).toBe(true);
  });
});

describe('readiness', () => {
  const statuses = (change: Partial<Record<ResourceName, Partial<StreamStatus>>> = {}): StreamStatus[] =>
    RESOURCES.map(
      ({ name }) =>
        ({ stream: { resource: name }, phase: 'watching', cursor: '1', notWritten: false, ...change[name] }) as StreamStatus,
    );
  const lost: Partial<StreamStatus> = { interrupted: 'forbidden', lastError: { at: epochMs(0), message: '403 Forbidden' } };

  it('needs addresses from one of the two kinds, Services and Pods', () => {
    expect(notReadyReasons(statuses())).toEqual([]);
    expect(notReadyReasons(statuses({ 'v1/endpoints': lost }))).toEqual([]);
    expect(
      notReadyReasons(statuses({ 'discovery.k8s.io/v1/endpointslices': lost, 'v1/events': lost, 'apps/v1/deployments': lost })),
    ).toEqual([]);
    expect(notReadyReasons(statuses({ 'v1/endpoints': lost, 'discovery.k8s.io/v1/endpointslices': lost }))).toEqual([
      'v1/endpoints is not watched: 403 Forbidden',
      'discovery.k8s.io/v1/endpointslices is not watched: 403 Forbidden',
    ]);
    expect(notReadyReasons(statuses({ 'v1/pods': { cursor: undefined as never } }))).toEqual(['v1/pods is not watched']);
  });

  it('is lost as soon as anything cannot be written', () => {
    const full = { notWritten: true, lastError: { at: epochMs(0), message: 'database or disk is full' } };
    expect(notReadyReasons(statuses({ 'v1/events': full }))).toEqual(['v1/events: database or disk is full']);
  });
});
