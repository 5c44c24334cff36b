/** Versions that the server has forgotten, or not reached: what is inferred, and what stays a gap. Over real HTTP, in virtual time. */
import { describe, expect, it } from 'vitest';
import { MAX_INSTANT } from '../../../src/domain/time.ts';
import { LATEST, position } from '../../../src/store/event-store.ts';
import { status } from '../../support/fake-api-server/index.ts';
import { BEGIN } from '../../support/fault-model/virtual-clock.ts';
import { subsetsOf } from '../../support/objects.ts';
import { ENDPOINTS, type RecordedWorld, recordedWorld } from './recorded-world.ts';

const TOO_OLD = 'too old resource version: 1001 (1002)';

/** Watching, with one object in its first state at version 1001. */
async function recorded(): Promise<RecordedWorld> {
  const world = await recordedWorld();
  world.history.put(ENDPOINTS, 'cart', subsetsOf([{ ip: '10.0.0.1', pod: 'a' }]));
  await world.world.start();
  return world;
}

/** The recorder hears nothing from here on, and cannot make up for it. */
async function blind(world: RecordedWorld, act: () => void): Promise<void> {
  world.server.reachable = false;
  await world.happens(act);
  await world.happens(() => world.history.compact());
  world.server.reachable = true;
  await world.pass(60_000);
}

describe('410', () => {
  it.each([
    [
      'over HTTP as Gone',
      (world: RecordedWorld) => {
        world.server.next({ kind: 'watch' }, ({ response }) => status(response, 410, 'Gone', TOO_OLD));
        world.watch.reset();
      },
    ],
    [
      'over HTTP as Expired',
      (world: RecordedWorld) => {
        world.server.next({ kind: 'watch' }, ({ response }) => status(response, 410, 'Expired', TOO_OLD));
        world.watch.reset();
      },
    ],
    ['in the stream as Expired', (world: RecordedWorld) => world.watch.error(410, 'Expired', TOO_OLD)],
    ['in the stream as Gone', (world: RecordedWorld) => world.watch.error(410, 'Gone', TOO_OLD)],
    [
      'in the stream with another code',
      (world: RecordedWorld) => {
        world.watch.error(500, 'Expired', TOO_OLD);
      },
    ],
  ])('%s is a gap from the last proof to the new list, which says why', async (_, gone) => {
    const world = await recorded();
    await world.pass(30_000);
    const proven = world.provenAt();
    await world.happens(() => gone(world));
    await world.pass(5_000);
    expect(world.ledger()).toEqual(['BEGAN', 'ENDED expired', 'BEGAN']);
    const [gap] = world.gaps();
    expect(gap).toMatchObject({ from: proven, code: 'expired' });
    expect(gap?.detail).toMatch(/^410 (Gone|Expired): too old resource version: 1001 \(1002\)$/);
    expect(gap?.to).toBeGreaterThan(proven);
    await world.endsWell();
  });

  it('on a stream on which nothing changed leaves the gap, and infers nothing', async () => {
    const world = await recorded();
    await world.happens(() => world.server.restart());
    await world.happens(() => world.history.put('v1/nodes', 'elsewhere'));
    await world.happens(() => world.server.restart());
    await world.pass(60_000);
    const before = world.objects();
    await blind(world, () => world.history.put('v1/nodes', 'elsewhere'));
    expect(world.objects()).toEqual(before);
    expect(world.gaps().at(-1)).toMatchObject({ code: 'expired' });
    await world.endsWell();
  });
});

