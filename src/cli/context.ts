/** What a command gets to do its work with. `main.ts` makes the real one; tests make their own. */
import type { Readable } from 'node:stream';
import type { Config } from '../config.ts';
import type { EpochMs } from '../domain/time.ts';
import type { History } from '../history/history.ts';
import type { EventStore } from '../store/event-store.ts';
import type { Output } from './output.ts';

export interface CommandContext {
  readonly stdin: Readable;
  /** For answers. */
  readonly stdout: Output;
  /** For errors, warnings and progress. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => EpochMs;
  readonly version: string;
  readonly wiring: Wiring;
  /**
   * Takes over SIGINT and SIGTERM from here on: the first one aborts the signal, with its name as the reason; the
   * second one ends the process at once. A command that does not call it is ended by the first.
   */
  readonly stopSignal: () => AbortSignal;
}

/** The rest of the program, as commands reach it. */
export interface Wiring {
  /**
   * Opens an existing log for reading, in this thread.
   *
   * @throws LogMissingError, LogUnusableError
   */
  openHistory(db: string): Promise<History>;
  /**
   * Opens a log for writing; nobody else may write it meanwhile.
   *
   * @param create make it when there is none
   * @throws LogMissingError, LogUnusableError, LogBusyError
   */
  openStore(db: string, options: { readonly create: boolean }): Promise<EventStore>;
  /** Reads the whole log and checks it. @throws LogMissingError, LogUnusableError */
  verify(db: string, options: VerifyOptions): Promise<VerifySummary>;
  /** Copies a log to a file. @throws LogMissingError, LogUnusableError; others with a message for people */
  backup(db: string, file: string, options: BackupOptions): Promise<BackupSummary>;
  /** The signal cuts short a start that waits for somebody else. */
  record(config: Config, signal: AbortSignal): Promise<RunningServer>;
  serve(config: Config, signal: AbortSignal): Promise<RunningServer>;
  demo(config: Config, signal: AbortSignal): Promise<RunningServer>;
}

export interface BackupOptions {
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

export interface BackupSummary {
  /** The last one that the copy holds. */
  readonly position: number;
  readonly bytes: number;
  /** Bytes that were recorded meanwhile and could not yet be brought into the log's file. */
  readonly heldBack: number;
}

export interface VerifyOptions {
  /** Called for each damage as it is found; there may be as many as events. */
  readonly onDamage: (damage: { readonly where: string; readonly what: string }) => void;
  readonly onProgress: (done: number, of: number) => void;
}

export interface VerifySummary {
  readonly events: number;
  readonly damages: number;
}

/** A server that has started and answers. */
export interface RunningServer {
  /** Where people reach it, with the real port. */
  readonly url: string;
  /** Name of the cluster that is being recorded; absent when none is. */
  readonly cluster?: string;
  /** Stops in order: watching, committing, HTTP, reading, the log. */
  close(): Promise<void>;
}

/** There is no log where one was to be read. */
export class LogMissingError extends Error {
  override name = 'LogMissingError';
  constructor(db: string) {
    super(`no log at ${db}: run \`flipbook record\` or \`flipbook import FILE\` first`);
  }
}
