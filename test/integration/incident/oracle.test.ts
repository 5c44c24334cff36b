/** The oracle holds against what is known of the traces by other ways: what was done to the cluster, and what its Pods say. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { foldTrace, type OracleSource, readTraceFile, type Truth } from '../../support/oracle/index.ts';

const fixture = (name: string) => new URL(`../../fixtures/traces/${name}`, import.meta.url);
const SOURCES: OracleSource[] = ['endpoints', 'endpointslices'];

interface Action {
  at: string;
  ns: string;
  action: string;
  target: string;
  expect: { service?: string; flip?: string; cause?: string };
}

/** What was done, each with the span until the next thing was done. */
const actions = readFileSync(fixture('incident-1.truth.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Action)
  .map((one, i, all) => ({ ...one, from: Date.parse(one.at), to: Date.parse(all[i + 1]?.at ?? '9999-01-01T00:00:00Z') }));

describe('incident-1', () => {
  let truth: Truth;
  beforeAll(() => {
    truth = foldTrace(readTraceFile(fixture('incident-1.jsonl.zst')));
  });

  const action = (name: string) => {
    const found = actions.find((one) => one.action === name);
    if (found === undefined) throw new Error(`no action ${name}`);
    return found;
  };
  /** Flips between the action and the next, as `from>to count`. */
  const flipsOf = (name: string, service: string, source: OracleSource) => {
    const { from, to } = action(name);
    const counts: Record<string, number> = {};
    for (const one of truth.flips) {
      if (one.at < from || one.at >= to || one.service !== service || one.source !== source) continue;
      counts[`${one.from}>${one.to}`] = (counts[`${one.from}>${one.to}`] ?? 0) + 1;
    }
    return counts;
  };

  test('the truth file tells of 27 actions, and 13 of them expect one flip', () => {
    expect(actions).toHaveLength(27);
    expect(actions.filter((one) => one.expect.flip !== undefined)).toHaveLength(13);
  });

  test.each(actions.filter((one) => one.expect.flip !== undefined && one.expect.service !== undefined))(
    '$action of $target at $at flips $expect.flip',
    ({ from, to, target, ns, expect: { service, flip } }) => {
      const ofTarget = (source: OracleSource) =>
        truth.flips
          .filter((one) => one.at >= from && one.at < to && one.source === source)
          .filter((one) => one.namespace === ns && one.service === service && one.backend.podName === target);
      expect(ofTarget('endpoints').map((one) => `${one.from}>${one.to}`)).toContain(flip);
      // Slices keep a Pod that is going away until it is gone; all else they tell alike.
      const [before, after] = (flip ?? '').split('>');
      const inSlices = ofTarget('endpointslices');
      expect(inSlices[0]?.from).toBe(before);
      expect(inSlices.some((one) => one.to === after)).toBe(true);
    },
  );

  test.each(SOURCES)('the silent node takes its two Pods with it, and brings them back, by %s', (source) => {
    const onNode = (name: string) => {
      const { from, to, target } = action(name);
      return truth.flips
        .filter((one) => one.at >= from && one.at < to && one.source === source)
        .map((one) => `${one.service} ${one.from}>${one.to} ${one.backend.node === target ? 'there' : 'elsewhere'}`);
    };
    expect(onNode('node-silent')).toEqual(['checkout ready>notReady there', 'cart ready>notReady there']);
    expect(onNode('node-back')).toEqual(['cart notReady>ready there', 'checkout notReady>ready there']);
  });

  test.each([
    ['rollout', 'cart', { 'absent>notReady': 4, 'notReady>ready': 4, 'ready>absent': 4 }],
    ['scale-down', 'cart', { 'ready>absent': 2 }],
    ['scale-up', 'cart', { 'absent>notReady': 3, 'notReady>ready': 3 }],
    ['selector-edit', 'checkout', { 'ready>absent': 3 }],
    ['selector-fix', 'checkout', { 'absent>ready': 3 }],
    ['bad-rollout', 'checkout', { 'absent>notReady': 1 }],
    ['rollback', 'checkout', { 'notReady>absent': 1 }],
    ['outage', 'checkout', { 'ready>notReady': 3 }],
    ['outage-end', 'checkout', { 'notReady>ready': 3 }],
    ['manual-endpoints', 'legacy', { 'ready>notReady': 1 }],
    ['port-change', 'cart', { 'ready>absent': 5, 'absent>ready': 5 }],
    ['service-deleted', 'cart', { 'ready>absent': 5 }],
    ['service-created', 'cart', { 'absent>ready': 5 }],
  ])('%s does to the Endpoints of %s what was meant', (name, service, expected) => {
    expect(flipsOf(name, service, 'endpoints')).toEqual(expected);
  });

  test.each(SOURCES)('the outage leaves checkout without a ready backend, by %s', (source) => {
    const { from, to } = action('outage');
    expect(truth.countsAt('store', 'checkout', source, from)).toEqual({ ready: 3, notReady: 0, terminating: 0 });
    expect(truth.countsAt('store', 'checkout', source, to)).toEqual({ ready: 0, notReady: 3, terminating: 0 });
  });

  test('a Service is in the list of Services while it exists', () => {
    const { from, to } = action('service-deleted');
    const names = (at: number) => truth.servicesAt(at).map((one) => one.name);
    expect(names(from)).toEqual(['kubernetes', 'cart', 'checkout', 'db', 'legacy', 'nobody']);
    expect(names(to)).toEqual(['kubernetes', 'checkout', 'db', 'legacy', 'nobody']);
    expect(names(to + 1000)).toEqual(names(from));
  });

  test('both sources list the same backends in the quiet moment before each action', () => {
    for (const { from } of actions) {
      for (const { namespace, name } of truth.services) {
        const [endpoints, slices] = SOURCES.map((source) =>
          truth.stateAt(namespace, name, source, from)?.backends.map((one) => `${one.key} ${one.state}`),
        );
        expect(slices, `${namespace}/${name} at ${from}`).toEqual(endpoints);
      }
    }
  });

  test('the ready backends are the Pods that say so and match the selector', () => {
    interface Pod {
      metadata: { uid: string; namespace: string; labels?: Record<string, string>; deletionTimestamp?: string };
      status?: { conditions?: { type: string; status: string }[] };
    }
    const podsAt = (at: number) => {
      const pods = new Map<string, Pod>();
      for (const line of truth.lines) {
        if (line.at > at || line.path !== '/api/v1/pods' || ['LIST', 'BOOKMARK'].includes(line.type)) continue;
        const pod = JSON.parse(line.text) as Pod;
        if (line.type === 'DELETED') pods.delete(pod.metadata.uid);
        else pods.set(pod.metadata.uid, pod);
      }
      return [...pods.values()];
    };
    let judged = 0;
    for (const { from } of actions) {
      for (const { namespace, name } of truth.servicesAt(from)) {
        const { spec } = JSON.parse(truth.objectAt('Service', namespace, name, from) ?? '{}') as {
          spec: { selector?: Record<string, string>; publishNotReadyAddresses?: boolean };
        };
        if (spec.selector === undefined || spec.publishNotReadyAddresses) continue;
        const selector = Object.entries(spec.selector);
        const expected = podsAt(from)
          .filter((pod) => pod.metadata.namespace === namespace && pod.metadata.deletionTimestamp === undefined)
          .filter((pod) => selector.every(([key, value]) => pod.metadata.labels?.[key] === value))
          .filter((pod) => pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'))
          .map((pod) => pod.metadata.uid);
        for (const source of SOURCES) {
          const ready = truth.stateAt(namespace, name, source, from)?.backends.filter((one) => one.state === 'ready');
          expect(ready?.map((one) => one.podUid).sort(), `${namespace}/${name} by ${source} at ${from}`).toEqual(expected.sort());
          judged += expected.length;
        }
      }
    }
    expect(judged).toBeGreaterThan(200);
  });
});

describe('large', () => {
  let truth: Truth;
  beforeAll(() => {
    truth = foldTrace(readTraceFile(fixture('large.jsonl.zst')));
  });
  const flips = (source: OracleSource, text: string) =>
    truth.flips.filter((one) => one.source === source && `${one.from}>${one.to}` === text).length;

  test('694 versions of one Endpoints and 1,680 of twelve slices', () => {
    const of = (kind: string) => truth.versions.filter((one) => one.kind === kind && one.namespace === 'big');
    expect(of('Endpoints')).toHaveLength(694);
    expect(of('EndpointSlice')).toHaveLength(1680);
    expect(new Set(of('EndpointSlice').map((one) => one.name)).size).toBe(12);
  });

  test('1,200 backends by slices, never more than 1,000 by Endpoints, which says that it was cut', () => {
    const end = truth.lines.at(-1)?.at ?? 0;
    expect(truth.stateAt('big', 'web', 'endpointslices', end)?.backends).toHaveLength(1200);
    const endpoints = truth.stateAt('big', 'web', 'endpoints', end);
    expect(endpoints?.backends).toHaveLength(1000);
    expect(endpoints?.truncated).toBe(true);
    const sizes = truth.flips.filter((one) => one.source === 'endpoints').map((one) => one.after.ready + one.after.notReady);
    expect(Math.max(...sizes)).toBe(1000);
  });

  test('1,313 ready backends left the truncated Endpoints; not one left the slices', () => {
    expect(flips('endpoints', 'ready>absent')).toBe(1313);
    expect(truth.flips.filter((one) => one.source === 'endpointslices' && one.to === 'absent')).toEqual([]);
    // No Pod was ever deleted, so nothing else can have taken them out.
    expect(truth.lines.filter((one) => one.path === '/api/v1/pods' && one.type === 'DELETED')).toEqual([]);
  });

  test('slices tell 946 losses of readiness and each return; Endpoints tells not one of the losses', () => {
    expect(flips('endpointslices', 'ready>notReady')).toBe(946);
    expect(flips('endpointslices', 'notReady>ready') + flips('endpointslices', 'absent>ready')).toBe(1200 + 946);
    expect(flips('endpoints', 'ready>notReady')).toBe(0);
  });

  test('an Endpoints version may change nothing in the list: 30 do not', () => {
    const told = new Set(truth.flips.map((one) => one.line));
    const silent = truth.versions.filter((one) => one.type === 'MODIFIED' && !told.has(one.line));
    expect(silent.map((one) => one.kind)).toEqual(Array(30).fill('Endpoints'));
  });
});
