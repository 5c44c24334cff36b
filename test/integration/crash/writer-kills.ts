/**
 * Kills the writer of a log between and inside its commits, over and over: hundreds of kills in a minute, because nothing
 * but store and recorder runs. After each one the log must hold the batches up to its cursors, whole, and nothing of the next.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Random } from '../../../src/demo/simulation/random.ts';
import type { ResourceName } from '../../../src/domain/resources.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { openReader } from '../../../src/store/sqlite/store.ts';
import { verifyLog } from '../../../src/store/sqlite/verify.ts';
import { ClusterHistory } from '../../support/fake-api-server/history.ts';
import { auditLog } from '../../support/log-audit.ts';
import { LIVELY, RandomCluster } from '../../support/random-cluster.ts';
import { preload } from '../../support/recorder-process.ts';
import type { Hello, SentBatch } from './batch-commits.ts';

/** `step`: right before an SQL statement, most of them inside a commit; `moment`: whatever it does, SQLite's own work included. */
export type Kill = 'step' | 'moment';

export interface WriterRun {
  readonly kills: Readonly<Record<Kill, number>>;
  readonly problems: readonly string[];
  /** Batches that were said to be durable before a kill. */
  readonly acknowledged: number;
  readonly events: number;
  readonly gaps: number;
  /** The log, kept when something is wrong with it. */
  readonly file: string;
}

const PROGRAM = join(import.meta.dirname, 'batch-commits.ts');
/** A new log after so many kills: comparing a long one takes longer than killing. */
const KILLS_A_LOG = 40;
/** How far the writer's clock steps back now and then; what happens keeps the right time. */
const CLOCK_STEP_MS = 40;

export async function killWriter({ seed, kills }: { seed: number; kills: number }): Promise<WriterRun> {
  const total = { kills: { step: 0, moment: 0 }, problems: [] as string[], acknowledged: 0, events: 0, gaps: 0, file: '' };
  for (let from = 0; from < kills && total.problems.length === 0; from += KILLS_A_LOG) {
    const run = new Run(seed + from);
    await run.play(Math.min(KILLS_A_LOG, kills - from));
    total.kills.step += run.kills.step;
    total.kills.moment += run.kills.moment;
    total.problems.push(...run.problems.map((problem) => `seed ${seed + from}: ${problem}`));
    total.acknowledged += run.acknowledged;
    total.events += run.events;
    total.gaps += run.gaps;
    total.file = run.db;
  }
  return total;
}

