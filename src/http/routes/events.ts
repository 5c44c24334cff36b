/** `GET /api/v1/events`: the raw log by position, one event a line. */
import { createRoute } from '@hono/zod-openapi';
import type { LogEventAnswer } from '../../history/answers.ts';
import type { History } from '../../history/history.ts';
import { clusterNameAsked } from '../clusters.ts';
import { LogEvent } from '../contract.ts';
import { invalid, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { examples } from '../examples.ts';
import { parameters, query } from '../query.ts';
import { sendStream } from '../respond.ts';

const { after, limit, cluster, asof } = parameters;
const DEFAULT_LIMIT = 1000;
/** Events read at a time: an Endpoints version may have hundreds of kilobytes, so few enough to be held in memory. */
const PAGE = 100;

const route = createRoute({
  method: 'get',
  path: '/api/v1/events',
  operationId: 'listEvents',
  tags: [TAGS.log.name],
  summary: 'The raw log by position, as NDJSON',
  description:
    'One event a line. `object` is the version that the event carries, exactly as stored. ' +
    'To go on, pass the last line’s `position` as `after`; an answer without lines means that there is no more.',
  request: { query: query({ after: after.default(0), limit: limit(DEFAULT_LIMIT, 10_000), cluster, asof }) },
  responses: {
    200: {
      description: 'Events, oldest first',
      content: { 'application/x-ndjson': { schema: LogEvent, example: examples.event } },
    },
    ...invalid,
    ...unknown,
  },
});

export function eventRoutes({ history, log }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const { after, limit = DEFAULT_LIMIT, asof = Number.MAX_SAFE_INTEGER, ...rest } = c.req.valid('query');
    const cluster = await clusterNameAsked(history, rest.cluster);
    const answer = await sendStream(c, lines(history, { after, limit, cluster, asOf: asof }), {
      log,
      headers: () => ({ 'Content-Type': 'application/x-ndjson; charset=utf-8' }),
    });
    // The types of the library know only JSON and plain text: they allow no handler for a route of NDJSON alone.
    return answer as never;
  });
}

async function* lines(
  history: Pick<History, 'events'>,
  { after, limit, cluster, asOf }: { after: number; limit: number; cluster?: string; asOf: number },
): AsyncGenerator<string, void, void> {
  let left = limit;
  let position = after;
  while (left > 0) {
    const page = await history.events({ after: position, limit: Math.min(PAGE, cluster === undefined ? left : PAGE) });
    const last = page.at(-1);
    if (last === undefined) return;
    const wanted = page.filter((event) => event.position <= asOf && (cluster === undefined || event.cluster === cluster));
    const told = wanted.slice(0, left);
    left -= told.length;
    yield told.map(formatLine).join('');
    if (last.position >= asOf) return;
    position = last.position;
  }
}

/** The object is spliced in as it is stored: parsed and written again, long numbers and escapes would change. */
export function formatLine({ objectText, ...event }: LogEventAnswer): string {
  const line = JSON.stringify(event);
  return objectText === undefined ? `${line}\n` : `${line.slice(0, -1)},"object":${oneLine(objectText)}}\n`;
}

/** Between tokens, JSON may have line breaks, and only there: inside a string they are always escaped. */
function oneLine(json: string): string {
  return /[\r\n]/.test(json) ? json.replaceAll(/[\r\n]+/g, ' ').trim() : json;
}
