import { expect, onTestFinished, test } from 'vitest';
import { SILENT_LOG } from '../../../src/domain/log.ts';
import { resourceNamed } from '../../../src/domain/resources.ts';
import type { Transport } from '../../../src/kubernetes/connection.ts';
import { startWatching } from '../../../src/kubernetes/watcher.ts';
import { MemorySink } from '../../support/fake-api-server/memory-sink.ts';
import { objectBytes } from '../../support/objects.ts';

const RESOURCE = 'v1/endpoints';
const CHUNKS = 50;

/** A first state of nothing, then many changes, each a chunk, and all of them there already. */
async function* backlog(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const metadata = { resourceVersion: '1000', annotations: { 'k8s.io/initial-events-end': 'true' } };
  yield Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Endpoints', apiVersion: 'v1', metadata } })}\n`);
  for (let version = 1_001; version <= 1_000 + CHUNKS; version++) {
    const object = objectBytes(RESOURCE, { name: 'cart', uid: 'uid-cart', version });
    yield Buffer.from(`{"type":"MODIFIED","object":${object}}\n`);
  }
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
}

test('a backlog leaves room between two chunks for signals, timers, answers and the other streams', async () => {
  const transport: Transport = { request: async (_path, { signal }) => backlog(signal), close: async () => {} };
  const sink = new MemorySink();
  const turns: number[] = [];
  const watcher = startWatching({
    client: { connect: () => transport },
    sink,
    log: SILENT_LOG,
    resources: [resourceNamed(RESOURCE)],
    settings: { probeEveryMs: 0 },
  });
  onTestFinished(() => watcher.stop());
  while (sink.batches.length <= CHUNKS) {
    await new Promise(setImmediate);
    turns.push(sink.batches.length);
  }
  const most = Math.max(...turns.map((batches, index) => batches - (turns[index - 1] ?? 0)));
  expect(most).toBeLessThanOrEqual(2);
});
