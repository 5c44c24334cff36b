/** One life of a recorder: the real watcher, Recorder and SQLite log, which can be killed at any step of a write. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { type ResourceName, resourceNamed, type StreamKey } from '../../../src/domain/resources.ts';
import type { BatchSink, StreamBatch } from '../../../src/domain/stream-batch.ts';
import type { Client } from '../../../src/kubernetes/client.ts';
import type { WatchSettings } from '../../../src/kubernetes/settings.ts';
import { startWatching, type Watcher } from '../../../src/kubernetes/watcher.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import type { EventStore } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** `inside`: everything is written and nothing is committed. */
export type KillMoment = 'before' | 'inside' | 'after';

class Killed extends Error {
  override name = 'Killed';
}

export interface ProcessOptions {
  readonly file: string;
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly client: Pick<Client, 'connect'>;
  readonly resources: readonly ResourceName[];
  readonly settings: Partial<WatchSettings>;
  /** Set: every write throws it. */
  readonly diskFailure: () => Error | undefined;
  /** After each batch that became durable. */
  readonly onCommit: (batch: StreamBatch, recorder: Recorder) => void;
}

export class RecorderProcess {
  readonly #options: ProcessOptions;
  readonly #store: EventStore;
  readonly #clock: ReturnType<VirtualClock['ofProcess']>;
  #recorder: Recorder | undefined;
  #watcher: Watcher | undefined;
  #kill: { writes: number; moment: KillMoment } | undefined;
  /** The log as it was on disk at the moment of the kill. */
  #remains: string | undefined;

  constructor(options: ProcessOptions, kill?: { writes: number; moment: KillMoment }) {
    this.#options = options;
    this.#kill = kill;
    this.#clock = options.clock.ofProcess();
    this.#store = openStore(options.file);
    try {
      this.#start();
    } catch (error) {
      if (!(error instanceof Killed) && error !== options.diskFailure()) throw error;
      // A process that cannot write at its start ends.
      if (this.#remains === undefined) this.#die();
    }
  }

  get alive(): boolean {
    return this.#remains === undefined;
  }

  get store(): EventStore {
    return this.#store;
  }

  get watcher(): Watcher {
    if (!this.#watcher) throw new Error('this process never watched');
    return this.#watcher;
  }

  cursor(stream: StreamKey) {
    return this.#recorder?.cursor(stream);
  }

  /** Dies in the midst of one of its next writes, the first of which is 1. */
  killAt(writes: number, moment: KillMoment): void {
    this.#kill = { writes, moment };
  }

  kill(): void {
    if (this.alive) this.#die();
  }

  /** Ends as a program should. */
  async stop(): Promise<void> {
    await this.#watcher?.stop();
    if (!this.alive) return;
    try {
      this.#recorder?.endCoverage(this.#options.clock.now(), { code: 'recorder-stopped' });
    } catch (error) {
      if (!(error instanceof Killed) && error !== this.#options.diskFailure()) throw error;
    }
  }

  /**
   * Lets go of the files, once nothing runs any more.
   *
   * @returns the log that is left
   */
  close(): string {
    this.#clock.end();
    this.#store.close();
    if (this.#remains === undefined) return this.#options.file;
    rmSync(dirname(this.#options.file), { recursive: true, force: true });
    return this.#remains;
  }

  #start(): void {
    const { clock, random, client, resources, settings, onCommit } = this.#options;
    const store: EventStore = {
      write: (work) => this.#write(work),
      writeTogether: (work) => this.#store.writeTogether(work),
      reader: this.#store.reader,
      shed: (step) => this.#store.shed(step),
      size: () => this.#store.size(),
      giveBack: (bytes) => this.#store.giveBack(bytes),
      settle: () => this.#store.settle(),
      close: () => this.#store.close(),
    };
    const recorder = new Recorder({ store, cluster: { uid: 'uid-of-the-cluster', name: 'tested' }, times: 'received' });
    this.#recorder = recorder;
    recorder.open(clock.now());
    const sink: BatchSink = {
      cursor: (stream) => recorder.cursor(stream),
      disagreement: (stream, objects) => recorder.disagreement(stream, objects),
      commit: (batch) => {
        recorder.commit(batch);
        onCommit(batch, recorder);
      },
    };
    const keys = resources.map(resourceNamed);
    this.#watcher = startWatching({
      client,
      sink,
      log: SILENT_LOG,
      clock: this.#clock.clock,
      random,
      resources: keys,
      settings,
    });
  }

  #write: EventStore['write'] = (work) => {
    const failure = this.#options.diskFailure();
    if (!this.alive) throw new Killed('this process was killed');
    const moment = this.#kill && --this.#kill.writes <= 0 ? this.#kill.moment : undefined;
    if (moment === 'before') throw this.#die();
    const result = this.#store.write((log) => {
      const written = work(log);
      if (moment === 'inside') throw this.#die();
      if (failure) throw failure;
      return written;
    });
    if (moment === 'after') throw this.#die();
    return result;
  };

  #die(): Killed {
    const folder = mkdtempSync(join(tmpdir(), 'flipbook-faults-'));
    const { file } = this.#options;
    this.#remains = join(folder, basename(file));
    for (const suffix of ['', '-wal']) {
      if (existsSync(file + suffix)) copyFileSync(file + suffix, this.#remains + suffix);
    }
    this.#clock.end();
    return new Killed('killed');
  }
}
