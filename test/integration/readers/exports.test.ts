/** An export that is under way neither holds up a commit nor sees half of one. */
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { LATEST, position } from '../../../src/store/event-store.ts';
import { openReader } from '../../../src/store/sqlite/store.ts';
import { eventually } from '../../support/eventually.ts';
import { subsetsOf } from '../../support/objects.ts';
import { RecordedCluster } from '../../support/recorded-cluster.ts';
import { parseCsv } from '../../support/rfc4180.ts';

/** Every change of this Service flips all of them at once: a part of them would be half a commit. */
const BACKENDS = 40;

class Wide {
  readonly world: RecordedCluster;
  #changes = 0;

  constructor(world: RecordedCluster) {
    this.world = world;
  }

  change(times = 1): void {
    for (let time = 0; time < times; time++) {
      const ready = this.#changes++ % 2 === 0;
      const addresses = Array.from({ length: BACKENDS }, (_, index) => ({ ip: `10.1.0.${index}`, pod: `wide-${index}`, ready }));
      this.world.server.history.put('v1/endpoints', 'wide', subsetsOf(addresses));
    }
  }

  /** Flips of the Service up to a position, by position. */
  flips(asOf: number): Map<number, number> {
    const { reader, close } = openReader(this.world.db);
    const found = new Map<number, number>();
    for (const flip of reader.flipsAfter({ after: position(0), through: LATEST, limit: 1_000_000 })) {
      if (flip.service.name !== 'wide' || flip.position > asOf) continue;
      found.set(flip.position, (found.get(flip.position) ?? 0) + 1);
    }
    close();
    return found;
  }
}

/** An export whose reader has the head and takes no more of the body for now. */
function begin(url: string, accept: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${url}/api/v1/namespaces/store/services/wide/flips`, { headers: { accept } }, resolve).on('error', reject);
  });
}

/** How many rows each position has in an export. */
function rowsByPosition(body: string, accept: string): Map<number, number> {
  const found = new Map<number, number>();
  const [head, ...rows] = accept === 'text/csv' ? parseCsv(body) : [];
  const column = head?.indexOf('position') ?? 0;
  const positions =
    accept === 'text/csv'
      ? rows.map((row) => Number(row[column]))
      : body
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { position: number }).position);
  for (const each of positions) found.set(each, (found.get(each) ?? 0) + 1);
  return found;
}

describe('an export while the recorder writes', () => {
  test('that nobody takes holds up no commit, and ends where it began', async () => {
    const world = await RecordedCluster.start(41);
    const wide = new Wide(world);
    const recorder = await world.recording();
    // More than the sockets of both sides hold: the export cannot end before it is taken.
    wide.change(300);
    await world.caughtUp();
    const response = await begin(await recorder.url(), 'text/csv');
    const asOf = Number(response.headers['flipbook-as-of']);
    expect(asOf).toBe(world.lastPosition());

    for (let commit = 0; commit < 5; commit++) {
      const before = world.lastPosition();
      wide.change();
      await eventually('the change is committed', () => world.lastPosition() > before);
    }
    expect(response.complete).toBe(false);
    const exported = rowsByPosition(await text(response), 'text/csv');
    expect(exported).toEqual(wide.flips(asOf));
    expect([...new Set(exported.values())]).toEqual([BACKENDS]);
    expect(await recorder.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  test('holds whole commits only, whenever it begins', async () => {
    const world = await RecordedCluster.start(42);
    const wide = new Wide(world);
    const recorder = await world.recording();
    const url = await recorder.url();
    wide.change(20);
    await world.caughtUp();
    const ends: number[] = [];
    for (let each = 0; each < 4; each++) {
      const pace = setInterval(() => wide.change(), 5);
      const accept = each % 2 === 0 ? 'text/csv' : 'application/x-ndjson';
      const response = await begin(url, accept);
      const asOf = Number(response.headers['flipbook-as-of']);
      const exported = rowsByPosition(await text(response), accept);
      // On a slow machine the log must not grow faster than it can be exported.
      clearInterval(pace);
      expect([...new Set(exported.values())]).toEqual([BACKENDS]);
      expect(exported).toEqual(wide.flips(asOf));
      ends.push(asOf);
    }
    // The log grew all the while.
    expect(new Set(ends).size).toBeGreaterThan(1);
    expect(await recorder.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});
