/** What the writer remembers of names, held against a writer that has just opened the same log. */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import type { EventStore, LogWriter, StreamRecord } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { newLogFile } from '../../support/log-folder.ts';

const NAMES = ['a', 'b'];
const BODIES = ['{"kind":"Endpoints","n":1}', '{"kind":"Endpoints","n":2}'].map((text) => Buffer.from(text));

const writes = fc.array(
  fc.record({
    name: fc.constantFrom(...NAMES),
    uid: fc.constantFrom('u1', 'u2', 'u3'),
    type: fc.constantFrom('ADDED', 'MODIFIED', 'DELETED'),
    body: fc.nat(1),
    /** As when the version before is not asked for. */
    asks: fc.boolean(),
    fails: fc.integer({ min: 0, max: 9 }).map((each) => each === 0),
  }),
  { minLength: 1, maxLength: 20 },
);

const identity = (stream: StreamRecord, name: string) => {
  const { clusterId } = stream;
  return { clusterId, resource: 'v1/endpoints', namespace: 'store', name } as const;
};

/** All that the log says of the latest versions. */
const told = (log: LogWriter, stream: StreamRecord) =>
  NAMES.map((name) => {
    const event = log.lastEvent(identity(stream, name));
    return event && { event, bodies: BODIES.map((body) => log.hasBody(event, body)) };
  });

function streamOf(store: EventStore): StreamRecord {
  return store.write((log) => log.stream(log.cluster({ uid: 'uid-1', name: 'prod' }).id, { resource: 'v1/endpoints' }));
}

test('a writer that remembers says what one says that has just opened the log, whatever was written and rolled back', () => {
  fc.assert(
    fc.property(writes, (list) => {
      const file = newLogFile();
      let store = openStore(file);
      onTestFinished(() => store.close());
      const stream = streamOf(store);
      for (const [index, { name, uid, type, body, asks, fails }] of list.entries()) {
        const write = () =>
          store.write((log) => {
            if (asks) log.lastEvent(identity(stream, name));
            const object = { ...identity(stream, name), uid };
            const at = epochMs(1_795_450_692_000 + index);
            const event = log.appendObject({
              ...{ at, type, origin: 'watch', streamId: stream.id, epoch: 1, resourceVersion: String(index), object },
              body: BODIES[body] as Buffer,
            });
            if (event) log.projectObject(event, name);
            if (fails) throw new Error('rolled back');
          });
        if (fails) expect(write).toThrow('rolled back');
        else write();
      }
      const remembered = store.write((log) => told(log, stream));
      store.close();
      store = openStore(file);
      expect(store.write((log) => told(log, stream))).toEqual(remembered);
    }),
    { numRuns: 60 },
  );
});
