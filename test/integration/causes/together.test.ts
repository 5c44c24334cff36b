/**
 * Property: what is told of a flip does not depend on which flips it is asked about with, nor on what was read before. The
 * oracle gathers the evidence of each flip alone, in a reader of its own, and explains it without any shortcut.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { explain } from '../../../src/domain/causes/index.ts';
import { epochMs, MAX_INSTANT } from '../../../src/domain/time.ts';
import { explainFlips } from '../../../src/history/causes/causes.ts';
import { EvidenceReader } from '../../../src/history/causes/evidence-reader.ts';
import { type FlipRecord, position } from '../../../src/store/event-store.ts';
import { openReader } from '../../../src/store/sqlite/store.ts';
import type { AddressSketch } from '../../support/objects.ts';
import { ENDPOINTS, endpoints, recordedLog, SERVICES, SLICES, slice } from '../history/recorded-log.ts';
import { PODS, type PodSketch, pod, service } from '../history/service-and-pods.ts';

const NAMES = ['a', 'b', 'c'] as const;
/** Within what counts as evidence, around its edges, and far beyond. */
const pause = fc.constantFrom(0, 1, 40, 900, 3_000, 11_000, 31_000, 61_000, 179_000, 200_000, 601_000, 4_000_000, 90_000_000);

const addresses = fc
  .subarray([...NAMES])
  .chain((names) =>
    fc.tuple(
      ...names.map((name) => fc.record({ ip: fc.constant(`10.0.0.${name}`), pod: fc.constant(name), ready: fc.boolean() })),
    ),
  ) as fc.Arbitrary<AddressSketch[]>;

const list = fc.record({
  kind: fc.constantFrom('endpoints' as const, 'slice' as const),
  addresses,
  isCut: fc.boolean(),
  editor: fc.constantFrom(undefined, undefined, undefined, 'kubectl', 'kube-controller-manager'),
});
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ pause, list }) },
  { weight: 1, arbitrary: fc.record({ pause, gone: fc.constantFrom('endpoints' as const, 'slice' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      pause,
      spec: fc.constantFrom(null, {}, { selector: { app: 'cart' } }, { selector: { app: 'other' } }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      pause,
      pod: fc.record({ name: fc.constantFrom(...NAMES), ready: fc.boolean(), app: fc.constantFrom('cart', 'other') }),
      gone: fc.integer({ min: 0, max: 4 }).map((dice) => dice === 0),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** @param recorded which of Services and Pods are recorded beside the lists */
function played(steps: readonly Step[], recorded: { readonly services: boolean; readonly pods: boolean }) {
  const log = recordedLog();
  const there = new Set<string>();
  const put = (
    now: number,
    resource: typeof PODS | typeof SERVICES | typeof ENDPOINTS | typeof SLICES,
    sketch: { name: string },
  ) => {
    const key = `${resource} ${sketch.name}`;
    log.change(now, resource, there.has(key) ? 'MODIFIED' : 'ADDED', sketch);
    there.add(key);
  };
  const remove = (
    now: number,
    resource: typeof PODS | typeof SERVICES | typeof ENDPOINTS | typeof SLICES,
    sketch: { name: string },
  ) => {
    if (there.delete(`${resource} ${sketch.name}`)) log.change(now, resource, 'DELETED', sketch);
  };
  if (recorded.services) {
    log.snapshot(0, SERVICES, [service({ selector: { app: 'cart' } })]);
    there.add(`${SERVICES} cart`);
  }
  if (recorded.pods) log.snapshot(0, PODS, []);
  log.snapshot(0, ENDPOINTS, []);
  log.snapshot(0, SLICES, []);
  let now = 0;
  for (const each of steps) {
    now += each.pause;
    if ('list' in each) {
      const { kind, addresses, isCut, editor } = each.list;
      const more = {
        ...(isCut ? { annotations: { 'endpoints.kubernetes.io/over-capacity': 'truncated' } } : {}),
        ...(editor ? { managedFields: [{ manager: editor, operation: 'Update', time: `2026-11-23T16:00:00Z ${now}` }] } : {}),
      };
      if (kind === 'endpoints') put(now, ENDPOINTS, { ...endpoints('cart', addresses), ...more });
      else put(now, SLICES, { ...slice('cart-1', 'cart', addresses), ...more });
    } else if ('spec' in each) {
      if (!recorded.services) continue;
      if (each.spec === null) remove(now, SERVICES, service({}));
      else put(now, SERVICES, service(each.spec));
    } else if ('pod' in each) {
      if (!recorded.pods) continue;
      const sketch = pod(each.pod satisfies PodSketch);
      if (each.gone) remove(now, PODS, sketch);
      else put(now, PODS, sketch);
    } else if (each.gone === 'endpoints') remove(now, ENDPOINTS, endpoints('cart', []));
    else remove(now, SLICES, slice('cart-1', 'cart', []));
  }
  return log;
}

test('property: a flip is told the same alone and together with others, looked at anew and after others', () => {
  const told = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.record({ services: fc.boolean(), pods: fc.boolean() }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (steps, recorded, share) => {
        const { file, reader } = played(steps, recorded);
        for (const asOf of [reader.lastPosition(), position(Math.floor(reader.lastPosition() * share))]) {
          const flips = (['endpoints', 'endpointslices'] as const).flatMap((source) =>
            reader.flips({ source, from: epochMs(0), to: MAX_INSTANT, asOf, limit: 1_000 }),
          );
          const alone = flips.map((flip: FlipRecord) => {
            const own = openReader(file);
            try {
              return explain(new EvidenceReader(own.reader, asOf, [flip]).evidenceOf(flip));
            } finally {
              own.close();
            }
          });
          const view = { reader, asOf };
          const together = explainFlips(view, flips);
          expect(together.map(({ flip }) => flip)).toEqual(flips);
          expect(together.map(({ cause }) => cause)).toEqual(alone);
          const half = Math.floor(flips.length / 2);
          const parts = [...explainFlips(view, flips.slice(half)), ...explainFlips(view, flips.slice(0, half))];
          expect(parts.map(({ cause }) => cause)).toEqual([...alone.slice(half), ...alone.slice(0, half)]);
          for (const { name } of alone) told.add(name);
        }
      },
    ),
    { numRuns: 60 },
  );
  // The stories are worth something only if they are about something.
  expect([...told]).toEqual(expect.arrayContaining(['unknown', 'EndpointsEdited', 'Truncated']));
});
