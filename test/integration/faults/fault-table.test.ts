/**
 * Every fault that a list or watch may suffer, over real HTTP and TLS, with the real recorder and log, the limits of
 * production, and a time that is virtual. What stands in the log is held to the truth at the end of each test.
 */
import { describe, expect, it } from 'vitest';
import { status } from '../../support/fake-api-server/index.ts';
import { ENDPOINTS, type RecordedWorld, recordedWorld } from './recorded-world.ts';

describe.each([
  ['HTTP', false],
  ['TLS', true],
])('over %s', (_, tls) => {
  /** Watching, with one object in its first state at version 1001. */
  const recorded = async (): Promise<RecordedWorld> => {
    const world = await recordedWorld({ tls });
    world.history.put(ENDPOINTS, 'cart');
    await world.world.start();
    expect(world.objects()).toEqual(['snapshot ADDED cart 1001']);
    return world;
  };

  describe('the first state', () => {
    it('is not in the log before its marker came, and not when it is cut before', async () => {
      const world = await recordedWorld({ tls });
      const cart = world.history.put(ENDPOINTS, 'cart');
      world.server.next({ kind: 'initial' }, (exchange) => {
        const answer = exchange.watch();
        answer.event({ type: 'ADDED', object: cart });
        answer.bookmark(world.history.revision, { 'k8s.io/initial-events-end': 'false' });
      });
      await world.world.start();
      expect(world.reader.lastPosition()).toBe(0);
      await world.happens(() => world.watch.end());
      expect(world.reader.lastPosition()).toBe(0);
      await world.pass(800);
      expect(world.objects()).toEqual(['snapshot ADDED cart 1001']);
      await world.endsWell();
    });

    it.each(['refused', 'ignored'] as const)('is listed in pages when sendInitialEvents is %s', async (are) => {
      const world = await recordedWorld({ tls, settings: { pageSize: 2 } });
      world.server.watchList = are;
      for (const name of ['a', 'b', 'c', 'd', 'e']) world.history.put(ENDPOINTS, name);
      await world.world.start();
      await world.pass(60_000);
      expect(world.objects()).toHaveLength(5);
      expect(world.server.seen({ kind: 'list' }).map(({ query }) => query.has('continue'))).toEqual([false, true, true]);
      await world.endsWell();
    });

    it('is listed anew when page two is answered with 410, and the inconsistent token in it is not used', async () => {
      const world = await recordedWorld({ tls, settings: { pageSize: 2 } });
      world.server.watchList = 'refused';
      for (const name of ['a', 'b', 'c']) world.history.put(ENDPOINTS, name);
      world.server.next({ kind: 'list' }, (exchange) => exchange.serve());
      world.server.next({ kind: 'list' }, (exchange) => {
        world.world.clock.moveOn();
        world.history.remove(ENDPOINTS, 'a');
        world.history.compact();
        exchange.serve();
      });
      await world.world.start();
      await world.pass(800);
      expect(world.objects()).toEqual(['snapshot ADDED b 1002', 'snapshot ADDED c 1003']);
      const tokens = world.server.seen({ kind: 'list' }).map(({ query }) => query.has('continue'));
      expect(tokens).toEqual([false, true, false]);
      await world.endsWell();
    });

    it('and the watch after it miss no change between them, and record it once', async () => {
      const world = await recordedWorld({ tls });
      world.server.watchList = 'refused';
      world.history.put(ENDPOINTS, 'cart');
      world.server.next({ kind: 'watch' }, (exchange) => {
        world.world.clock.moveOn();
        world.history.put(ENDPOINTS, 'cart');
        exchange.serve();
      });
      await world.world.start();
      expect(world.objects()).toEqual(['snapshot ADDED cart 1001', 'watch MODIFIED cart 1002']);
      await world.endsWell();
    });
  });

  describe('a watch that ends', () => {
    it('after only a bookmark is resumed at the bookmark', async () => {
      const world = await recorded();
      await world.happens(() => world.history.put('v1/nodes', 'elsewhere'));
      await world.happens(() => world.watch.bookmark());
      await world.happens(() => world.watch.reset());
      await world.pass(800);
      expect(world.watchedFrom()).toEqual(['1002']);
      await world.endsWell();
    });

    it('at its timeout is resumed at once, without a gap', async () => {
      const world = await recorded();
      await world.pass(300_000);
      const asked = world.server.requests.length;
      await world.happens(() => world.watch.end());
      expect(world.server.requests[asked]?.query.get('resourceVersion')).toBe('1001');
      await world.put('new');
      expect(world.objects()).toEqual(['snapshot ADDED cart 1001', 'watch ADDED new 1002']);
      expect(world.ledger()).toEqual(['BEGAN']);
      await world.endsWell();
    });

    it('soon after an event is resumed after that event, without a gap', async () => {
      const world = await recorded();
      await world.put('new');
      await world.happens(() => world.watch.end());
      await world.pass(800);
      expect(world.watchedFrom()).toEqual(['1002']);
      expect(world.ledger()).toEqual(['BEGAN']);
      await world.endsWell();
    });

    it('at once without an event, twice, is taken for 410: a gap, and a relist', async () => {
      const world = await recorded();
      world.server.next({ kind: 'watch' }, (exchange) => exchange.watch().end(), 2);
      await world.happens(() => world.watch.reset());
      await world.pass(5_000);
      expect(world.watchedFrom()).toEqual(['1001', '1001']);
      expect(world.ledger()).toEqual(['BEGAN', 'ENDED expired', 'BEGAN']);
      expect(world.gaps()).toMatchObject([{ code: 'expired', detail: 'the watch ended at once, twice, without an event' }]);
      await world.endsWell();
    });

    it('because its reader was too slow loses nothing of what the server had not sent yet', async () => {
      const world = await recorded();
      const cut = Promise.withResolvers<void>();
      await world.happens(() => {
        const { watch } = world;
        // More than the sockets hold: the rest is thrown away with the connection, as an eviction does.
        for (let time = 0; time < 40; time++) world.history.put(ENDPOINTS, 'cart', { note: `${time} ${'x'.repeat(500_000)}` });
        setImmediate(() => {
          watch.reset();
          cut.resolve();
        });
      });
      await cut.promise;
      await world.world.settle();
      const before = world.objects().length;
      expect(before).toBeLessThan(41);
      await world.pass(30_000);
      expect(world.objects()).toHaveLength(41);
      expect(world.ledger()).toEqual(['BEGAN']);
      await world.endsWell();
    });
  });

  describe('the bytes of a watch', () => {
    it('that break off inside a line are no event, and what they began is received again', async () => {
      const world = await recorded();
      await world.happens(() => {
        world.watch.raw('{"type":"ADDED","object":{"kind":"Endpoints","meta');
        world.watch.reset();
      });
      await world.put('new');
      await world.pass(800);
      expect(world.objects()).toEqual(['snapshot ADDED cart 1001', 'watch ADDED new 1002']);
      await world.endsWell();
    });

    it('may split a character, hold U+2028, and a line of five megabytes', async () => {
      const world = await recorded();
      const { watch } = world;
      const send = watch.raw.bind(watch);
      const pieces: Uint8Array[] = [];
      watch.raw = (bytes) => void pieces.push(Buffer.from(bytes));
      await world.put('ü😀\u2028');
      for (const byte of Buffer.concat(pieces)) {
        send(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
      watch.raw = send;
      await world.world.settle();
      await world.put('big', { note: 'é'.repeat(2_500_000) });
      expect(world.objects().slice(1)).toEqual(['watch ADDED ü😀\u2028 1002', 'watch ADDED big 1003']);
      await world.endsWell();
    });

    it.each([
      ['garbage', 'garbage\n'],
      ['of an unknown type', '{"type":"SYNCED","object":{}}\n'],
      ['an object without a version', '{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"b","uid":"c"}}}\n'],
      ['a Table', '{"type":"ADDED","object":{"kind":"Table","metadata":{"resourceVersion":"9999"},"rows":[]}}\n'],
      ['a web page', '<!DOCTYPE html><html><body>please log in</body></html>\n'],
    ])('that are %s end the watch, and the cursor stays', async (_what, bytes) => {
      const world = await recorded();
      await world.happens(() => world.watch.raw(bytes));
      expect(world.status).toMatchObject({ phase: 'waiting', cursor: '1001' });
      await world.put('new');
      await world.pass(800);
      expect(world.watchedFrom()).toEqual(['1001']);
      expect(world.objects()).toEqual(['snapshot ADDED cart 1001', 'watch ADDED new 1002']);
      await world.endsWell();
    });
  });

  describe('a connection that is silent', () => {
    it.each([
      ['is frozen', (world: RecordedWorld) => world.watch.freeze()],
      [
        'trickles without ever ending a line',
        (world: RecordedWorld) => {
          const { watch } = world;
          watch.freeze();
          const drip = () => {
            watch.trickle(' ');
            world.world.clock.wakeAt(world.world.clock.uptime() + 1_000, drip);
          };
          drip();
        },
      ],
    ])('because it %s is given up after 90 s; nothing after its last line was claimed meanwhile', async (_what, silence) => {
      const world = await recorded();
      await world.put('heard');
      const lastByte = world.now;
      await world.happens(() => silence(world));
      await world.put('unheard');
      await world.pass(89_000);
      expect(world.objects()).toHaveLength(2);
      expect(world.provenAt()).toBe(lastByte);
      await world.pass(2_000);
      expect(world.objects().at(-1)).toBe('watch ADDED unheard 1003');
      expect(world.ledger()).toEqual(['BEGAN']);
      await world.endsWell();
    });

    it('and whose resume then fails leaves a gap from the last byte on', async () => {
      const world = await recorded();
      await world.put('heard');
      const lastByte = world.now;
      await world.happens(() => world.watch.freeze());
      await world.put('unheard');
      await world.happens(() => world.history.compact());
      await world.pass(92_000);
      expect(world.gaps()).toMatchObject([{ from: lastByte, code: 'expired' }]);
      expect(world.objects().at(-1)).toBe('relist ADDED unheard 1003');
      await world.endsWell();
    });

    it('before the head of its answer is given up after 30 s', async () => {
      const world = await recorded();
      world.server.next({ kind: 'watch' }, () => {});
      await world.happens(() => world.watch.reset());
      await world.put('new');
      await world.pass(29_000);
      expect(world.objects()).toHaveLength(1);
      await world.pass(3_000);
      expect(world.watchedFrom()).toEqual(['1001', '1001']);
      expect(world.objects().at(-1)).toBe('watch ADDED new 1002');
      await world.endsWell();
    });
  });

  describe('a server in trouble', () => {
    it.each([429, 500, 503])('that answers %i is asked for the same version, without a relist', async (code) => {
      const world = await recorded();
      world.server.next({ kind: 'watch' }, ({ response }) => status(response, code, 'Busy', 'later'), 3);
      await world.happens(() => world.watch.reset());
      await world.put('new');
      await world.pass(30_000);
      expect(world.watchedFrom()).toEqual(['1001', '1001', '1001', '1001']);
      expect(world.objects()).toEqual(['snapshot ADDED cart 1001', 'watch ADDED new 1002']);
      expect(world.ledger()).toEqual(['BEGAN']);
      await world.endsWell();
    });

    it('that says Retry-After is asked again exactly then', async () => {
      const world = await recorded();
      const busy = { 'retry-after': '7' };
      world.server.next({ kind: 'watch' }, ({ response }) => status(response, 429, 'TooManyRequests', 'later', {}, busy));
      await world.happens(() => world.watch.reset());
      await world.pass(800);
      const asked = world.watchedFrom().length;
      await world.pass(6_100);
      expect(world.watchedFrom()).toHaveLength(asked);
      await world.pass(900);
      expect(world.watchedFrom()).toHaveLength(asked + 1);
      await world.endsWell();
    });

    it('that cannot be reached is told to the ledger after a minute; once it is back nothing is missing', async () => {
      const world = await recorded();
      await world.happens(() => {
        world.server.reachable = false;
      });
      await world.put('meanwhile');
      await world.pass(59_000);
      expect(world.ledger()).toEqual(['BEGAN']);
      await world.pass(2_000);
      expect(world.ledger()).toEqual(['BEGAN', 'ENDED unreachable']);
      world.server.reachable = true;
      await world.pass(31_000);
      expect(world.ledger()).toEqual(['BEGAN', 'ENDED unreachable', 'RESUMED']);
      expect(world.objects()).toEqual(['snapshot ADDED cart 1001', 'watch ADDED meanwhile 1002']);
      expect(await world.endsWell()).toMatchObject({ gaps: 0, missed: 0 });
    });
  });

  describe('a stop', () => {
    it.each(['initial', 'list', 'watch', 'version'] as const)(
      'while a %s is not answered is the end of all requests',
      async (kind) => {
        const world = await recordedWorld({ tls });
        if (kind === 'list') world.server.watchList = 'refused';
        if (kind === 'watch' || kind === 'version') {
          await world.world.start();
          await world.world.kill();
        }
        world.server.next({ kind }, () => {}, 100);
        await world.world.start();
        expect(world.server.requests.at(-1)?.kind).toBe(kind);
        const asked = world.server.requests.length;
        await world.world.stop();
        await world.pass(3_600_000);
        expect(world.server.requests).toHaveLength(asked);
      },
    );

    it('during a backoff is the end of all requests', async () => {
      const world = await recorded();
      world.server.next({ kind: 'watch' }, ({ response }) => status(response, 500, 'InternalError', 'no'), 100);
      await world.happens(() => world.watch.reset());
      await world.pass(10_000);
      expect(world.status?.phase).toBe('waiting');
      const asked = world.server.requests.length;
      await world.world.stop();
      await world.pass(3_600_000);
      expect(world.server.requests).toHaveLength(asked);
    });
  });
});
