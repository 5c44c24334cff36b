/**
 * What a cluster costs in disk: bytes of each thing that happens, measured, and from them what clusters take in a month.
 * The assumptions stand in docs/SIZING.md with where they come from.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { resourceNamed } from '../../src/domain/resources.ts';
import { epochMs } from '../../src/domain/time.ts';
import { receiveObject } from '../../src/kubernetes/received.ts';
import { importTrace } from '../../src/recorder/import-trace.ts';
import { Recorder } from '../../src/recorder/recorder.ts';
import { traceFile } from '../../src/recorder/trace-source.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { type BenchOptions, count, type Figure } from '../figure.ts';
import { LongHistory } from '../generator/long-history.ts';
import { TRACES } from '../trace.ts';

const FROM = epochMs(Date.UTC(2026, 9, 1));
const SIZES = [10, 30, 100, 1_000] as const;
/** As large as Kubernetes says that clusters may be: 150,000 Pods on 5,000 nodes. */
const PODS_PER_NODE = 30;
const PODS_PER_SERVICE = 30;
/** A rollout every working day replaces each Pod. */
const REPLACED_A_MONTH = 20;
/** Beside rollouts each Pod becomes unready and ready again once a day. */
const CHANGES_A_MONTH = 60;
const NODES = [100, 1_000, 5_000] as const;

export async function sizingFigures(options: BenchOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  const changes = new Map<number, number>();
  for (const size of SIZES) {
    options.say(`one Pod at a time changes, in Services of ${size}`);
    changes.set(size, await bytesPerChange(options, size));
  }
  for (const [size, bytes] of changes) {
    const from = 'a version of the Pod, of Endpoints and of one slice, and a flip in each of both';
    figures.push(sizing(`change-${size}`, `one Pod of a Service of ${count(size)} becomes ready or unready`, bytes, from));
  }
  options.say('importing the traces of real clusters');
  const large = await traceCosts(options, 'large');
  const incident = await traceCosts(options, 'incident-1');
  figures.push(
    sizing('rows', 'rows of an event, and its share of all else but its version', large.rowBytes, 'the log of the trace large'),
  );
  for (const { trace, versions } of [large, incident]) {
    for (const { resource, raw, body, events } of versions) {
      const from = `of ${raw.toFixed(0)} bytes; ${count(events)} of them`;
      figures.push(sizing(`version-${trace}-${resource}`, `a version of ${resource} (${trace})`, body, from));
    }
  }
  // The file of the small trace is half empty pages: rows are reckoned as in the large one.
  const perPod = (incident.watchedBodyBytes + incident.watched * large.rowBytes) / incident.pods;
  const ofPod = `${count(incident.watched)} events that were watched in the trace incident-1, over ${incident.pods} Pods that started in it`;
  figures.push(sizing('pod', 'a Pod that starts, serves and ends, with all that is said of it', perPod, ofPod));
  options.say('a day in which nothing happens');
  const idle = idleDay(options);
  figures.push(
    sizing(
      'idle',
      'a day of 100 idle nodes and 100 idle Services',
      idle.bytes,
      `${count(idle.heartbeats)} heartbeats and proofs taken in, ${idle.events} events`,
    ),
  );
  for (const nodes of NODES) {
    const pods = nodes * PODS_PER_NODE;
    const month = pods * (REPLACED_A_MONTH * perPod + CHANGES_A_MONTH * (changes.get(PODS_PER_SERVICE) ?? Number.NaN));
    const what = `${count(nodes)} nodes, ${count(pods)} Pods, ${count(pods / PODS_PER_SERVICE)} Services: a month`;
    const from = `each Pod replaced ${REPLACED_A_MONTH} times and changing ${CHANGES_A_MONTH} times beside`;
    figures.push({ ...sizing(`month-${nodes}`, what, month / 1e9, from), unit: 'GB' });
  }
  return figures;
}

function sizing(id: string, what: string, value: number, from: string): Figure {
  return { id: `sizing-${id}`, what, value, unit: 'B', from, details: {} };
}

/** Growth of the file over some thousand changes, one Pod each. */
async function bytesPerChange({ folder, quick }: BenchOptions, backendsPerService: number): Promise<number> {
  const file = join(folder, `sizing-${backendsPerService}.db`);
  const store = openStore(file);
  const history = new LongHistory(store, {
    seed: 1,
    services: Math.max(1, Math.round(200 / backendsPerService)),
    backendsPerService,
    record: { endpoints: true, pods: true },
    wave: [1, 1],
    from: FROM,
    everyMs: 3_000,
  });
  const events = (quick ? 300 : 1_500) * 3;
  await history.goOn({ events: history.totals.events + events });
  const before = { bytes: pagesOf(file), events: history.totals.events };
  await history.goOn({ events: before.events + events });
  const changes = (history.totals.events - before.events) / 3;
  const bytes = (pagesOf(file) - before.bytes) / changes;
  store.close();
  return bytes;
}

