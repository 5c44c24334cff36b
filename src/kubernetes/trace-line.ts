/**
 * One line of a trace: raw list and watch answers in order of arrival, as
 * `{"at":"2026-11-23T16:18:12.224Z","path":"/api/v1/endpoints","type":"LIST|ADDED|…","object":{…as received…}}`.
 */
import { parseStreamPath, type Resource, resourceNamed, type StreamKey } from '../domain/resources.ts';
import type { ReceivedObject } from '../domain/stream-batch.ts';
import { type EpochMs, parseRfc3339 } from '../domain/time.ts';
import { textOf } from './raw-json.ts';
import { receiveList } from './received.ts';
import { UndecodableError } from './undecodable.ts';
import { objectBytes, type Parse, trimmedEnd, tryParse, type WatchEvent, watchEvent } from './watch-line.ts';

/** A stream's first snapshot, or a relist. */
export interface ListEvent {
  readonly type: 'LIST';
  readonly resourceVersion: string;
  readonly objects: readonly ReceivedObject[];
}

export interface TraceEntry {
  readonly skipped?: undefined;
  /** Time of arrival. */
  readonly at: EpochMs;
  readonly stream: StreamKey;
  readonly event: WatchEvent | ListEvent;
}

/** A line of a resource that is not recorded. */
export interface SkippedTraceLine {
  readonly skipped: 'unknown-path';
  readonly at: EpochMs;
  readonly path: string;
}

/** A line that is not a trace line. The message is for people and lacks only the file and line number. */
export class TraceLineError extends Error {
  override name = 'TraceLineError';
  /** The field that is missing or wrong; absent when the line is no JSON object at all. */
  readonly field?: string;

  constructor(message: string, field?: string, cause?: Error) {
    super(message, cause ? { cause } : undefined);
    if (field !== undefined) this.field = field;
  }
}

/** As the trace's writer writes it; only printable ASCII without escapes, so the bytes are the text. */
const HEAD = /^\{"at":"([^"\\]*)","path":"([^"\\]*)","type":"([^"\\]*)","object":/;
const HEAD_BYTES = 512;

interface Envelope {
  readonly at: unknown;
  readonly path: unknown;
  readonly type: unknown;
  readonly raw: Uint8Array;
  /** `raw` parsed, where that was already done. */
  readonly object?: unknown;
}

/**
 * Reads one line of a trace (without its newline). The object is parsed once: this is the hot path of an import.
 *
 * @param parse for the object of a watched line
 * @throws TraceLineError when the line is not JSON, lacks a field, has a bad time, or its object is not what the type and
 *   path say.
 */
export function decodeTraceLine(line: Uint8Array, parse?: Parse): TraceEntry | SkippedTraceLine {
  return fastPath(line, parse) ?? decode(openEnvelope(line));
}

/** `undefined` for any line that is not written in the usual way, right or wrong: the general path then judges it. */
function fastPath(line: Uint8Array, parse: Parse | undefined): TraceEntry | SkippedTraceLine | undefined {
  const end = trimmedEnd(line);
  const head = Buffer.from(line.buffer, line.byteOffset, Math.min(end, HEAD_BYTES)).toString('latin1');
  const match = HEAD.exec(head);
  if (!match || line[end - 1] !== 0x7d || /[^\x20-\x7e]/.test(match[0])) return undefined;
  const [prefix, at, path, type] = match;
  const raw = line.subarray(prefix.length, end - 1);
  // A list is cut into its items before it is parsed, so it is not parsed here.
  if (type === 'LIST') return undefined;
  const object = tryParse(raw, parse);
  return object === undefined ? undefined : decode({ at, path, type, raw, object });
}

function openEnvelope(line: Uint8Array): Envelope {
  const parsed = tryParse(line);
  if (parsed === undefined) throw new TraceLineError(`not JSON: ${startOf(line)}`);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new TraceLineError('not a JSON object');
  const { at, path, type, object } = parsed as Record<string, unknown>;
  if (object === undefined) {
    const missing = Object.entries({ at, path, type, object }).find(([, value]) => value === undefined);
    throw missingField(missing?.[0] ?? 'object');
  }
  return { at, path, type, object, raw: objectBytes(line, 'the line') };
}

function decode({ at, path, type, raw, object }: Envelope): TraceEntry | SkippedTraceLine {
  const instant = parseRfc3339(text('at', at));
  if (instant === undefined) throw new TraceLineError(`"at" is not an RFC 3339 time: ${JSON.stringify(short(String(at)))}`, 'at');
  const stream = parseStreamPath(text('path', path));
  const eventType = text('type', type);
  if (stream === undefined) return { skipped: 'unknown-path', at: instant, path: String(path) };
  const resource = resourceNamed(stream.resource);
  try {
    return {
      at: instant,
      stream,
      event: eventType === 'LIST' ? list(resource, raw) : watchEvent(resource, eventType, raw, object),
    };
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    throw new TraceLineError(error.message, error.problem === 'unknown-type' ? 'type' : 'object', error);
  }
}

function list(resource: Resource, raw: Uint8Array): ListEvent {
  const { resourceVersion, continueToken, objects } = receiveList(resource, raw);
  if (continueToken !== undefined) {
    throw new UndecodableError('unexpected', `the list of ${resource.name} is only a page: a trace holds whole lists`);
  }
  return { type: 'LIST', resourceVersion, objects };
}

function text(field: string, value: unknown): string {
  if (value === undefined) throw missingField(field);
  if (typeof value !== 'string') throw new TraceLineError(`"${field}" is not text`, field);
  return value;
}

function missingField(field: string): TraceLineError {
  return new TraceLineError(`"${field}" is missing`, field);
}

function startOf(line: Uint8Array): string {
  return line.length === 0 ? 'an empty line' : JSON.stringify(short(textOf(line, 0, Math.min(line.length, 200))));
}

function short(value: string): string {
  return value.length > 60 ? `${value.slice(0, 60)}…` : value;
}
