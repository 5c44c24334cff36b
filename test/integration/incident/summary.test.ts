/** The facts of the incident in the fixture, against the oracle's fold of the trace and what was done to the cluster. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { epochMs, parseRfc3339 } from '../../../src/domain/time.ts';
import type { SummaryAnswer } from '../../../src/history/answers.ts';
import { DisagreementsAnswer, SummaryAnswer as SummaryContract } from '../../../src/http/contract-incident.ts';
import type { OracleSource } from '../../support/oracle/index.ts';
import { type Imported, importFixture } from './imported.ts';

interface Action {
  readonly at: string;
  readonly action: string;
  readonly target: string;
}

const actions = readFileSync(new URL('../../fixtures/traces/incident-1.truth.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Action);
const timeOf = (action: string) => Date.parse(actions.find((each) => each.action === action)?.at ?? '');
/** What was done is seen soon after it. */
const SEEN_MS = 1_000;

const SOURCES: OracleSource[] = ['endpoints', 'endpointslices'];
const SERVICES = ['cart', 'checkout', 'db', 'legacy'];
const FROM = epochMs(Date.parse('2026-11-23T16:18:13Z'));
const TO = epochMs(Date.parse('2026-11-23T16:21:00Z'));

let imported: Imported;
beforeAll(async () => {
  imported = await importFixture('incident-1');
});
afterAll(() => imported?.close());

const summaryOf = (name: string, more: object = {}) =>
  imported.history.summary({ namespace: 'store', name, from: FROM, to: TO, ...more });

/** Zero ready and the like, from the oracle's state at every instant at which anything was received. */
function naive(name: string, source: OracleSource) {
  const { truth } = imported;
  const instants = [...new Set([FROM, ...truth.lines.map(({ at }) => at).filter((at) => at > FROM && at < TO)])];
  const facts = { zeroReadyMs: 0, someNotReadyMs: 0, unlistedMs: 0 };
  const zeroReady: { from: number; to: number }[] = [];
  let least: { ready: number; at: number } | undefined;
  instants.forEach((at, index) => {
    const until = instants[index + 1] ?? TO;
    const state = truth.stateAt('store', name, source, at);
    const ready = state?.backends.filter((each) => each.state === 'ready').length ?? 0;
    if (state?.backends.some((each) => each.state === 'notReady')) facts.someNotReadyMs += until - at;
    if (!state?.listed) {
      facts.unlistedMs += until - at;
      return;
    }
    if (least === undefined || ready < least.ready) least = { ready, at };
    if (ready > 0) return;
    facts.zeroReadyMs += until - at;
    const last = zeroReady.at(-1);
    if (last?.to === at) last.to = until;
    else zeroReady.push({ from: at, to: until });
  });
  return { ...facts, zeroReady, least };
}

describe.each(SOURCES)('by %s', (source) => {
  test.each(SERVICES)('the figures of %s are those of the oracle', async (name) => {
    const summary = await summaryOf(name, { source });
    const { zeroReadyMs, someNotReadyMs, unlistedMs, zeroReady, leastReady, unknownMs, knownMs } = summary;
    const expected = naive(name, source);
    expect({
      ...{ zeroReadyMs, someNotReadyMs, unlistedMs },
      zeroReady: zeroReady.map((span) => ({ from: Date.parse(span.from), to: Date.parse(span.to) })),
      least: leastReady && { ready: leastReady.ready, at: Date.parse(leastReady.at) },
    }).toEqual(expected);
    expect({ unknownMs, knownMs, coverage: summary.coverage }).toEqual({
      unknownMs: 0,
      knownMs: TO - FROM,
      coverage: 'complete',
    });

    const flips = imported.truth.flips.filter(
      (each) => each.service === name && each.namespace === 'store' && each.source === source && each.at >= FROM && each.at < TO,
    );
    expect(summary.flips).toBe(flips.length);
    expect(summary.causes.reduce((sum, each) => sum + each.flips, 0)).toBe(flips.length);
    const told = summary.events.filter(({ kind }) => kind === 'flips');
    expect(told.length).toBeLessThanOrEqual(flips.length);
  });
});

