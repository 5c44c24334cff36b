/** A random cluster behind a fake API server, and recorders of it, for one test. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { rebuild } from '../../src/recorder/rebuild.ts';
import { openReader } from '../../src/store/sqlite/store.ts';
import { verifyLog } from '../../src/store/sqlite/verify.ts';
import { eventually } from './eventually.ts';
import { FakeApiServer } from './fake-api-server/index.ts';
import { type Audit, auditLog } from './log-audit.ts';
import { LIVELY, RandomCluster } from './random-cluster.ts';
import { type FlipbookProcess, openKubeconfig, type ProcessOptions, record } from './recorder-process.ts';

export class RecordedCluster {
  readonly folder: string;
  readonly db: string;
  readonly kubeconfig: string;
  readonly server: FakeApiServer;
  readonly cluster: RandomCluster;

  private constructor(server: FakeApiServer, seed: number) {
    this.folder = mkdtempSync(join(tmpdir(), 'flipbook-test-'));
    // For tests that run the recorder as another user.
    chmodSync(this.folder, 0o755);
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
    this.db = join(this.folder, 'flipbook.db');
    this.kubeconfig = join(this.folder, 'kubeconfig');
    this.server = server;
    this.cluster = new RandomCluster(server.history, seed);
    writeFileSync(this.kubeconfig, openKubeconfig(server.url));
    this.cluster.happen(20);
  }

  static async start(seed = 1): Promise<RecordedCluster> {
    const server = await new FakeApiServer().start();
    onTestFinished(() => server.stop());
    return new RecordedCluster(server, seed);
  }

  record(options: ProcessOptions = {}): FlipbookProcess {
    const recorder = record({ kubeconfig: this.kubeconfig, db: this.db, ...options });
    onTestFinished(() => recorder[Symbol.asyncDispose]());
    return recorder;
  }

  /** A recorder that has recorded the cluster up to now. */
  async recording(options: ProcessOptions = {}): Promise<FlipbookProcess> {
    const recorder = this.record(options);
    await recorder.url();
    await this.caughtUp();
    await eventually('the recorder is ready', async () => (await recorder.readiness()).ready);
    return recorder;
  }

  /** Resolves when the log's cursors have passed every change. */
  async caughtUp(): Promise<void> {
    await eventually('the log has caught up', () => {
      const { reader, close } = openReader(this.db);
      try {
        const streams = reader.streams();
        return LIVELY.every((resource) => {
          const due = this.server.history.events.findLast((event) => event.resource === resource)?.revision ?? 0;
          return Number(streams.find(({ key }) => key.resource === resource)?.cursor?.resourceVersion ?? -1) >= due;
        });
      } finally {
        close();
      }
    });
  }

  lastPosition(): number {
    const { reader, close } = openReader(this.db);
    try {
      return reader.lastPosition();
    } finally {
      close();
    }
  }

  /** Expects the log to be whole, and true to what happened as far as its cursors go. */
  expectTruth({ caughtUp }: { caughtUp: boolean }): Audit {
    const { history } = this.server;
    const audit = auditLog(this.db, { history, happenedAt: this.cluster.happenedAt }, { resources: LIVELY, caughtUp });
    expect(audit.problems).toEqual([]);
    const damages: unknown[] = [];
    verifyLog(this.db, { rebuild, onDamage: (damage) => damages.push(damage) });
    expect(damages).toEqual([]);
    return audit;
  }
}
