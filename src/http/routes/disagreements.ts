/** `GET …/services/{name}/disagreements`: where Pods and the Service's address list contradicted each other. */
import { createRoute } from '@hono/zod-openapi';
import { DisagreementsAnswer } from '../contract-incident.ts';
import { invalid, json, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { incidentExamples } from '../incident-examples.ts';
import { inNamespace, parameters, query, readAt, readScope, readWindow } from '../query.ts';
import { sendJson } from '../respond.ts';

const { from, to, longerThan, source, asof, cluster } = parameters;
const at = parameters.at.unwrap().meta({
  description:
    'One instant instead of a window: what disagreed then. RFC 3339 with any offset, epoch milliseconds, or relative (`now-15m`).',
  examples: ['2026-11-23T16:20:00Z'],
});

const route = createRoute({
  method: 'get',
  path: '/api/v1/namespaces/{ns}/services/{name}/disagreements',
  operationId: 'listDisagreements',
  tags: [TAGS.history.name],
  summary: 'Backends whose Pod is ready but which the Service does not list as ready, or the reverse, and for how long',
  request: {
    params: inNamespace('Service', 'web'),
    query: query({ from, to, at: at.optional(), longerThan, source, asof, cluster }),
  },
  responses: { 200: json('The disagreements', DisagreementsAnswer, incidentExamples.disagreements), ...invalid, ...unknown },
});

export function disagreementRoutes({ history, clock }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const { ns: namespace, name } = c.req.valid('param');
    const { source, longerThan: longerThanMs, ...rest } = c.req.valid('query');
    const when = { ...readAt(rest, clock), ...readWindow(rest, clock) };
    const question = { ...readScope(rest), ...when, namespace, name, source, longerThanMs };
    return sendJson(c, await history.disagreements(question));
  });
}
