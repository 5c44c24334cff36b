/** How long lists took to follow their Pods in a real incident, flip by flip, against the lines of the trace. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FlipAnswer } from '../../../src/history/answers.ts';
import { lagsByLines, readTraceFile, selectFlips } from '../../support/oracle/index.ts';
import { type Imported, importFixture } from '../incident/imported.ts';

const TRACE = fileURLToPath(new URL('../../fixtures/traces/incident-1.jsonl.zst', import.meta.url));

describe.each(['endpoints', 'endpointslices'] as const)('lags in incident-1, by %s', (source) => {
  let imported: Imported;
  let flips: FlipAnswer[];
  beforeAll(async () => {
    imported = await importFixture('incident-1');
    flips = (await imported.history.flips({ source, limit: 1_000 })).items;
  });
  afterAll(() => imported?.close());

  test('are those of the lines, and absent where a flip follows no Pod', () => {
    const told = selectFlips(imported.truth, { source });
    const lags = lagsByLines(readTraceFile(TRACE), told);
    const text = (at: number, service: string, address: string, pod: string, to: string, lagMs: number | undefined) =>
      `${at} ${service} ${address} ${pod} → ${to}: ${lagMs === undefined ? 'none' : `${lagMs} ms`}`;
    const expected = told.map(({ at, service, backend, to }, index) =>
      text(at, service, backend.address, backend.podName, to, lags[index]),
    );
    const found = flips.map(({ at, service, address, pod, to, lagMs }) =>
      text(Date.parse(at), service, address, pod?.name ?? '', to, lagMs),
    );
    expect(found.toSorted()).toEqual(expected.toSorted());
    expect(lags.filter((lag) => lag !== undefined).length).toBeGreaterThan(50);
    expect(lags.filter((lag) => lag === undefined).length).toBeGreaterThan(30);
  });

  test('of Pods that became ready or ceased to be are those told with disagreements', async () => {
    const services = [...new Set(flips.map(({ namespace, service }) => `${namespace}/${service}`))];
    const answers = await Promise.all(
      services.map((service) => {
        const [namespace = '', name = ''] = service.split('/');
        return imported.history.disagreements({ namespace, name, source });
      }),
    );
    const turned = flips.filter(({ from, to }) => [from, to].toSorted().join() === 'notReady,ready');
    const ofFlips = turned.flatMap(({ position, address, lagMs }) => (lagMs === undefined ? [] : [{ position, address, lagMs }]));
    const told = answers.flatMap(({ lag }) => lag.items.map(({ position, address, lagMs }) => ({ position, address, lagMs })));
    expect(told.length).toBeGreaterThan(25);
    expect(ofFlips).toEqual(told.toSorted((a, b) => a.position - b.position));
  });
});
