/** The causes of a real incident, told from a log that it was imported into, against what was really done. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import type { FlipAnswer } from '../../../src/history/answers.ts';
import { type Imported, importFixture } from '../incident/imported.ts';
import { compare, readTruth } from './truth.ts';

const truth = readTruth(new URL('../../fixtures/traces/incident-1.truth.jsonl', import.meta.url));

describe.each(['endpoints', 'endpointslices'] as const)('causes of incident-1, by %s', (source) => {
  let imported: Imported;
  let flips: FlipAnswer[];
  beforeAll(async () => {
    imported = await importFixture('incident-1');
    flips = (await imported.history.flips({ source, limit: 1_000 })).items;
  });
  afterAll(() => imported?.close());

  test('of the flips whose true cause is written down at least 98 % are told with it, and none is told for certain with another', () => {
    const compared = compare(truth, flips);
    const told = compared.filter(({ isTold }) => isTold);
    console.info(`${source}: ${told.length} of ${compared.length} flips told with their true cause`);
    expect(new Set(compared.map(({ action }) => action.at)).size).toBe(truth.filter(({ expect: { cause } }) => cause).length);
    expect(compared.filter(({ isMisled }) => isMisled)).toEqual([]);
    expect(told.length / compared.length).toBeGreaterThanOrEqual(0.98);
  });

  test('every flip is told with a cause, and every cause with events of the log that show it', async () => {
    expect(flips.filter(({ cause }) => cause === 'unknown')).toEqual([]);
    for (const { evidence, detail, confidence } of flips) {
      expect([detail, confidence]).not.toContain(undefined);
      expect(evidence.length).toBeGreaterThan(0);
      expect(evidence.toSorted((a, b) => a - b)).toEqual(evidence);
      for (const position of evidence) {
        const [event] = await imported.history.events({ after: position - 1, limit: 1 });
        expect(event).toMatchObject({ position, objectText: expect.any(String) });
      }
    }
  });

  test('the sentences are for people', () => {
    const details = new Set(flips.map(({ detail }) => detail));
    for (const sentence of [
      'readiness probe failed: HTTP probe failed with statuscode: 503',
      'container cart OOMKilled (exit 137)',
      'rollout: ReplicaSet cart-557f78dc86 → cart-6cf666df6d',
      'node node-1 stopped reporting',
      'selector changed: app=checkout → app=chekout',
      'Endpoints edited by kubectl-client-side-apply',
      'scaled down: ReplicaSet cart-6cf666df6d from 4 to 2',
      'labels changed: app=cart → app=quarantine',
      'ports changed: 80→8080/TCP → 80→8081/TCP',
      'evicted through the eviction API',
    ])
      expect(details).toContain(sentence);
  });

  test('a flip is told alike on pages of any size, and by its cause', async () => {
    const pages: FlipAnswer[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await imported.history.flips({ source, limit: 7, ...(cursor ? { cursor } : {}) });
      pages.push(...page.items);
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(pages).toEqual(flips);
    for (const cause of new Set(flips.map((flip) => flip.cause))) {
      const { items } = await imported.history.flips({ source, cause, limit: 1_000 });
      expect(items).toEqual(flips.filter((flip) => flip.cause === cause));
    }
  });

  test('as of its own position a flip is told by what the log held by then, and not for certain with what turns out to be wrong', async () => {
    let better = 0;
    for (const flip of flips) {
      const question = { source, from: epochMs(Date.parse(flip.at)), limit: 1_000, asOf: flip.position };
      const then = (await imported.history.flips(question)).items;
      expect(then.flatMap(({ evidence }) => evidence.filter((position) => position > flip.position))).toEqual([]);
      const same = then.find(
        ({ position, address, to }) => [position, address, to].join() === [flip.position, flip.address, flip.to].join(),
      );
      if (same?.cause !== flip.cause) expect(same).not.toMatchObject({ confidence: 'observed' });
      if (same?.evidence.join() !== flip.evidence.join()) better++;
    }
    // What came after some of the flips made their answers better.
    expect(better).toBeGreaterThan(0);
  });
});
