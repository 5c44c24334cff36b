/**
 * Kills the real recorder, over and over, while a random cluster goes on, and holds its log to what really happened.
 * A run is drawn from its seed: the cluster's history and the moments of the kills. How the two interleave is up to the machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../../src/demo/simulation/random.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { openReader } from '../../../src/store/sqlite/store.ts';
import { verifyLog } from '../../../src/store/sqlite/verify.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeApiServer } from '../../support/fake-api-server/index.ts';
import { auditLog } from '../../support/log-audit.ts';
import { LIVELY, RandomCluster } from '../../support/random-cluster.ts';
import { type FlipbookProcess, openKubeconfig, preload, record } from '../../support/recorder-process.ts';

/**
 * When a recorder dies: `request`: as it asks for the n-th time; `change`: around the n-th change that it could see;
 * `step`: right before its n-th SQL statement; `moment`: some time after its start.
 */
const KILLS = ['request', 'change', 'step', 'moment'] as const;
export type Kill = (typeof KILLS)[number];

export interface KillRun {
  readonly seed: number;
  readonly kills: Readonly<Record<Kill, number>>;
  /** What is wrong with the log, or with a recorder. Empty: nothing. */
  readonly problems: readonly string[];
  readonly changes: number;
  readonly events: number;
  readonly gaps: number;
  readonly unseen: number;
  /** The log, kept when something is wrong with it. */
  readonly file: string;
}

interface Plan {
  readonly kill: Kill;
  readonly at: number;
}

/** A recorder that was not killed by then is killed anyway: every life ends. */
const CHANGES_OF_A_LIFE = 300;
const LONGEST_LIFE_MS = 60_000;

export async function killRecorder({ seed, kills }: { seed: number; kills: number }): Promise<KillRun> {
  const run = new Run(seed);
  try {
    await run.start();
    for (let life = 0; life < kills && run.problems.length === 0; life++) await run.oneLife();
    if (run.problems.length === 0) await run.lastLife();
    return run.result();
  } finally {
    await run.close();
  }
}

