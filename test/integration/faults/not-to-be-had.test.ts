/** Credentials and resources that are refused, missing, or come later. Over real HTTP, in virtual time. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ENDPOINTS, recordedWorld } from './recorded-world.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'flipbook-faults-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe('401', () => {
  it('is answered with the new token at once, and the log tells of nothing', async () => {
    const tokenFile = join(folder(), 'token');
    writeFileSync(tokenFile, 'old');
    const world = await recordedWorld({ user: { tokenFile } });
    world.server.token = 'old';
    await world.world.start();
    await world.happens(() => {
      world.server.token = 'new';
      writeFileSync(tokenFile, 'new\n');
      world.watch.reset();
    });
    await world.pass(800);
    await world.put('cart');
    expect(world.objects()).toEqual(['watch ADDED cart 1001']);
    expect(world.ledger()).toEqual(['BEGAN']);
    await world.endsWell();
  });

  it('for ever is a gap and a recorder that goes on trying, and is mended by what is accepted', async () => {
    const world = await recordedWorld({ user: { token: 'mine' } });
    await world.world.start();
    await world.happens(() => {
      world.server.token = 'another';
      world.watch.reset();
    });
    await world.put('cart');
    await world.pass(3_600_000);
    expect(world.ledger()).toEqual(['BEGAN', 'ENDED unauthenticated']);
    expect(world.status).toMatchObject({
      interrupted: 'unauthenticated',
      lastError: { message: '401 Unauthorized: Unauthorized' },
    });
    world.server.token = 'mine';
    await world.pass(30_000);
    expect(world.objects()).toEqual(['watch ADDED cart 1001']);
    expect(world.ledger()).toEqual(['BEGAN', 'ENDED unauthenticated', 'RESUMED']);
    expect(await world.endsWell()).toMatchObject({ gaps: 0 });
  });
});

describe('credentials that cannot be had', () => {
  it('because the token file is missing are a gap, and no request; the recorder lives, and records once it is there', async () => {
    const tokenFile = join(folder(), 'token');
    const world = await recordedWorld({ user: { tokenFile } });
    world.server.token = 'late';
    await world.world.start();
    await world.pass(300_000);
    expect(world.server.requests).toEqual([]);
    expect(world.status).toMatchObject({ interrupted: 'unauthenticated', lastError: { message: 'no credentials: ENOENT' } });
    writeFileSync(tokenFile, 'late');
    await world.pass(31_000);
    expect(world.ledger()).toEqual(['BEGAN']);
    await world.endsWell();
  });

  it('because the authentication plugin fails are a gap, and the recorder lives', async () => {
    const plugin = join(folder(), 'plugin.sh');
    const print = (text: string, code: number) => {
      writeFileSync(plugin, `#!/bin/sh\necho '${text}'\nexit ${code}\n`);
      chmodSync(plugin, 0o755);
    };
    print('', 1);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' };
    const world = await recordedWorld({ user: { exec } });
    world.server.token = 'made';
    await world.world.start();
    expect(world.server.requests).toEqual([]);
    expect(world.status).toMatchObject({
      interrupted: 'unauthenticated',
      lastError: { message: 'no credentials: the authentication plugin failed' },
    });
    print('{"status":{"token":"made"}}', 0);
    await world.endsWell();
  });
});

describe('a resource', () => {
  it('that is forbidden is a gap of its own stream alone, and is recorded from when it is granted', async () => {
    const world = await recordedWorld({ resources: [ENDPOINTS, 'v1/pods'] });
    world.server.forbidden.add('v1/pods');
    world.history.put('v1/pods', 'cart-1');
    await world.world.start();
    await world.put('cart');
    await world.pass(60_000);
    expect(world.objects()).toEqual(['watch ADDED cart 1002']);
    expect(world.world.process?.watcher.status()).toMatchObject([{ phase: 'watching' }, { interrupted: 'forbidden' }]);
    world.server.forbidden.clear();
    await world.pass(31_000);
    expect(world.objects()).toEqual(['watch ADDED cart 1002', 'snapshot ADDED cart-1 1001']);
    expect([world.ledger(), world.ledger('v1/pods')]).toEqual([['BEGAN'], ['BEGAN']]);
    await world.endsWell();
  });

  it('that is forbidden while it is watched ends its coverage with the reason, and is resumed when granted again', async () => {
    const world = await recordedWorld();
    await world.world.start();
    world.server.forbidden.add(ENDPOINTS);
    await world.happens(() => world.watch.end());
    await world.pass(10_000);
    expect(world.ledger()).toEqual(['BEGAN', 'ENDED forbidden']);
    world.server.forbidden.clear();
    await world.endsWell();
    expect(world.ledger()).toEqual(['BEGAN', 'ENDED forbidden', 'RESUMED']);
  });

  it('whose group is not served is looked for every minute, and is recorded from when it appears', async () => {
    const slices = 'discovery.k8s.io/v1/endpointslices';
    const world = await recordedWorld({ resources: [ENDPOINTS, slices] });
    world.server.notServed.add(slices);
    await world.world.start();
    expect(world.world.process?.watcher.status()[1]).toMatchObject({
      interrupted: 'not-served',
      lastError: { message: '404: 404 page not found' },
    });
    world.history.put(slices, 'cart-1');
    world.server.notServed.clear();
    await world.pass(60_000);
    expect(world.objects()).toEqual(['snapshot ADDED cart-1 1001']);
    expect(world.ledger(slices)).toEqual(['BEGAN']);
    await world.endsWell();
  });

  it('that is no longer served, as Endpoints may be switched off, ends its coverage with that reason', async () => {
    const world = await recordedWorld();
    world.history.put(ENDPOINTS, 'cart');
    await world.world.start();
    world.server.notServed.add(ENDPOINTS);
    await world.happens(() => world.watch.end());
    await world.pass(120_000);
    expect(world.ledger()).toEqual(['BEGAN', 'ENDED not-served']);
    expect(world.objects()).toEqual(['snapshot ADDED cart 1001']);
    await world.endsWell();
  });
});
