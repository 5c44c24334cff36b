/**
 * Do readers delay the recorder? A steady stream is recorded twice: with nobody reading, and with several clients that
 * export the whole log over and over. The real program runs in a process of its own, as in production.
 *
 * Printed for both, with their ratio:
 *  - pause: how late the thread that reads the watches came round (perf_hooks.monitorEventLoopDelay, from /metrics);
 *  - delivery: from a change in the cluster to its `at` in the log, the API server and the network included.
 *
 *   node bench/readers.ts [--flips 200000] [--clients 4] [--seconds 20] [--rate 100] [--json]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { isLedgerEvent, type Position } from '../src/store/event-store.ts';
import { openReader } from '../src/store/sqlite/store.ts';
import { eventually } from '../test/support/eventually.ts';
import { FakeApiServer } from '../test/support/fake-api-server/index.ts';
import { type AddressSketch, sliceOf, subsetsOf } from '../test/support/objects.ts';
import { type FlipbookProcess, openKubeconfig, record } from '../test/support/recorder-process.ts';
import type { ReadersMeasured } from './figures/readers.ts';

/** At the 99th percentile: a watch that is read more slowly than that piles up in the API server. */
const GOAL_MS = 100;
/** Flips of one change while the log is filled. */
const BACKENDS = 50;
/** The metric includes the timer that it measures with (prom-client's eventLoopMonitoringPrecision). */
const TIMER_MS = 10;

const { values } = parseArgs({
  options: {
    flips: { type: 'string', default: '200000' },
    clients: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
  },
});
const options = {
  flips: Number(values.flips),
  clients: Number(values.clients),
  seconds: Number(values.seconds),
  /** Changes a second. */
  rate: Number(values.rate),
};

interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Phase {
  readonly pause: Times;
  readonly delivery: Times;
  readonly changes: number;
}

const server = await new FakeApiServer().start();
const folder = mkdtempSync(join(tmpdir(), 'flipbook-bench-'));
const db = join(folder, 'flipbook.db');
const happenedAt = new Map<string, number>();
server.history.follow(({ revision }) => happenedAt.set(String(revision), Date.now()));

function addresses(count: number, ready: (index: number) => boolean): AddressSketch[] {
  return Array.from({ length: count }, (_, index) => ({ ip: `10.1.0.${index}`, pod: `pod-${index}`, ready: ready(index) }));
}

const lastPosition = (): Position => withReader((reader) => reader.lastPosition());

function withReader<T>(ask: (reader: ReturnType<typeof openReader>['reader']) => T): T {
  const { reader, close } = openReader(db);
  try {
    return ask(reader);
  } finally {
    close();
  }
}

async function fill(): Promise<void> {
  const changes = Math.ceil(options.flips / BACKENDS);
  // In portions: a server that is far ahead of its reader is another measurement.
  for (let done = 0; done < changes; done++) {
    server.history.put('v1/endpoints', 'wide', subsetsOf(addresses(BACKENDS, () => done % 2 === 0)));
    if (done % 50 === 49 || done === changes - 1) await caughtUp('v1/endpoints');
  }
}

async function caughtUp(resource: 'v1/endpoints'): Promise<void> {
  const due = server.history.revision;
  await eventually('the log has caught up', () =>
    withReader((reader) =>
      reader.streams().some(({ key, cursor }) => key.resource === resource && Number(cursor?.resourceVersion ?? 0) >= due),
    ),
  );
}

/** Changes one backend of a Service, in both sources in turn. */
function change(number: number): void {
  const now = addresses(20, (index) => index !== number % 20 || number % 40 < 20);
  if (number % 2 === 0) server.history.put('v1/endpoints', 'steady', subsetsOf(now));
  else {
    const metadata = { labels: { 'kubernetes.io/service-name': 'steady' } };
    server.history.put('discovery.k8s.io/v1/endpointslices', 'steady-1', { metadata, ...sliceOf(now) });
  }
}

