/**
 * An API server for tests, over real HTTP or HTTPS: it holds a history of objects, lists and watches it as Kubernetes does,
 * and misbehaves as the test scripts it to.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseStreamPath, type ResourceName, resourceNamed, type StreamKey } from '../../../src/domain/resources.ts';
import { ClusterHistory, type StoredObject } from './history.ts';
import { WatchAnswer } from './watch-answer.ts';

const certificate = (name: string) => readFileSync(join(import.meta.dirname, 'test-certificates', name));
export const TEST_CA = certificate('test-ca.pem');

/**
 * `initial`: a watch that asks for the first state. `version`: a list of one, as check or probe. `exact`: the first page of a
 * list at a version that is named.
 */
export type RequestKind = 'list' | 'watch' | 'initial' | 'version' | 'exact' | 'other';

export interface SeenRequest {
  readonly kind: RequestKind;
  readonly path: string;
  readonly stream: StreamKey | undefined;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

export interface Exchange extends SeenRequest {
  readonly response: ServerResponse;
  readonly server: FakeApiServer;
  /** Answers as a healthy server would. */
  serve(): void;
  /** Opens a watch without replaying anything. */
  watch(): WatchAnswer;
}

export interface Match {
  readonly kind?: RequestKind;
  readonly resource?: ResourceName;
}

type Act = (exchange: Exchange) => void;

export class FakeApiServer {
  readonly history = new ClusterHistory();
  readonly requests: SeenRequest[] = [];
  kubeSystemUid = 'e7c0ffee-0000-4000-8000-000000000001';
  /** Bearer token that is asked for; absent: nobody is. */
  token: string | undefined;
  /** Whether sendInitialEvents is obeyed, refused with 422, or ignored. */
  watchList: 'served' | 'refused' | 'ignored' = 'served';
  readonly forbidden = new Set<ResourceName | 'namespaces'>();
  readonly notServed = new Set<ResourceName>();
  /** Called with every request before it is answered: for tests that count what goes over the wire. */
  onRequest: (query: URLSearchParams, response: ServerResponse) => void = () => {};
  #script: { match: Match; act: Act }[] = [];
  #watches: WatchAnswer[] = [];
  #waiting: (() => void)[] = [];
  readonly #tls: boolean;
  #server: Server | undefined;
  #port = 0;
  #reachable = true;

  constructor(options: { tls?: boolean } = {}) {
    this.#tls = options.tls ?? false;
  }

  /** Listens on a free port of the loopback; after {@link stop}, on the same one again. */
  async start(): Promise<this> {
    const handle = (request: IncomingMessage, response: ServerResponse) => this.#handle(request, response);
    const server = this.#tls
      ? createTlsServer({ cert: certificate('test-server.pem'), key: certificate('test-server-key-not-secret.pem') }, handle)
      : createServer(handle);
    this.#server = server;
    server.on('connection', (socket) => {
      if (!this.#reachable) socket.destroy();
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** While false, every connection is cut as soon as it is made, and those that are open were cut. The port stays taken. */
  set reachable(reachable: boolean) {
    this.#reachable = reachable;
    if (!reachable) this.#server?.closeAllConnections();
  }

  get url(): string {
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  /** The next request that matches is answered by `act` instead of as usual. */
  next(match: Match, act: Act, times = 1): this {
    for (let time = 0; time < times; time++) this.#script.push({ match, act });
    return this;
  }

  /** Answers as usual again, whatever was still scripted. */
  clearScript(): void {
    this.#script = [];
  }

  /** Open watches, oldest first. */
  watches(resource?: ResourceName): WatchAnswer[] {
    return this.#watches.filter((each) => each.open && (resource === undefined || each.resource === resource));
  }

  seen(match: Match): SeenRequest[] {
    return this.requests.filter((each) => matches(each, match));
  }

  /** Resolves once the condition holds; looked at whenever a request came or a watch was answered. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The newest open watch of a resource, once there is one. */
  async watching(resource: ResourceName): Promise<WatchAnswer> {
    await this.until(() => this.watches(resource).length > 0);
    return this.watches(resource).at(-1) as WatchAnswer;
  }

  /** As a new process of the server: its watch cache begins now, and every watch is over. */
  restart(): void {
    this.history.compact();
    for (const watch of this.watches()) watch.reset();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const stream = parseStreamPath(url.pathname);
    const seen: SeenRequest = {
      kind: kindOf(stream, url.searchParams),
      path: url.pathname,
      stream,
      query: url.searchParams,
      headers: request.headers,
    };
    this.requests.push(seen);
    this.onRequest(url.searchParams, response);
    const exchange: Exchange = {
      ...seen,
      response,
      server: this,
      serve: () => this.#serve(exchange),
      watch: () => this.#watch(exchange),
    };
    const scripted = this.#script.findIndex(({ match }) => matches(seen, match));
    const [turn] = scripted === -1 ? [] : this.#script.splice(scripted, 1);
    if (turn) turn.act(exchange);
    else this.#serve(exchange);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #serve(exchange: Exchange): void {
    const { stream, kind, query, response, path, headers } = exchange;
    if (this.token !== undefined && headers.authorization !== `Bearer ${this.token}`) {
      status(response, 401, 'Unauthorized', 'Unauthorized');
    } else if (path === '/api/v1/namespaces/kube-system') {
      this.#serveNamespace(response);
    } else if (!stream || this.notServed.has(stream.resource)) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
    } else if (this.forbidden.has(stream.resource)) {
      status(response, 403, 'Forbidden', `${stream.resource} is forbidden`);
    } else {
      const deprecated = '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"';
      if (stream.resource === 'v1/endpoints') response.setHeader('warning', deprecated);
      if (kind === 'watch') this.#serveWatch(exchange, Number(query.get('resourceVersion')));
      else if (kind === 'initial') this.#serveInitial(exchange);
      else this.#serveList(exchange, stream);
    }
  }

  #serveNamespace(response: ServerResponse): void {
    const name = 'kube-system';
    if (this.forbidden.has('namespaces')) status(response, 403, 'Forbidden', `namespaces "${name}" is forbidden`);
    else json(response, 200, { kind: 'Namespace', metadata: { name, uid: this.kubeSystemUid } });
  }

  #serveWatch(exchange: Exchange, from: number): void {
    const { resource, namespace } = exchange.stream as StreamKey;
    if (from < this.history.compacted) {
      const watch = this.#watch(exchange);
      watch.error(410, 'Expired', `too old resource version: ${from} (${this.history.compacted})`);
      watch.end();
      return;
    }
    const watch = this.#watch(exchange);
    for (const event of this.history.since(resource, from, namespace)) watch.event(event);
  }

  #serveInitial(exchange: Exchange): void {
    const { resource, namespace } = exchange.stream as StreamKey;
    if (this.watchList === 'refused') {
      const message =
        'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      status(exchange.response, 422, 'Invalid', message);
      return;
    }
    const watch = this.#watch(exchange);
    for (const object of this.history.list(resource, namespace)) watch.event({ type: 'ADDED', object });
    if (this.watchList === 'served') watch.bookmark(this.history.revision, { 'k8s.io/initial-events-end': 'true' });
  }

  #watch({ response, stream, query }: Exchange): WatchAnswer {
    const { resource, namespace } = stream as StreamKey;
    const from = Number(query.get('resourceVersion') ?? 0);
    const watch = new WatchAnswer(response, this.history, resource, namespace, from);
    this.#watches.push(watch);
    return watch;
  }

