/** `GET …/services/{name}/state`: the backends of one Service at one instant. */
import { createRoute } from '@hono/zod-openapi';
import { StateAnswer } from '../contract.ts';
import { invalid, json, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { examples } from '../examples.ts';
import { inNamespace, parameters, query, readAt, readScope } from '../query.ts';
import { sendJson } from '../respond.ts';

const { at, source, asof, cluster } = parameters;

const route = createRoute({
  method: 'get',
  path: '/api/v1/namespaces/{ns}/services/{name}/state',
  operationId: 'readState',
  tags: [TAGS.history.name],
  summary: 'The backends of a Service at one instant: ready, not ready, terminating',
  description:
    'Read `coverage` before the backends: `gap` means that they are those last known (`lastKnownAt`), ' +
    '`before-recording` that nothing was recorded yet.',
  request: { params: inNamespace('Service', 'web'), query: query({ at, source, asof, cluster }) },
  responses: { 200: json('The state at that instant', StateAnswer, examples.state), ...invalid, ...unknown },
});

export function stateRoutes({ history, clock }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const { ns: namespace, name } = c.req.valid('param');
    const { source, ...rest } = c.req.valid('query');
    return sendJson(c, await history.state({ ...readScope(rest), ...readAt(rest, clock), namespace, name, source }));
  });
}
