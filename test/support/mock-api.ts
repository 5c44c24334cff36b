/**
 * A stand-in for the recorder while the page is built and tested alone: serves `web/dist` under the content security
 * policy that the page must live with, and contract-shaped answers. Tests can make it fail, and can send news.
 *
 *     node test/support/mock-api.ts 8099
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import * as answers from './mock-answers.ts';
import { mockServices, RECORDED_FROM, RECORDED_TO } from './mock-data.ts';
import { drawnTimeline } from './mock-timeline.ts';

export const CONTENT_SECURITY_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'";
const DIST = join(import.meta.dirname, '../../web/dist');

export interface MockApiOptions {
  /** 0: any free port. */
  readonly port?: number;
  /** Folder of the built page. */
  readonly dist?: string;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

class Refusal extends Error {
  readonly status: number;
  readonly parameter: string | undefined;
  constructor(status: number, message: string, parameter?: string) {
    super(message);
    this.status = status;
    this.parameter = parameter;
  }
}

export interface MockApi {
  readonly url: string;
  /** Every API request so far: path and query. */
  readonly asked: readonly string[];
  /** Answers requests whose path matches with 500 until called with `undefined`. */
  failOn(pattern: RegExp | undefined): void;
  /** Sends a server-sent event to every page that listens. */
  send(event: 'flips' | 'coverage', data: unknown): void;
  close(): Promise<void>;
}

export async function startMockApi({ port = 0, dist = DIST }: MockApiOptions = {}): Promise<MockApi> {
  const services = mockServices();
  const asked: string[] = [];
  const listeners = new Set<ServerResponse>();
  let failing: RegExp | undefined;

  const find = (namespace: string, name: string) => {
    const found = services.find((one) => one.namespace === namespace && one.name === name);
    if (!found) throw new Refusal(404, `no Service ${namespace}/${name} was ever seen`);
    return found;
  };

  const answer = (url: URL): unknown => {
    const time = (parameter: string, fallback: number) => {
      const given = url.searchParams.get(parameter);
      if (given === null) return fallback;
      const relative = /^now(?:-(\d+)(s|m|h))?$/.exec(given);
      if (relative)
        return RECORDED_TO - Number(relative[1] ?? 0) * ({ s: 1_000, m: 60_000, h: 3_600_000 }[relative[2] ?? 's'] ?? 0);
      const at = /^\d+$/.test(given) ? Number(given) : Date.parse(given);
      if (Number.isNaN(at)) throw new Refusal(400, `${JSON.stringify(given)} is not a time`, parameter);
      return at;
    };
    const path = url.pathname.replace(/^\/api\/v1\//, '');
    const [from, to] = [time('from', RECORDED_FROM), time('to', RECORDED_TO)];
    if (path === 'clusters') return answers.clusters();
    if (path === 'coverage') return answers.coverage(services, from, to);
    if (path === 'services') {
      const at = time('at', RECORDED_TO - 1);
      const gaps = services.flatMap(({ gaps: list }) => list).filter((gap) => gap.from <= at && at < (gap.to ?? Infinity));
      return {
        at: new Date(at).toISOString(),
        asOf: 4_711,
        coverage: gaps.length ? 'gap' : 'complete',
        gaps: [],
        items: services.map((one) => answers.summary(one, at)),
      };
    }
    const route = /^namespaces\/([^/]+)\/services\/([^/]+)\/(\w+)$/.exec(path);
    if (!route) throw new Refusal(404, `no such route: ${url.pathname}`);
    const service = find(decodeURIComponent(route[1] as string), decodeURIComponent(route[2] as string));
    if (route[3] === 'timeline') {
      const { searchParams: query } = url;
      const number = (name: string) => (query.has(name) ? { [name]: Number(query.get(name)) } : {});
      const text = (name: string) => (query.has(name) ? { [name]: query.get(name) } : {});
      const part = { ...number('px'), ...number('lanes'), ...number('lanesAfter'), ...text('lane'), ...text('steady') };
      return drawnTimeline(service, from, to, part);
    }
    if (route[3] === 'state') return answers.state(service, time('at', RECORDED_TO - 1));
    if (route[3] === 'diff') return answers.diff(service, from, to);
    if (route[3] === 'flips') {
      const { searchParams: query } = url;
      return answers.flipsPage(
        service,
        from,
        to,
        query.get('cause') ?? undefined,
        Number(query.get('limit') ?? 200),
        Number(query.get('cursor') ?? 0),
      );
    }
    throw new Refusal(404, `no such route: ${url.pathname}`);
  };

  const file = async (url: URL, response: ServerResponse) => {
    const path = normalize(url.pathname === '/' ? '/index.html' : url.pathname);
    const body = await readFile(join(dist, path));
    response.writeHead(200, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'content-security-policy': CONTENT_SECURITY_POLICY,
    });
    response.end(body);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://mock');
    try {
      if (!url.pathname.startsWith('/api/')) return await file(url, response);
      asked.push(url.pathname + url.search);
      if (url.pathname === '/api/v1/stream') {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
        response.write(': hello\n\n');
        listeners.add(response);
        response.on('close', () => listeners.delete(response));
        return;
      }
      if (failing?.test(url.pathname)) throw new Refusal(500, 'the log could not be read');
      const body = JSON.stringify(answer(url));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(body);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(404, String(error));
      const title = { 400: 'Bad request', 404: 'Not found', 500: 'Internal error' }[refusal.status] ?? 'Error';
      const body = {
        type: 'about:blank',
        title,
        status: refusal.status,
        detail: refusal.message,
        requestId: 'mock-0042',
        ...(refusal.parameter ? { parameter: refusal.parameter } : {}),
      };
      response.writeHead(refusal.status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(body));
    }
  };

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  let position = 5_000;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    failOn(pattern) {
      failing = pattern;
    },
    send(event, data) {
      position++;
      for (const response of listeners) response.write(`id: ${position}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    async close() {
      for (const response of listeners) response.end();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (import.meta.main) {
  const mock = await startMockApi({ port: Number(process.argv[2] ?? 8099) });
  console.log(mock.url);
}
