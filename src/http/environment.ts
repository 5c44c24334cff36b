/** What every request carries along, and what every route may rely on. */
import type { Http2Bindings, HttpBindings } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Log } from '../domain/log.ts';
import type { History } from '../history/history.ts';
import type { LiveFeed } from './live-feed.ts';
import type { HttpMetrics } from './metrics.ts';
import { invalidParameters } from './problems.ts';
import type { Clock } from './query.ts';

export interface HttpEnv {
  /** Absent when a request is answered without a port, as tests do. */
  Bindings: Partial<HttpBindings | Http2Bindings>;
  Variables: { requestId: string };
}

/** Whether the process can serve, and if not, why: one sentence a reason. */
export type ReadinessProbe = () => { ready: boolean; reasons: string[] };

export interface RouteContext {
  readonly history: History;
  readonly feed: LiveFeed;
  readonly readiness: ReadinessProbe;
  readonly metrics: HttpMetrics;
  readonly log: Log;
  readonly clock: Clock;
}

export type Router = OpenAPIHono<HttpEnv>;

/** A router whose parameters are checked before its handlers run. */
export function createRouter(): Router {
  return new OpenAPIHono<HttpEnv>({
    defaultHook: (result, c) => (result.success ? undefined : invalidParameters(c, result.error)),
  });
}