interface TraceCosts {
  readonly trace: string;
  /** That started while it was watched. */
  readonly pods: number;
  /** Events that were seen as they happened, and the stored bytes of their versions. */
  readonly watched: number;
  readonly watchedBodyBytes: number;
  /** Of the file, beside versions: rows, indexes, projections, pages that are not full, by event. */
  readonly rowBytes: number;
  readonly versions: readonly VersionCosts[];
}

interface VersionCosts {
  readonly resource: string;
  readonly events: number;
  /** Bytes on average, as received or reduced, and as stored. */
  readonly raw: number;
  readonly body: number;
}

async function traceCosts({ folder }: BenchOptions, trace: keyof typeof TRACES): Promise<TraceCosts> {
  const file = join(folder, `sizing-${trace}.db`);
  const store = openStore(file);
  await importTrace({ store, trace: await traceFile(TRACES[trace]), cluster: { name: trace } });
  store.close();
  const db = new Database(file, { readonly: true });
  const versions = db
    .prepare(
      `SELECT o.resource, count(*) AS events, avg(b.size) AS raw, avg(length(b.data)) AS body
       FROM event e JOIN object o USING (object_id) JOIN body b ON b.position = e.position GROUP BY o.resource`,
    )
    .all() as VersionCosts[];
  const seen = db
    .prepare(
      `SELECT count(*) AS watched, sum(length(b.data)) AS watchedBodyBytes,
              count(*) FILTER (WHERE o.resource = 'v1/pods' AND e.type = 1) AS pods
       FROM event e JOIN object o USING (object_id) JOIN body b ON b.position = e.position WHERE e.origin = 1`,
    )
    .get() as Pick<TraceCosts, 'watched' | 'watchedBodyBytes' | 'pods'>;
  db.close();
  const bodies = versions.reduce((sum, { events, body }) => sum + events * body, 0);
  const events = versions.reduce((sum, each) => sum + each.events, 0);
  return { trace, ...seen, rowBytes: (statSync(file).size - bodies) / events, versions };
}

/** Nodes report every five minutes that they live (more often only when something changed); streams are proven every ten seconds. */
function idleDay({ folder }: BenchOptions): { bytes: number; events: number; heartbeats: number } {
  const file = join(folder, 'sizing-idle.db');
  const store = openStore(file);
  const history = new LongHistory(store, {
    seed: 1,
    services: 100,
    backendsPerService: 30,
    record: { endpoints: true, pods: true },
    wave: [1, 1],
    from: FROM,
    everyMs: 1_000,
  });
  const recorder = new Recorder({ store, cluster: { uid: 'bench', name: 'bench' }, times: 'given' });
  const stream = { resource: 'v1/nodes' } as const;
  let version = 2_000_000_000;
  const nodeAt = (index: number, at: number) => {
    const second = `${new Date(at).toISOString().slice(0, 19)}Z`;
    const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
      type,
      status: type === 'Ready' ? 'True' : 'False',
      lastHeartbeatTime: second,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }));
    const metadata = { name: `node-${index}`, uid: `uid-node-${index}`, resourceVersion: String(++version) };
    const node = { kind: 'Node', apiVersion: 'v1', metadata, status: { conditions } };
    return receiveObject(resourceNamed('v1/nodes'), Buffer.from(JSON.stringify(node)));
  };
  const nodes = Array.from({ length: 100 }, (_, index) => nodeAt(index, FROM));
  const at = history.totals.to;
  recorder.commit({
    kind: 'snapshot',
    stream,
    at,
    resourceVersion: String(version),
    objects: nodes,
    reason: { code: 'relisted' },
  });
  const [bytes, events] = [pagesOf(file), recorder.totals.events];
  let heartbeats = 0;
  for (let ms = 10_000; ms <= 86_400_000; ms += 10_000) {
    const now = epochMs(at + ms);
    const beats = ms % 300_000 === 0 ? nodes.map((_, index) => nodeAt(index, now)) : [];
    heartbeats += beats.length + 1;
    const changes = beats.map((object) => ({ type: 'MODIFIED' as const, object }));
    recorder.commit({ kind: 'changes', stream, at: now, changes, cursor: String(version), provenAt: now });
  }
  const grown = pagesOf(file) - bytes;
  const appended = recorder.totals.events - events;
  store.close();
  return { bytes: grown, events: appended, heartbeats };
}

/** What the file will hold when all that is written has been moved into it. */
function pagesOf(file: string): number {
  const db = new Database(file);
  try {
    const [{ bytes }] = db
      .prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()')
      .all() as [{ bytes: number }];
    return bytes;
  } finally {
    db.close();
  }
}
