/** `GET …/services/{name}/diff`: what became of the backends between two instants. */
import { createRoute } from '@hono/zod-openapi';
import { DiffAnswer } from '../contract.ts';
import { invalid, json, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { examples } from '../examples.ts';
import { inNamespace, parameters, query, readScope, readWindow } from '../query.ts';
import { sendJson } from '../respond.ts';

const { source, asof, cluster } = parameters;
const instant = (description: string, example: string) =>
  parameters.at.unwrap().meta({
    description: `${description}. RFC 3339 with any offset, epoch milliseconds, or relative (\`now-15m\`).`,
    examples: [example],
  });

const route = createRoute({
  method: 'get',
  path: '/api/v1/namespaces/{ns}/services/{name}/diff',
  operationId: 'readDiff',
  tags: [TAGS.history.name],
  summary: 'Backends added, removed and flipped between two instants',
  request: {
    params: inNamespace('Service', 'web'),
    query: query({
      from: instant('The earlier instant', '2026-11-23T16:20:00Z'),
      to: instant('The later instant', '2026-11-23T16:21:00Z'),
      source,
      asof,
      cluster,
    }),
  },
  responses: { 200: json('The difference', DiffAnswer, examples.diff), ...invalid, ...unknown },
});

export function diffRoutes({ history, clock }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const { ns: namespace, name } = c.req.valid('param');
    const { source, ...rest } = c.req.valid('query');
    return sendJson(c, await history.diff({ ...readScope(rest), ...readWindow(rest, clock), namespace, name, source }));
  });
}
