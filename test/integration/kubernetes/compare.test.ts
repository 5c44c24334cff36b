/** After a restart: the log is held against the cluster as it was at the cursor, over real HTTP and with a real log. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { type ResourceName, resourceNamed, type StreamKey, streamName } from '../../../src/domain/resources.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { createClient } from '../../../src/kubernetes/client.ts';
import type { WatchSettings } from '../../../src/kubernetes/settings.ts';
import { startWatching, type Watcher } from '../../../src/kubernetes/watcher.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { type EventStore, isLedgerEvent, LATEST, position } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { verifyLog } from '../../../src/store/sqlite/verify.ts';
import { type FakeApiServer, status } from '../../support/fake-api-server/index.ts';
import { MemorySink } from '../../support/fake-api-server/memory-sink.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { fakeServer, kubeconfig, QUICK, watch } from './watching.ts';

const ENDPOINTS = 'v1/endpoints';
const PODS = 'v1/pods';

/** One log, and the recorders that write it one after the other. */
class Recorded {
  readonly file = newLogFile();
  readonly store: EventStore = openStore(this.file);
  readonly #server: FakeApiServer;
  readonly #resources: readonly ResourceName[];
  #waiting: (() => void)[] = [];
  #watcher: Watcher | undefined;

  constructor(server: FakeApiServer, resources: readonly ResourceName[] = [ENDPOINTS]) {
    this.#server = server;
    this.#resources = resources;
    onTestFinished(async () => {
      await this.stop();
      this.store.close();
    });
  }

