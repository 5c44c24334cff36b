import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareResourceVersions, type StreamKey } from '../../../src/domain/resources.ts';
import type { Cursor, ReceivedObject, StreamBatch } from '../../../src/domain/stream-batch.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { type EventStore, isLedgerEvent, position } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import type { FakeApiServer } from '../../support/fake-api-server/index.ts';
import { MemorySink } from '../../support/fake-api-server/memory-sink.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { action, caughtUp, play } from './faults.ts';
import { fakeServer, watch } from './watching.ts';

const ENDPOINTS = 'v1/endpoints';

/** Follows the batches, and holds each of them to what really happened. */
function expectTruth(server: FakeApiServer, sink: MemorySink): void {
  const happened = server.history.events.filter((each) => each.resource === ENDPOINTS);
  let cursor: string | undefined;
  for (const batch of sink.batches) {
    if (batch.kind === 'snapshot') {
      const objects = new Map<string, string>();
      for (const { type, revision, object } of happened) {
        if (revision > Number(batch.resourceVersion)) break;
        if (type === 'DELETED') objects.delete(object.metadata.name);
        else objects.set(object.metadata.name, JSON.stringify(object));
      }
      const body = (object: ReceivedObject) => Buffer.from(object.body).toString();
      expect(new Map(batch.objects.map((object) => [object.name, body(object)]))).toEqual(objects);
      cursor = batch.resourceVersion;
    }
    if (batch.kind !== 'changes') continue;
    const from = Number(cursor);
    const due = happened.filter(({ revision }) => revision > from && revision <= Number(batch.cursor));
    expect(batch.changes.map(({ type, object }) => `${type} ${Buffer.from(object.body)}`)).toEqual(
      due.map(({ type, object }) => `${type} ${JSON.stringify(object)}`),
    );
    expect(compareResourceVersions(batch.cursor, String(from))).toBeGreaterThanOrEqual(0);
    cursor = batch.cursor;
  }
}

/** Hands everything on to a real recorder; what that has not written did not happen. */
class RecordingSink extends MemorySink {
  readonly #recorder: Recorder;

  constructor(recorder: Recorder) {
    super();
    this.#recorder = recorder;
  }

  override commit(batch: StreamBatch): void {
    if (!this.failure) this.#recorder.commit(batch);
    super.commit(batch);
  }

  override cursor(stream: StreamKey): Cursor | undefined {
    return this.#recorder.cursor(stream);
  }

  override disagreement(stream: StreamKey, objects: readonly ReceivedObject[]): string | undefined {
    return this.#recorder.disagreement(stream, objects);
  }
}

/** What happened, as the log tells it: `ADDED {…the body…}`. */
function told(store: EventStore): string[] {
  return store.reader
    .events({ after: position(0), limit: 10_000 })
    .flatMap((event) => (isLedgerEvent(event) ? [] : [`${event.type} ${Buffer.from(store.reader.body(event))}`]));
}

describe('whatever the server and the network do', () => {
  it('every change is in a batch once and in order, or inside a gap that a snapshot closes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), fc.boolean(), async (actions, pages) => {
        const server = await fakeServer();
        if (pages) server.watchList = 'refused';
        const { watcher, sink } = watch(server, [ENDPOINTS], { settings: { pageSize: 2, probeEveryMs: 20 } });
        await sink.first('snapshot');
        for (const each of actions) await play(server, sink, each);
        sink.failure = undefined;
        server.history.put(ENDPOINTS, 'last');
        await sink.until(() => caughtUp(server, sink));
        await watcher.stop();
        await server.stop();
        expectTruth(server, sink);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('the log holds the present state, invents nothing, and lacks nothing where it claims to be complete', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
        const server = await fakeServer();
        const store = openStore(newLogFile());
        const recorder = new Recorder({ store, cluster: { uid: 'c', name: 'c' }, times: 'received' });
        const sink = new RecordingSink(recorder);
        const { watcher } = watch(server, [ENDPOINTS], { sink, settings: { probeEveryMs: 20 } });
        await sink.first('snapshot');
        for (const each of actions) await play(server, sink, each);
        sink.failure = undefined;
        server.history.put(ENDPOINTS, 'last');
        await sink.until(() => caughtUp(server, sink));
        await watcher.stop();
        await server.stop();

        const happened = server.history.events.map(({ type, object }) => `${type} ${JSON.stringify(object)}`);
        const log = told(store);
        // A relist tells a version that was seen as MODIFIED or ADDED, whichever the log lacks; a deletion it infers.
        const bodies = new Set(happened.map((each) => each.slice(each.indexOf('{'))));
        for (const each of log) expect(bodies).toContain(each.slice(each.indexOf('{')));
        const live = new Map(server.history.list(ENDPOINTS).map((object) => [object.metadata.name, JSON.stringify(object)]));
        const known = store.write((writer) => writer.liveObjects({ clusterId: recorder.clusterId, resource: ENDPOINTS }));
        expect(new Map(known.map((event) => [event.object.name, Buffer.from(store.reader.body(event)).toString()]))).toEqual(
          live,
        );
        if (sink.batches.filter((each) => each.kind === 'snapshot').length === 1) expect(log).toEqual(happened);
        store.close();
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});