describe('what happened in a gap', () => {
  it('is inferred from the difference of two complete states, with the gap as the bounds of its flips', async () => {
    const world = await recorded();
    await world.put('many', subsetsOf([{ ip: '10.0.0.2', pod: 'b' }]));
    await world.put('again', subsetsOf([{ ip: '10.0.0.3', pod: 'c' }]));
    await world.put('stays', subsetsOf([]));
    await world.pass(20_000);
    const began = world.reader.lastPosition();
    await blind(world, () => {
      const { history } = world;
      history.remove(ENDPOINTS, 'cart');
      for (const ready of [false, true, false]) {
        history.put(ENDPOINTS, 'many', subsetsOf([{ ip: '10.0.0.2', pod: 'b', ready }]));
      }
      history.remove(ENDPOINTS, 'again');
      history.put(ENDPOINTS, 'again', subsetsOf([{ ip: '10.0.0.3', pod: 'd' }]));
      history.put(ENDPOINTS, 'never-seen', subsetsOf([{ ip: '10.0.0.9', pod: 'x' }]));
      history.remove(ENDPOINTS, 'never-seen');
    });
    const inferred = world.objectEvents().filter((each) => each.position > began);
    expect(new Set(inferred.map(({ origin, type, object }) => `${origin} ${type} ${object.name}`))).toEqual(
      new Set(['relist DELETED cart', 'relist DELETED again', 'relist ADDED again', 'relist MODIFIED many']),
    );
    const [gap] = world.gaps();
    const flips = world.reader.flips({ from: inferred[0]?.at ?? (0 as never), to: MAX_INSTANT, asOf: LATEST, limit: 100 });
    expect(flips).toHaveLength(4);
    for (const flip of flips) {
      expect(flip.origin).toBe('relist');
      expect([flip.notBefore - BEGIN, flip.at - BEGIN]).toEqual([gap?.from, gap?.to]);
    }
    // The last state that is known stands for the final one, which nobody saw.
    const deleted = inferred.find(({ object }) => object.name === 'cart');
    expect(deleted && Buffer.from(world.reader.body(deleted)).toString()).toContain('10.0.0.1');
    expect(await world.endsWell()).toMatchObject({ gaps: 1, missed: 8 });
  });

  it('is replayed instead, as watched, where the server still knows it: no gap remains', async () => {
    const world = await recorded();
    await world.world.kill();
    await world.happens(() => world.history.put(ENDPOINTS, 'cart', subsetsOf([])));
    await world.pass(100_000);
    await world.world.start();
    await world.pass(800);
    expect(world.objects().at(-1)).toBe('watch MODIFIED cart 1002');
    expect(world.ledger()).toEqual(['BEGAN', 'ENDED recorder-stopped', 'RESUMED']);
    expect(await world.endsWell()).toMatchObject({ gaps: 0, missed: 0 });
  });
});

describe('a store that was restored from a backup', () => {
  const restored = async (isRunning: boolean) => {
    const world = await recorded();
    await world.put('lost');
    await world.put('cart', subsetsOf([]));
    if (!isRunning) await world.world.kill();
    await world.happens(() => {
      world.history.backTo(1_001);
      world.world.truth.restored(1_001);
      world.server.restart();
    });
    if (!isRunning) await world.world.start();
    return world;
  };

  it.each([
    ['found by a recorder that was down meanwhile, which is answered 504', false],
    ['found by a running one, whose watch is answered 200 and silence', true],
  ])('is a new epoch, %s', async (_, isRunning) => {
    const world = await restored(isRunning);
    await world.pass(300_000);
    expect(world.reader.streams().map(({ epoch }) => epoch)).toEqual([2]);
    // The gap is told by what began it: a recorder that was down, or a store that went back.
    const why = isRunning
      ? { code: 'new-epoch', detail: expect.stringContaining('Too large resource version') }
      : { code: 'recorder-stopped' };
    expect(world.gaps()).toMatchObject([why]);
    expect(world.objects().slice(-2).sort()).toEqual(['relist DELETED lost 1002', 'relist MODIFIED cart 1001']);
    await world.endsWell();
  });

  it('is a new epoch too when it is found by a relist that was due for another reason', async () => {
    const world = await recorded();
    await world.put('cart', subsetsOf([]));
    world.server.next({ kind: 'initial' }, ({ response }) => status(response, 500, 'InternalError', 'etcd is restored'));
    await world.happens(() => world.watch.error(410, 'Expired', TOO_OLD));
    await world.happens(() => {
      world.history.backTo(1_001);
      world.world.truth.restored(1_001);
    });
    await world.pass(60_000);
    expect(world.objects().at(-1)).toBe('relist MODIFIED cart 1001');
    expect(world.reader.streams().map(({ epoch }) => epoch)).toEqual([2]);
    await world.endsWell();
  });

  it('is not suspected because one of several servers lags for a moment', async () => {
    const world = await recorded();
    await world.world.kill();
    const details = { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 };
    const lagging = 'Timeout: Too large resource version: 1001, current: 1000';
    world.server.next({ kind: 'version' }, ({ response }) => status(response, 504, 'Timeout', lagging, { details }), 3);
    await world.world.start();
    await world.pass(30_000);
    expect(world.reader.streams().map(({ epoch }) => epoch)).toEqual([1]);
    expect(world.ledger()).toEqual(['BEGAN', 'ENDED recorder-stopped', 'RESUMED']);
    await world.endsWell();
  });
});

describe('a quiet stream', () => {
  it('is proven by probes, though nothing is ever heard of it', async () => {
    const world = await recorded();
    const events = world.reader.events({ after: position(0), limit: 100 }).length;
    for (let minute = 1; minute <= 5; minute++) {
      await world.pass(55_000);
      expect(world.now - world.provenAt()).toBeLessThanOrEqual(10_000);
    }
    expect(world.reader.events({ after: position(0), limit: 100 })).toHaveLength(events);
    await world.endsWell();
  });

  it('is not proven beyond what its watch delivered while the server is known to be further', async () => {
    const world = await recorded();
    await world.pass(20_000);
    const proven = world.provenAt();
    await world.happens(() => world.watch.freeze());
    await world.put('unheard');
    await world.pass(60_000);
    expect(world.provenAt()).toBe(proven);
    await world.endsWell();
  });
});
