/** What a command gets to do its work with. `main.ts` makes the real one; tests make their own. */
import type { Readable } from 'node:stream';
import type { Config } from '../config.ts';
import type { EpochMs } from '../domain/time.ts';
import type { FlipAnswer } from '../history/answers.ts';
import type { History } from '../history/history.ts';
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
  /** The header row and the rows, as RFC 4180 lines in the order of the public columns. */
  readonly csv: { header(): string; rows(flips: readonly FlipAnswer[]): string };
  /** Opens the log for writing, made when missing. @throws LogUnusableError, LogBusyError */
  openImporter(db: string): Promise<Importer>;
  /** Reads the whole log and checks it. @throws LogMissingError, LogUnusableError */
  verify(db: string, options: Task): Promise<VerifyReport>;
  /** Makes the projections again. @throws LogMissingError, LogUnusableError, LogBusyError, CorruptLogError */
  rebuild(db: string, options: Task): Promise<RebuildReport>;
  record(config: Config): Promise<RunningServer>;
  serve(config: Config): Promise<RunningServer>;
  demo(config: Config): Promise<RunningServer>;
}

/** A long piece of work. `onProgress` tells how much of `total` is done; both in the same unit. */
export interface Task {
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

export interface Importer {
  /**
   * Appends one trace, whole or not at all.
   *
   * @throws an Error whose message names file and line for input that is no trace; the signal's reason when aborted
   */
  importTrace(request: ImportRequest): Promise<ImportSummary>;
  close(): void;
}

export interface ImportRequest {
  /** A file name, or bytes as they come (plain, gzip or zstd) with a name for messages. */
  readonly source: string | { readonly name: string; readonly bytes: Readable };
  readonly cluster: string | undefined;
  /** Compressed bytes read so far. */
  readonly onProgress: (bytesRead: number) => void;
  readonly signal: AbortSignal;
}

export interface ImportSummary {
  readonly cluster: string;
  /** Appended to the log, ledger events included. */
  readonly events: number;
  readonly flips: number;
  /** Versions that the log had already. */
  readonly repeats: number;
  /** Time of the first and the last line; absent for an empty trace. */
  readonly span: { readonly from: EpochMs; readonly to: EpochMs } | undefined;
}

export interface VerifyReport {
  readonly events: number;
  readonly flips: number;
  /** Empty: the log is as it should be. */
  readonly problems: readonly { readonly where: string; readonly what: string }[];
}

export interface RebuildReport {
  readonly events: number;
  readonly flips: number;
}

/** A server that has started and answers. */
export interface RunningServer {
  /** Where people reach it, with the real port. */
  readonly url: string;
  /** Name of the cluster that is being recorded; absent when none is. */
  readonly cluster?: string;
  /** Settles only when the server fails on its own; then it rejects. */
  readonly failed?: Promise<never>;
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
