/** A wall clock that is set, steps and repeats itself: the log's times never go back, and say so. Over real HTTP. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import { localHistory } from '../../../src/history/local-history.ts';
import { isLedgerEvent, LATEST, position, type StoredEvent } from '../../../src/store/event-store.ts';
import { BEGIN } from '../../support/fault-model/virtual-clock.ts';
import { World } from '../../support/fault-model/world.ts';
import { subsetsOf } from '../../support/objects.ts';
import { ENDPOINTS, type RecordedWorld, recordedWorld } from './recorded-world.ts';

const CART = { namespace: 'store', name: 'cart' } as const;

const events = ({ reader }: RecordedWorld): StoredEvent[] => reader.events({ after: position(0), limit: 10_000 });
const steps = (world: RecordedWorld): number[] =>
  events(world).flatMap((each) => (isLedgerEvent(each) && each.fact.type === 'CLOCK_STEPPED' ? [each.fact.byMs] : []));

function expectNoReturn(all: readonly StoredEvent[]): void {
  const times = all.map(({ at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
}

const addresses = (...ips: string[]) => subsetsOf(ips.map((ip) => ({ ip })));

async function recorded(): Promise<RecordedWorld> {
  const world = await recordedWorld();
  await world.world.start();
  await world.put('cart', addresses('10.0.0.1'));
  await world.pass(20_000);
  return world;
}

describe('a clock that is set back', () => {
  it('stops in the log until it has caught up, and the step is in the ledger once', async () => {
    const world = await recorded();
    const before = world.provenAt() + BEGIN;
    world.world.clock.set(-3_600_000);
    for (const last of ['2', '3', '4']) {
      await world.put('cart', addresses(`10.0.0.${last}`));
      await world.pass(60_000);
    }
    expectNoReturn(events(world));
    expect(steps(world)).toHaveLength(1);
    expect(steps(world)[0]).toBeGreaterThan(-3_600_001);
    expect(steps(world)[0]).toBeLessThan(-3_500_000);
    expect(events(world).filter(({ at }) => at === before)).toHaveLength(4);
    // The last thing known of an instant is what the answer about it tells.
    const state = await localHistory(world.reader).state({ ...CART, at: epochMs(before) });
    expect(state.ready.map(({ address }) => address)).toEqual(['10.0.0.4']);
    await world.pass(3_600_000);
    await world.put('cart', addresses('10.0.0.5'));
    expect(events(world).at(-1)?.at).toBe(world.world.clock.now());
    expect(steps(world)).toHaveLength(1);
  });

  it('never takes back what was proven, and proves nothing that lies in its own future', async () => {
    const world = await recorded();
    const proven = world.provenAt();
    world.world.clock.set(-600_000);
    await world.pass(300_000);
    expect(world.provenAt()).toBe(proven);
    await world.pass(400_000);
    expect(world.provenAt()).toBeGreaterThan(proven);
    expect(world.provenAt()).toBeLessThanOrEqual(world.now);
    expect(world.status).toMatchObject({ phase: 'watching' });
    expect(world.ledger()).toEqual(['BEGAN', 'CLOCK_STEPPED']);
  });

  it('while the recorder is down begins no sooner than what was proven, so that no answer of before changes', async () => {
    const world = await recorded();
    const proven = epochMs(world.provenAt() + BEGIN);
    const asked = { ...CART, at: epochMs(proven - 1) };
    const before = await localHistory(world.reader).state(asked);
    await world.world.kill();
    world.world.clock.set(-86_400_000);
    await world.world.start();
    await world.put('cart', addresses('10.0.0.2'));
    expectNoReturn(events(world));
    expect(events(world).at(-1)?.at).toBeGreaterThanOrEqual(proven);
    const again = await localHistory(world.reader).state(asked);
    expect({ ...again, asOf: 0 }).toEqual({ ...before, asOf: 0 });
    expect(steps(world)).toHaveLength(1);
    for (const { spans } of world.reader.coverage({ asOf: LATEST })) {
      for (const { from, provenAt } of spans) expect(provenAt).toBeGreaterThanOrEqual(from);
    }
  });
});

describe('a clock that is set forward', () => {
  it('is followed: later events carry the later time, and no answer about the time between lacks its state', async () => {
    const world = await recorded();
    world.world.clock.set(3_600_000);
    await world.put('cart', addresses('10.0.0.2'));
    await world.pass(20_000);
    expectNoReturn(events(world));
    const history = localHistory(world.reader);
    const between = await history.state({ ...CART, at: epochMs(BEGIN + 1_800_000) });
    expect(between.ready.map(({ address }) => address)).toEqual(['10.0.0.1']);
    const after = await history.state({ ...CART, at: epochMs(BEGIN + 3_600_000 + 30_000) });
    expect(after.ready.map(({ address }) => address)).toEqual(['10.0.0.2']);
  });
});

describe('a second that comes twice', () => {
  it('as at a leap second is one second in the log, in which the order of the positions decides', async () => {
    const world = await recorded();
    for (const last of ['2', '3']) {
      await world.put('cart', addresses(`10.0.0.${last}`));
      await world.pass(1_000);
      world.world.clock.set(-1_000);
    }
    await world.put('cart', addresses('10.0.0.4'));
    expectNoReturn(events(world));
    const times = world.objectEvents().map(({ at }) => at);
    const state = await localHistory(world.reader).state({ ...CART, at: epochMs(Math.max(...times)) });
    expect(state.ready.map(({ address }) => address)).toEqual(['10.0.0.4']);
  });
});

describe('whatever the clock does', () => {
  const move = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('put' as const), last: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 70_000 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('step' as const), ms: fc.integer({ min: -7_200_000, max: 3_600_000 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  );

  it('times never go back, nothing is lost, and the state at the end is the last one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 3, maxLength: 20 }), async (moves) => {
        const world = new RecordedWorldOfRun(await World.open({ resources: [ENDPOINTS] }));
        try {
          await world.world.start();
          for (const each of moves) await world.play(each);
          await world.expectTruth();
        } finally {
          await world.world.close();
        }
      }),
      { numRuns: 25, seed: 6 },
    );
  });
});

/** A world that is closed at the end of its run, not of its test. */
class RecordedWorldOfRun {
  readonly world: World;
  readonly #put: string[] = [];

