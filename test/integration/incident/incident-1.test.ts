/** The traces imported into a log on disk: every state, object, flip and list of Services is what the oracle says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import { type FlipsQuestion, NotFoundError } from '../../../src/history/history.ts';
import type { Flip } from '../../../src/http/contract.ts';
import {
  compareBounds,
  compareFlips,
  compareFlipsCsv,
  compareObjects,
  compareServices,
  compareStates,
  type InstantOptions,
  instantsOf,
  type ObjectQuestion,
  type OracleKind,
  selectFlips,
} from '../../support/oracle/index.ts';
import { CLUSTER, type Imported, importFixture } from './imported.ts';

const SOURCES = ['endpoints', 'endpointslices'] as const;
const RESOURCES: Record<OracleKind, 'v1/endpoints' | 'discovery.k8s.io/v1/endpointslices' | 'v1/services'> = {
  Endpoints: 'v1/endpoints',
  EndpointSlice: 'discovery.k8s.io/v1/endpointslices',
  Service: 'v1/services',
};

describe.each<['incident-1' | 'large', InstantOptions]>([
  ['incident-1', { random: 100, seed: 20261123 }],
  ['large', { random: 8, seed: 20261123, events: 12 }],
])('%s', (name, options) => {
  let imported: Imported;
  let instants: number[];
  beforeAll(async () => {
    imported = await importFixture(name);
    instants = instantsOf(imported.truth, options);
  });
  afterAll(() => imported?.close());

  /** All pages. */
  async function flipsOf(question: FlipsQuestion): Promise<Flip[]> {
    const flips: Flip[] = [];
    let page: Pick<FlipsQuestion, 'cursor' | 'asOf'> | undefined = {};
    while (page !== undefined) {
      const { items, nextCursor, asOf } = await imported.history.flips({ ...question, ...page, limit: 100 });
      flips.push(...items);
      page = nextCursor === undefined ? undefined : { cursor: nextCursor, asOf };
    }
    return flips;
  }

  test('every line is imported, and every flip of the oracle', () => {
    const { truth, summary } = imported;
    expect(summary).toMatchObject({
      lines: truth.lines.length,
      flips: truth.flips.length,
      alreadyRecorded: 0,
      otherResources: 0,
    });
  });

  test('states of every Service, by each source, at every instant', async () => {
    const { asked, differences } = await compareStates(
      imported.truth,
      ({ at, ...question }) => imported.history.state({ ...question, at: epochMs(at) }),
      instants,
    );
    expect(differences.slice(0, 10)).toEqual([]);
    expect(asked).toBe(instants.length * imported.truth.services.length * 3);
  });

  test('objects, byte for byte', async () => {
    const textOf = async ({ kind, at, ...id }: ObjectQuestion) => {
      try {
        const { body } = await imported.history.object({ ...id, resource: RESOURCES[kind], at: epochMs(at) });
        return Buffer.from(body).toString('utf8');
      } catch (error) {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      }
    };
    const { differences } = await compareObjects(imported.truth, textOf, instants);
    expect(differences.slice(0, 10)).toEqual([]);
  });

  test('the list of Services with their counts and last flips', async () => {
    const { asked, differences } = await compareServices(
      imported.truth,
      (at) => imported.history.services({ at: epochMs(at) }),
      instants,
    );
    expect(differences.slice(0, 10)).toEqual([]);
    expect(asked).toBeGreaterThan(20);
  });

  test.each(SOURCES)('flips of each Service with the counts after them, by %s', async (source) => {
    for (const { namespace, name: service } of imported.truth.services) {
      const selection = { namespace, service, source };
      const flips = await flipsOf(selection);
      expect(compareFlips(imported.truth, selection, flips).slice(0, 10)).toEqual([]);
      expect(compareBounds(imported.truth, selection, flips).differences.slice(0, 10)).toEqual([]);
    }
  });

  test('flips of all Services in a window that begins and ends at a flip', async () => {
    const { truth } = imported;
    const flips = selectFlips(truth, { source: 'endpoints' });
    const [from, to] = [flips[Math.floor(flips.length / 3)]?.at ?? 0, flips[Math.floor(flips.length / 2)]?.at ?? 0];
    const found = await flipsOf({ source: 'endpoints', from: epochMs(from), to: epochMs(to) });
    expect(found.length).toBeGreaterThan(5);
    expect(compareFlips(truth, { source: 'endpoints', from, to }, found).slice(0, 10)).toEqual([]);
  });

  test.each(SOURCES)('flips of all Services as CSV over HTTP, by %s', async (source) => {
    const response = await imported.get(`/api/v1/flips.csv?source=${source}&cluster=${CLUSTER}`);
    expect(response.status).toBe(200);
    expect(compareFlipsCsv(imported.truth, { source }, await response.text()).slice(0, 10)).toEqual([]);
  });
});
