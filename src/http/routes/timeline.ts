/** `GET …/services/{name}/timeline`: lanes, counts and gaps of one Service, for drawing. */
import { createRoute } from '@hono/zod-openapi';
import { InvalidQuestionError } from '../../history/history.ts';
import { AnyTimeline } from '../contract-timeline.ts';
import { invalid, json, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { examples } from '../examples.ts';
import { inNamespace, parameters, query, readScope, readWindow } from '../query.ts';
import { sendJson } from '../respond.ts';

const { from, to, source, px, lanes, lanesAfter, lane, steady, asof, cluster } = parameters;

const route = createRoute({
  method: 'get',
  path: '/api/v1/namespaces/{ns}/services/{name}/timeline',
  operationId: 'readTimeline',
  tags: [TAGS.history.name],
  summary: 'A Service over a window, for drawing: a lane a backend, counts, gaps, zero-ready windows',
  request: {
    params: inNamespace('Service', 'web'),
    query: query({ from, to, source, px, lanes, lanesAfter, lane, steady, asof, cluster }),
  },
  responses: { 200: json('The timeline', AnyTimeline, examples.drawnTimeline), ...invalid, ...unknown },
});

export function timelineRoutes({ history, clock }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const { ns: namespace, name } = c.req.valid('param');
    const { source, px, lanes, lanesAfter, lane, steady, ...rest } = c.req.valid('query');
    const question = { ...readScope(rest), ...readWindow(rest, clock), namespace, name, source };
    if (px !== undefined) return sendJson(c, await history.drawnTimeline({ ...question, px, lanes, lanesAfter, lane, steady }));
    for (const [parameter, value] of Object.entries({ lanes, lanesAfter, lane, steady })) {
      if (value !== undefined) throw new InvalidQuestionError(parameter, `${parameter} needs px: without it all lanes are told`);
    }
    return sendJson(c, await history.timeline(question));
  });
}
