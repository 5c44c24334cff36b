/** Random histories, seen, missed, repeated and interrupted, against a model that only knows what was delivered when. */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { epochMs, MAX_INSTANT } from '../../../src/domain/time.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { LATEST } from '../../../src/store/event-store.ts';
import { projectionRows } from '../../support/projection-rows.ts';
import { OBJECTS, step, World } from '../../support/recorded-world.ts';

function open(): World {
  const world = new World();
  onTestFinished(() => world.close());
  return world;
}

describe('a recorder that sees, misses, repeats and restarts', () => {
  test('knows every object, at every instant, byte for byte as it was delivered', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = open();
        world.run(steps);
        const { reader } = world.store;
        for (const { at, known } of finalPerInstant(world.history)) {
          OBJECTS.forEach(({ resource, name }, index) => {
            const event = reader.objectAt({
              clusterId: world.recorder.clusterId,
              resource,
              namespace: 'store',
              name,
              at: epochMs(at),
              asOf: LATEST,
            });
            const expected = known.get(index)?.object.body;
            if (event === undefined || event.type === 'DELETED') expect(expected).toBeUndefined();
            else expect(Buffer.from(reader.body(event)).toString()).toBe(Buffer.from(expected ?? []).toString());
          });
        }
        world.close();
      }),
      { numRuns: 60 },
    );
  });

  test('tells exactly the flips that whole lists, compared one after the other, show', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = open();
        world.run(steps);
        const window = { from: epochMs(0), to: MAX_INSTANT, asOf: LATEST, limit: 10_000 };
        const told = (['endpoints', 'endpointslices'] as const).flatMap((source) =>
          world.store.reader.flips({ ...window, source }).map(({ at, service, backend, from, to, origin }) => ({
            at: Number(at),
            service: service.name,
            source,
            backend: `${backend.address} ${backend.pod?.uid} 8080/TCP`,
            from,
            to,
            origin,
          })),
        );
        const expected = (['endpoints', 'endpointslices'] as const).flatMap((source) =>
          world.flips.filter((flip) => flip.source === source),
        );
        expect(told).toEqual(expected);
        world.close();
      }),
      { numRuns: 60 },
    );
  });

  test('has counts after each flip that equal a count of the list', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = open();
        world.run(steps);
        const { reader } = world.store;
        for (const name of ['cart', 'db']) {
          const service = reader.service({ clusterId: world.recorder.clusterId, namespace: 'store', name });
          if (!service) continue;
          for (const source of ['endpoints', 'endpointslices'] as const) {
            const now = reader.countsAt({ serviceId: service.id, source, at: MAX_INSTANT, asOf: LATEST });
            if (!now) continue;
            const flips = reader.flips({
              serviceId: service.id,
              source,
              from: epochMs(0),
              to: MAX_INSTANT,
              asOf: LATEST,
              limit: 10_000,
            });
            const sum = { ready: 0, notReady: 0 } as Record<string, number>;
            for (const { from, to } of flips) {
              sum[from] = (sum[from] ?? 0) - 1;
              sum[to] = (sum[to] ?? 0) + 1;
            }
            // Nothing was listed when recording began, so the flips are the whole of the change.
            expect({ ready: sum.ready, notReady: sum.notReady }).toEqual({ ready: now.ready, notReady: now.notReady });
          }
        }
        world.close();
      }),
      { numRuns: 30 },
    );
  });

  test('has projections that a rebuild makes again, row for row', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = open();
        world.run(steps);
        world.expectCursors();
        const before = projectionRows(world.file);
        rebuild(world.store);
        expect(projectionRows(world.file)).toEqual(before);
        world.close();
      }),
      { numRuns: 40 },
    );
  });
});

function finalPerInstant(history: World['history']): World['history'] {
  return history.filter(({ at }, index) => history[index + 1]?.at !== at);
}
