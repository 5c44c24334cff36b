/** Flips of one Service and over all, as pages of JSON or streamed whole as CSV and NDJSON. */
import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { z } from 'zod';
import { flipTextPages } from '../../history/all-flips.ts';
import type { FlipsTextAnswer } from '../../history/answers.ts';
import { type FlipsQuestion, InvalidQuestionError } from '../../history/history.ts';
import { Flip, FlipsAnswer } from '../contract.ts';
import { invalid, json, TAGS, unknown } from '../describe.ts';
import { createRouter, type HttpEnv, type RouteContext, type Router } from '../environment.ts';
import { examples } from '../examples.ts';
import { type ExportFormat, exportFileName, exportFlips, TEXT_FORMAT } from '../flip-export.ts';
import { inNamespace, parameters, query, readScope, readWindow } from '../query.ts';
import { sendJson, sendStream } from '../respond.ts';

const { from, to, source, cause, namespace, service, pod, node, cluster, asof, limit, cursor } = parameters;
const window = { from, to, source, cause, pod, node, cluster, asof };
const page = { limit: limit(200), cursor };
const ofService = inNamespace('Service', 'web');

const DESCRIPTION =
  'JSON comes in pages. `Accept: text/csv` and `Accept: application/x-ndjson` stream every flip of the window instead, ' +
  'all read as of one position; `limit` and `cursor` have no meaning there and are refused.';

const exportHeaders = z.object({
  'Content-Disposition': z.string().meta({ description: 'A file name to save under' }),
  'Flipbook-As-Of': z
    .string()
    .meta({ description: 'Position as of which everything was read; `asof` of the same answer again', example: '637' }),
  'Flipbook-Coverage': z
    .string()
    .meta({ description: 'Worst coverage in the window: complete, gap or before-recording', example: 'complete' }),
});

const csv = { 'text/csv': { schema: z.string(), example: examples.csv } };
const ndjson = { 'application/x-ndjson': { schema: Flip, example: examples.flip } };
const answers = {
  200: {
    ...json('One page of flips, oldest first', FlipsAnswer, examples.flips),
    content: { 'application/json': { schema: FlipsAnswer, example: examples.flips }, ...csv, ...ndjson },
  },
  ...invalid,
  ...unknown,
};
const csvAnswers = {
  200: { description: 'Every flip of the window', headers: exportHeaders, content: csv },
  ...invalid,
  ...unknown,
};

const serviceFlips = createRoute({
  method: 'get',
  path: '/api/v1/namespaces/{ns}/services/{name}/flips',
  operationId: 'listServiceFlips',
  tags: [TAGS.history.name],
  summary: 'Flips of a Service, oldest first',
  description: DESCRIPTION,
  request: { params: ofService, query: query({ ...window, ...page }) },
  responses: answers,
});

const serviceFlipsCsv = createRoute({
  method: 'get',
  path: '/api/v1/namespaces/{ns}/services/{name}/flips.csv',
  operationId: 'exportServiceFlips',
  tags: [TAGS.history.name],
  summary: 'Every flip of a Service in a window, as CSV',
  request: { params: ofService, query: query(window) },
  responses: csvAnswers,
});

const allFlips = createRoute({
  method: 'get',
  path: '/api/v1/flips',
  operationId: 'listFlips',
  tags: [TAGS.history.name],
  summary: 'Flips of all Services, oldest first',
  description: DESCRIPTION,
  request: { query: query({ ...window, namespace, service, ...page }) },
  responses: answers,
});

const allFlipsCsv = createRoute({
  method: 'get',
  path: '/api/v1/flips.csv',
  operationId: 'exportFlips',
  tags: [TAGS.history.name],
  summary: 'Every flip of all Services in a window, as CSV',
  request: { query: query({ ...window, namespace, service }) },
  responses: csvAnswers,
});

type Filters = z.output<z.ZodObject<typeof window>> & { namespace?: string; service?: string };
type Page = { limit?: number; cursor?: string };

export function flipRoutes(context: RouteContext): Router {
  const { history, clock, log } = context;

  const question = ({ asof, cluster, from, to, ...filters }: Filters): FlipsQuestion => ({
    ...filters,
    ...readScope({ asof, cluster }),
    ...readWindow({ from, to }, clock),
  });

  async function send(c: Context<HttpEnv>, { limit, cursor, ...filters }: Filters & Page) {
    const format = wantedFormat(c);
    if (format === 'application/json') return sendJson(c, await history.flips({ ...question(filters), limit, cursor }));
    for (const [name, value] of Object.entries({ limit, cursor })) {
      if (value !== undefined) throw new InvalidQuestionError(name, `${format} streams every flip: leave \`${name}\` out`);
    }
    return stream(c, filters, format);
  }

  function stream(c: Context<HttpEnv>, filters: Filters, format: ExportFormat): Promise<Response> {
    let first: FlipsTextAnswer | undefined;
    async function* remembered() {
      for await (const each of flipTextPages(history, question(filters), TEXT_FORMAT[format])) {
        first ??= each;
        yield each;
      }
    }
    return sendStream(c, exportFlips(remembered(), format), {
      log,
      headers: () => {
        if (first === undefined) throw new Error('an export without a first page');
        const { namespace, service } = filters;
        return {
          'Content-Type':
            format === 'text/csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson; charset=utf-8',
          'Content-Disposition': `attachment; filename="${exportFileName([namespace, service], first, format)}"`,
          'Flipbook-As-Of': String(first.asOf),
          'Flipbook-Coverage': first.coverage,
        };
      },
    });
  }

  return createRouter()
    .openapi(serviceFlips, (c) => {
      const { ns: namespace, name: service } = c.req.valid('param');
      return send(c, { ...c.req.valid('query'), namespace, service });
    })
    .openapi(serviceFlipsCsv, (c) => {
      const { ns: namespace, name: service } = c.req.valid('param');
      return stream(c, { ...c.req.valid('query'), namespace, service }, 'text/csv');
    })
    .openapi(allFlips, (c) => send(c, c.req.valid('query')))
    .openapi(allFlipsCsv, (c) => stream(c, c.req.valid('query'), 'text/csv'));
}

/** JSON unless another form is asked for by name: a browser that takes anything gets JSON. */
function wantedFormat(c: Context<HttpEnv>): 'application/json' | ExportFormat {
  return accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'text/csv', 'application/x-ndjson'],
    default: 'application/json',
  }) as 'application/json' | ExportFormat;
}
