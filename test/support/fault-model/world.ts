/** A cluster behind a fake API server, and a recorder of it that lives, dies and lives again, in one virtual time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { type ResourceName, resourceNamed } from '../../../src/domain/resources.ts';
import type { StreamBatch } from '../../../src/domain/stream-batch.ts';
import { createClient } from '../../../src/kubernetes/client.ts';
import type { WatchSettings } from '../../../src/kubernetes/settings.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { LATEST } from '../../../src/store/event-store.ts';
import { verifyLog } from '../../../src/store/sqlite/verify.ts';
import { FakeApiServer, TEST_CA } from '../fake-api-server/index.ts';
import { type AuditSummary, auditLog, WrongLogError } from './audit.ts';
import { type KillMoment, RecorderProcess } from './process.ts';
import { Traffic } from './traffic.ts';
import { Truth } from './truth.ts';
import { BEGIN, VirtualClock } from './virtual-clock.ts';

const BOOKMARK_EVERY_MS = 60_000;
/** Longer than every wait of the watcher together: backoff, `Retry-After`, inactivity, and the timeout of a silent watch. */
const CATCH_UP_WITHIN_MS = 20 * 60_000;
const SETTLE_WITHIN_MS = 20_000;

export interface WorldOptions {
  readonly resources: readonly ResourceName[];
  readonly seed?: number;
  readonly tls?: boolean;
  readonly settings?: Partial<WatchSettings>;
  /** Of the kubeconfig: how the recorder proves who it is. */
  readonly user?: object;
}

export class World {
  readonly clock = new VirtualClock();
  readonly server: FakeApiServer;
  readonly resources: readonly ResourceName[];
  readonly truth: Truth;
  kills = 0;
  /** Set: the disk refuses every write. */
  diskFailure: Error | undefined;
  readonly #traffic = new Traffic();
  readonly #settings: Partial<WatchSettings>;
  readonly #random: () => number;
  #file: string;
  #process: RecorderProcess | undefined;
  #kubeconfig = '';
  readonly #user: object;
  readonly #cursors = new Map<ResourceName, number>();
  /** Which store each stream's cursor belongs to. */
  readonly #eras = new Map<ResourceName, number>();
  /** When each stream's last complete state came. */
  readonly #listedAt = new Map<ResourceName, number>();
  #wrong: WrongLogError | undefined;

