/** A Service of 1,200 Pods: Endpoints is cut at 1,000 addresses, so addresses leave and enter it though nothing happened to them. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allFlips } from '../../../src/history/all-flips.ts';
import { lagsByLines, readTraceFile, selectFlips } from '../../support/oracle/index.ts';
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

test.each([
  ['endpoints', 0.4],
  ['endpointslices', 0.95],
] as const)('every lag that is told by %s is that of the lines, or of a list that came before its Pod', async (source, least) => {
  const flips = selectFlips(imported.truth, { source });
  const trace = readTraceFile(fileURLToPath(new URL('../../fixtures/traces/large.jsonl.zst', import.meta.url)));
  const lags = lagsByLines(trace, flips);
  const keyOf = (at: number, service: string, address: string, uid: string, to: string) =>
    [at, service, address, uid, to].join(' ');
  const byLines = new Map(
    flips.map(({ at, service, backend, to }, index) => [
      keyOf(at, service, backend.address, backend.podUid, to),
      { lag: lags[index] },
    ]),
  );
  let told = 0;
  for await (const { at, service, address, pod, to, cause, lagMs } of allFlips(imported.history, { source })) {
    const lines = byLines.get(keyOf(Date.parse(at), service, address, pod?.uid ?? '', to));
    expect(lines).toBeDefined();
    if (cause === 'Truncated') expect(lagMs).toBeUndefined();
    if (lagMs === undefined) continue;
    told++;
    expect(lines?.lag).toBe(lagMs < 0 ? undefined : lagMs);
  }
  expect(told).toBeGreaterThan(1_000);
  expect(told / flips.length).toBeGreaterThanOrEqual(least);
});
