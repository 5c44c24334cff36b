/** How a server misbehaves: on a watch that is open, or in its answer to a request. */
import { type Exchange, status } from '../fake-api-server/index.ts';
import type { WatchAnswer } from '../fake-api-server/watch-answer.ts';

/** What an open watch may suffer. */
export const WATCH_FAULTS = {
  bookmark: (watch) => watch.bookmark(),
  end: (watch) => watch.end(),
  reset: (watch) => watch.reset(),
  halfALine: (watch) => {
    watch.raw('{"type":"ADDED","object":{"kind":"Endpoi');
    watch.reset();
  },
  halfALineAndEnd: (watch) => {
    watch.raw('{"type":"ADDED","object":{"kind":"Endpoi');
    watch.end();
  },
  garbage: (watch) => watch.raw('garbage\n'),
  unknownType: (watch) => watch.line({ type: 'SYNCED', object: {} }),
  noVersion: (watch) => watch.line({ type: 'ADDED', object: { metadata: { name: 'x', namespace: 'store', uid: 'x' } } }),
  table: (watch) => watch.line({ type: 'ADDED', object: { kind: 'Table', metadata: { resourceVersion: '999999' }, rows: [] } }),
  freeze: (watch) => watch.freeze(),
  trickle: (watch) => {
    watch.freeze();
    watch.trickle(' ');
  },
  expired: (watch) => {
    watch.error(410, 'Expired', 'too old resource version: 1 (502)');
    watch.end();
  },
  gone: (watch) => watch.error(410, 'Gone', 'too old resource version'),
  internalError: (watch) => {
    watch.error(500, 'InternalError', 'etcdserver: no leader');
    watch.end();
  },
} satisfies Record<string, (watch: WatchAnswer) => void>;

/** How one of the next requests may be answered. */
export const ANSWERS = {
  unauthorized: ({ response }) => status(response, 401, 'Unauthorized', 'Unauthorized'),
  forbidden: ({ response }) => status(response, 403, 'Forbidden', 'forbidden'),
  notFound: ({ response }) => response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n'),
  expired: ({ response }) => status(response, 410, 'Expired', 'too old resource version'),
  gone: ({ response }) => status(response, 410, 'Gone', 'too old resource version'),
  invalid: ({ response }) => status(response, 422, 'Invalid', 'sendInitialEvents: Forbidden'),
  tooMany: ({ response }) => status(response, 429, 'TooManyRequests', 'later', {}, { 'retry-after': '3' }),
  broken: ({ response }) => status(response, 500, 'InternalError', 'etcdserver: request timed out'),
  unavailable: ({ response }) => response.writeHead(503).end('upstream connect error'),
  lagging: ({ response }) => {
    const details = { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] };
    status(response, 504, 'Timeout', 'Timeout: Too large resource version: 9, current: 1', { details });
  },
  webPage: ({ response }) => response.writeHead(200).end('<!DOCTYPE html><html><body>please log in</body></html>'),
  nothing: () => {},
  cutConnection: ({ response }) => response.socket?.resetAndDestroy(),
  cutAnswer: ({ response }) => {
    response.writeHead(200).write('{"kind":"EndpointsList","apiVersion":"v1","meta');
    response.socket?.destroySoon();
  },
  emptyAndOver: (exchange) => {
    if (exchange.query.get('watch') === 'true') exchange.watch().end();
    else exchange.response.writeHead(200).end();
  },
  silent: (exchange) => {
    if (exchange.query.get('watch') === 'true') exchange.watch().freeze();
    else exchange.serve();
  },
  wrongMarker: (exchange) => {
    const watch = exchange.watch();
    watch.bookmark(exchange.server.history.revision, { 'k8s.io/initial-events-end': 'false' });
  },
  cutBeforeMarker: (exchange) => {
    const watch = exchange.watch();
    for (const object of exchange.server.history.list(watch.resource)) watch.event({ type: 'ADDED', object });
    watch.end();
  },
} satisfies Record<string, (exchange: Exchange) => void>;

export type WatchFault = keyof typeof WATCH_FAULTS;
export type Answer = keyof typeof ANSWERS;

/** These make sense only where a first state is asked for. */
export const isOfFirstState = (answer: Answer): boolean => answer === 'wrongMarker' || answer === 'cutBeforeMarker';