test('the outage of checkout is a span without a ready backend, with its begin and end among the events', async () => {
  const { zeroReady, events } = await summaryOf('checkout');
  const [begin, end] = [timeOf('outage'), timeOf('outage-end')];
  const span = zeroReady.find(({ from }) => Date.parse(from) >= begin);
  expect(Date.parse(span?.from ?? '') - begin).toBeLessThan(SEEN_MS);
  expect(Date.parse(span?.to ?? '') - end).toBeLessThan(SEEN_MS);
  expect(span).toMatchObject({ opensBefore: false, endsAfter: false });
  const edges = events.filter(({ kind }) => kind.startsWith('zero-ready')).map(({ at, kind }) => `${at} ${kind}`);
  expect(edges).toContain(`${span?.from} zero-ready-begins`);
  expect(edges).toContain(`${span?.to} zero-ready-ends`);
});

test('the causes, the first of them, and the bursts are those of the flips', async () => {
  const { causes, firstCause, events } = await summaryOf('checkout');
  const { items } = await imported.history.flips({ namespace: 'store', service: 'checkout', from: FROM, to: TO, limit: 1_000 });
  const counted = new Map<string, number>();
  for (const { cause } of items) counted.set(cause, (counted.get(cause) ?? 0) + 1);
  expect(new Map(causes.map(({ cause, flips }) => [cause, flips]))).toEqual(counted);
  const first = items.find(({ from }) => from === 'ready');
  expect(firstCause).toMatchObject({ cause: first?.cause, at: first?.at, position: first?.position });
  const outage = events.find(({ kind, at }) => kind === 'flips' && Date.parse(at) >= timeOf('outage'));
  expect(outage?.text).toMatch(
    /^3 backends within \d+ms, first checkout-\S+ \(10\.\S+\): ready → not ready; 0 ready, 3 not ready/,
  );
});

test('rollouts, the rollback, scalings and edits of the Service are those that were done, when they were done', async () => {
  const [cart, checkout] = [await summaryOf('cart'), await summaryOf('checkout')];
  const after = (action: string, at: string | undefined) => {
    const lag = (parseRfc3339(at ?? '') ?? 0) - timeOf(action);
    expect(`${action} ${lag >= 0 && lag < SEEN_MS}`).toBe(`${action} true`);
  };
  expect(cart.rollouts).toMatchObject([
    { deployment: 'cart', fromRevision: '1', toRevision: '2', fromImages: ['cart:v1'], toImages: ['cart:v2'] },
  ]);
  after('rollout', cart.rollouts[0]?.at);
  expect(cart.rollouts[0]?.completedAt).toBeDefined();
  expect(cart.scalings).toMatchObject([
    { kind: 'Deployment', name: 'cart', from: 4, to: 2 },
    { kind: 'Deployment', name: 'cart', from: 2, to: 5 },
  ]);
  after('scale-down', cart.scalings[0]?.at);
  after('scale-up', cart.scalings[1]?.at);
  expect(cart.serviceEdits.map(({ what, before, after }) => [what, before, after])).toEqual([
    ['ports', '80→8080/TCP', '80→8081/TCP'],
    ['deleted', undefined, undefined],
    ['created', undefined, undefined],
  ]);
  after('port-change', cart.serviceEdits[0]?.at);
  after('service-deleted', cart.serviceEdits[1]?.at);
  after('service-created', cart.serviceEdits[2]?.at);

  expect(
    checkout.rollouts.map(({ fromRevision, toRevision, fromReplicaSet, toReplicaSet, completedAt }) => ({
      ...{ fromRevision, toRevision, fromReplicaSet, toReplicaSet },
      isComplete: completedAt !== undefined,
    })),
  ).toEqual([
    {
      ...{ fromRevision: '1', toRevision: '2', fromReplicaSet: 'checkout-675dc998b', toReplicaSet: 'checkout-c7475c9bf' },
      isComplete: false,
    },
    {
      ...{ fromRevision: '2', toRevision: '3', fromReplicaSet: 'checkout-c7475c9bf', toReplicaSet: 'checkout-675dc998b' },
      isComplete: true,
    },
  ]);
  after('bad-rollout', checkout.rollouts[0]?.at);
  after('rollback', checkout.rollouts[1]?.at);
  expect(checkout.scalings).toEqual([]);
  expect(checkout.serviceEdits.map(({ what, before, after }) => [what, before, after])).toEqual([
    ['selector', 'app=checkout', 'app=chekout'],
    ['selector', 'app=chekout', 'app=checkout'],
  ]);
  for (const name of ['db', 'legacy']) {
    const { rollouts, scalings, serviceEdits } = await summaryOf(name);
    expect({ name, rollouts, scalings, serviceEdits }).toEqual({ name, rollouts: [], scalings: [], serviceEdits: [] });
  }
});