async function measure(url: string): Promise<Phase> {
  const from = lastPosition();
  // Each scrape begins the next measurement.
  await pauses(url);
  const begin = performance.now();
  let number = 0;
  for (let elapsed = 0; elapsed < options.seconds * 1_000; elapsed = performance.now() - begin) {
    for (const due = (elapsed / 1_000) * options.rate; number < due; number++) change(number);
    await sleep(1);
  }
  const pause = await pauses(url);
  await eventually('the rest is recorded', () => lastPosition() - from >= number);
  const delivery = withReader((reader) =>
    reader
      .events({ after: from, limit: 1_000_000 })
      .flatMap((event) => (isLedgerEvent(event) ? [] : [event.at - (happenedAt.get(event.resourceVersion) ?? Number.NaN)])),
  );
  return { pause, delivery: timesOf(delivery), changes: number };
}

async function pauses(url: string): Promise<Times> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const milliseconds = (name: string) => {
    const value = new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(metrics)?.[1];
    return Math.max(0, Number(value) * 1_000 - TIMER_MS);
  };
  return { p50: milliseconds('p50'), p99: milliseconds('p99'), max: milliseconds('max') };
}

function timesOf(samples: readonly number[]): Times {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Clients in a thread of their own, so that what they take does not slow the API server. */
function exporters(url: string): { end(): Promise<{ exports: number; bytes: number }> } {
  const worker = new Worker(new URL('./readers-clients.ts', import.meta.url), { workerData: { url, clients: options.clients } });
  return {
    end: () =>
      new Promise((resolve, reject) => {
        worker.once('message', resolve).once('error', reject);
        worker.postMessage('end');
      }),
  };
}

function print(idle: Phase, loaded: Phase): void {
  const row = (what: string, pick: (phase: Phase) => number) => {
    const [a, b] = [pick(idle), pick(loaded)];
    console.log(
      `${what.padEnd(16)}${a.toFixed(1).padStart(10)}${b.toFixed(1).padStart(10)}${(b / Math.max(a, 0.1)).toFixed(1).padStart(9)}×`,
    );
  };
  console.log(`${'ms'.padEnd(16)}${'nobody'.padStart(10)}${'exports'.padStart(10)}${'ratio'.padStart(10)}`);
  for (const what of ['pause', 'delivery'] as const) {
    for (const share of ['p50', 'p99', 'max'] as const) row(`${what} ${share}`, (phase) => phase[what][share]);
  }
}

let recorder: FlipbookProcess | undefined;
try {
  writeFileSync(join(folder, 'kubeconfig'), openKubeconfig(server.url));
  recorder = record({ kubeconfig: join(folder, 'kubeconfig'), db });
  const url = await recorder.url();
  await caughtUp('v1/endpoints');
  await fill();
  const tell = (text: string) => (values.json ? console.error(text) : console.log(text));
  tell(`${options.flips} flips in the log; ${options.rate} changes a second for ${options.seconds} s each time`);
  const idle = await measure(url);
  const clients = exporters(url);
  const loaded = await measure(url);
  const { exports, bytes } = await clients.end();
  if (values.json) {
    const { flips } = options;
    console.log(JSON.stringify({ flips, exports, goalMs: GOAL_MS, idle, loaded } satisfies ReadersMeasured));
  } else {
    tell(`${options.clients} clients took ${exports} whole exports meanwhile, ${Math.round(bytes / 2 ** 20)} MiB`);
    print(idle, loaded);
    const worst = Math.max(loaded.pause.p99, loaded.delivery.p99);
    tell(`goal: at most ${GOAL_MS} ms at the 99th percentile: ${worst <= GOAL_MS ? 'reached' : 'MISSED'}`);
  }
} finally {
  await recorder?.end('SIGTERM');
  await server.stop();
  rmSync(folder, { recursive: true });
}
