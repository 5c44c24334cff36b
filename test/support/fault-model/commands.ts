/** What may happen to a cluster, its API server, the network, the disk and the recorder: as data, so that it can be shrunk. */
import fc from 'fast-check';
import type { ResourceName } from '../../../src/domain/resources.ts';
import type { RequestKind } from '../fake-api-server/index.ts';
import { sliceOf, subsetsOf } from '../objects.ts';
import { ANSWERS, type Answer, isOfFirstState, WATCH_FAULTS, type WatchFault } from './faults.ts';
import type { KillMoment } from './process.ts';
import type { World } from './world.ts';

const RESOURCES = ['v1/endpoints', 'discovery.k8s.io/v1/endpointslices', 'v1/pods', 'v1/events'] as const;
const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;

export type Command =
  | { do: 'put'; of: number; name: string; what: number }
  | { do: 'remove' | 'recreate'; of: number; name: string }
  | { do: 'many'; of: number; count: number }
  | { do: 'elsewhere' | 'compact' | 'restart' | 'start' | 'kill' | 'stop' | 'diskFull' | 'diskFree' }
  | { do: 'unreachable' | 'reachable' }
  | { do: 'restore'; back: number }
  | { do: 'pass'; ms: number }
  | { do: 'fault'; of: number; fault: WatchFault }
  | { do: 'answer'; of: number; kind: RequestKind | undefined; answer: Answer; times: number }
  | { do: 'meanwhile'; of: number; kind: RequestKind; name: string; alsoCompact: boolean }
  | { do: 'relist'; of: number; answer: Answer }
  | { do: 'lag'; of: number; ms: number }
  | { do: 'late'; of: number; kind: RequestKind; ms: number }
  | { do: 'forbid' | 'allow' | 'takeAway' | 'giveBack'; of: number }
  | { do: 'firstStates'; are: 'served' | 'refused' | 'ignored' }
  | { do: 'killAt'; writes: number; moment: KillMoment };

const of = fc.nat(3);
const name = fc.constantFrom(...NAMES);
const keys = <Key extends string>(record: Record<Key, unknown>) => fc.constantFrom(...(Object.keys(record) as Key[]));
const kind = fc.constantFrom<RequestKind[]>('list', 'watch', 'initial', 'version', 'exact');

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ do: fc.constant('put' as const), of, name, what: fc.nat(5) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('remove' as const, 'recreate' as const), of, name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('many' as const), of, count: fc.integer({ min: 2, max: 6 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 1_500, 12_000, 40_000, 130_000) }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('fault' as const), of, fault: keys(WATCH_FAULTS) }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      of,
      kind: fc.option(kind, { nil: undefined }),
      answer: keys(ANSWERS),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('meanwhile' as const), of, kind, name, alsoCompact: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('relist' as const), of, answer: keys(ANSWERS) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('lag' as const), of, ms: fc.constantFrom(700, 15_000, 70_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('late' as const), of, kind, ms: fc.constantFrom(700, 9_000, 50_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('forbid' as const, 'allow' as const, 'takeAway' as const, 'giveBack' as const),
      of,
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constantFrom('elsewhere' as const, 'compact' as const, 'restart' as const, 'diskFull' as const, 'diskFree' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('unreachable' as const, 'reachable' as const, 'reachable' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore' as const), back: fc.integer({ min: 1, max: 8 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('firstStates' as const), are: fc.constantFrom('served', 'refused', 'ignored') }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('kill' as const, 'stop' as const) }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('start' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('killAt' as const),
      writes: fc.integer({ min: 1, max: 8 }),
      moment: fc.constantFrom('before' as const, 'inside' as const, 'after' as const),
    }),
  },
);

/** Two or three of the resources: the more streams, the fewer histories in the same time. */
export const streams: fc.Arbitrary<ResourceName[]> = fc.uniqueArray(fc.constantFrom<ResourceName[]>(...RESOURCES), {
  minLength: 1,
  maxLength: 3,
});

