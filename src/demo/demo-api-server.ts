/**
 * A Kubernetes API server for reading, over HTTP on loopback: lists, pages and watches of the eight recorded resources, one
 * object by name, and the namespaces' own objects. It answers as a 1.36 server does; what it does not know it refuses.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Lists } from './api/lists.ts';
import { type CollectionPath, isWatch, parseListQuery, parsePath, parseWatchQuery } from './api/request.ts';
import { ApiError, badRequest, internalError, methodNotAllowed, notFound } from './api/status.ts';
import { BOOKMARK_EVERY_MS, startWatch } from './api/watches.ts';
import type { ClusterState } from './cluster-state.ts';
import type { DemoObject } from './objects.ts';

export interface DemoApiServerOptions {
  /** How often a watch that asks for bookmarks gets one. Default: every minute, as a real server does. */
  readonly bookmarkEveryMs?: number;
}

export interface DemoApiServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Ends every watch and closes the port. */
  stop(): Promise<void>;
}

const ENDPOINTS_WARNING = '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"';

/**
 * Starts the server on a free port of 127.0.0.1.
 *
 * @param namespaces The Namespace objects it can be asked for by name; a recorder reads the cluster's identity from
 *   the UID of `kube-system`.
 */
export async function startDemoApiServer(
  state: ClusterState,
  namespaces: readonly DemoObject[],
  { bookmarkEveryMs = BOOKMARK_EVERY_MS }: DemoApiServerOptions = {},
): Promise<DemoApiServer> {
  const served: Served = { state, lists: new Lists(state), namespaces, bookmarkEveryMs };
  const server = createServer((request, response) => {
    try {
      answer(served, request, response);
    } catch (error) {
      const { status } = error instanceof ApiError ? error : internalError(error);
      sendJson(response, `${JSON.stringify(status)}\n`, status.code);
    }
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Served {
  readonly state: ClusterState;
  readonly lists: Lists;
  readonly namespaces: readonly DemoObject[];
  readonly bookmarkEveryMs: number;
}

function answer(served: Served, request: IncomingMessage, response: ServerResponse): void {
  const { state, lists, namespaces } = served;
  if (request.method !== 'GET') throw methodNotAllowed();
  const { pathname, searchParams } = parseUrl(request.url ?? '/');
  const namespace = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(pathname)?.[1];
  const path = parsePath(pathname);
  if (path?.resource.kind === 'Endpoints') response.setHeader('warning', ENDPOINTS_WARNING);
  if (/^\/(readyz|livez|healthz)$/.test(pathname)) {
    sendText(response, 'ok', 200);
  } else if (namespace !== undefined) {
    const found = namespaces.find(({ metadata }) => metadata.name === namespace);
    if (!found) throw notFound('namespaces', namespace);
    sendJson(response, `${JSON.stringify(found)}\n`);
  } else if (path === undefined) {
    sendText(response, '404 page not found\n', 404);
  } else if (path.name !== undefined) {
    sendJson(response, objectJson(state, path, path.name));
  } else if (isWatch(searchParams)) {
    watch(served, path, searchParams, response);
  } else {
    const metadataOnly = /;as=PartialObjectMetadataList\b/.test(request.headers.accept ?? '');
    sendJson(response, lists.list(path, parseListQuery(searchParams), metadataOnly ? 'metadata' : 'objects'));
  }
}

function parseUrl(url: string): URL {
  const parsed = URL.parse(url, 'http://127.0.0.1');
  if (parsed === null) throw badRequest('the request target is not a URL');
  return parsed;
}

function objectJson(state: ClusterState, { resource, namespace }: CollectionPath, name: string): string {
  const found = state.get(resource.name, `${namespace ?? ''}/${name}`);
  if (!found) throw notFound(resource.plural, name);
  return `${found.json}\n`;
}

function watch(
  { state, bookmarkEveryMs }: Served,
  path: CollectionPath,
  searchParams: URLSearchParams,
  response: ServerResponse,
): void {
  const query = parseWatchQuery(searchParams);
  response.writeHead(200, { 'content-type': 'application/json' });
  // A quiet watch must be seen to be open before its first line.
  response.flushHeaders();
  const sink = {
    write: (line: string) => void response.write(line),
    pendingBytes: () => response.writableLength,
    end: () => void response.end(),
  };
  const stop = startWatch(state, path, query, sink, bookmarkEveryMs);
  response.on('close', stop);
}

function sendJson(response: ServerResponse, body: string, code = 200): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(body);
}

function sendText(response: ServerResponse, body: string, code: number): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(body);
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
