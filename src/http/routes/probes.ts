/** `/livez`, `/readyz`, `/metrics`: what Kubernetes and Prometheus ask. */
import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { Readiness } from '../contract.ts';
import { json, TAGS } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';

const livez = createRoute({
  method: 'get',
  path: '/livez',
  operationId: 'livez',
  tags: [TAGS.operation.name],
  summary: 'Whether the process answers at all',
  responses: { 200: { description: 'It does', content: { 'text/plain': { schema: z.string(), example: 'ok' } } } },
});

const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  operationId: 'readyz',
  tags: [TAGS.operation.name],
  summary: 'Whether the process does its work, and if not, why',
  responses: {
    200: json('It does', Readiness, { ready: true, reasons: [] }),
    503: json('It does not', Readiness, { ready: false, reasons: ['v1/endpoints is not watched: 403 Forbidden'] }),
  },
});

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  operationId: 'metrics',
  tags: [TAGS.operation.name],
  summary: 'Metrics in the text format of Prometheus',
  responses: {
    200: {
      description: 'All metrics of the process',
      content: {
        'text/plain': { schema: z.string(), example: '# TYPE flipbook_http_live_streams gauge\nflipbook_http_live_streams 0\n' },
      },
    },
  },
});

export function probeRoutes({ readiness, metrics }: RouteContext): Router {
  return createRouter()
    .openapi(livez, (c) => c.text('ok', 200, { 'Cache-Control': 'no-store' }))
    .openapi(readyz, (c) => {
      const { ready, reasons } = readiness();
      return c.json({ ready, reasons }, ready ? 200 : 503, { 'Cache-Control': 'no-store' });
    })
    .openapi(metricsRoute, async (c) =>
      c.text(await metrics.registry.metrics(), 200, {
        'Content-Type': metrics.registry.contentType,
        'Cache-Control': 'no-store',
      }),
    );
}
