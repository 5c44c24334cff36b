/** Appends a trace to the log, at the trace's own times. */
import { compareResourceVersions, type StreamKey, streamName } from '../domain/resources.ts';
import type { EndReason } from '../domain/stream-batch.ts';
import { type EpochMs, formatTime } from '../domain/time.ts';
import { AddressListParser } from '../kubernetes/address-list-parser.ts';
import { decodeTraceLine, type TraceEntry, TraceLineError } from '../kubernetes/trace-line.ts';
import { type EventStore, LATEST } from '../store/event-store.ts';
import { Recorder } from './recorder.ts';
import { type TraceBytes, traceLines } from './trace-source.ts';

export interface ImportOptions {
  readonly store: EventStore;
  readonly trace: TraceBytes;
  /** A trace says nothing of the cluster that it comes from. An existing cluster of this name gets the trace appended. */
  readonly cluster: { readonly name: string; readonly uid?: string };
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Aborting leaves the log as it was. */
  readonly signal?: AbortSignal;
}

export interface ImportProgress {
  /** Compressed bytes, as {@link TraceBytes.size} counts them. */
  readonly bytes: number;
  readonly lines: number;
}

export interface ImportSummary {
  readonly lines: number;
  /** Lines whose time the log already covered. */
  readonly alreadyRecorded: number;
  /** Lines of resources that are not recorded. */
  readonly otherResources: number;
  /** Appended, ledger facts included. */
  readonly events: number;
  readonly flips: number;
  /** Versions whose stored part did not change. */
  readonly unchanged: number;
  /** Time of the first and last line; absent for an empty trace. */
  readonly from?: EpochMs;
  readonly to?: EpochMs;
}

/** A line of the trace cannot be imported. `message` is for people and begins with `file:line`. Nothing was written. */
export class ImportError extends Error {
  override name = 'ImportError';
  readonly line: number;

  constructor(file: string, line: number, why: string, cause?: unknown) {
    super(`${file}:${line}: ${why}`, { cause });
    this.line = line;
  }
}

/**
 * Imports the whole trace or nothing of it. Safe to run twice: lines from times that the log covers already are left out,
 * so a trace that has grown adds just what is new.
 *
 * @throws ImportError for a line that cannot be imported
 * @throws TraceUnreadableError for a file that cannot be read to its end
 */
export async function importTrace({ store, trace, cluster, onProgress, signal }: ImportOptions): Promise<ImportSummary> {
  return store.writeTogether(async () => {
    const known = store.reader.clusters().find(({ name }) => name === cluster.name);
    const recorder = new Recorder({
      store,
      cluster: { name: cluster.name, uid: cluster.uid ?? known?.uid ?? `trace:${cluster.name}` },
      times: 'given',
    });
    const run = new TraceImport(store, recorder);
    const parser = new AddressListParser();
    const parse = (raw: Uint8Array) => parser.parse(raw);
    let bytes = 0;
    let lines = 0;
    let otherResources = 0;
    for await (const line of traceLines(trace, (read) => (bytes += read))) {
      signal?.throwIfAborted();
      lines++;
      if (isBlank(line)) continue;
      try {
        const entry = decodeTraceLine(line, parse);
        if (entry.skipped) {
          run.passTime(entry.at);
          otherResources++;
        } else run.take(entry);
      } catch (error) {
        if (error instanceof TraceLineError || error instanceof RefusedLineError) {
          throw new ImportError(trace.name, lines, error.message, error);
        }
        throw error;
      }
      onProgress?.({ bytes, lines });
    }
    run.end();
    const { events, flips, unchanged } = recorder.totals;
    return { lines, otherResources, events, flips, unchanged, ...run.summary() };
  });
}

/** A well-formed line that does not fit where it stands. */
class RefusedLineError extends Error {
  override name = 'RefusedLineError';
}

/** What the log knew of a stream before the import. */
interface Prior {
  readonly coveredFrom: EpochMs;
  readonly provenAt: EpochMs;
  readonly cursor: string;
}

/** Where one stream of the trace is. */
interface StreamProgress {
  readonly prior: Prior | undefined;
  /** Lines have been left out because the log covers them: the trace overlaps what is known. */
  overlaps: boolean;
  /** The log covers the stream up to the line before. */
  open: boolean;
  /** Why the stream was cut, told by the trace itself. */
  cut: EndReason | undefined;
}

class TraceImport {
  readonly #recorder: Recorder;
  readonly #priors: ReadonlyMap<string, Prior>;
  readonly #streams = new Map<string, StreamProgress>();
  #from: EpochMs | undefined;
  #to: EpochMs | undefined;
  #alreadyRecorded = 0;

