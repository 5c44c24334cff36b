/** The metrics of the process. Names are part of the contract with dashboards: extend, never rename. */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface HttpMetrics {
  /** Where every other part of the process registers its metrics too. */
  readonly registry: Registry;
  readonly requestDuration: Histogram<'method' | 'route' | 'status'>;
  readonly liveStreams: Gauge;
}

/**
 * @param options.processMetrics also tell of the process itself (`process_…`, `nodejs_…`, the names that dashboards
 *   for Node.js expect). Default true.
 */
export function createMetrics({ processMetrics = true }: { processMetrics?: boolean } = {}): HttpMetrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  return {
    registry,
    requestDuration: new Histogram({
      name: 'flipbook_http_request_duration_seconds',
      help: 'Time from a request to the head of its answer, by route template; a streamed body is not in it.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers: [registry],
    }),
    liveStreams: new Gauge({
      name: 'flipbook_http_live_streams',
      help: 'Open server-sent event streams.',
      registers: [registry],
    }),
  };
}