test('every position that is named can be read, and is of the window or shortly before it', async () => {
  const { events, rollouts, scalings, serviceEdits } = await summaryOf('cart');
  const positions = [
    ...events.flatMap(({ evidence }) => evidence),
    ...[...rollouts, ...scalings, ...serviceEdits].map((each) => each.position),
  ];
  expect(positions.length).toBeGreaterThan(40);
  const [first] = await imported.history.events({ after: Math.min(...positions) - 1, limit: 1 });
  expect(first?.position).toBe(Math.min(...positions));
  expect(Math.max(...positions)).toBeLessThanOrEqual(await imported.history.lastPosition());
});

test('as of a position the answer is the same, and as of an earlier one nothing later is in it', async () => {
  const whole = await summaryOf('checkout');
  expect(await summaryOf('checkout', { asOf: whole.asOf })).toEqual(whole);
  const disagreements = (asOf?: number) =>
    imported.history.disagreements({ namespace: 'store', name: 'checkout', longerThanMs: 0, asOf });
  expect(await disagreements(whole.asOf)).toEqual(await disagreements());
  const known = (await disagreements(463)).items.flatMap(({ evidence }) => evidence);
  expect(known.length).toBeGreaterThan(20);
  expect(Math.max(...known)).toBeLessThanOrEqual(463);
  const early = await summaryOf('checkout', { asOf: 463 });
  const told = (summary: SummaryAnswer) => summary.events.filter(({ kind }) => kind !== 'gap-begins' && kind !== 'gap-ends');
  for (const event of told(early)) expect(Math.max(0, ...event.evidence)).toBeLessThanOrEqual(463);
  expect(early.serviceEdits).toHaveLength(1);
  expect(early.coverage).toBe('gap');
});

test('over HTTP both answers are what the contract promises', async () => {
  for (const name of SERVICES) {
    for (const [path, schema] of [
      ['summary', SummaryContract],
      ['disagreements', DisagreementsAnswer],
    ] as const) {
      for (const query of ['', '?from=2026-11-23T16:20:00Z&to=2026-11-23T17:00:00Z', '?source=endpointslices']) {
        const response = await imported.get(`/api/v1/namespaces/store/services/${name}/${path}${query}`);
        const body: unknown = await response.json();
        expect(response.status, JSON.stringify(body)).toBe(200);
        expect(schema.parse(body)).toEqual(body);
      }
    }
  }
  const problem = async (path: string) => (await imported.get(`/api/v1/namespaces/store/services/${path}`)).json();
  expect(await problem('nosuch/summary')).toMatchObject({ status: 404 });
  expect(await problem('nosuch/disagreements')).toMatchObject({ status: 404 });
  expect(await problem('cart/summary?from=now&to=now-1h')).toMatchObject({ status: 400, parameter: 'from' });
  expect(await problem('cart/summary?asof=9999')).toMatchObject({ status: 400, parameter: 'asof' });
  expect(await problem('cart/disagreements?at=now&from=now-1h')).toMatchObject({ status: 400, parameter: 'at' });
});

test.each(SOURCES)('the controllers of the incident followed every Pod within half a second, by %s', async (source) => {
  for (const name of ['cart', 'checkout']) {
    const { items, lag, coverage } = await imported.history.disagreements({
      namespace: 'store',
      name,
      source,
      from: FROM,
      to: TO,
    });
    expect({ name, coverage, items }).toEqual({ name, coverage: 'complete', items: [] });
    const turned = imported.truth.flips.filter(
      (each) =>
        each.service === name &&
        each.source === source &&
        each.at >= FROM &&
        each.at < TO &&
        [each.from, each.to].toSorted().join() === 'notReady,ready',
    );
    expect(lag.flips).toBe(turned.length);
    expect(lag.flips).toBeGreaterThan(10);
    expect(lag.greatestMs).toBeLessThan(500);
  }
});