export async function play(world: World, each: Command): Promise<void> {
  const { server } = world;
  const { history } = server;
  switch (each.do) {
    case 'put':
      return change(world, () => put(world, resourceOf(world, each.of), each.name, each.what));
    case 'remove':
    case 'recreate': {
      const resource = resourceOf(world, each.of);
      if (!history.list(resource).some(({ metadata }) => metadata.name === each.name)) return;
      await change(world, () => history.remove(resource, each.name));
      if (each.do === 'recreate') await change(world, () => put(world, resource, each.name, 1));
      return;
    }
    case 'many': {
      const resource = resourceOf(world, each.of);
      return change(world, () => {
        for (let time = 0; time < each.count && world.mayGrow; time++) put(world, resource, NAMES[time % 3] as string, time);
      });
    }
    case 'elsewhere':
      return change(world, () => history.put('v1/nodes', 'node-1'));
    case 'compact':
      return world.happens(() => history.compact());
    case 'restart':
      return world.happens(() => server.restart());
    case 'restore':
      return world.restore(each.back);
    case 'pass':
      return world.pass(each.ms);
    case 'fault': {
      const resource = resourceOf(world, each.of);
      return world.happens(() => {
        const watch = server.watches(resource).at(-1);
        if (watch) WATCH_FAULTS[each.fault](watch);
      });
    }
    case 'answer': {
      const kind = isOfFirstState(each.answer) ? 'initial' : each.kind;
      const match = { resource: resourceOf(world, each.of), ...(kind ? { kind } : {}) };
      server.next(match, ANSWERS[each.answer], each.times);
      return;
    }
    case 'meanwhile': {
      const resource = resourceOf(world, each.of);
      server.next({ resource, kind: each.kind }, (exchange) => {
        world.clock.moveOn();
        if (world.mayGrow) put(world, resource, each.name, 2);
        if (each.alsoCompact) history.compact();
        exchange.serve();
      });
      return;
    }
    case 'relist': {
      const resource = resourceOf(world, each.of);
      server.next({ resource, kind: 'initial' }, ANSWERS[each.answer]);
      return world.happens(() => {
        const watch = server.watches(resource).at(-1);
        if (watch) WATCH_FAULTS.expired(watch);
      });
    }
    case 'lag': {
      const watch = server.watches(resourceOf(world, each.of)).at(-1);
      watch?.hold();
      world.clock.wakeAt(world.clock.uptime() + each.ms, () => watch?.release());
      return;
    }
    case 'late':
      server.next({ resource: resourceOf(world, each.of), kind: each.kind }, (exchange) => {
        world.clock.wakeAt(world.clock.uptime() + each.ms, () => {
          if (!exchange.response.destroyed) exchange.serve();
        });
      });
      return;
    case 'forbid':
      return void server.forbidden.add(resourceOf(world, each.of));
    case 'allow':
      return void server.forbidden.delete(resourceOf(world, each.of));
    case 'takeAway':
      return void server.notServed.add(resourceOf(world, each.of));
    case 'giveBack':
      return void server.notServed.delete(resourceOf(world, each.of));
    case 'unreachable':
    case 'reachable':
      return world.happens(() => {
        server.reachable = each.do === 'reachable';
      });
    case 'firstStates':
      server.watchList = each.are;
      return;
    case 'diskFull':
      world.diskFailure ??= new Error('database or disk is full');
      return;
    case 'diskFree':
      world.diskFailure = undefined;
      return;
    case 'kill':
      world.clock.moveOn();
      return world.kill();
    case 'stop':
      world.clock.moveOn();
      return world.stop();
    case 'start':
      world.clock.moveOn();
      return world.start();
    case 'killAt':
      world.process?.killAt(each.writes, each.moment);
      return;
    default:
      throw new Error(`not a command: ${JSON.stringify(each satisfies never)}`);
  }
}

async function change(world: World, act: () => void): Promise<void> {
  if (world.mayGrow) await world.happens(act);
}

const resourceOf = ({ resources }: World, index: number): ResourceName => resources[index % resources.length] as ResourceName;

/** Content as far as it matters: address lists that flip, Pods of which mostly nothing that is stored changes, Events. */
function put(world: World, resource: ResourceName, named: string, what: number): void {
  const addresses = [0, 1, 2].flatMap((bit) =>
    (what >> bit) & 1 ? [{ ip: `10.0.0.${bit}`, pod: `p${bit}`, ready: what < 4 }] : [],
  );
  const { history } = world.server;
  switch (resource) {
    case 'v1/endpoints':
      return void history.put(resource, named, subsetsOf(addresses));
    case 'discovery.k8s.io/v1/endpointslices':
      return void history.put(resource, named, {
        ...sliceOf(addresses),
        metadata: { labels: { 'kubernetes.io/service-name': what % 2 ? 'a' : 'b' } },
      });
    case 'v1/pods':
      return void history.put(resource, named, {
        metadata: { annotations: { note: String(history.revision) } },
        status: { phase: what % 2 ? 'Running' : 'Pending' },
      });
    default:
      return void history.put(resource, named, { reason: 'Unhealthy', message: `probe failed ${what}`, count: what });
  }
}
