/**
 * The program that {@link ./writer-kills.ts} kills: a store and a recorder, without a network. It says where its streams
 * are, then commits the batches that stdin brings, one a line, and writes the number of each to stdout once it is durable.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type ResourceName, resourceNamed } from '../../../src/domain/resources.ts';
import type { Change, StreamBatch } from '../../../src/domain/stream-batch.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { receiveObject } from '../../../src/kubernetes/received.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';

/** A batch as it goes through the pipe: objects as the text that a server would send. */
export type SentBatch =
  | (Omit<StreamBatch & { kind: 'snapshot' }, 'objects'> & { readonly objects: readonly string[] })
  | (Omit<StreamBatch & { kind: 'changes' }, 'changes'> & {
      readonly changes: readonly { readonly type: Change['type']; readonly object: string }[];
    })
  | (StreamBatch & { kind: 'resumed' | 'interrupted' });

/** The first line of the output: the cursor of every stream that has one. */
export interface Hello {
  readonly cursors: Readonly<Partial<Record<ResourceName, string>>>;
}

function receivedBatch(batch: SentBatch): StreamBatch {
  const resource = resourceNamed(batch.stream.resource);
  const received = (text: string) => receiveObject(resource, Buffer.from(text));
  if (batch.kind === 'snapshot') return { ...batch, objects: batch.objects.map(received) };
  if (batch.kind !== 'changes') return batch;
  return { ...batch, changes: batch.changes.map(({ type, object }) => ({ type, object: received(object) })) };
}

if (import.meta.main) {
  const store = openStore(process.argv[2] as string);
  const recorder = new Recorder({ store, cluster: { uid: 'uid-cluster', name: 'killed' }, times: 'received' });
  recorder.open(epochMs(Date.now()));
  const streams = store.reader.streams();
  const hello: Hello = { cursors: Object.fromEntries(streams.map(({ key, cursor }) => [key.resource, cursor?.resourceVersion])) };
  writeSync(1, `${JSON.stringify(hello)}\n`);
  let number = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    recorder.commit(receivedBatch(JSON.parse(line) as SentBatch));
    writeSync(1, `${number++}\n`);
  }
  recorder.endCoverage(epochMs(Date.now()), { code: 'recorder-stopped' });
  store.close();
}