  constructor(world: World) {
    this.world = world;
  }

  async play(each: { do: 'put'; last: number } | { do: 'pass' | 'step'; ms: number } | { do: 'restart' }): Promise<void> {
    const { world } = this;
    if (each.do === 'put') {
      this.#put.push(`10.0.0.${each.last}`);
      await world.happens(() => world.server.history.put(ENDPOINTS, 'cart', addresses(`10.0.0.${each.last}`)));
    } else if (each.do === 'pass') await world.pass(each.ms);
    else if (each.do === 'step') world.clock.set(each.ms);
    else {
      await world.kill();
      await world.start();
    }
  }

  async expectTruth(): Promise<void> {
    const { world } = this;
    await world.pass(60_000);
    const reader = world.process?.store.reader;
    if (!reader) throw new Error('no recorder runs');
    const all = reader.events({ after: position(0), limit: 10_000 });
    expectNoReturn(all);
    world.verify();
    const recorded = all.flatMap((each) => (isLedgerEvent(each) ? [] : [Buffer.from(reader.body(each)).toString()]));
    expect(recorded.map((body) => /10\.0\.0\.\d/.exec(body)?.[0])).toEqual(this.#put);
    for (const { spans } of reader.coverage({ asOf: LATEST })) {
      spans.forEach(({ from, provenAt }, index) => {
        expect(provenAt).toBeGreaterThanOrEqual(from);
        expect(from).toBeGreaterThanOrEqual(spans[index - 1]?.provenAt ?? 0);
      });
    }
    if (this.#put.length === 0) return;
    const state = await localHistory(reader).state({ ...CART, at: epochMs(Math.max(...all.map(({ at }) => at))) });
    expect(state.ready.map(({ address }) => address)).toEqual([this.#put.at(-1)]);
  }
}
