/** `GET …/services/{name}/summary`: the facts of an incident. */
import { createRoute } from '@hono/zod-openapi';
import { SummaryAnswer } from '../contract-incident.ts';
import { invalid, json, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { incidentExamples } from '../incident-examples.ts';
import { inNamespace, parameters, query, readScope, readWindow } from '../query.ts';
import { sendJson } from '../respond.ts';

const { from, to, source, asof, cluster } = parameters;

const route = createRoute({
  method: 'get',
  path: '/api/v1/namespaces/{ns}/services/{name}/summary',
  operationId: 'readSummary',
  tags: [TAGS.history.name],
  summary: 'The facts of an incident: time with zero ready backends, flips by cause, rollouts, scalings, edits, gaps',
  request: { params: inNamespace('Service', 'web'), query: query({ from, to, source, asof, cluster }) },
  responses: { 200: json('The facts', SummaryAnswer, incidentExamples.summary), ...invalid, ...unknown },
});

export function summaryRoutes({ history, clock }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const { ns: namespace, name } = c.req.valid('param');
    const { source, ...rest } = c.req.valid('query');
    return sendJson(c, await history.summary({ ...readScope(rest), ...readWindow(rest, clock), namespace, name, source }));
  });
}
