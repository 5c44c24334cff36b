/** What a server, a network and a disk may do to a watcher, as fast-check plays it. */
import fc from 'fast-check';
import { type FakeApiServer, status } from '../../support/fake-api-server/index.ts';
import type { MemorySink } from '../../support/fake-api-server/memory-sink.ts';

const ENDPOINTS = 'v1/endpoints';

export const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), name: fc.constantFrom('a', 'b', 'c') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), name: fc.constantFrom('a', 'b', 'c') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('bookmark', 'end', 'reset', 'half a line', 'garbage', 'restart', 'compact', 'disk full', 'disk free'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('refuse' as const),
      code: fc.constantFrom(401, 410, 429, 500, 503),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('let it run' as const), turns: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('catch up' as const) }) },
);
export type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

/** The sink has all that happened. */
export function caughtUp({ history }: FakeApiServer, sink: MemorySink): boolean {
  const due = history.events.findLast((each) => each.resource === ENDPOINTS)?.revision ?? 0;
  return Number(sink.cursor({ resource: ENDPOINTS })?.resourceVersion ?? -1) >= due;
}

export async function play(server: FakeApiServer, sink: MemorySink, each: Action): Promise<void> {
  const { history } = server;
  const [answer] = server.watches(ENDPOINTS);
  if ('name' in each) {
    if (each.do === 'put') history.put(ENDPOINTS, each.name, { note: `at ${history.revision}` });
    else if (history.list(ENDPOINTS).some((one) => one.metadata.name === each.name)) history.remove(ENDPOINTS, each.name);
  } else if ('code' in each) server.next({}, ({ response }) => status(response, each.code, 'Refused', 'by the test'), each.times);
  else if ('turns' in each) for (let turn = 0; turn < each.turns; turn++) await new Promise(setImmediate);
  else if (each.do === 'catch up') {
    if (!sink.failure) await sink.until(() => caughtUp(server, sink));
  } else if (each.do === 'bookmark') answer?.bookmark();
  else if (each.do === 'end') answer?.end();
  else if (each.do === 'reset') answer?.reset();
  else if (each.do === 'half a line') {
    answer?.raw('{"type":"ADDED","obj');
    answer?.reset();
  } else if (each.do === 'garbage') answer?.raw('garbage\n');
  else if (each.do === 'restart') server.restart();
  else if (each.do === 'compact') history.compact();
  else sink.failure = each.do === 'disk full' ? new Error('disk full') : undefined;
}