  /** Begins the next life of the recorder. */
  start({ namespaces = [], settings = {} }: { namespaces?: string[]; settings?: Partial<WatchSettings> } = {}): this {
    const recorder = new Recorder({ store: this.store, cluster: { uid: 'c', name: 'c' }, times: 'received' });
    recorder.open(epochMs(Date.now()));
    this.#watcher = startWatching({
      client: createClient({ kubeconfig: kubeconfig(this.#server) }, SILENT_LOG),
      sink: recorder,
      log: SILENT_LOG,
      namespaces,
      resources: this.#resources.map(resourceNamed),
      settings: { ...QUICK, probeEveryMs: 5, ...settings },
      observer: {
        committed: () => {
          for (const wake of this.#waiting.splice(0)) wake();
        },
      },
    });
    return this;
  }

  async stop(): Promise<void> {
    await this.#watcher?.stop();
  }

  /** Waits until every stream has seen all that happened and is covered. */
  async caughtUp(): Promise<void> {
    while (
      !this.#watcher?.status().every(({ stream, cursor, interrupted }) => {
        const due = this.#server.history.events.findLast((each) => each.resource === stream.resource)?.revision ?? 0;
        const span = this.spans(stream).at(-1);
        return interrupted === undefined && Number(cursor ?? -1) >= due && span !== undefined && span.end === undefined;
      })
    )
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  spans(key: StreamKey) {
    const found = this.store.reader.coverage({ asOf: LATEST }).find(({ stream }) => streamName(stream.key) === streamName(key));
    return found?.spans ?? [];
  }

  /** The log as if every change up to now had been recorded, though none was. */
  forgetWhatHappened(): void {
    this.store.write((log) => {
      for (const stream of log.streams()) {
        const resourceVersion = String(this.#server.history.revision);
        log.saveCursor(stream.id, stream.epoch, { resourceVersion, provenAt: stream.cursor?.provenAt ?? epochMs(0) });
      }
    });
  }

  /** `relist DELETED cart`, in order. */
  told(): string[] {
    return this.store.reader
      .events({ after: position(0), limit: 10_000 })
      .flatMap((event) => (isLedgerEvent(event) ? [] : [`${event.origin} ${event.type} ${event.object.name}`]));
  }

  gapReasons(): (string | undefined)[] {
    return this.store.reader.coverage({ asOf: LATEST }).flatMap(({ spans }) => spans.slice(0, -1).map(({ end }) => end?.code));
  }

  expectSound(): void {
    const damages: unknown[] = [];
    verifyLog(this.file, { rebuild, onDamage: (damage) => damages.push(damage) });
    expect(damages).toEqual([]);
  }
}

describe('a restart', () => {
  it('goes on without a gap when the log knows what there was, whatever happened meanwhile', async () => {
    const server = await fakeServer();
    for (const name of ['cart', 'shop', 'old']) server.history.put(ENDPOINTS, name);
    for (const name of ['a', 'b', 'c']) server.history.put(PODS, name, { status: { phase: 'Running' } });
    const recorded = new Recorded(server, [ENDPOINTS, PODS]).start({ settings: { pageSize: 2 } });
    await recorded.caughtUp();
    // A version of which nothing is stored, so the log does not know it.
    server.history.put(PODS, 'a', { metadata: { annotations: { note: 'later' } }, status: { phase: 'Running' } });
    await recorded.caughtUp();
    await recorded.stop();
    server.history.put(ENDPOINTS, 'cart', { note: 'changed' });
    server.history.remove(ENDPOINTS, 'old');
    server.history.put(PODS, 'd');
    recorded.start({ settings: { pageSize: 2 } });
    await recorded.caughtUp();
    const pages = server.seen({ kind: 'exact' });
    expect(pages.map(({ path }) => path).sort()).toEqual(['/api/v1/endpoints', '/api/v1/pods']);
    expect(server.seen({ kind: 'list' }).filter(({ query }) => query.has('continue'))).toHaveLength(2);
    expect(recorded.gapReasons()).toEqual([]);
    expect(recorded.told().slice(-3).sort()).toEqual(['watch ADDED d', 'watch DELETED old', 'watch MODIFIED cart']);
    recorded.expectSound();
  });

  it('finds what the log lacks, and tells it as a proven loss with what was inferred', async () => {
    const server = await fakeServer();
    for (const name of ['cart', 'shop', 'old']) server.history.put(ENDPOINTS, name);
    const recorded = new Recorded(server).start();
    await recorded.caughtUp();
    await recorded.stop();
    server.history.put(ENDPOINTS, 'cart', { note: 'changed' });
    server.history.remove(ENDPOINTS, 'old');
    server.history.put(ENDPOINTS, 'new');
    recorded.forgetWhatHappened();
    const [known] = recorded.spans({ resource: ENDPOINTS });
    recorded.start();
    await recorded.caughtUp();
    expect(recorded.told().slice(-3)).toEqual(['relist DELETED old', 'relist MODIFIED cart', 'relist ADDED new']);
    const [before, after] = recorded.spans({ resource: ENDPOINTS });
    const detail = 'at version 1006 the cluster differs from the log: 1 unknown, such as store/new; 1 changed; 1 gone';
    expect(before).toMatchObject({ from: known?.from, provenAt: known?.provenAt, end: { code: 'loss-proven', detail } });
    expect(after?.end).toBeUndefined();
    recorded.expectSound();

    await recorded.stop();
    recorded.start();
    await recorded.caughtUp();
    expect(recorded.gapReasons()).toEqual(['loss-proven']);
  });

  it('finds that a store was restored and has grown past the cursor since', async () => {
    const server = await fakeServer();
    for (const name of ['cart', 'shop']) server.history.put(ENDPOINTS, name);
    const recorded = new Recorded(server).start();
    server.history.put(ENDPOINTS, 'cart', { note: 'lost by the restore' });
    await recorded.caughtUp();
    await recorded.stop();
    server.history.backTo(1_002);
    server.history.put(ENDPOINTS, 'shop', { note: 'of the new time' });
    server.history.put(ENDPOINTS, 'new');
    recorded.start();
    await recorded.caughtUp();
    expect(recorded.gapReasons()).toEqual(['loss-proven']);
    const live = recorded.store.write((log) =>
      log.liveObjects({ clusterId: log.clusters()[0]?.id as never, resource: ENDPOINTS }),
    );
    expect(live.map((event) => recorded.store.reader.body(event).toString()).sort()).toEqual(
      server.history
        .list(ENDPOINTS)
        .map((object) => JSON.stringify(object))
        .sort(),
    );
    recorded.expectSound();
  });

  it('finds out by the resume when the server has forgotten the cursor', async () => {
    const server = await fakeServer();
    server.history.put(ENDPOINTS, 'cart');
    const recorded = new Recorded(server).start();
    await recorded.caughtUp();
    await recorded.stop();
    server.history.put(ENDPOINTS, 'shop');
    server.history.compact();
    recorded.start();
    await recorded.caughtUp();
    expect(server.seen({ kind: 'exact' })).toHaveLength(1);
    expect(server.seen({ kind: 'watch' })).toHaveLength(1);
    expect(recorded.told()).toEqual(['snapshot ADDED cart', 'relist ADDED shop']);
  });

  it('goes on when the server cannot list a version, and when it answers with another', async () => {
    const server = await fakeServer();
    server.history.put(ENDPOINTS, 'cart');
    const recorded = new Recorded(server).start();
    await recorded.caughtUp();
    for (const refuse of [true, false]) {
      await recorded.stop();
      server.history.put(ENDPOINTS, 'cart', { refuse });
      server.next({ kind: 'exact' }, ({ response, query, serve }) => {
        if (refuse) return status(response, 422, 'Invalid', 'resourceVersionMatch: Unsupported value');
        query.set('resourceVersion', String(server.history.revision));
        serve();
      });
      recorded.start();
      await recorded.caughtUp();
    }
    expect(recorded.gapReasons()).toEqual([]);
    expect(recorded.told()).toEqual(['snapshot ADDED cart', 'watch MODIFIED cart', 'watch MODIFIED cart']);
  });

  it('of a recorder of other namespaces takes nothing for lost that another stream has seen', async () => {
    const server = await fakeServer();
    server.history.put(ENDPOINTS, 'cart');
    server.history.put(ENDPOINTS, 'cart', {}, 'other');
    const recorded = new Recorded(server).start();
    await recorded.caughtUp();
    await recorded.stop();
    recorded.start({ namespaces: ['store'] });
    server.history.put(ENDPOINTS, 'cart', { note: 'seen by the stream of one namespace' });
    server.history.put(ENDPOINTS, 'new');
    await recorded.caughtUp();
    await recorded.stop();
    server.history.put(ENDPOINTS, 'cart', { note: 'seen by none' }, 'other');
    recorded.start();
    await recorded.caughtUp();
    expect(recorded.gapReasons()).toEqual([]);
    expect(recorded.told().at(-1)).toBe('watch MODIFIED cart');
  });

  it('goes on when the log cannot be read, and says so', async () => {
    const server = await fakeServer();
    server.history.put(ENDPOINTS, 'cart');
    const sink = new MemorySink();
    const first = watch(server, [ENDPOINTS], { sink });
    await sink.first('snapshot');
    await first.watcher.stop();
    sink.disagreement = () => {
      throw new Error('the body at position 1 does not decode');
    };
    const errors: string[] = [];
    watch(server, [ENDPOINTS], { sink, log: { ...SILENT_LOG, error: (_, message) => errors.push(message) } });
    server.history.put(ENDPOINTS, 'shop');
    await sink.until(() => sink.changes().length === 1);
    expect(errors).toEqual(['not compared with the cluster: the log cannot be read']);
    expect(sink.batches.map(({ kind }) => kind)).toEqual(['snapshot', 'resumed', 'changes']);
  });

  it('compares nothing when that is switched off', async () => {
    const server = await fakeServer();
    server.history.put(ENDPOINTS, 'cart');
    const recorded = new Recorded(server).start();
    await recorded.caughtUp();
    await recorded.stop();
    recorded.start({ settings: { compareWithinMs: 0 } });
    server.history.put(ENDPOINTS, 'cart', { note: 'changed' });
    await recorded.caughtUp();
    expect(server.seen({ kind: 'exact' })).toEqual([]);
  });
});
