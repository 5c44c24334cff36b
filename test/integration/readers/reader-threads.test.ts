/** Readers never delay the recorder: every answer is read in a thread of its own, on a connection that can only read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import openapi from '../../../docs/openapi.json' with { type: 'json' };
import type { TracedStep } from '../../support/preload/trace-steps.ts';
import { RecordedCluster } from '../../support/recorded-cluster.ts';
import { preload } from '../../support/recorder-process.ts';

/** What SQL may be outside of a transaction of the writer: its beginning. The rest is the writer's own, inside. */
const isOwnWork = ({ readonly, inTransaction, sql }: TracedStep) => !readonly && (inTransaction || sql === 'BEGIN IMMEDIATE');

function steps(file: string): TracedStep[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TracedStep);
}

/** A path of the contract as a question that the log can answer. */
function question(path: string): string {
  const name = path.includes('endpointslices') ? 'cart-1' : 'cart';
  const filled = path.replace('{ns}', 'store').replace('{name}', name);
  return `${filled}${path.endsWith('/diff') ? '?from=now-1h&to=now' : ''}`;
}

test('every route of the contract is answered from reader threads; the recorder’s own thread reads only to write', async () => {
  const world = await RecordedCluster.start(31);
  const file = join(world.folder, 'steps.jsonl');
  const recorder = await world.recording({ preload: [preload('trace-steps.ts')], env: { FLIPBOOK_TEST_STEPS: file } });
  world.cluster.happen(100);
  await world.caughtUp();
  const url = await recorder.url();
  const before = steps(file).length;

  const paths = Object.keys(openapi.paths).filter((path) => path.startsWith('/api/'));
  expect(paths.length).toBeGreaterThan(10);
  for (const path of paths) {
    const from = steps(file).length;
    const response = await fetch(`${url}${question(path)}`, { headers: { 'Last-Event-ID': '1' } });
    // The object may have been deleted by now; but somebody looked.
    expect([200, 404], path).toContain(response.status);
    if (path.endsWith('/stream')) {
      const reader = response.body?.getReader();
      await reader?.read();
      await reader?.cancel();
    } else await response.arrayBuffer();
    const reads = steps(file).slice(from);
    expect(
      reads.some(({ thread, readonly }) => thread !== 0 && readonly),
      path,
    ).toBe(true);
  }

  const during = steps(file).slice(before);
  expect(during.filter(({ thread }) => thread === 0).filter((step) => !isOwnWork(step))).toEqual([]);
  expect(during.filter(({ thread, readonly }) => thread !== 0 && !readonly)).toEqual([]);
  expect(await recorder.end('SIGTERM')).toEqual({ code: 0, signal: null });
});
