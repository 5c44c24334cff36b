import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ClusterState, StateChange } from '../../../src/demo/cluster-state.ts';
import { stateAfter } from '../../../src/demo/incident-state.ts';
import {
  type DemoObject,
  type Deployment,
  type EndpointSlice,
  type Endpoints,
  isReady,
  isTerminating,
  type KubeEvent,
  type Pod,
  type ReplicaSet,
  type Service,
} from '../../../src/demo/objects.ts';
import { FAKE_SECRET } from '../../../src/demo/scenario.ts';
import { readIncident, secondsToShift, shiftTimes } from '../../../src/demo/shifted-trace.ts';
import { ENDPOINTS_LAG_MS } from '../../../src/demo/simulation/endpoints-controllers.ts';
import { EVENT_TTL_MS } from '../../../src/demo/simulation/events.ts';
import { type Simulation, startSimulation } from '../../../src/demo/simulation/simulation.ts';
import { type EpochMs, epochMs } from '../../../src/domain/time.ts';
import { expectedEndpoints, expectedSlices, servedEndpoints, servedSlices } from './expected-addresses.ts';

const START = epochMs(Date.parse('2027-03-01T09:00:00.250Z'));
const MINUTE = 60_000;

interface Heard extends StateChange {
  readonly at: EpochMs;
  readonly object: DemoObject;
}

interface Life {
  readonly state: ClusterState;
  readonly simulation: Simulation;
  readonly heard: readonly Heard[];
  /** Plays on until so long after the start. */
  playUntil(afterMs: number): void;
}

let lines: readonly string[];
beforeAll(async () => {
  const recorded = await readIncident();
  const seconds = secondsToShift(recorded, START);
  lines = recorded.map((line) => shiftTimes(line, seconds));
});

function live(seed: number): Life {
  const state = stateAfter(lines);
  const simulation = startSimulation(state, START, seed);
  const heard: Heard[] = [];
  let now = START;
  state.subscribe((change, object) => heard.push({ ...change, at: now, object }));
  return {
    state,
    simulation,
    heard,
    playUntil(afterMs) {
      // From one due instant to the next, so that each change is heard at its own time.
      for (;;) {
        now = epochMs(Math.min(simulation.nextAt ?? Number.POSITIVE_INFINITY, START + afterMs));
        simulation.tick(now);
        if (now === START + afterMs) return;
      }
    },
  };
}

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const objectsOf = <T extends DemoObject>(state: ClusterState, resource: Parameters<ClusterState['list']>[0]): T[] =>
  state.list<T>(resource).map(({ object }) => object);

function expectAddressesToFit(state: ClusterState): void {
  const pods = objectsOf<Pod>(state, 'v1/pods');
  for (const service of objectsOf<Service>(state, 'v1/services').filter(({ spec }) => spec.selector)) {
    const { namespace, name } = service.metadata;
    const endpoints = state.get<Endpoints>('v1/endpoints', `${namespace}/${name}`)?.object;
    const slices = objectsOf<EndpointSlice>(state, 'discovery.k8s.io/v1/endpointslices').filter(
      ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name,
    );
    expect(servedEndpoints(endpoints)).toEqual(expectedEndpoints(service, pods));
    expect(servedSlices(slices)).toEqual(expectedSlices(service, pods));
  }
}

