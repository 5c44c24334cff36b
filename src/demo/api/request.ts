/** Requests to the demo API server: which object or collection a URL names, and what it asks of it. */
import { parseStreamPath, type Resource, resourceNamed } from '../../domain/resources.ts';
import { badRequest, invalid } from './status.ts';

export interface CollectionPath {
  readonly resource: Resource;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  /** Present when the path names one object. */
  readonly name?: string;
}

export interface ListQuery {
  /** 0: no limit. */
  readonly limit: number;
  readonly continueToken?: string;
  /** Absent or empty: the latest state. `0`: any. */
  readonly resourceVersion?: string;
  readonly match?: 'NotOlderThan' | 'Exact';
}

export interface WatchQuery {
  /** Absent or `0`: the objects as they are, then what changes. */
  readonly resourceVersion?: string;
  readonly bookmarks: boolean;
  readonly timeoutSeconds?: number;
  /** KEP-3157: the objects as ADDED, then a bookmark that says so, then what changes. */
  readonly sendInitialEvents: boolean;
}

/** `undefined` when the path names none of the eight recorded resources, nor one object of them. */
export function parsePath(pathname: string): CollectionPath | undefined {
  const collection = parseStreamPath(pathname);
  const slash = pathname.lastIndexOf('/');
  const parent = collection ? undefined : parseStreamPath(pathname.slice(0, slash));
  const stream = collection ?? parent;
  if (stream === undefined) return undefined;
  const resource = resourceNamed(stream.resource);
  const namespace = stream.namespace === undefined ? {} : { namespace: stream.namespace };
  if (collection) return { resource, ...namespace };
  if (resource.namespaced === (stream.namespace === undefined)) return undefined;
  try {
    return { resource, ...namespace, name: decodeURIComponent(pathname.slice(slash + 1)) };
  } catch {
    return undefined;
  }
}

export function isWatch(query: URLSearchParams): boolean {
  return flag(query, 'watch');
}

/** @throws ApiError 400 or 422, as the API server would. */
export function parseListQuery(query: URLSearchParams): ListQuery {
  refuseSelectors(query);
  const resourceVersion = version(query);
  const match = versionMatch(query);
  const continueToken = query.get('continue') || undefined;
  if (match && !resourceVersion)
    throw invalid('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (continueToken && resourceVersion) throw badRequest('specifying resource version is not allowed when using continue');
  if (flag(query, 'sendInitialEvents')) throw invalid('sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list');
  return {
    limit: integer(query, 'limit') ?? 0,
    ...(continueToken ? { continueToken } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(match ? { match } : {}),
  };
}

/** @throws ApiError 400 or 422, as the API server would. */
export function parseWatchQuery(query: URLSearchParams): WatchQuery {
  refuseSelectors(query);
  const resourceVersion = version(query);
  const match = versionMatch(query);
  const bookmarks = flag(query, 'allowWatchBookmarks');
  const sendInitialEvents = flag(query, 'sendInitialEvents');
  if (sendInitialEvents && match !== 'NotOlderThan') {
    throw invalid('sendInitialEvents: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (sendInitialEvents && !bookmarks)
    throw invalid('sendInitialEvents: Forbidden: sendInitialEvents requires allowWatchBookmarks');
  if (match && !query.has('sendInitialEvents')) {
    throw invalid(
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  const timeoutSeconds = integer(query, 'timeoutSeconds');
  return {
    bookmarks,
    sendInitialEvents,
    ...(resourceVersion && resourceVersion !== '0' ? { resourceVersion } : {}),
    ...(timeoutSeconds ? { timeoutSeconds } : {}),
  };
}

function version(query: URLSearchParams): string | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text !== '' && !/^\d{1,20}$/.test(text)) throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(text)}`);
  return text || undefined;
}

function versionMatch(query: URLSearchParams): 'NotOlderThan' | 'Exact' | undefined {
  const text = query.get('resourceVersionMatch') ?? '';
  if (text === '') return undefined;
  if (text === 'NotOlderThan' || text === 'Exact') return text;
  throw invalid(`resourceVersionMatch: Unsupported value: ${JSON.stringify(text)}: supported values: "Exact", "NotOlderThan"`);
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`${name}: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Go's strconv.ParseBool, except that it takes anything else for false. */
function flag(query: URLSearchParams, name: string): boolean {
  return /^(1|t|T|true|TRUE|True)$/.test(query.get(name) ?? '');
}

/** An honest refusal: an ignored selector would answer with too much. */
function refuseSelectors(query: URLSearchParams): void {
  for (const name of ['labelSelector', 'fieldSelector']) {
    if (query.get(name)) throw badRequest(`the demo cluster knows no ${name}`);
  }
}
