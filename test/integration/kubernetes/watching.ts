/** A watcher over a fake API server, with limits short enough for tests and long enough for a busy machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Log, SILENT_LOG } from '../../../src/domain/log.ts';
import { type ResourceName, resourceNamed } from '../../../src/domain/resources.ts';
import { createClient } from '../../../src/kubernetes/client.ts';
import { DEFAULT_SETTINGS, type WatchSettings } from '../../../src/kubernetes/settings.ts';
import { startWatching, type Watcher, type WatchOptions } from '../../../src/kubernetes/watcher.ts';
import { FakeApiServer, TEST_CA } from '../../support/fake-api-server/index.ts';
import { MemorySink } from '../../support/fake-api-server/memory-sink.ts';

/** Failures are retried at once; the long limits stay out of the way, and tests shorten the one they are about. */
export const QUICK: Partial<WatchSettings> = {
  backoff: { ...DEFAULT_SETTINGS.backoff, firstMs: 2, maxMs: 20 },
  notServedRetryMs: 10,
  probeEveryMs: 0,
  quickEndMs: 0,
  steadyMs: 0,
};

export async function fakeServer(options: { tls?: boolean } = {}): Promise<FakeApiServer> {
  const server = await new FakeApiServer(options).start();
  onTestFinished(() => server.stop());
  return server;
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'flipbook-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Writes a kubeconfig with one context; gives its path. */
export function kubeconfig(server: FakeApiServer, user: object | undefined = {}, cluster: object = {}): string {
  const file = join(folder(), 'config');
  const ca = { 'certificate-authority-data': TEST_CA.toString('base64') };
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'fake', cluster: { server: server.url, ...ca, ...cluster } }],
      users: user ? [{ name: 'tester', user }] : [],
      contexts: [{ name: 'fake', context: { cluster: 'fake', ...(user ? { user: 'tester' } : {}) } }],
      'current-context': 'fake',
    }),
  );
  return file;
}

export function watch(
  server: FakeApiServer,
  resources: readonly ResourceName[] = ['v1/endpoints'],
  more: Partial<WatchOptions> & { sink?: MemorySink; kubeconfig?: string; log?: Log } = {},
): { watcher: Watcher; sink: MemorySink } {
  const sink = more.sink ?? new MemorySink();
  const log = more.log ?? SILENT_LOG;
  const client = more.client ?? createClient({ kubeconfig: more.kubeconfig ?? kubeconfig(server) }, log);
  const watcher = startWatching({
    random: () => 0.5,
    ...more,
    client,
    sink,
    log,
    resources: resources.map(resourceNamed),
    settings: { ...QUICK, ...more.settings },
  });
  onTestFinished(() => watcher.stop());
  return { watcher, sink };
}
