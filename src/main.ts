#!/usr/bin/env node
/**
 * The only composition root: reads the process's arguments and environment, puts the parts together, and decides the
 * order in which they stop. Parts that few commands need are loaded when they are needed, so that the others start at once.
 */
import { existsSync, statfsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { type CommandContext, LogMissingError, type RunningServer, type Wiring } from './cli/context.ts';
import { Output } from './cli/output.ts';
import { runCommandLine } from './cli/program.ts';
import type { Config } from './config.ts';
import { type EpochMs, epochMs } from './domain/time.ts';
import { localHistory } from './history/local-history.ts';
import type { ReadinessProbe } from './http/environment.ts';
import type { HttpMetrics } from './http/metrics.ts';
import type { Client } from './kubernetes/client.ts';
import type { WatchSettings } from './kubernetes/settings.ts';
import type { Recording } from './recorder/recording.ts';
import type { Retention as RunningRetention } from './recorder/retention.ts';
import type { Disk } from './recorder/retention-policy.ts';

const WEB_ROOT = join(import.meta.dirname, '../web/dist');
/** Of the 5 s in which a server must stop, what answers under way may take. */
const ANSWERS_END_WITHIN_MS = 2_000;
/** A terminal and npm may both pass on one Ctrl-C; what comes this soon after the first is no second one. */
const SAME_SIGNAL_MS = 500;

const now = (): EpochMs => epochMs(Date.now());

const wiring: Wiring = {
  async openHistory(db) {
    requireLog(db);
    const { openReader } = await import('./store/sqlite/store.ts');
    const { reader, close } = openReader(db);
    return localHistory(reader, close);
  },
  async openStore(db, { create }) {
    if (!create) requireLog(db);
    const { openStore } = await import('./store/sqlite/store.ts');
    return openStore(db);
  },
  async verify(db, { onDamage, onProgress }) {
    requireLog(db);
    const { verifyLog } = await import('./store/sqlite/verify.ts');
    const { rebuild } = await import('./recorder/rebuild.ts');
    return verifyLog(db, { rebuild, onDamage, onProgress: ({ done, of }) => onProgress(done, of) });
  },
  async backup(db, file, options) {
    requireLog(db);
    const { backupLog } = await import('./store/sqlite/backup.ts');
    return backupLog(db, file, options);
  },
  async record(config, signal) {
    const log = createLog(config);
    const { createClient } = await import('./kubernetes/client.ts');
    // Before the log is opened: without a cluster there is nothing to make one for.
    const client = createClient({ kubeconfig: config.kubeconfig, context: config.context, env: process.env }, log);
    await using parts = new AsyncDisposableStack();
    const server = await startRecording(parts, { config, log, client, signal });
    return finished(parts, server);
  },
  async serve(config) {
    requireLog(config.db);
    const log = createLog(config);
    await using parts = new AsyncDisposableStack();
    const { createMetrics } = await import('./http/metrics.ts');
    const readiness = () => ({ ready: true, reasons: [] });
    const url = await startHttp(parts, { config, log, metrics: createMetrics(), readiness });
    return finished(parts, { url });
  },
  async demo(config, signal) {
    const log = createLog(config);
    const { startDemoCluster } = await import('./demo/demo-cluster.ts');
    const { importTrace } = await import('./recorder/import-trace.ts');
    const { createClient } = await import('./kubernetes/client.ts');
    const { freeClusterName } = await import('./recorder/recording.ts');
    await using parts = new AsyncDisposableStack();
    const cluster = await startDemoCluster({ now, seed: 1, log });
    parts.defer(() => cluster.stop());
    const folder = await mkdtemp(join(tmpdir(), 'flipbook-demo-'));
    parts.defer(() => rm(folder, { recursive: true, force: true }));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, JSON.stringify(cluster.kubeconfig));
    const server = await startRecording(parts, {
      config,
      log,
      signal,
      client: createClient({ kubeconfig }, log),
      // In one process with its API server the recorder need not be patient, and a demo should not begin with a gap.
      settings: { acceptedAfterMs: 500, probeEveryMs: 1_000 },
      async beforeWatching(store) {
        const name = freeClusterName(store.reader.clusters(), cluster.clusterUid, config.cluster ?? cluster.clusterName);
        const trace = { name: 'the incident of the demo', chunks: cluster.traceLines() };
        await importTrace({ store, trace, cluster: { name, uid: cluster.clusterUid } });
        return name;
      },
    });
    return finished(parts, server);
  },
};

interface RecordingParts {
  readonly config: Config;
  readonly log: Logger;
  readonly client: Client;
  readonly signal: AbortSignal;
  readonly settings?: Partial<WatchSettings>;
  /** @returns the name of the cluster */
  readonly beforeWatching?: (store: Awaited<ReturnType<Wiring['openStore']>>) => Promise<string>;
}

