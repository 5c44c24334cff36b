/** `GET /api/v1/services`: every Service at one instant. */
import { createRoute } from '@hono/zod-openapi';
import { ServicesAnswer } from '../contract-services.ts';
import { invalid, json, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { examples } from '../examples.ts';
import { parameters, query, readAt, readScope } from '../query.ts';
import { sendJson } from '../respond.ts';

const { at, namespace, q, limit, cursor, causes, cluster, asof } = parameters;

const route = createRoute({
  method: 'get',
  path: '/api/v1/services',
  operationId: 'listServices',
  tags: [TAGS.history.name],
  summary: 'Services at one instant: counts, state, last flip',
  description: 'In order of cluster, namespace and name. Where the recorder was blind, the state is `unknown`.',
  request: { query: query({ at, namespace, q, limit: limit(100), cursor, causes, cluster, asof }) },
  responses: { 200: json('One page of Services', ServicesAnswer, examples.services), ...invalid, ...unknown },
});

export function serviceRoutes({ history, clock }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const { namespace, q, limit, cursor, causes, ...rest } = c.req.valid('query');
    return sendJson(
      c,
      await history.services({ ...readScope(rest), ...readAt(rest, clock), namespace, q: q || undefined, limit, cursor, causes }),
    );
  });
}
