/**
 * A power cut in the middle of a commit leaves a part of what was to be written at the end of SQLite's journal: any
 * number of its bytes, the last of them perhaps garbage. The log must then hold the commits before it, and go on.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Random } from '../../../src/demo/simulation/random.ts';
import { resourceNamed } from '../../../src/domain/resources.ts';
import type { StreamBatch } from '../../../src/domain/stream-batch.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { receiveObject } from '../../../src/kubernetes/received.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import type { EventStore } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { ClusterHistory, type HistoryEvent } from '../../support/fake-api-server/history.ts';
import { auditLog } from '../../support/log-audit.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { RandomCluster } from '../../support/random-cluster.ts';

const RESOURCE = 'v1/endpoints';
const CLUSTER = { uid: 'uid-cluster', name: 'torn' };
const CUTS = 40;
/** Of a frame of the journal: a header before each page (https://sqlite.org/walformat.html). */
const FRAME_HEADER_BYTES = 24;
const JOURNAL_HEADER_BYTES = 32;

const changesOf = (events: readonly HistoryEvent[]): StreamBatch => ({
  kind: 'changes',
  stream: { resource: RESOURCE },
  at: epochMs(Date.now()),
  changes: events.map(({ type, object }) => ({
    type,
    object: receiveObject(resourceNamed(RESOURCE), Buffer.from(JSON.stringify(object))),
  })),
  cursor: String(events.at(-1)?.revision),
  provenAt: epochMs(Date.now()),
});

const recorderOf = (store: EventStore): Recorder => new Recorder({ store, cluster: CLUSTER, times: 'received' });

test('whatever part of a commit reached the disk, the log holds the commits before it and goes on', () => {
  const random = new Random(7);
  const history = new ClusterHistory();
  const cluster = new RandomCluster(history, 8);
  const file = newLogFile();
  const store = openStore(file);
  const recorder = recorderOf(store);
  const at = epochMs(Date.now());
  const reason = { code: 'recorder-stopped' } as const;
  const first = String(history.revision);
  recorder.commit({ kind: 'snapshot', stream: { resource: RESOURCE }, at, resourceVersion: first, objects: [], reason });
  cluster.happen(150);
  const due = history.since(RESOURCE, Number(first));
  const whole = due.length;
  for (let from = 0; from < whole; from += 3) recorder.commit(changesOf(due.slice(from, from + 3)));

  const journal = readFileSync(`${file}-wal`);
  const frame = FRAME_HEADER_BYTES + journal.readUInt32BE(8);
  const found = new Set<string>();
  for (let cut = 0; cut < CUTS; cut++) {
    const torn = join(file, '..', `torn-${cut}.db`);
    copyFileSync(file, torn);
    // Between two frames, or anywhere; then perhaps what the disk had there before.
    const frames = random.between(0, Math.floor((journal.length - JOURNAL_HEADER_BYTES) / frame));
    const size = JOURNAL_HEADER_BYTES + frames * frame + (random.next() < 0.5 ? 0 : random.between(1, frame - 1));
    const garbage = random.next() < 0.3 ? Buffer.from(random.hex(2 * frame)) : Buffer.alloc(0);
    writeFileSync(`${torn}-wal`, Buffer.concat([journal.subarray(0, Math.min(size, journal.length)), garbage]));

    const tornStore = openStore(torn);
    const next = recorderOf(tornStore);
    const cursor = next.cursor({ resource: RESOURCE })?.resourceVersion;
    found.add(String(cursor));
    expect(auditLog(torn, { history }, { resources: [RESOURCE] }).problems).toEqual([]);
    next.open(at);
    if (cursor === undefined) {
      next.commit({ kind: 'snapshot', stream: { resource: RESOURCE }, at, resourceVersion: first, objects: [], reason });
    } else {
      next.commit({ kind: 'resumed', stream: { resource: RESOURCE }, at });
    }
    const missing = history.since(RESOURCE, Number(cursor ?? first));
    if (missing.length > 0) next.commit(changesOf(missing));
    tornStore.close();
    expect(auditLog(torn, { history }, { resources: [RESOURCE], caughtUp: true }).problems).toEqual([]);
  }
  store.close();
  // The cuts went through the history, not past it.
  expect(found.size).toBeGreaterThan(10);
});