class Run {
  readonly kills = { step: 0, moment: 0 };
  readonly problems: string[] = [];
  acknowledged = 0;
  events = 0;
  gaps = 0;
  readonly db: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'flipbook-kills-'));
  readonly #random: Random;
  readonly #history = new ClusterHistory();
  readonly #cluster: RandomCluster;
  /** The cursor of the last batch of each stream that was said to be durable. */
  readonly #durable = new Map<ResourceName, number>();

  constructor(seed: number) {
    this.db = join(this.#folder, 'flipbook.db');
    this.#random = new Random(seed);
    this.#cluster = new RandomCluster(this.#history, seed + 1);
    this.#cluster.happen(10);
  }

  async play(kills: number): Promise<void> {
    // A life that ended before its kill does not count.
    for (let life = 0; this.kills.step + this.kills.moment < kills && this.problems.length === 0; life++) {
      await this.#life(this.#random.next() < 0.6 ? 'step' : 'moment');
      this.#compare(false);
      if (life % 10 === 9) this.#verify();
    }
    if (this.problems.length === 0) {
      await this.#life(undefined);
      this.#compare(true);
      this.#verify();
    }
    if (this.problems.length === 0) rmSync(this.#folder, { recursive: true });
  }

  async #life(kill: Kill | undefined): Promise<void> {
    // From the first statement, which opens the log, to the last of the batches: about 30 statements each.
    const step = kill === 'step' ? Math.ceil(1_500 ** this.#random.next()) : 0;
    const writer = spawn(process.execPath, ['--import', preload('die-at-step.ts'), PROGRAM, this.db], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: join(tmpdir(), 'flipbook-test-compile-cache'),
        FLIPBOOK_TEST_DIE_AT_STEP: String(step),
      },
    });
    // It may die while it is being written to.
    writer.stdin.on('error', () => {});
    const exited = new Promise<string>((resolve) => writer.once('close', (code, signal) => resolve(signal ?? String(code))));
    await this.#converse(writer, kill);
    const how = await exited;
    if (kill !== undefined && how === 'SIGKILL') this.kills[kill]++;
    else if (how !== '0') this.problems.push(`the writer ended with ${how}`);
  }

  /** Hears where the streams are, sends what came since, and what is durable of it. */
  async #converse(writer: ChildProcess, kill: Kill | undefined): Promise<void> {
    let batches: SentBatch[] | undefined;
    for await (const line of createInterface({ input: writer.stdout as NodeJS.ReadableStream })) {
      if (batches === undefined) {
        batches = this.#batches(JSON.parse(line) as Hello);
        // What the last life had in its hands may have been made durable or not.
        this.#durable.clear();
        writer.stdin?.end(batches.map((batch) => `${JSON.stringify(batch)}\n`).join(''));
        if (kill === 'moment') setTimeout(() => writer.kill('SIGKILL'), this.#random.next() ** 2 * 60);
      } else {
        const batch = batches[Number(line)] as SentBatch;
        this.acknowledged++;
        if (batch.kind === 'changes') this.#durable.set(batch.stream.resource, Number(batch.cursor));
        if (batch.kind === 'snapshot') this.#durable.set(batch.stream.resource, Number(batch.resourceVersion));
      }
    }
  }

  /** What a watcher would hand over, of all streams, interleaved. */
  #batches({ cursors }: Hello): SentBatch[] {
    const random = this.#random;
    const cursor = new Map(LIVELY.map((resource) => [resource, cursors[resource]]));
    const batches: SentBatch[] = [];
    const resumed = new Set<ResourceName>();
    for (let count = random.between(10, 40); count > 0; count--) {
      this.#cluster.happen(random.between(0, 6));
      const resource = random.pick(LIVELY);
      const from = cursor.get(resource);
      const stream = { resource };
      const at = epochMs(Date.now() - (random.next() < 0.03 ? CLOCK_STEP_MS : 0));
      if (from === undefined || random.next() < 0.06) {
        const resourceVersion = String(this.#history.revision);
        const objects = this.#history.list(resource).map((object) => JSON.stringify(object));
        batches.push({ kind: 'snapshot', stream, at, resourceVersion, objects, reason: { code: 'expired' } });
        cursor.set(resource, resourceVersion);
        resumed.add(resource);
        continue;
      }
      if (!resumed.has(resource)) batches.push({ kind: 'resumed', stream, at });
      resumed.add(resource);
      for (const batch of this.#changesSince(resource, Number(from), at)) {
        batches.push(batch);
        cursor.set(resource, batch.cursor);
      }
    }
    for (const resource of LIVELY) {
      const from = cursor.get(resource);
      const stream = { resource };
      const at = epochMs(Date.now());
      if (from === undefined) continue;
      if (!resumed.has(resource)) batches.push({ kind: 'resumed', stream, at });
      batches.push(...this.#changesSince(resource, Number(from), at));
    }
    return batches;
  }

  *#changesSince(
    resource: ResourceName,
    from: number,
    at: ReturnType<typeof epochMs>,
  ): Generator<SentBatch & { kind: 'changes' }> {
    const due = this.#history.since(resource, from);
    while (due.length > 0) {
      const chunk = due.splice(0, this.#random.between(1, 8));
      const cursor = String(chunk.at(-1)?.revision);
      const changes = chunk.map(({ type, object }) => ({ type, object: JSON.stringify(object) }));
      // What is late proves the stream only up to itself: the rest is still on its way.
      const proven = due.length === 0 ? at : Math.min(at, this.#cluster.happenedAt.get(Number(cursor)) ?? at);
      yield { kind: 'changes', stream: { resource }, at, changes, cursor, provenAt: epochMs(proven) };
    }
  }

  #compare(caughtUp: boolean): void {
    let audit: ReturnType<typeof auditLog>;
    try {
      audit = auditLog(
        this.db,
        { history: this.#history, happenedAt: this.#cluster.happenedAt, clockBehindMs: CLOCK_STEP_MS },
        { resources: LIVELY, caughtUp },
      );
    } catch (error) {
      // Killed before there was a log.
      if (this.events > 0 || this.acknowledged > 0) this.problems.push(`the log cannot be read: ${String(error)}`);
      return;
    }
    this.problems.push(...audit.problems);
    if (audit.events < this.events) this.problems.push(`the log had ${this.events} events, and has ${audit.events}`);
    this.events = audit.events;
    this.gaps = audit.gaps;
    const { reader, close } = openReader(this.db);
    for (const { key, cursor } of reader.streams()) {
      const durable = this.#durable.get(key.resource) ?? 0;
      if (Number(cursor?.resourceVersion ?? 0) < durable) {
        this.problems.push(`${key.resource} is at ${cursor?.resourceVersion}, but ${durable} was said to be durable`);
      }
    }
    close();
  }

  #verify(): void {
    verifyLog(this.db, { rebuild, onDamage: ({ where, what }) => this.problems.push(`${where}: ${what}`) });
  }
}
