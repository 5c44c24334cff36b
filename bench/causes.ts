/**
 * What causes cost: 10,000 flips of one window, each with a Pod version and every second one with a v1 Event of its own, told
 * page by page as an export does. Goal: 300 ms. Printed beside it: reading the rows of the same flips alone.
 *
 *   node bench/causes.ts [--flips 10000] [--pods 100] [--turns 7] [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ResourceName } from '../src/domain/resources.ts';
import { resourceNamed } from '../src/domain/resources.ts';
import { epochMs, MAX_INSTANT } from '../src/domain/time.ts';
import { TEXT_PAGE } from '../src/history/all-flips.ts';
import { explainFlips } from '../src/history/causes/causes.ts';
import { receiveObject } from '../src/kubernetes/received.ts';
import { Recorder } from '../src/recorder/recorder.ts';
import { type EventReader, type FlipRecord, LATEST } from '../src/store/event-store.ts';
import { openReader, openStore } from '../src/store/sqlite/store.ts';
import { median } from './figure.ts';
import type { CausesMeasured } from './figures/causes.ts';

const GOAL_MS = 300;
const START = Date.UTC(2026, 10, 23, 16);
/** Between two flips. */
const EVERY_MS = 200;

const { values } = parseArgs({
  options: {
    flips: { type: 'string', default: '10000' },
    pods: { type: 'string', default: '100' },
    turns: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
});
const [flips, pods, turns] = [Number(values.flips), Number(values.pods), Number(values.turns)];

/** Pods of one Deployment whose readiness probes fail and pass again, in turn. */
function record(file: string): void {
  const store = openStore(file);
  const recorder = new Recorder({ store, cluster: { uid: 'uid-bench', name: 'bench' }, times: 'given' });
  let version = 1_000;
  const seconds = (ms: number) => new Date(START + ms).toISOString().replace(/\.\d+Z$/, 'Z');
  const receive = (resource: ResourceName, object: { metadata: object }) => {
    const { kind, apiVersion } = resourceNamed(resource);
    const metadata = { namespace: 'store', ...object.metadata, resourceVersion: String(++version) };
    return receiveObject(resourceNamed(resource), Buffer.from(JSON.stringify({ kind, apiVersion, ...object, metadata })));
  };
  const snapshot = (resource: ResourceName, objects: { metadata: object }[]) =>
    recorder.commit({
      kind: 'snapshot',
      stream: { resource },
      at: epochMs(START),
      resourceVersion: String(++version),
      objects: objects.map((object) => receive(resource, object)),
      reason: { code: 'expired' },
    });
  const change = (ms: number, resource: ResourceName, type: 'ADDED' | 'MODIFIED', object: { metadata: object }) => {
    const at = epochMs(START + ms);
    const changes = [{ type, object: receive(resource, object) }];
    recorder.commit({ kind: 'changes', stream: { resource }, at, changes, cursor: String(version), provenAt: at });
  };

  const ready = Array.from({ length: pods }, () => true);
  const ip = (n: number) => `10.0.${n >> 8}.${n & 255}`;
  const names = ready.map((_, n) => `web-7b79c6d8f-${n.toString(36).padStart(5, 'x')}`);
  const podAt = (n: number, ms: number) => {
    const status = ready[n] ? 'True' : 'False';
    const condition = (type: string) => ({ type, status, lastTransitionTime: seconds(ms) });
    return {
      metadata: {
        name: names[n],
        uid: `uid-${names[n]}`,
        labels: { app: 'web', 'pod-template-hash': '7b79c6d8f' },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7b79c6d8f', uid: 'uid-rs', controller: true }],
      },
      spec: {
        nodeName: `node-${n % 9}`,
        containers: [
          { name: 'web', image: 'web:1', readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 10 } },
        ],
      },
      status: {
        phase: 'Running',
        podIPs: [{ ip: ip(n) }],
        conditions: [condition('PodScheduled'), condition('Initialized'), condition('ContainersReady'), condition('Ready')],
        containerStatuses: [
          {
            name: 'web',
            ready: ready[n],
            started: true,
            restartCount: 0,
            state: { running: { startedAt: seconds(0) } },
            lastState: {},
          },
        ],
      },
    };
  };
  const endpointsAt = (ms: number) => {
    const addresses = (wanted: boolean) =>
      names.flatMap((name, n) =>
        ready[n] === wanted ? { ip: ip(n), nodeName: `node-${n % 9}`, targetRef: { kind: 'Pod', name, uid: `uid-${name}` } } : [],
      );
    return {
      metadata: {
        name: 'web',
        uid: 'uid-endpoints',
        managedFields: [{ manager: 'kube-controller-manager', operation: 'Update', time: seconds(ms) }],
      },
      subsets: [{ addresses: addresses(true), notReadyAddresses: addresses(false), ports: [{ port: 8080, protocol: 'TCP' }] }],
    };
  };
  const workload = { metadata: { name: 'web-7b79c6d8f', uid: 'uid-rs' }, spec: { replicas: pods }, status: { replicas: pods } };
  snapshot('v1/services', [
    { metadata: { name: 'web', uid: 'uid-web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } } as never,
  ]);
  snapshot(
    'v1/pods',
    names.map((_, n) => podAt(n, 0)),
  );
  snapshot('apps/v1/replicasets', [workload]);
  snapshot('v1/events', []);
  snapshot('v1/endpoints', [endpointsAt(0)]);
  for (let flip = 0; flip < flips; flip++) {
    const n = Math.floor(flip / 2) % pods;
    const ms = (flip + 1) * EVERY_MS;
    ready[n] = !ready[n];
    if (!ready[n]) {
      change(ms - 20, 'v1/events', 'ADDED', {
        metadata: { name: `${names[n]}.${flip}`, uid: `uid-event-${flip}` },
        involvedObject: { kind: 'Pod', namespace: 'store', name: names[n], uid: `uid-${names[n]}` },
        reason: 'Unhealthy',
        message: `Readiness probe failed: Get "http://${ip(n)}:8080/ready": context deadline exceeded`,
      } as never);
    }
    change(ms - 10, 'v1/pods', 'MODIFIED', podAt(n, ms));
    change(ms, 'v1/endpoints', 'MODIFIED', endpointsAt(ms));
  }
  store.close();
}

function* pages(reader: EventReader): Generator<FlipRecord[]> {
  const query = { source: 'endpoints', from: epochMs(0), to: MAX_INSTANT, asOf: LATEST, limit: TEXT_PAGE } as const;
  for (let page = reader.flips(query); page.length > 0; ) {
    yield page;
    const last = page.at(-1);
    page = last ? reader.flips({ ...query, after: last }) : [];
  }
}

/** In a connection of its own, so that nothing is known from the turn before. */
function timed(file: string, work: (reader: EventReader) => void): number {
  const { reader, close } = openReader(file);
  const startedAt = performance.now();
  work(reader);
  const took = performance.now() - startedAt;
  close();
  return took;
}

const folder = mkdtempSync(join(tmpdir(), 'flipbook-bench-'));
try {
  const file = join(folder, 'flipbook.db');
  record(file);
  const told = new Map<string, number>();
  const [rows, causes]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < turns; turn++) {
    rows.push(timed(file, (reader) => [...pages(reader)].length));
    causes.push(
      timed(file, (reader) => {
        told.clear();
        for (const page of pages(reader)) {
          for (const { cause } of explainFlips({ reader, asOf: LATEST }, page)) {
            const key = `${cause.name} ${cause.confidence}`;
            told.set(key, (told.get(key) ?? 0) + 1);
          }
        }
      }),
    );
  }
  const [rowsMs, causesMs] = [median(rows), median(causes)];
  if (values.json) console.log(JSON.stringify({ flips, rowsMs, causesMs, goalMs: GOAL_MS } satisfies CausesMeasured));
  else {
    console.log(`${flips} flips of ${pods} Pods: ${[...told].map(([cause, count]) => `${count} ${cause}`).join(', ')}`);
    console.log(`rows alone                ${rowsMs.toFixed(0)} ms`);
    console.log(`rows and causes           ${causesMs.toFixed(0)} ms (least ${Math.min(...causes).toFixed(0)} ms)`);
    console.log(`causes                    ${(causesMs - rowsMs).toFixed(0)} ms, goal ${GOAL_MS} ms`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
