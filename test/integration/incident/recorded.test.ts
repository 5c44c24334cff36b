/** What the log itself holds after an import, compared with the oracle: flips with their counts, and every object's bytes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { epochMs, formatTime, MAX_INSTANT } from '../../../src/domain/time.ts';
import type { Flip } from '../../../src/http/contract.ts';
import { type EventReader, type FlipRecord, LATEST } from '../../../src/store/event-store.ts';
import {
  compareBounds,
  compareFlips,
  compareObjects,
  type InstantOptions,
  instantsOf,
  type ObjectQuestion,
  type OracleKind,
  type OracleSource,
} from '../../support/oracle/index.ts';
import { type Imported, importFixture } from './imported.ts';

const SOURCES: OracleSource[] = ['endpoints', 'endpointslices'];
const RESOURCES: Record<OracleKind, 'v1/endpoints' | 'discovery.k8s.io/v1/endpointslices' | 'v1/services'> = {
  Endpoints: 'v1/endpoints',
  EndpointSlice: 'discovery.k8s.io/v1/endpointslices',
  Service: 'v1/services',
};

/** As the contract has it, without the cause. */
function flip(record: FlipRecord): Flip {
  const { service, backend } = record;
  return {
    at: formatTime(record.at),
    notBefore: formatTime(record.notBefore),
    notAfter: formatTime(record.at),
    position: record.position,
    cluster: 'test',
    namespace: service.namespace,
    service: service.name,
    source: record.source,
    address: backend.address,
    ports: backend.ports.map(({ name, port, protocol }) => ({ name, protocol, ...(port !== undefined && { port }) })),
    ...(backend.pod && { pod: backend.pod }),
    ...(backend.node !== undefined && { node: backend.node }),
    ...(backend.zone !== undefined && { zone: backend.zone }),
    from: record.from,
    to: record.to,
    readyAfter: record.readyAfter,
    notReadyAfter: record.notReadyAfter,
    cause: 'unknown',
    confidence: 'unknown',
    evidence: [],
    origin: record.origin,
  };
}

function flipsOf(reader: EventReader, source: OracleSource): Flip[] {
  return reader.flips({ source, from: epochMs(0), to: MAX_INSTANT, asOf: LATEST, limit: 1_000_000 }).map(flip);
}

function objectText(reader: EventReader, { kind, namespace, name, at }: ObjectQuestion): string | undefined {
  const clusterId = reader.clusters()[0]?.id;
  if (clusterId === undefined) throw new Error('no cluster in the log');
  const event = reader.objectAt({ clusterId, resource: RESOURCES[kind], namespace, name, at: epochMs(at), asOf: LATEST });
  return event === undefined || event.type === 'DELETED' ? undefined : Buffer.from(reader.body(event)).toString('utf8');
}

describe.each<['incident-1' | 'large', InstantOptions]>([
  ['incident-1', { random: 100, seed: 20261123 }],
  ['large', { random: 10, seed: 20261123, events: 30 }],
])('%s in the log', (name, options) => {
  let imported: Imported;
  beforeAll(async () => {
    imported = await importFixture(name);
  });
  afterAll(() => imported?.close());

  test.each(SOURCES)('flips and the counts after them, by %s', (source) => {
    const flips = flipsOf(imported.store.reader, source);
    expect(flips.length).toBeGreaterThan(90);
    expect(compareFlips(imported.truth, { source }, flips).slice(0, 10)).toEqual([]);
  });

  test('objects, byte for byte', async () => {
    const { truth, store } = imported;
    const ask = async (question: ObjectQuestion) => objectText(store.reader, question);
    const { asked, differences } = await compareObjects(truth, ask, instantsOf(truth, options));
    expect(differences.slice(0, 10)).toEqual([]);
    expect(asked).toBeGreaterThan(1_000);
  });

  test.each(SOURCES)('bounds hold the second in which the list was written, by %s', (source) => {
    const { judged, differences } = compareBounds(imported.truth, { source }, flipsOf(imported.store.reader, source));
    expect(differences.slice(0, 10)).toEqual([]);
    expect(judged).toBeGreaterThan(80);
  });
});