/** Starts, in this order, log, readers, HTTP and watching; `parts` stops them in the opposite one. */
async function startRecording(parts: AsyncDisposableStack, given: RecordingParts): Promise<Omit<RunningServer, 'close'>> {
  const { config, log, client, signal, settings, beforeWatching } = given;
  const { Recording: Recordings } = await import('./recorder/recording.ts');
  const { Retention } = await import('./recorder/retention.ts');
  const { registerLogMetrics } = await import('./cli/log-metrics.ts');
  const { registerRecordingMetrics } = await import('./cli/recording-metrics.ts');
  const { createMetrics } = await import('./http/metrics.ts');
  const store = await wiring.openStore(config.db, { create: true });
  parts.defer(() => store.close());
  const name = (await beforeWatching?.(store)) ?? config.cluster;
  let recording: Recording | undefined;
  let retention: RunningRetention | undefined;
  const readiness = () => recording?.readiness() ?? { ready: false, reasons: ['the recording is being started'] };
  const metrics = createMetrics();
  registerRecordingMetrics(metrics.registry, () => recording);
  registerLogMetrics(metrics.registry, () => retention?.status());
  const url = await startHttp(parts, { config, log, metrics, readiness });
  recording = await Recordings.start({
    store,
    client,
    log,
    now,
    signal,
    namespaces: config.namespace,
    name,
    suggestedName: config.context ?? new URL(client.server).hostname,
    watch: { settings },
  });
  parts.defer(() => recording?.stop());
  const kept = recording;
  retention = Retention.start({
    store,
    log,
    now,
    settings: { retainMs: config.retain, maxBytes: config.maxSize, minFreeBytes: config.minFree },
    disk: () => diskOf(config.db),
    tell: (cluster, fact) => kept.tell(cluster, fact),
    wait: (ms, stop) => sleep(ms, undefined, { signal: stop }).catch(() => {}),
    clock: () => performance.now(),
  });
  parts.defer(() => retention?.stop());
  const { clusterName } = recording;
  return { url, ...(clusterName === undefined ? {} : { cluster: clusterName }) };
}

interface HttpParts {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: HttpMetrics;
  readonly readiness: ReadinessProbe;
}

/** Starts reader threads over the log and API and page over them. */
async function startHttp(parts: AsyncDisposableStack, { config, log, metrics, readiness }: HttpParts): Promise<string> {
  const { threadedHistory } = await import('./history/threaded-history.ts');
  const { createApp } = await import('./http/app.ts');
  const { startServer } = await import('./http/server.ts');
  const history = await threadedHistory({ module: new URL('./reader-thread.ts', import.meta.url), data: { db: config.db } });
  parts.defer(() => history.close());
  const hasPage = existsSync(join(WEB_ROOT, 'index.html'));
  if (!hasPage) log.warn({}, 'the page is not built (npm run build): serving the API alone');
  const app = createApp({ history, readiness, metrics, log, ...(hasPage ? { webRoot: WEB_ROOT } : {}) });
  const server = await startServer({ app, ...config.listen, log });
  parts.defer(() => server.close(ANSWERS_END_WITHIN_MS));
  return server.url;
}

/** Keeps what was started: from here on the server's `close` stops it. */
function finished(parts: AsyncDisposableStack, server: Omit<RunningServer, 'close'>): RunningServer {
  const kept = parts.move();
  return { ...server, close: () => kept.disposeAsync() };
}

/** Of the file system that the log is on. `undefined` where the system does not tell. */
function diskOf(db: string): Disk | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(db));
    return { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return undefined;
  }
}

function requireLog(db: string): void {
  if (!existsSync(db)) throw new LogMissingError(db);
}

/** To stderr, one JSON object a line, written at once so that nothing is lost when the process ends. */
function createLog({ logLevel }: Config): Logger {
  const secrets = ['authorization', 'token', 'headers', 'password', 'clientKey', 'client-key-data'];
  return pino(
    {
      level: logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: secrets.flatMap((name) => (/-/.test(name) ? [`["${name}"]`, `*["${name}"]`] : [name, `*.${name}`])),
    },
    pino.destination({ dest: process.stderr.fd, sync: true }),
  );
}

function takeOverSignals(): AbortSignal {
  const stop = new AbortController();
  let firstAt = 0;
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) {
        if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(128 + number);
        return;
      }
      firstAt = performance.now();
      stop.abort(signal);
    });
  }
  return stop.signal;
}

const context: CommandContext = {
  stdin: process.stdin,
  stdout: new Output(process.stdout, process.env),
  stderr: new Output(process.stderr, process.env),
  env: process.env,
  now,
  version: packageJson.version,
  wiring,
  stopSignal: takeOverSignals,
};

process.exitCode = await runCommandLine(process.argv.slice(2), context);
// All that was started has been stopped, or was given its time: what still holds the process must not keep it.
setTimeout(() => process.exit(), 1_000).unref();
