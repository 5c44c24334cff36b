/** A recorder in a Pod: its API server, authority and token come from what the kubelet mounts and sets. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { createClient } from '../../../src/kubernetes/client.ts';
import { Access, KubeConfigError } from '../../../src/kubernetes/kube-config.ts';
import { type FakeApiServer, status, TEST_CA } from '../../support/fake-api-server/index.ts';
import { fakeServer, folder, kubeconfig, watch } from './watching.ts';

const ENDPOINTS = 'v1/endpoints';

/** What a Pod finds: a mounted folder, and an environment without any kubeconfig. */
function pod(server: FakeApiServer, token = 'first') {
  const serviceAccountFolder = folder();
  const { hostname, port } = new URL(server.url);
  const rotate = (next: string) => {
    // The kubelet swaps the file, so that nobody reads half a token.
    writeFileSync(join(serviceAccountFolder, 'next'), `${next}\n`);
    renameSync(join(serviceAccountFolder, 'next'), join(serviceAccountFolder, 'token'));
  };
  rotate(token);
  writeFileSync(join(serviceAccountFolder, 'ca.crt'), TEST_CA);
  const env = { HOME: folder(), KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  return { access: { env, serviceAccountFolder }, rotate };
}

const tokens = (server: FakeApiServer) => server.requests.map(({ headers }) => headers.authorization);

describe('a recorder in a Pod', () => {
  it('asks the API server that the environment names, trusts the mounted authority, and shows the mounted token', async () => {
    const server = await fakeServer({ tls: true });
    server.token = 'first';
    const { access } = pod(server);
    const { sink } = watch(server, [ENDPOINTS], { client: createClient(access, SILENT_LOG) });
    await sink.first('snapshot');
    expect(tokens(server)).toEqual(['Bearer first']);
  });

  it('shows a rotated token at its next request, though the old one is still good', async () => {
    const server = await fakeServer({ tls: true });
    const { access, rotate } = pod(server);
    const { sink } = watch(server, [ENDPOINTS], { client: createClient(access, SILENT_LOG) });
    await sink.first('snapshot');
    rotate('second');
    (await server.watching(ENDPOINTS)).end();
    server.history.put(ENDPOINTS, 'cart');
    await sink.until(() => sink.changes().length === 1);
    expect(tokens(server)).toEqual(['Bearer first', 'Bearer second']);
    expect(sink.batches.map(({ kind }) => kind)).toEqual(['snapshot', 'changes']);
  });

  it('tries the token that is there after a 401, and tells nothing when that is the new one', async () => {
    const server = await fakeServer({ tls: true });
    const { access, rotate } = pod(server);
    const { sink } = watch(server, [ENDPOINTS], { client: createClient(access, SILENT_LOG) });
    await sink.first('snapshot');
    server.next({ kind: 'watch' }, ({ response }) => {
      rotate('second');
      status(response, 401, 'Unauthorized', 'Unauthorized');
    });
    (await server.watching(ENDPOINTS)).end();
    server.history.put(ENDPOINTS, 'cart');
    await sink.until(() => sink.changes().length === 1);
    expect(tokens(server)).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
    expect(sink.batches.map(({ kind }) => kind)).toEqual(['snapshot', 'changes']);
  });

  it('says why it is not let in while the mounted token is empty', async () => {
    const server = await fakeServer({ tls: true });
    const { access, rotate } = pod(server, '');
    const { sink } = watch(server, [ENDPOINTS], { client: createClient(access, SILENT_LOG) });
    const { reason } = await sink.first('interrupted');
    expect(reason).toEqual({
      code: 'unauthenticated',
      detail: expect.stringMatching(/^no credentials: the token file .* is empty$/),
    });
    expect(server.requests).toEqual([]);
    rotate('first');
    await sink.first('snapshot');
  });
});

describe('the configuration of a Pod', () => {
  it.each([
    ['10.96.0.1', '443', 'https://10.96.0.1:443'],
    ['fd00::1', '6443', 'https://[fd00::1]:6443'],
    ['10.96.0.1', '80', 'https://10.96.0.1:80'],
  ])('of host %s and port %s is %s', async (host, port, url) => {
    const { access } = pod(await fakeServer());
    const env = { ...access.env, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
    expect(new Access({ ...access, env }).server).toBe(url);
  });

  it('yields to a kubeconfig', async () => {
    const [cluster, other] = [await fakeServer(), await fakeServer()];
    const { access } = pod(cluster);
    expect(new Access({ ...access, kubeconfig: kubeconfig(other) }).server).toBe(other.url);
    expect(new Access({ ...access, env: { ...access.env, KUBECONFIG: kubeconfig(other) } }).server).toBe(other.url);
  });

  it('without the address of the API server is an error that names what is missing', async () => {
    const { access } = pod(await fakeServer());
    const load = () => new Access({ ...access, env: { HOME: access.env.HOME } });
    expect(load).toThrow(KubeConfigError);
    expect(load).toThrow(/KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT do not say/);
  });
});