  private constructor({ resources, seed = 1, tls = false, settings = {}, user = {} }: WorldOptions) {
    this.#user = user;
    this.resources = resources;
    this.server = new FakeApiServer({ tls });
    this.server.onRequest = this.#traffic.arrived;
    this.truth = new Truth(this.server.history, this.clock.now);
    this.#settings = settings;
    this.#random = seeded(seed);
    this.#file = join(mkdtempSync(join(tmpdir(), 'flipbook-faults-')), 'flipbook.db');
    this.#bookmarks();
  }

  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options);
    await world.server.start();
    return world;
  }

  /** The recorder that runs, if any does. */
  get process(): RecorderProcess | undefined {
    return this.#process?.alive ? this.#process : undefined;
  }

  get file(): string {
    return this.#file;
  }

  /** Starts a recorder unless one runs. */
  async start(kill?: { writes: number; moment: KillMoment }): Promise<void> {
    await this.#bury();
    if (this.#process) return;
    const client = this.#traffic.client(createClient({ kubeconfig: this.#configured() }, SILENT_LOG, this.clock));
    const options = {
      file: this.#file,
      clock: this.clock,
      random: this.#random,
      client,
      resources: this.resources,
      settings: this.#settings,
      diskFailure: () => this.diskFailure,
      onCommit: (batch: StreamBatch) => this.#committed(batch),
    };
    this.#process = new RecorderProcess(options, kill);
    this.#readCursors(this.#process);
    await this.settle();
  }

  async kill(): Promise<void> {
    this.#process?.kill();
    await this.#bury();
  }

  async stop(): Promise<void> {
    await this.#bury();
    await this.#process?.stop();
    await this.#end();
  }

  /** Waits until nothing is on its way. Time stands still meanwhile. */
  async settle(): Promise<void> {
    const deadline = performance.now() + SETTLE_WITHIN_MS;
    for (let quiet = 0; quiet < 2; ) {
      await new Promise(setImmediate);
      quiet = this.#traffic.quiet ? quiet + 1 : 0;
      if (performance.now() > deadline) throw new Error(`still on its way: ${this.#traffic.onTheWay}`);
    }
    const wrong = this.#wrong;
    this.#wrong = undefined;
    if (wrong) throw wrong;
    if (this.#process && !this.#process.alive) await this.#bury();
  }

  async pass(ms: number): Promise<void> {
    await this.clock.pass(ms, () => this.settle());
  }

  /** Something happens in the cluster, after everything that has happened. */
  async happens(change: () => void): Promise<void> {
    this.clock.moveOn();
    change();
    await this.settle();
  }

  /** The store is replaced by a backup that was taken before every cursor, so that every stream can know of it. */
  async restore(revisionsBack: number): Promise<void> {
    const { history } = this.server;
    await this.happens(() => {
      const revision = Math.min(history.revision, this.#oldestCursor()) - revisionsBack;
      if (revision < 1_000) return;
      history.backTo(revision);
      this.truth.restored(revision);
      this.server.restart();
    });
  }

  /** Whether another change could hide from a stream that the store was restored: that cannot be known by anyone. */
  get mayGrow(): boolean {
    return this.server.history.revision + 1 < this.#oldestCursor(this.#now.era);
  }

  /** Everything works again, and time passes until the recorder knows all. */
  async catchUp(): Promise<void> {
    const { server } = this;
    server.clearScript();
    server.reachable = true;
    server.forbidden.clear();
    server.notServed.clear();
    server.watchList = 'served';
    this.diskFailure = undefined;
    await this.start();
    for (let passed = 0; !this.#isCaughtUp(); passed += 5_000) {
      if (passed > CATCH_UP_WITHIN_MS) throw new WrongLogError(`not caught up: ${this.#shownStatus()}`);
      if (!this.process) await this.start();
      await this.pass(5_000);
    }
  }

  /** Holds the log to the truth, its checksums and its projections. @throws WrongLogError */
  audit(): AuditSummary {
    const { store } = this.process as RecorderProcess;
    const summary = auditLog(store.reader, this.truth, this.resources, this.#now.era);
    this.verify();
    return summary;
  }

  /** @throws WrongLogError when the log is damaged, or its projections are not what it gives */
  verify(): void {
    verifyLog(this.#file, {
      rebuild,
      onDamage: ({ where, what }) => {
        throw new WrongLogError(`verify: ${where}: ${what}`);
      },
    });
  }

  async close(): Promise<void> {
    this.#process?.kill();
    await this.#end();
    rmSync(dirname(this.#file), { recursive: true, force: true });
    if (this.#kubeconfig) rmSync(dirname(this.#kubeconfig), { recursive: true, force: true });
    await this.server.stop();
  }

  get #now(): { era: number } {
    return { era: this.truth.eraAt(this.clock.now()) };
  }

  /** Of the streams that know another store than this era's; of all when none is given. */
  #oldestCursor(era?: number): number {
    const cursors = this.resources.flatMap((resource) => {
      const cursor = this.#cursors.get(resource);
      return cursor === undefined || (era !== undefined && this.#eras.get(resource) === era) ? [] : [cursor];
    });
    return Math.min(...cursors);
  }

  /** What became durable before a kill was not told. */
  #readCursors(process: RecorderProcess): void {
    for (const { stream, spans } of process.store.reader.coverage({ asOf: LATEST })) {
      const last = spans.at(-1);
      if (!last || !stream.cursor) continue;
      this.#eras.set(stream.key.resource, this.truth.eraAt(last.from));
      this.#listedAt.set(stream.key.resource, last.from);
      this.#cursors.set(stream.key.resource, Number(stream.cursor.resourceVersion));
    }
  }

  #committed(batch: StreamBatch): void {
    const { resource } = batch.stream;
    if (batch.kind === 'snapshot') {
      this.#eras.set(resource, this.#now.era);
      this.#listedAt.set(resource, batch.at);
    }
    const cursor = this.#process?.cursor(batch.stream);
    if (!cursor) return;
    this.#cursors.set(resource, Number(cursor.resourceVersion));
    // A list alone shows the state of when it was asked for, and is not held to what happened while it was on its way.
    if (cursor.provenAt > (this.#listedAt.get(resource) ?? 0))
      this.#holdProof(resource, Number(cursor.resourceVersion), cursor.provenAt);
  }

  /** Whatever happened before the proof is in the log now, or the ledger claims what nobody knows. */
  #holdProof(resource: ResourceName, version: number, provenAt: number): void {
    if (this.clock.wasSet) return;
    const era = this.#eras.get(resource) ?? 0;
    const unseen = this.truth.events(resource, era).find(({ revision, at }) => revision > version && at < provenAt);
    const [restored] = this.truth.restores(era, this.#now.era).filter((at) => at < provenAt);
    if (unseen || restored !== undefined) {
      const what = unseen ? `${unseen.type} ${unseen.object.metadata.name} ${unseen.revision}` : 'the restore of a backup';
      const at = (unseen?.at ?? (restored as number)) - BEGIN;
      this.#wrong ??= new WrongLogError(`${resource} claims ${provenAt - BEGIN} at ${version}, without ${what} at ${at}`);
    }
  }

  #isCaughtUp(): boolean {
    const { process } = this;
    if (!process) return false;
    const { lastAt } = this.truth;
    const isCovered = process.store.reader.coverage({ asOf: LATEST }).every(({ spans }) => spans.at(-1)?.end === undefined);
    if (!isCovered) return false;
    return process.watcher.status().every(({ stream, phase, interrupted, cursor, provenAt }) => {
      const due = this.truth.events(stream.resource, this.#now.era).at(-1)?.revision ?? 0;
      const hasProof = !resourceNamed(stream.resource).watchCache || (provenAt ?? 0) >= lastAt;
      const knowsStore = this.#eras.get(stream.resource) === this.#now.era;
      return phase === 'watching' && interrupted === undefined && knowsStore && Number(cursor ?? 0) >= due && hasProof;
    });
  }

  #shownStatus(): string {
    return JSON.stringify({ now: this.clock.uptime(), era: this.#now.era, status: this.process?.watcher.status() });
  }

  /** A real server sends a bookmark about once a minute, but none of v1 Events. */
  #bookmarks(): void {
    this.clock.wakeAt(this.clock.uptime() + BOOKMARK_EVERY_MS, () => {
      for (const watch of this.server.watches()) {
        const isSilent = watch.from > this.server.history.revision || !resourceNamed(watch.resource).watchCache;
        if (!isSilent) watch.bookmark();
      }
      this.#bookmarks();
    });
  }

  /** Tidies up after a recorder that was killed. */
  async #bury(): Promise<void> {
    if (!this.#process || this.#process.alive) return;
    if (!this.diskFailure) this.kills++;
    await this.#end();
  }

  async #end(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (!process) return;
    await this.#traffic.cut();
    await this.settle();
    this.#file = process.close();
  }

  #configured(): string {
    if (this.#kubeconfig) return this.#kubeconfig;
    this.#kubeconfig = join(mkdtempSync(join(tmpdir(), 'flipbook-faults-')), 'config');
    const cluster = { server: this.server.url, 'certificate-authority-data': TEST_CA.toString('base64') };
    const config = {
      clusters: [{ name: 'fake', cluster }],
      users: [{ name: 'tester', user: this.#user }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'tester' } }],
      'current-context': 'fake',
    };
    writeFileSync(this.#kubeconfig, JSON.stringify(config));
    return this.#kubeconfig;
  }
}

/** Numbers in [0, 1) that a seed gives again (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
