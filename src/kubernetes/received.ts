/** From the bytes of an answer to {@link ReceivedObject}s: parsed once, checked, and reduced where the resource says so. */
import type { KubeObject } from '../domain/objects.ts';
import type { Resource } from '../domain/resources.ts';
import type { ReceivedObject } from '../domain/stream-batch.ts';
import { itemSpans, memberSpans, RawJsonError, textOf } from './raw-json.ts';
import { reduceObject } from './reducers/index.ts';
import { MalformedObjectError, notJson, UndecodableError } from './undecodable.ts';
import { waiting } from './waiting-object.ts';

export { MalformedObjectError, UndecodableError } from './undecodable.ts';

export interface ReceivedList {
  readonly resourceVersion: string;
  /** Present when the list goes on: the token of the next page. */
  readonly continueToken?: string;
  readonly objects: readonly ReceivedObject[];
}

/**
 * Reads one object as received in a watch event.
 *
 * A verbatim body shares memory with `raw`: copy it to keep it beyond the life of the chunk it came in.
 *
 * @throws MalformedObjectError when it is of another kind, or has no name, namespace, uid or resourceVersion.
 * @throws UndecodableError when it is not JSON at all.
 */
export function receiveObject(resource: Resource, raw: Uint8Array): ReceivedObject {
  return receiveParsed(resource, raw, parseJson(raw, `an object of ${resource.name}`));
}

/** {@link receiveObject} for a caller that has parsed `raw` already. */
export function receiveParsed(resource: Resource, raw: Uint8Array, parsed: unknown): ReceivedObject {
  const given = checkedObject(resource, parsed);
  const { uid, name, namespace = '', resourceVersion } = given.metadata;
  const identity = { uid, namespace, name, resourceVersion };
  if (resource.storage === 'reduced') {
    const value = reduceObject(resource, given);
    return { ...identity, body: Buffer.from(JSON.stringify(value)), value };
  }
  const missing = missingTypeMeta(resource, given);
  if (missing === undefined) return { ...identity, body: raw, value: given };
  return {
    ...identity,
    body: insertAfterBrace(raw, missing),
    value: { kind: resource.kind, apiVersion: resource.apiVersion, ...given },
  };
}

/**
 * Reads one answer to a list request: a whole list, or one page of it.
 *
 * @throws UndecodableError as {@link receiveObject}, and when the list itself has no resourceVersion.
 */
export function receiveList(resource: Resource, raw: Uint8Array): ReceivedList {
  const what = `the list of ${resource.name}`;
  const { kind, metadata, items } = listParts(raw, what);
  if (kind === 'Table') throw new MalformedObjectError('table', `${what} came as a Table`);
  if (kind !== undefined && kind !== `${resource.kind}List`) {
    throw new MalformedObjectError('unexpected', `${what} came as ${shown(kind)}`);
  }
  const version = metadata.resourceVersion;
  if (!isName(version)) throw new MalformedObjectError('no-version', `${what} has no resourceVersion`);
  const objects = waiting(items.map((item) => receiveObject(resource, item)));
  const token = metadata.continue;
  return isName(token) ? { resourceVersion: version, continueToken: token, objects } : { resourceVersion: version, objects };
}

/**
 * The resourceVersion of a list of any kind (also of PartialObjectMetadataList), whose items are not looked at.
 *
 * @throws UndecodableError when there is none.
 */
export function receiveListVersion(raw: Uint8Array): string {
  const { metadata } = listParts(raw, 'the answer');
  if (!isName(metadata.resourceVersion)) throw new UndecodableError('no-version', 'the answer has no resourceVersion');
  return metadata.resourceVersion;
}

/** @throws UndecodableError when the bytes are not one JSON value. */
export function parseJson(raw: Uint8Array, what: string): unknown {
  const text = textOf(raw);
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(text.slice(0, 200), what);
  }
}

function listParts(raw: Uint8Array, what: string): { kind: unknown; metadata: Record<string, unknown>; items: Uint8Array[] } {
  try {
    const { whole, members } = memberSpans(raw, ['kind', 'metadata', 'items']);
    if (textOf(raw, whole.end).trim() !== '') throw notJson('', what);
    const parse = (span: { start: number; end: number } | undefined) =>
      span && (JSON.parse(textOf(raw, span.start, span.end)) as unknown);
    const metadata = parse(members.get('metadata'));
    const kind = parse(members.get('kind'));
    const span = members.get('items');
    // Go writes an empty list that was never allocated as null.
    const none = span === undefined || kind === 'Table' || textOf(raw, span.start, span.end) === 'null';
    const items = none ? [] : itemSpans(raw, span.start);
    if (span === undefined && kind === undefined) throw new UndecodableError('unexpected', `${what} is not a list`);
    return {
      kind,
      metadata: typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>) : {},
      items: items.map((item) => raw.subarray(item.start, item.end)),
    };
  } catch (error) {
    if (error instanceof RawJsonError || error instanceof SyntaxError)
      throw notJson(textOf(raw, 0, Math.min(raw.length, 200)), what);
    throw error;
  }
}

function checkedObject(resource: Resource, parsed: unknown): KubeObject & { metadata: { resourceVersion: string } } {
  const what = `an object of ${resource.name}`;
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new MalformedObjectError('unexpected', `${what} is not a JSON object`);
  }
  const { kind, metadata } = parsed as { kind?: unknown; metadata?: unknown };
  if (kind === 'Table') throw new MalformedObjectError('table', `${what} came as a Table`);
  if (kind !== undefined && kind !== resource.kind) {
    throw new MalformedObjectError('unexpected', `${what} came as ${shown(kind)}`);
  }
  const meta = (typeof metadata === 'object' && metadata !== null ? metadata : {}) as Record<string, unknown>;
  for (const field of resource.namespaced ? ['name', 'namespace', 'uid'] : ['name', 'uid']) {
    if (!isName(meta[field])) throw new MalformedObjectError('no-identity', `${what} has no metadata.${field}`);
  }
  if (!isName(meta.resourceVersion)) {
    throw new MalformedObjectError('no-version', `${what} has no metadata.resourceVersion`);
  }
  return parsed as KubeObject & { metadata: { resourceVersion: string } };
}

/** The items of a list carry neither kind nor apiVersion (Go's TypeMeta is emptied inside lists). */
function missingTypeMeta(resource: Resource, object: KubeObject): string | undefined {
  if (object.kind !== undefined && object.apiVersion !== undefined) return undefined;
  const kind = object.kind === undefined ? `"kind":${JSON.stringify(resource.kind)},` : '';
  const apiVersion = object.apiVersion === undefined ? `"apiVersion":${JSON.stringify(resource.apiVersion)},` : '';
  return kind + apiVersion;
}

function insertAfterBrace(raw: Uint8Array, members: string): Uint8Array {
  const brace = raw.indexOf(0x7b);
  return Buffer.concat([raw.subarray(0, brace + 1), Buffer.from(members), raw.subarray(brace + 1)]);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function shown(kind: unknown): string {
  return typeof kind === 'string' ? JSON.stringify(kind.slice(0, 60)) : `a kind that is no text`;
}
