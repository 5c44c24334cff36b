/** A Service of 1,200 Pods: Endpoints is cut at 1,000 addresses, so addresses leave and enter it though nothing happened to them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allFlips } from '../../../src/history/all-flips.ts';
import { type Imported, importFixture } from '../incident/imported.ts';

let imported: Imported;
beforeAll(async () => {
  imported = await importFixture('large');
});
afterAll(() => imported?.close());

async function counted(source: 'endpoints' | 'endpointslices') {
  const counts = new Map<string, number>();
  for await (const { from, to, cause } of allFlips(imported.history, { source })) {
    const key = `${from} → ${to} ${cause}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

test('every departure of a ready address is the cut, and none in slices is', async () => {
  const endpoints = await counted('endpoints');
  // What the trace is known to hold; no Pod of it is ever deleted.
  expect(endpoints.get('ready → absent Truncated')).toBe(1_313);
  expect([...endpoints.keys()].filter((key) => key.includes('→ absent') && !key.endsWith('Truncated'))).toEqual([]);
  expect([...(await counted('endpointslices')).keys()].filter((key) => key.endsWith('Truncated'))).toEqual([]);
});
