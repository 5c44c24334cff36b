/** `GET /api/v1/coverage`: the ledger. */
import { createRoute } from '@hono/zod-openapi';
import { CoverageAnswer } from '../contract.ts';
import { invalid, json, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { examples } from '../examples.ts';
import { parameters, query, readScope, readWindow } from '../query.ts';
import { sendJson } from '../respond.ts';

const { from, to, cluster, asof } = parameters;

const route = createRoute({
  method: 'get',
  path: '/api/v1/coverage',
  operationId: 'readCoverage',
  tags: [TAGS.log.name],
  summary: 'The ledger: when each stream was proven complete, and the gaps with their reasons',
  request: { query: query({ from, to, cluster, asof }) },
  responses: { 200: json('Coverage of every stream', CoverageAnswer, examples.coverage), ...invalid, ...unknown },
});

export function coverageRoutes({ history, clock }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const question = c.req.valid('query');
    return sendJson(c, await history.coverage({ ...readScope(question), ...readWindow(question, clock) }));
  });
}