class Run {
  readonly problems: string[] = [];
  readonly #seed: number;
  readonly #random: Random;
  readonly #server = new FakeApiServer();
  readonly #cluster: RandomCluster;
  readonly #folder = mkdtempSync(join(tmpdir(), 'flipbook-kills-'));
  readonly #db = join(this.#folder, 'flipbook.db');
  readonly #kills: Record<Kill, number> = { request: 0, change: 0, step: 0, moment: 0 };
  #audit = { events: 0, gaps: 0, unseen: 0 };

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#cluster = new RandomCluster(this.#server.history, seed + 1);
  }

  get #kubeconfig(): string {
    return join(this.#folder, 'kubeconfig');
  }

  async start(): Promise<void> {
    await this.#server.start();
    writeFileSync(this.#kubeconfig, openKubeconfig(this.#server.url));
    this.#cluster.happen(20);
  }

  /** Something happens unseen; a recorder starts, sees some of what goes on, and is killed. */
  async oneLife(): Promise<void> {
    const random = this.#random;
    this.#cluster.happen(random.between(0, 15));
    if (random.next() < 0.04) this.#server.history.compact();
    const plan = this.#draw();
    await using recorder = this.#record(plan);
    await using _pace = this.#goOn();
    await this.#kill(recorder, plan);
    // Every other time the log is left as the kill left it, for the next recorder to find.
    if (random.next() < 0.5) this.#compare(false);
  }

  /** The recorder catches up and is asked to stop. */
  async lastLife(): Promise<void> {
    await using recorder = record({ kubeconfig: this.#kubeconfig, db: this.#db });
    await recorder.url();
    this.#cluster.happen(5);
    await eventually('the recorder catches up', () => recorder.over || this.#caughtUp());
    const { code, signal } = await recorder.end('SIGTERM');
    if (code !== 0) this.problems.push(`SIGTERM ended the recorder with ${code ?? signal}: ${recorder.stderr}`);
    this.#compare(true);
    verifyLog(this.#db, { rebuild, onDamage: ({ where, what }) => this.problems.push(`${where}: ${what}`) });
  }

  result(): KillRun {
    const { history } = this.#server;
    return {
      seed: this.#seed,
      kills: this.#kills,
      problems: this.problems.map((problem) => `seed ${this.#seed}: ${problem}`),
      changes: history.events.length,
      ...this.#audit,
      file: this.#db,
    };
  }

  async close(): Promise<void> {
    await this.#server.stop();
    if (this.problems.length === 0) rmSync(this.#folder, { recursive: true });
  }

  #draw(): Plan {
    const random = this.#random;
    const kill = random.pick(KILLS);
    switch (kill) {
      case 'request':
        return { kill, at: random.between(1, 20) };
      case 'change':
        return { kill, at: random.between(1, 120) };
      case 'step':
        // As likely among the first ten as among the last thousands: what opens the log comes once, and early.
        return { kill, at: Math.ceil(3_000 ** random.next()) };
      case 'moment':
        return { kill, at: random.between(0, 1_200) };
    }
  }

  #record({ kill, at }: Plan): FlipbookProcess {
    const dies = kill === 'step' ? { preload: [preload('die-at-step.ts')], env: { FLIPBOOK_TEST_DIE_AT_STEP: String(at) } } : {};
    return record({ kubeconfig: this.#kubeconfig, db: this.#db, ...dies });
  }

  /** Lets the cluster go on until it is disposed of. */
  #goOn(): AsyncDisposable {
    const random = this.#random;
    const stop = new AbortController();
    const going = (async () => {
      while (!stop.signal.aborted) {
        const watches = this.#server.watches();
        const chance = random.next();
        // Slower while nobody looks: what is seen is what is tested.
        if (watches.length > 0 || chance < 0.1) this.#cluster.happen(random.between(1, 3));
        if (chance < 0.1) for (const watch of watches) watch.bookmark();
        else if (chance < 0.102 && watches.length > 0) random.pick(watches).reset();
        else if (chance < 0.104 && watches.length > 0) random.pick(watches).end();
        else if (chance < 0.105 && watches.length > 0) this.#server.restart();
        await sleep(random.between(1, 8), undefined, { signal: stop.signal }).catch(() => {});
      }
    })();
    return {
      [Symbol.asyncDispose]: () => {
        stop.abort();
        return going;
      },
    };
  }

  async #kill(recorder: FlipbookProcess, { kill, at }: Plan): Promise<void> {
    const asked = this.#server.requests.length;
    let seen = 0;
    let killed = false;
    const end = () => {
      killed = true;
      recorder.signal('SIGKILL');
    };
    const unfollow = this.#server.history.follow(() => {
      if (this.#server.watches().length === 0) return;
      seen++;
      // Written to the socket a moment ago, it is received, committed or neither by now.
      if (kill === 'change' && seen === at) void turns(this.#random.between(0, 30)).then(end);
      if (seen >= CHANGES_OF_A_LIFE) end();
    });
    if (kill === 'request') void this.#server.until(() => this.#server.requests.length >= asked + at).then(end);
    const timer = setTimeout(end, kill === 'moment' ? at : LONGEST_LIFE_MS);
    const { code, signal } = await recorder.exited;
    clearTimeout(timer);
    unfollow();
    this.#kills[kill === 'step' && killed ? 'change' : kill]++;
    if (signal !== 'SIGKILL') this.problems.push(`the recorder ended by itself with ${code}: ${recorder.stderr}`);
  }

  #caughtUp(): boolean {
    const { reader, close } = openReader(this.#db);
    try {
      const streams = reader.streams();
      return LIVELY.every((resource) => {
        const due = this.#server.history.events.findLast((event) => event.resource === resource)?.revision ?? 0;
        return Number(streams.find(({ key }) => key.resource === resource)?.cursor?.resourceVersion ?? -1) >= due;
      });
    } finally {
      close();
    }
  }

  #compare(caughtUp: boolean): void {
    let audit: ReturnType<typeof auditLog>;
    try {
      audit = auditLog(
        this.#db,
        { history: this.#server.history, happenedAt: this.#cluster.happenedAt },
        { resources: LIVELY, caughtUp },
      );
    } catch (error) {
      // Killed before there was a log.
      if (!caughtUp && this.#audit.events === 0) return;
      this.problems.push(`the log cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    const { problems, ...counts } = audit;
    if (counts.events < this.#audit.events)
      this.problems.push(`the log had ${this.#audit.events} events, and has ${counts.events}`);
    this.#audit = counts;
    this.problems.push(...problems);
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}