describe('the life of the demo cluster', () => {
  test('is the same for the same seed, however the time is cut into ticks', () => {
    const ticks = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(seeds, ticks, (seed, steps) => {
        const stepwise = live(seed);
        const inOneGo = live(seed);
        let now: number = START;
        for (const step of steps) {
          now += step;
          stepwise.simulation.tick(epochMs(now));
        }
        inOneGo.simulation.tick(epochMs(now));
        const story = ({ heard }: Life) => heard.map(({ type, version, json }) => `${type} ${version} ${json}`);
        expect(story(stepwise)).toEqual(story(inOneGo));
      }),
      { numRuns: 15 },
    );
  });

  test('differs from seed to seed', () => {
    const [one, other] = [live(1), live(2)];
    for (const life of [one, other]) life.playUntil(MINUTE);
    expect(one.heard.map(({ json }) => json)).not.toEqual(other.heard.map(({ json }) => json));
  });

  test('has address lists that equal what Pods and Services make, whenever the controllers had time to react', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 5, maxLength: 25 }), (seed, steps) => {
        const life = live(seed);
        let now = 0;
        for (const step of steps) {
          now += step;
          life.playUntil(now);
          // Wherever the tick ended: wait until no Pod has changed for as long as the controllers may take.
          const lastChange = () => life.heard.findLast(({ resource }) => resource === 'v1/pods')?.at ?? START;
          while (START + now - lastChange() <= ENDPOINTS_LAG_MS) life.playUntil(++now);
          expectAddressesToFit(life.state);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('shows something within ten seconds, and again at least every fifteen', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const life = live(seed);
        life.playUntil(10 * MINUTE);
        const lists = ['v1/endpoints', 'discovery.k8s.io/v1/endpointslices'];
        const changes = life.heard.filter(({ resource }) => lists.includes(resource)).map(({ at }) => at - START);
        expect(changes[0]).toBeLessThan(10_000);
        const pauses = changes.map((at, index) => at - (changes[index - 1] ?? 0));
        expect(Math.max(...pauses)).toBeLessThanOrEqual(15_000);
      }),
      { numRuns: 8 },
    );
  });

  test('shows within its first round every kind of incident that it promises', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const life = live(seed);
        life.playUntil(4 * MINUTE);
        const of = <T extends DemoObject>(resource: string) =>
          life.heard.filter((each) => each.resource === resource).map(({ object }) => object as T);
        const events = of<KubeEvent>('v1/events');
        const told = (reason: string, message: RegExp) =>
          events.some((each) => each.reason === reason && message.test(each.message));
        expect(told('Unhealthy', /^Readiness probe failed: /)).toBe(true);
        expect(told('ScalingReplicaSet', /^Scaled up replica set checkout-.* from 3 to [456]$/)).toBe(true);
        expect(told('ScalingReplicaSet', /^Scaled down replica set checkout-.* to 3$/)).toBe(true);
        expect(told('BackOff', /^Back-off restarting failed container checkout in pod /)).toBe(true);

        const ended = of<Pod>('v1/pods').map(({ status }) => status.containerStatuses?.[0]?.lastState.terminated);
        expect(ended).toContainEqual(expect.objectContaining({ reason: 'OOMKilled', exitCode: 137 }));

        const revisions = of<Deployment>('apps/v1/deployments').map(({ metadata }) => metadata.annotations);
        expect(new Set(revisions.map((each) => each?.['deployment.kubernetes.io/revision'])).size).toBeGreaterThan(2);

        const checkout = of<Endpoints>('v1/endpoints').filter(({ metadata }) => metadata.name === 'checkout');
        const subsets = checkout.map((each) => each.subsets?.[0]);
        expect(subsets.some((each) => each?.notReadyAddresses !== undefined && each.addresses === undefined)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  test('never has fewer available Pods than a rollout or scaling allows while nothing fails', () => {
    const life = live(3);
    life.playUntil(12_000);
    const sizes = life.heard
      .filter(({ resource, object }) => resource === 'v1/endpoints' && object.metadata.name === 'checkout')
      .map(({ object }) => (object as Endpoints).subsets?.[0]?.addresses?.length ?? 0);
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4);
  });

  test('ends each rollout with as many Pods as wanted and tells so in every status', () => {
    const life = live(11);
    let restful = 0;
    for (let minute = 0.25; minute <= 10; minute += 0.25) {
      life.playUntil(minute * MINUTE);
      const pods = objectsOf<Pod>(life.state, 'v1/pods');
      for (const deployment of objectsOf<Deployment>(life.state, 'apps/v1/deployments')) {
        const replicaSets = objectsOf<ReplicaSet>(life.state, 'apps/v1/replicasets').filter(
          ({ metadata }) => metadata.ownerReferences?.[0]?.uid === deployment.metadata.uid,
        );
        const uids = new Set(replicaSets.map(({ metadata }) => metadata.uid));
        const own = pods.filter(({ metadata }) => uids.has(metadata.ownerReferences?.[0]?.uid ?? ''));
        const lastChange = life.heard.findLast(({ object }) =>
          own.some(({ metadata }) => metadata.uid === object.metadata.uid),
        )?.at;
        if (own.some((pod) => isTerminating(pod) || !isReady(pod)) || START + minute * MINUTE - (lastChange ?? START) < 1_000)
          continue;
        if (own.length !== deployment.spec.replicas) continue;
        restful++;
        const { replicas, readyReplicas, unavailableReplicas, observedGeneration } = deployment.status;
        expect({ replicas, readyReplicas, unavailableReplicas }).toEqual({ replicas: own.length, readyReplicas: own.length });
        expect(observedGeneration).toBe(deployment.metadata.generation);
        expect(replicaSets.map(({ spec }) => spec.replicas).filter((count) => count > 0)).toEqual([own.length]);
      }
    }
    expect(restful).toBeGreaterThan(40);
  });

  test('tells only times that have come, but for the planned end of a Pod', () => {
    const life = live(5);
    life.playUntil(5 * MINUTE);
    for (const { at, json, object } of life.heard) {
      const { deletionTimestamp, creationTimestamp } = object.metadata;
      for (const time of json.match(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g) ?? []) {
        if (time !== deletionTimestamp) expect(Date.parse(time)).toBeLessThanOrEqual(at);
      }
      expect(Date.parse(creationTimestamp)).toBeLessThanOrEqual(at);
    }
  });

  test('keeps its objects and Events few, however long it goes on, and expires Events after an hour', () => {
    const life = live(9);
    life.playUntil(65 * MINUTE);
    const atFirst = life.state.list('v1/events').length;
    life.playUntil(85 * MINUTE);
    const events = objectsOf<KubeEvent>(life.state, 'v1/events');
    expect(events.length).toBeLessThan(1.25 * atFirst);
    for (const { lastTimestamp, metadata } of events) {
      const age = START + 85 * MINUTE - Date.parse(lastTimestamp ?? metadata.creationTimestamp);
      expect(age).toBeLessThanOrEqual(EVENT_TTL_MS + 1_000);
    }
    expect(life.state.list('apps/v1/replicasets').length).toBeLessThan(40);
    expect(life.state.list('v1/pods').length).toBeLessThan(30);
  });

  test('puts the fake secret into the Pods, ReplicaSets and Deployments of every rollout, as careless people do', () => {
    const life = live(4);
    life.playUntil(MINUTE);
    const holders = life.heard.filter(({ json }) => json.includes(FAKE_SECRET)).map(({ resource }) => resource);
    expect(new Set(holders)).toEqual(new Set(['apps/v1/deployments', 'apps/v1/replicasets', 'v1/pods']));
  });

  test('goes on after a sleep as if nothing had been', () => {
    const life = live(6);
    life.playUntil(20_000);
    const before = life.heard.length;
    life.simulation.postpone(8 * 60 * MINUTE);
    life.simulation.tick(epochMs(START + 20_000 + 8 * 60 * MINUTE));
    expect(life.heard.length - before).toBeLessThan(10);
    life.simulation.tick(epochMs(START + 50_000 + 8 * 60 * MINUTE));
    expect(life.heard.length).toBeGreaterThan(before + 20);
  });
});
