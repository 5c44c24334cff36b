/** `GET …/endpoints/{name}`, `…/endpointslices/{name}`, `…/services/{name}`: objects exactly as they were. */
import { createRoute, z } from '@hono/zod-openapi';
import type { ResourceName } from '../../domain/resources.ts';
import { formatTime } from '../../domain/time.ts';
import type { ObjectAnswer } from '../../history/history.ts';
import { CoverageStatus } from '../contract.ts';
import { invalid, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { inNamespace, parameters, query, readAt, readScope } from '../query.ts';
import { sendJsonBytes } from '../respond.ts';

const { at, asof, cluster } = parameters;

const header = (description: string, example: string) => z.string().meta({ description, example });
const headers = z.object({
  'Flipbook-At': header('The instant that the answer is about', '2026-11-23T16:21:00.000Z'),
  'Flipbook-Version-At': header('When the event that brought this version was recorded', '2026-11-23T16:20:41.318Z'),
  'Flipbook-Position': header('Position of that event', '342'),
  'Flipbook-As-Of': header('How far the log had grown; pass it as `asof` to get this answer again', '637').optional(),
  'Flipbook-Coverage': CoverageStatus.meta({
    description: 'Whether the stream was proven complete then; in a gap the object is the one last known',
    example: 'complete',
  }),
  'Flipbook-Gap-From': header('In a gap: the last proven instant before it', '2026-11-23T16:25:01.120Z').optional(),
  'Flipbook-Gap-To': header('In a gap: from when on the stream was complete again', '2026-11-23T16:25:09.870Z').optional(),
  'Flipbook-Gap-Reason': header('In a gap: code of the reason', 'expired').optional(),
});

/** The objects that are stored byte for byte. Reduced ones are in /api/v1/events. */
const VERBATIM: readonly { plural: string; kind: string; resource: ResourceName; example: string }[] = [
  { plural: 'endpoints', kind: 'Endpoints', resource: 'v1/endpoints', example: 'web' },
  {
    plural: 'endpointslices',
    kind: 'EndpointSlice',
    resource: 'discovery.k8s.io/v1/endpointslices',
    example: 'web-8xk2p',
  },
  { plural: 'services', kind: 'Service', resource: 'v1/services', example: 'web' },
];

export function objectRoutes({ history, clock }: RouteContext): Router {
  const router = createRouter();
  for (const { plural, kind, resource, example } of VERBATIM) {
    const route = createRoute({
      method: 'get',
      path: `/api/v1/namespaces/{ns}/${plural}/{name}`,
      operationId: `read${kind}`,
      tags: [TAGS.history.name],
      summary: `The ${kind} object at one instant, byte for byte`,
      description: 'The bytes that the API server sent. 404 when the object did not exist then.',
      request: { params: inNamespace(kind, example), query: query({ at, asof, cluster }) },
      responses: {
        200: {
          description: 'The object as it was',
          headers,
          content: {
            'application/json': {
              schema: z.object({}).loose(),
              example: { kind, metadata: { name: example, namespace: 'store', resourceVersion: '2104' } },
            },
          },
        },
        ...invalid,
        ...unknown,
      },
    });
    router.openapi(route, async (c) => {
      const { ns: namespace, name } = c.req.valid('param');
      const question = c.req.valid('query');
      const answer = await history.object({ ...readScope(question), ...readAt(question, clock), resource, namespace, name });
      return sendJsonBytes<Record<string, never>>(c, answer.body, vouching(answer));
    });
  }
  return router;
}

/** Headers that vouch for an object, or say that nobody can. */
function vouching({ at, askedAt, position, asOf, coverage, gap }: ObjectAnswer): Record<string, string> {
  return {
    'Flipbook-At': formatTime(askedAt ?? at),
    'Flipbook-Version-At': formatTime(at),
    'Flipbook-Position': String(position),
    ...(asOf === undefined ? {} : { 'Flipbook-As-Of': String(asOf) }),
    'Flipbook-Coverage': coverage,
    ...(gap?.from === undefined ? {} : { 'Flipbook-Gap-From': gap.from }),
    ...(gap?.to === undefined ? {} : { 'Flipbook-Gap-To': gap.to }),
    ...(gap === undefined ? {} : { 'Flipbook-Gap-Reason': gap.reason }),
  };
}
