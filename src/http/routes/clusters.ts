/** `GET /api/v1/clusters`: what was recorded, of which clusters, from when to when. */
import { createRoute } from '@hono/zod-openapi';
import { clusterNamed } from '../clusters.ts';
import { ClustersAnswer } from '../contract.ts';
import { invalid, json, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { examples } from '../examples.ts';
import { parameters, query } from '../query.ts';
import { sendJson } from '../respond.ts';

const route = createRoute({
  method: 'get',
  path: '/api/v1/clusters',
  operationId: 'listClusters',
  tags: [TAGS.log.name],
  summary: 'Clusters, their streams, and from when to when they were recorded',
  request: { query: query({ cluster: parameters.cluster }) },
  responses: { 200: json('The clusters in the log', ClustersAnswer, examples.clusters), ...invalid, ...unknown },
});

export function clusterRoutes({ history }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const { cluster } = c.req.valid('query');
    const { items } = await history.clusters();
    return sendJson(c, { items: cluster === undefined ? items : [clusterNamed(items, cluster)] });
  });
}
