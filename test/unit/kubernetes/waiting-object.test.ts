import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReceivedObject } from '../../../src/domain/stream-batch.ts';
import { waiting } from '../../../src/kubernetes/waiting-object.ts';

function object(name: string, filler: string): ReceivedObject {
  const identity = { uid: `uid-${name}`, namespace: 'store', name, resourceVersion: '7' };
  const value = { kind: 'Pod', apiVersion: 'v1', metadata: { name, uid: identity.uid, labels: { filler } } };
  return { ...identity, body: Buffer.from(JSON.stringify(value)), value };
}

const told = ({ uid, namespace, name, resourceVersion, body, value }: ReceivedObject) => ({
  uid,
  namespace,
  name,
  resourceVersion,
  body: Buffer.from(body).toString(),
  value,
});

test('objects that waited are what they were, few or many, in whatever order they are looked at', () => {
  const page = fc
    .array(fc.tuple(fc.string(), fc.nat(3_000)), { maxLength: 60 })
    .map((texts) => texts.map(([text, times], index) => object(`pod-${index}`, `${text}é`.padEnd(times, '✓'))));
  fc.assert(
    fc.property(fc.array(page, { maxLength: 3 }), fc.infiniteStream(fc.nat()), (pages, turns) => {
      const objects = pages.flat();
      const waited = pages.flatMap((each) => waiting(each));
      expect(waited).toHaveLength(objects.length);
      for (let left = 20; left > 0 && objects.length > 0; left--) {
        const index = (turns.next().value as number) % objects.length;
        expect(told(waited[index] as ReceivedObject)).toEqual(told(objects[index] as ReceivedObject));
      }
    }),
    { numRuns: 60 },
  );
});

test('what waits does not change with the bytes that it was read from', () => {
  const objects = Array.from({ length: 500 }, (_, index) => object(`pod-${index}`, 'x'.repeat(500)));
  const before = objects.map(told);
  const waited = waiting(objects);
  for (const { body } of objects) body.fill(0);
  expect(waited.map(told)).toEqual(before);
});
