/** What happens to every request, whatever its route. */
import type { MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { routePath } from 'hono/route';
import { COMPRESSIBLE_CONTENT_TYPE_REGEX } from 'hono/utils/compress';
import type { Log } from '../domain/log.ts';
import { InvalidQuestionError } from '../history/history.ts';
import type { HttpEnv } from './environment.ts';
import type { HttpMetrics } from './metrics.ts';
import { problem } from './problems.ts';

/** The page is built from files of its own origin alone: no inline script, no inline style, nothing from elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

const REQUEST_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Gives the request an id, its own when that is a short safe token, and every answer that id and the security headers. */
export function identifyAndSecure(): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const given = c.req.header('X-Request-Id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID();
    c.set('requestId', requestId);
    await next();
    const { headers } = c.res;
    headers.set('X-Request-Id', requestId);
    // A route may bring a policy of its own; the API's documentation does.
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) if (!headers.has(name)) headers.set(name, value);
  };
}

/** Measures and logs. Neither sees the query: it may hold what somebody pasted by mistake. */
export function observe(metrics: HttpMetrics, log: Log): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const seconds = (performance.now() - startedAt) / 1000;
    // Of all that matched, the one that was reached last: the page's catch-all matches everything.
    const route = routeLabel(routePath(c));
    const { status } = c.res;
    const method = c.req.method === 'GET' || c.req.method === 'HEAD' ? c.req.method : 'other';
    metrics.requestDuration.observe({ method, route, status }, seconds);
    log.debug(
      { requestId: c.var.requestId, method, route, path: c.req.path, status, ms: Math.round(seconds * 1000) },
      'answered',
    );
  };
}

/** The server only tells; nothing can be changed through it. */
export function readOnly(): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
    return problem(c, 405, 'This server only answers GET and HEAD.', { headers: { Allow: 'GET, HEAD' } });
  };
}

/** Two values for one parameter have no meaning here, and taking one of them would answer another question. */
export function refuseRepeatedParameters(): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const seen = new Set<string>();
    for (const name of new URL(c.req.url).searchParams.keys()) {
      if (seen.has(name)) throw new InvalidQuestionError(name, `${JSON.stringify(name)} is given more than once`);
      seen.add(name);
    }
    return next();
  };
}

/** Compresses text. Not server-sent events, which must arrive as they happen. */
export function compressText(): MiddlewareHandler<HttpEnv> {
  return compress({
    contentTypeFilter: (type) => COMPRESSIBLE_CONTENT_TYPE_REGEX.test(type) || type.startsWith('application/x-ndjson'),
  });
}

/** Labels must be few: the files of the page and whatever is not a route of ours share one. */
function routeLabel(path: string): string {
  if (path === '' || path.endsWith('*')) return 'other';
  return path.replaceAll(/:([A-Za-z]+)(?:\{.*?\})?/g, '{$1}');
}