  #serveList({ query, response, headers }: Exchange, { resource, namespace }: StreamKey): void {
    const { revision, compacted } = this.history;
    const asked = Number(query.get('resourceVersion') ?? 0);
    if (asked > revision) {
      const details = {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      };
      status(response, 504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${revision}`, { details });
      return;
    }
    const { kind, apiVersion } = resourceNamed(resource);
    const first = query.get('resourceVersionMatch') === 'Exact' ? asked : revision;
    const [version, from] = position(query.get('continue')) ?? [first, 0];
    if (version < compacted || version > revision) {
      // The token in here goes on inconsistently; a careful client does not use it.
      const metadata = { continue: token(revision, from) };
      status(response, 410, 'Expired', 'The provided continue parameter is too old', { metadata });
      return;
    }
    const all = this.history.list(resource, namespace, version);
    const limit = Number(query.get('limit') ?? all.length);
    const items = all.slice(from, from + limit);
    const more = from + limit < all.length ? { continue: token(version, from + limit) } : {};
    const metadata = { resourceVersion: String(version), ...more };
    if (/as=PartialObjectMetadataList/.test(headers.accept ?? '')) {
      const partial = items.map((item) => ({ metadata: item.metadata }));
      json(response, 200, { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: partial });
      return;
    }
    json(response, 200, { kind: `${kind}List`, apiVersion, metadata, items: items.map(withoutTypeMeta) });
  }
}

export function json(response: ServerResponse, code: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(`${JSON.stringify(body)}\n`);
}

/** Answers with a Status, as the API server does. */
export function status(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  more: object = {},
  headers = {},
): void {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code, ...more };
  json(response, code, body, headers);
}

function matches(request: SeenRequest, { kind, resource }: Match): boolean {
  return (kind === undefined || request.kind === kind) && (resource === undefined || request.stream?.resource === resource);
}

function kindOf(stream: StreamKey | undefined, query: URLSearchParams): RequestKind {
  if (!stream) return 'other';
  if (query.get('watch') === 'true') return query.has('sendInitialEvents') ? 'initial' : 'watch';
  if (query.get('resourceVersionMatch') === 'Exact') return 'exact';
  return query.get('limit') === '1' ? 'version' : 'list';
}

function withoutTypeMeta({ kind: _kind, apiVersion: _apiVersion, ...object }: StoredObject): object {
  return object;
}

const token = (version: number, from: number): string => Buffer.from(JSON.stringify([version, from])).toString('base64');
const position = (text: string | null): [number, number] | undefined =>
  text === null ? undefined : (JSON.parse(Buffer.from(text, 'base64').toString()) as [number, number]);
