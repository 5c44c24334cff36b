import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareResourceVersions } from '../../../src/domain/resources.ts';
import type { ReceivedObject } from '../../../src/domain/stream-batch.ts';
import type { FakeApiServer } from '../../support/fake-api-server/index.ts';
import { status } from '../../support/fake-api-server/index.ts';
import type { MemorySink } from '../../support/fake-api-server/memory-sink.ts';
import { fakeServer, watch } from './watching.ts';

const ENDPOINTS = 'v1/endpoints';

const action = fc.oneof(
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
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

function caughtUp({ history }: FakeApiServer, sink: MemorySink): boolean {
  const due = history.events.findLast((each) => each.resource === ENDPOINTS)?.revision ?? 0;
  return Number(sink.cursor({ resource: ENDPOINTS })?.resourceVersion ?? -1) >= due;
}

async function play(server: FakeApiServer, sink: MemorySink, each: Action): Promise<void> {
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

/** Follows the batches, and holds each of them to what really happened. */
function expectTruth(server: FakeApiServer, sink: MemorySink): void {
  const happened = server.history.events.filter((each) => each.resource === ENDPOINTS);
  let cursor: string | undefined;
  for (const batch of sink.batches) {
    if (batch.kind === 'snapshot') {
      const objects = new Map<string, string>();
      for (const { type, revision, object } of happened) {
        if (revision > Number(batch.resourceVersion)) break;
        if (type === 'DELETED') objects.delete(object.metadata.name);
        else objects.set(object.metadata.name, JSON.stringify(object));
      }
      const body = (object: ReceivedObject) => Buffer.from(object.body).toString();
      expect(new Map(batch.objects.map((object) => [object.name, body(object)]))).toEqual(objects);
      cursor = batch.resourceVersion;
    }
    if (batch.kind !== 'changes') continue;
    const from = Number(cursor);
    const due = happened.filter(({ revision }) => revision > from && revision <= Number(batch.cursor));
    expect(batch.changes.map(({ type, object }) => `${type} ${Buffer.from(object.body)}`)).toEqual(
      due.map(({ type, object }) => `${type} ${JSON.stringify(object)}`),
    );
    expect(compareResourceVersions(batch.cursor, String(from))).toBeGreaterThanOrEqual(0);
    cursor = batch.cursor;
  }
}

describe('whatever the server and the network do', () => {
  it('every change is in a batch once and in order, or inside a gap that a snapshot closes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), fc.boolean(), async (actions, pages) => {
        const server = await fakeServer();
        if (pages) server.watchList = 'refused';
        const { watcher, sink } = watch(server, [ENDPOINTS], { settings: { pageSize: 2, probeEveryMs: 20 } });
        await sink.first('snapshot');
        for (const each of actions) await play(server, sink, each);
        sink.failure = undefined;
        server.history.put(ENDPOINTS, 'last');
        await sink.until(() => caughtUp(server, sink));
        await watcher.stop();
        await server.stop();
        expectTruth(server, sink);
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
