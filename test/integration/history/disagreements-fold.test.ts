/** Disagreements against a naive look at every millisecond of random stories. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Source } from '../../../src/domain/backends.ts';
import { CART, ms } from './random-story.ts';
import { at, endpoints, RESOURCE, recordedLog, SERVICES, slice } from './recorded-log.ts';
import { listed, PODS, pod, service } from './service-and-pods.ts';

const names = fc.constantFrom('a', 'b');
const step = fc.record({
  after: fc.integer({ min: 0, max: 5 }),
  what: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('pod' as const), name: names, ready: fc.boolean(), ours: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pod-gone' as const), name: names }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('list' as const),
        list: fc.uniqueArray(fc.record({ name: names, ready: fc.boolean() }), { maxLength: 2, selector: ({ name }) => name }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('service' as const), publishes: fc.boolean(), selects: fc.boolean() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('lose' as const), pods: fc.boolean(), forMs: fc.integer({ min: 1, max: 6 }) }),
    },
  ),
});

/** What is true in one millisecond. */
interface World {
  readonly pods: ReadonlyMap<string, { readonly ready: boolean; readonly ours: boolean }>;
  readonly list: ReadonlyMap<string, boolean>;
  readonly publishes: boolean;
  readonly selects: boolean;
}

/** The disagreements of one millisecond, each as one word. */
function contradictions({ pods, list, publishes, selects }: World): string[] {
  if (!selects) return [];
  return [...pods].flatMap(([name, { ready, ours }]) => {
    const state = list.get(name);
    if (ready && state === false) return [`${name} ready notReady`];
    if (ready && state === undefined && ours) return [`${name} ready absent`];
    if (!ready && state === true && !publishes) return [`${name} notReady ready`];
    return [];
  });
}

test('property: a disagreement is told of exactly the milliseconds in which Pod and list contradict each other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Source>('endpoints', 'endpointslices'),
      fc.array(step, { minLength: 1, maxLength: 16 }),
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 8 }),
      async (source, steps, from, length, longerThanMs) => {
        const log = recordedLog();
        const stream = RESOURCE[source];
        const listSketch = (list: World['list']) => {
          const addresses = [...list].map(([name, ready]) => listed(name, ready));
          return source === 'endpoints' ? endpoints('cart', addresses) : slice('cart-1', 'cart', addresses);
        };
        const podSketches = (pods: World['pods']) =>
          [...pods].map(([name, { ready, ours }]) => pod({ name, ready, app: ours ? 'cart' : 'other' }));
        const serviceSketch = ({ publishes, selects }: World) =>
          service({ ...(selects ? { selector: { app: 'cart' } } : {}), publishNotReadyAddresses: publishes });
        let world: World = { pods: new Map(), list: new Map(), publishes: false, selects: true };
        const told: { at: number; world: World }[] = [{ at: 0, world }];
        const lost: { from: number; to: number }[] = [];
        log.snapshot(0, SERVICES, [serviceSketch(world)]);
        log.snapshot(0, PODS, []);
        log.snapshot(0, stream, [listSketch(world.list)]);
        let now = 0;
        for (const { after, what } of [...steps, { after: 3, what: { kind: 'list' as const, list: [] } }]) {
          now += after;
          const pods = new Map(world.pods);
          if (what.kind === 'pod') {
            const { name, ready, ours } = what;
            const sketch = pod({ name, ready, app: ours ? 'cart' : 'other' });
            log.change(now, PODS, pods.has(name) ? 'MODIFIED' : 'ADDED', sketch);
            world = { ...world, pods: pods.set(name, { ready, ours }) };
          } else if (what.kind === 'pod-gone' && pods.delete(what.name)) {
            log.change(now, PODS, 'DELETED', pod({ name: what.name, ready: true }));
            world = { ...world, pods };
          } else if (what.kind === 'list') {
            world = { ...world, list: new Map(what.list.map(({ name, ready }) => [name, ready])) };
            log.change(now, stream, 'MODIFIED', listSketch(world.list));
          } else if (what.kind === 'service') {
            world = { ...world, publishes: what.publishes, selects: what.selects };
            log.change(now, SERVICES, 'MODIFIED', serviceSketch(world));
          } else if (what.kind === 'lose') {
            // Everything is proven up to here, so that the gap begins for one stream, here, and for no other.
            for (const each of [SERVICES, PODS, stream] as const) log.prove(now, each);
            const resource = what.pods ? PODS : stream;
            log.interrupt(now, resource);
            lost.push({ from: now, to: now + what.forMs });
            now += what.forMs;
            log.snapshot(now, resource, what.pods ? podSketches(world.pods) : [listSketch(world.list)]);
          }
          told.push({ at: now, world });
        }
        for (const each of [SERVICES, PODS, stream] as const) log.prove(now, each);

        try {
          const to = from + length;
          const question = { ...CART, source, from: at(from), to: at(to), longerThanMs };
          const answer = await log.history.disagreements(question);
          const isKnown = (ms: number) => ms >= 0 && ms <= now && !lost.some((gap) => ms > gap.from && ms < gap.to);
          const naive = (ms: number) =>
            isKnown(ms) ? contradictions((told.findLast((each) => each.at <= ms) as { world: World }).world) : [];
          // A gap ends what is known, also one that no millisecond fell into.
          const isCut = (ms: number) => !isKnown(ms - 1) || lost.some((gap) => gap.to === ms);
          for (const item of answer.items) {
            const what = `${item.pod?.name} ${item.podSaid.state} ${item.serviceSaid.state}`;
            const [begin, end] = [ms(item.from), ms(item.to)];
            expect(item.durationMs).toBe(end - begin);
            expect(item.durationMs).toBeGreaterThan(longerThanMs);
            expect(begin < to && end > from).toBe(true);
            for (let instant = begin; instant < end; instant++) expect(naive(instant), `${instant}`).toContain(what);
            expect(item.opensBefore || !naive(begin - 1).includes(what) || isCut(begin)).toBe(true);
            expect(item.opensBefore).toBe(isCut(begin));
            expect(item.endsAfter).toBe(!isKnown(end) || isCut(end));
          }
          // None of the milliseconds is left out: every run that is long enough and touches the window is told.
          const missing: string[] = [];
          for (let begin = 0; begin <= now; begin++) {
            for (const what of naive(begin)) {
              if (!isCut(begin) && naive(begin - 1).includes(what)) continue;
              let end = begin + 1;
              while (naive(end).includes(what) && !isCut(end)) end++;
              if (end - begin <= longerThanMs || begin >= to || end <= from) continue;
              const isTold = answer.items.some(
                (item) => what.startsWith(`${item.pod?.name} `) && ms(item.from) <= begin && ms(item.to) >= end,
              );
              if (!isTold) missing.push(`${what} ${begin}–${end}`);
            }
          }
          expect(missing).toEqual([]);
        } finally {
          log.store.close();
        }
      },
    ),
    { numRuns: 100 },
  );
});
