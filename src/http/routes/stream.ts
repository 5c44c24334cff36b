/** `GET /api/v1/stream`: new flips and coverage changes as they are recorded, as server-sent events. */
import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { InvalidQuestionError } from '../../history/history.ts';
import { clusterNameAsked } from '../clusters.ts';
import { CoverageMessage, FlipsMessage } from '../contract.ts';
import { invalid, TAGS, unknown } from '../describe.ts';
import { createRouter, type RouteContext, type Router } from '../environment.ts';
import { examples } from '../examples.ts';
import type { LiveFeed } from '../live-feed.ts';
import { parameters, query } from '../query.ts';
import { sendStream } from '../respond.ts';
import { formatEvent, formatId, formatNews, formatRetry, HEARTBEAT } from '../server-sent-events.ts';

/** How long a client waits before it comes back after a broken connection. */
const RETRY_MS = 2_000;

const lastEventId = parameters.after.optional().meta({
  description: 'The same as the header `Last-Event-ID`, for clients that cannot set it; the header wins',
  examples: [342],
  type: 'integer',
  minimum: 0,
});

const route = createRoute({
  method: 'get',
  path: '/api/v1/stream',
  operationId: 'followLog',
  tags: [TAGS.history.name],
  summary: 'New flips and coverage changes as they are recorded, as server-sent events',
  description:
    'Event `flips` (data: FlipsMessage) tells the flips of one event of the log, `coverage` (data: CoverageMessage) a ' +
    'fact about the recorder’s own watching. The id is the position; a client that comes back with it misses nothing. ' +
    'Without it the stream begins at the present end. Comments keep a quiet stream open.',
  request: {
    query: query({ lastEventId, cluster: parameters.cluster }),
    headers: z.object({
      'last-event-id': z
        .string()
        .optional()
        .meta({ description: 'Position of the last event seen: the stream goes on after it', examples: ['342'] }),
    }),
  },
  responses: {
    200: {
      description: 'A stream without end',
      content: {
        'text/event-stream': {
          // OpenAPI has no words for a stream of events: this is the data of each.
          schema: z.union([FlipsMessage, CoverageMessage]),
          example: formatEvent('flips', 342, { position: 342, items: [examples.flip] }),
        },
      },
    },
    ...invalid,
    ...unknown,
  },
});

export function streamRoutes({ history, feed, log, metrics }: RouteContext): Router {
  return createRouter().openapi(route, async (c) => {
    const { lastEventId, ...rest } = c.req.valid('query');
    const cluster = await clusterNameAsked(history, rest.cluster);
    const after = readLastEventId(c.req.valid('header')['last-event-id']) ?? lastEventId;
    const end = await feed.lastPosition();
    const left = new AbortController();
    // A position beyond the end is one of another log: there is nothing to go on from.
    const pieces = follow(feed, {
      after: Math.min(after ?? end, end),
      cluster,
      signal: left.signal,
      streams: metrics.liveStreams,
    });
    return sendStream(c, pieces, {
      log,
      left,
      headers: () => ({
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      }),
    });
  });
}

interface Following {
  readonly after: number;
  readonly cluster: string | undefined;
  readonly signal: AbortSignal;
  readonly streams: { inc(): void; dec(): void };
}

async function* follow(feed: LiveFeed, { after, cluster, signal, streams }: Following): AsyncGenerator<string, void, void> {
  const wanted = (item: { cluster: string }) => cluster === undefined || item.cluster === cluster;
  streams.inc();
  try {
    let position = after;
    yield formatRetry(RETRY_MS) + formatId(position);
    for (;;) {
      const answer = await feed.newsAfter(position, signal);
      if (answer === 'closed') return;
      if (answer === 'quiet') {
        yield HEARTBEAT;
        continue;
      }
      position = answer.lastPosition;
      yield formatNews(answer.flips.filter(wanted), answer.ledger.filter(wanted)) + formatId(position);
    }
  } finally {
    streams.dec();
  }
}

function readLastEventId(text: string | undefined): number | undefined {
  // A client that has seen no id yet sends an empty one.
  if (text === undefined || text === '') return undefined;
  const position = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(position)) {
    throw new InvalidQuestionError('Last-Event-ID', `${JSON.stringify(text.slice(0, 60))} is not a position in the log`);
  }
  return position;
}
