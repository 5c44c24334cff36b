/** `GET …/services/{name}/timeline`: lanes, counts and gaps of one Service, for drawing. */
import { createRoute } from '@hono/zod-openapi';
import { TimelineAnswer } from '../contract.ts';
import { invalid, json, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { examples } from '../examples.ts';
import { inNamespace, parameters, query, readScope, readWindow } from '../query.ts';
import { sendJson } from '../respond.ts';

const { from, to, source, px, asof, cluster } = parameters;

const route = createRoute({
  method: 'get',
  path: '/api/v1/namespaces/{ns}/services/{name}/timeline',
  operationId: 'readTimeline',
  tags: [TAGS.history.name],
  summary: 'A Service over a window, for drawing: a lane a backend, counts, gaps, zero-ready windows',
  request: { params: inNamespace('Service', 'web'), query: query({ from, to, source, px, asof, cluster }) },
  responses: { 200: json('The timeline', TimelineAnswer, examples.timeline), ...invalid, ...unknown },
});

export function timelineRoutes({ history, clock }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const { ns: namespace, name } = c.req.valid('param');
    const { source, ...rest } = c.req.valid('query');
    return sendJson(c, await history.timeline({ ...readScope(rest), ...readWindow(rest, clock), namespace, name, source }));
  });
}
