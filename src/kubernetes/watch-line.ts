/** One line of a watch answer. */
import type { Resource } from '../domain/resources.ts';
import type { ChangeType, ReceivedObject } from '../domain/stream-batch.ts';
import { memberSpans, RawJsonError, textOf } from './raw-json.ts';
import { parseJson, receiveParsed, UndecodableError } from './received.ts';
import { notJson } from './undecodable.ts';

/** What the API server says of itself: the Status of a failed request, or of an ERROR in the stream. */
export interface ServerStatus {
  /** HTTP status code; 0 when the Status names none. */
  readonly code: number;
  /** `Expired`, `Gone`, `Timeout`, … Empty when it names none. */
  readonly reason: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
  /** Reasons of `details.causes`, such as `ResourceVersionTooLarge`. */
  readonly causes: readonly string[];
}

export interface ChangeEvent {
  readonly type: ChangeType;
  readonly object: ReceivedObject;
}

export interface BookmarkEvent {
  readonly type: 'BOOKMARK';
  readonly resourceVersion: string;
  /** True only for the annotation `k8s.io/initial-events-end: "true"` (KEP-3157): the streamed first state is complete. */
  readonly initialEventsEnd: boolean;
}

export interface ErrorEvent {
  readonly type: 'ERROR';
  readonly status: ServerStatus;
}

export type WatchEvent = ChangeEvent | BookmarkEvent | ErrorEvent;

/** As the API server writes it, with nothing between; anything else takes the general path. */
const ENVELOPE = /^\{"type":"([A-Z]+)","object":/;

/** JSON.parse of bytes; throws when they are not one JSON value. */
export type Parse = (raw: Uint8Array) => unknown;

/**
 * Reads one line of a watch answer (without its newline).
 *
 * @param parse for the object of the line
 * @throws UndecodableError when anything of it is not understood; the watch must then stop without moving its cursor.
 */
export function decodeWatchLine(resource: Resource, line: Uint8Array, parse?: Parse): WatchEvent {
  const what = `a line of the watch of ${resource.name}`;
  const end = trimmedEnd(line);
  const envelope = ENVELOPE.exec(Buffer.from(line.buffer, line.byteOffset, Math.min(end, 40)).toString('latin1'));
  if (envelope && line[end - 1] === 0x7d) {
    const raw = line.subarray(envelope[0].length, end - 1);
    const object = tryParse(raw, parse);
    if (object !== undefined) return watchEvent(resource, envelope[1] as string, raw, object);
  }
  const parsed = parseJson(line, what) as { type?: unknown; kind?: unknown } | null;
  if (parsed?.kind === 'Table') throw new UndecodableError('table', `${what} is a Table`);
  if (typeof parsed !== 'object' || parsed === null || typeof parsed.type !== 'string') {
    throw new UndecodableError('unexpected', `${what} is not a watch event`);
  }
  const raw = objectBytes(line, what);
  return watchEvent(resource, parsed.type, raw, parseJson(raw, what));
}

/**
 * The event of an envelope that was already opened: `raw` are the bytes of its object, `object` is `raw` parsed.
 *
 * @throws UndecodableError
 */
export function watchEvent(resource: Resource, type: string, raw: Uint8Array, object: unknown): WatchEvent {
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: receiveParsed(resource, raw, object) };
    case 'BOOKMARK':
      return bookmark(resource, object);
    case 'ERROR':
      return { type, status: serverStatus(object) };
    default:
      throw new UndecodableError(
        'unknown-type',
        `a watch event of ${resource.name} has the unknown type ${JSON.stringify(type.slice(0, 40))}`,
      );
  }
}

/** Reads a Status object; whatever it lacks is left empty. Texts are cut at 1,000 characters: the server is not trusted. */
export function serverStatus(object: unknown): ServerStatus {
  const status = (typeof object === 'object' && object !== null ? object : {}) as Record<string, unknown>;
  const details = (typeof status.details === 'object' && status.details !== null ? status.details : {}) as Record<
    string,
    unknown
  >;
  const causes = Array.isArray(details.causes) ? (details.causes as unknown[]) : [];
  const seconds = details.retryAfterSeconds;
  return {
    code: typeof status.code === 'number' ? status.code : 0,
    reason: cut(status.reason),
    message: cut(status.message),
    ...(typeof seconds === 'number' && seconds >= 0 ? { retryAfterSeconds: seconds } : {}),
    causes: causes.slice(0, 20).map((cause) => cut((cause as { reason?: unknown } | null)?.reason)),
  };
}

/** The bytes of an envelope's `object` member, wherever it stands. */
export function objectBytes(line: Uint8Array, what: string): Uint8Array {
  try {
    const object = memberSpans(line, ['object']).members.get('object');
    if (object) return line.subarray(object.start, object.end);
  } catch (error) {
    if (error instanceof RawJsonError) throw notJson(textOf(line, 0, Math.min(line.length, 200)), what);
    throw error;
  }
  throw new UndecodableError('unexpected', `${what} has no object`);
}

/** `undefined` when the bytes are not one JSON value. */
export function tryParse(raw: Uint8Array, parse: Parse = (bytes) => JSON.parse(textOf(bytes))): unknown {
  try {
    return parse(raw);
  } catch {
    return undefined;
  }
}

/** The end of a line without the white space after it. */
export function trimmedEnd(line: Uint8Array): number {
  let end = line.length;
  while (end > 0 && (line[end - 1] as number) <= 0x20) end--;
  return end;
}

function bookmark(resource: Resource, object: unknown): BookmarkEvent {
  const { kind, metadata } = (object ?? {}) as { kind?: unknown; metadata?: Record<string, unknown> };
  if (kind !== undefined && kind !== resource.kind) {
    throw new UndecodableError(kind === 'Table' ? 'table' : 'unexpected', `a bookmark of ${resource.name} is of another kind`);
  }
  const version = metadata?.resourceVersion;
  if (typeof version !== 'string' || version === '') {
    throw new UndecodableError('no-version', `a bookmark of ${resource.name} has no resourceVersion`);
  }
  const annotations = metadata?.annotations as Record<string, unknown> | undefined;
  return { type: 'BOOKMARK', resourceVersion: version, initialEventsEnd: annotations?.['k8s.io/initial-events-end'] === 'true' };
}

function cut(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 1_000) : '';
}