  constructor(store: EventStore, recorder: Recorder) {
    this.#recorder = recorder;
    this.#priors = new Map(
      store.reader.coverage({ clusterId: recorder.clusterId, asOf: LATEST }).flatMap(({ stream, spans: [first] }) => {
        if (first === undefined || stream.cursor === undefined) return [];
        const { provenAt, resourceVersion } = stream.cursor;
        return [[streamName(stream.key), { coveredFrom: first.from, provenAt, cursor: resourceVersion }] as const];
      }),
    );
  }

  passTime(at: EpochMs): void {
    if (this.#to !== undefined && at < this.#to) {
      throw new RefusedLineError(`time runs backwards: ${formatTime(at)} comes after ${formatTime(this.#to)}`);
    }
    this.#from ??= at;
    this.#to = at;
  }

  take({ at, stream, event }: TraceEntry): void {
    this.passTime(at);
    const progress = this.#progress(stream);
    const { prior } = progress;
    if (prior && at < prior.coveredFrom) {
      throw new RefusedLineError(
        `${streamName(stream)} at ${formatTime(at)} is older than what the log holds of this cluster (from ${formatTime(prior.coveredFrom)}): ` +
          'import traces of one cluster oldest first, or give this one a name of its own with --cluster',
      );
    }
    if (prior && isCovered(prior, at, versionOf(event))) {
      progress.overlaps = true;
      this.#alreadyRecorded++;
      return;
    }
    switch (event.type) {
      case 'LIST':
        this.#recorder.commit({
          kind: 'snapshot',
          stream,
          at,
          resourceVersion: event.resourceVersion,
          objects: event.objects,
          reason: progress.cut ?? { code: 'relisted' },
        });
        Object.assign(progress, { open: true, cut: undefined });
        break;
      case 'ERROR': {
        const { code, message } = event.status;
        progress.cut = { code: code === 410 ? 'expired' : 'unreachable', detail: `${code} ${message}`.slice(0, 300) };
        this.#recorder.commit({ kind: 'interrupted', stream, at, reason: progress.cut });
        progress.open = false;
        break;
      }
      case 'BOOKMARK':
        this.#goOn(stream, at, progress);
        this.#recorder.commit({ kind: 'changes', stream, at, changes: [], cursor: event.resourceVersion, provenAt: at });
        break;
      default:
        this.#goOn(stream, at, progress);
        this.#recorder.commit({
          kind: 'changes',
          stream,
          at,
          changes: [event],
          cursor: event.object.resourceVersion,
          provenAt: at,
        });
    }
  }

  /** Nothing is known of the time after the last line. */
  end(): void {
    if (this.#to !== undefined) this.#recorder.endCoverage(this.#to, { code: 'trace-ended' });
  }

  summary(): Pick<ImportSummary, 'alreadyRecorded' | 'from' | 'to'> {
    const times = this.#from !== undefined && this.#to !== undefined ? { from: this.#from, to: this.#to } : {};
    return { alreadyRecorded: this.#alreadyRecorded, ...times };
  }

  /** A watched line follows on a complete state: its own list, or what the log knew where the trace overlaps it. */
  #goOn(stream: StreamKey, at: EpochMs, progress: StreamProgress): void {
    if (progress.open) return;
    if (progress.cut)
      throw new RefusedLineError(`${streamName(stream)} goes on after an error (${progress.cut.detail}) without a LIST`);
    if (!progress.overlaps) throw new RefusedLineError(`the first line of ${streamName(stream)} is not its LIST`);
    this.#recorder.commit({ kind: 'resumed', stream, at });
    progress.open = true;
  }

  #progress(stream: StreamKey): StreamProgress {
    const name = streamName(stream);
    let progress = this.#streams.get(name);
    if (progress === undefined) {
      progress = { prior: this.#priors.get(name), overlaps: false, open: false, cut: undefined };
      this.#streams.set(name, progress);
    }
    return progress;
  }
}

/** Whether the log had this line before the import began; at the very instant of its last line the version decides. */
function isCovered({ provenAt, cursor }: Prior, at: EpochMs, version: string | undefined): boolean {
  if (at !== provenAt) return at < provenAt;
  return version === undefined || compareResourceVersions(version, cursor) <= 0;
}

function versionOf(event: TraceEntry['event']): string | undefined {
  switch (event.type) {
    case 'LIST':
    case 'BOOKMARK':
      return event.resourceVersion;
    case 'ERROR':
      return undefined;
    default:
      return event.object.resourceVersion;
  }
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
