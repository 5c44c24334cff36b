/** The HTTP side as a whole: everything that happens to a request, in order. Knows no port; server.ts does. */
import type { Log } from '../domain/log.ts';
import { epochMs } from '../domain/time.ts';
import type { History } from '../history/history.ts';
import { createRouter, type ReadinessProbe, type RouteContext, type Router } from './environment.ts';
import { LiveFeed, type LiveFeedOptions } from './live-feed.ts';
import type { HttpMetrics } from './metrics.ts';
import { compressText, identifyAndSecure, observe, readOnly, refuseRepeatedParameters } from './middleware.ts';
import { onError, onUnknownRoute } from './problems.ts';
import type { Clock } from './query.ts';
import { clusterRoutes } from './routes/clusters.ts';
import { coverageRoutes } from './routes/coverage.ts';
import { diffRoutes } from './routes/diff.ts';
import { disagreementRoutes } from './routes/disagreements.ts';
import { docsRoutes } from './routes/docs.ts';
import { eventRoutes } from './routes/events.ts';
import { flipRoutes } from './routes/flips.ts';
import { objectRoutes } from './routes/objects.ts';
import { probeRoutes } from './routes/probes.ts';
import { serviceRoutes } from './routes/services.ts';
import { stateRoutes } from './routes/state.ts';
import { streamRoutes } from './routes/stream.ts';
import { summaryRoutes } from './routes/summary.ts';
import { timelineRoutes } from './routes/timeline.ts';
import { servePage } from './static-files.ts';

export interface AppOptions {
  readonly history: History;
  /** Asked at every `/readyz`. */
  readonly readiness: ReadinessProbe;
  readonly metrics: HttpMetrics;
  readonly log: Log;
  /** Folder of the built page. Absent: no page, `/` is a 404. */
  readonly webRoot?: string;
  /** What relative times count from. Default: the clock of the machine. */
  readonly clock?: Clock;
  /** How the live view looks at the log. */
  readonly live?: Pick<LiveFeedOptions, 'intervalMs' | 'heartbeatMs' | 'wait'>;
}

export interface App {
  /** Answers a request; `router.request(path)` does so without a port. */
  readonly router: Router;
  /** Ends every live stream, so that the server can stop: new ones end at once. */
  endStreams(): void;
}

export function createApp({ history, readiness, metrics, log, webRoot, clock, live }: AppOptions): App {
  const feed = new LiveFeed({ history, log, ...live });
  const context: RouteContext = {
    history,
    feed,
    readiness,
    metrics,
    log,
    clock: clock ?? (() => epochMs(Date.now())),
  };

  const router = createRouter();
  router.use(observe(metrics, log));
  router.use(identifyAndSecure());
  router.use(compressText());
  router.use(readOnly());
  router.use('/api/*', refuseRepeatedParameters());
  for (const routes of [
    clusterRoutes,
    serviceRoutes,
    stateRoutes,
    flipRoutes,
    timelineRoutes,
    diffRoutes,
    summaryRoutes,
    disagreementRoutes,
    objectRoutes,
    coverageRoutes,
    eventRoutes,
    streamRoutes,
    probeRoutes,
  ]) {
    router.route('/', routes(context));
  }
  router.route('/', docsRoutes(router));
  if (webRoot !== undefined) router.get('*', servePage(webRoot));
  router.notFound(onUnknownRoute);
  router.onError(onError(log));

  return { router, endStreams: () => feed.close() };
}
