import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BackendList,
  type BackendState,
  backendsOfSlice,
  countBackends,
  mergeBackendLists,
  NO_BACKENDS,
} from '../../../src/domain/backends.ts';
import { amongSlices, countAfter, diffBackends, type Flip } from '../../../src/domain/flips.ts';
import { anyList, anySliceList } from './arbitraries.ts';

const diffSlice = (before: BackendList, after: BackendList, others: readonly BackendList[]) =>
  amongSlices(diffBackends(before, after), others);
const statesOf = (list: BackendList) => new Map([...list.values()].map(({ key, state }) => [key, state]));
const told = (flips: readonly Flip[]) => flips.map(({ key, from, to }) => `${key}: ${from} → ${to}`);

/** What a reader who knows only the flips would take the states to be afterwards. */
function replay(before: BackendList, flips: readonly Flip[]): Map<string, BackendState> {
  const states = statesOf(before);
  for (const { key, from, to } of flips) {
    expect(states.get(key) ?? 'absent').toBe(from);
    if (to === 'absent') states.delete(key);
    else states.set(key, to);
  }
  return states;
}

describe('the flips between two address lists', () => {
  it('applied to the one give the other', () => {
    fc.assert(
      fc.property(anyList, anyList, (before, after) => {
        expect(replay(before, diffBackends(before, after))).toEqual(statesOf(after));
      }),
    );
  });

  it('are none between a list and itself', () => {
    fc.assert(
      fc.property(anyList, (list) => {
        expect(diffBackends(list, list)).toEqual([]);
      }),
    );
  });

  it('are the same the other way round, turned', () => {
    fc.assert(
      fc.property(anyList, anyList, (a, b) => {
        const turned = diffBackends(b, a).map(({ key, from, to }) => ({ key, from: to, to: from }));
        expect(diffBackends(a, b).map(({ key, from, to }) => ({ key, from, to }))).toEqual(turned);
      }),
    );
  });

  it('come in order of key, one a backend, however the lists were ordered', () => {
    fc.assert(
      fc.property(anyList, anyList, (before, after) => {
        const flips = diffBackends(before, after);
        const keys = flips.map(({ key }) => key);
        expect(keys).toEqual([...new Set(keys)].sort());
        const reversed = (list: BackendList) => new Map([...list].reverse());
        expect(diffBackends(reversed(before), reversed(after))).toEqual(flips);
      }),
    );
  });

  it('describe a backend as it is afterwards, or as it was when it left', () => {
    fc.assert(
      fc.property(anyList, anyList, (before, after) => {
        for (const { key, backend, to } of diffBackends(before, after)) {
          expect(backend).toBe((to === 'absent' ? before : after).get(key)?.backend);
        }
      }),
    );
  });

  it('start from absent in a new list and end there when it is deleted', () => {
    fc.assert(
      fc.property(anyList, (list) => {
        expect(diffBackends(NO_BACKENDS, list).every(({ from }) => from === 'absent')).toBe(true);
        expect(diffBackends(list, NO_BACKENDS).every(({ to }) => to === 'absent')).toBe(true);
        expect(diffBackends(list, NO_BACKENDS)).toHaveLength(list.size);
      }),
    );
  });
});

describe('the flips of a Service when one of its slices changes', () => {
  const others = fc.array(anySliceList, { maxLength: 3 });

  it('are those between the merged lists before and after', () => {
    fc.assert(
      fc.property(anySliceList, anySliceList, others, (before, after, rest) => {
        const merged = diffBackends(mergeBackendLists([before, ...rest]), mergeBackendLists([after, ...rest]));
        expect(told(diffSlice(before, after, rest))).toEqual(told(merged));
      }),
      { numRuns: 300 },
    );
  });

  it('are none while a backend moves from one slice to another', () => {
    const slice = backendsOfSlice({
      metadata: { name: 'web-1', uid: 'u' },
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: '', port: 80 }],
    });
    // Into the second slice first, then out of the first: the controller writes one after the other.
    expect(diffSlice(NO_BACKENDS, slice, [slice])).toEqual([]);
    expect(diffSlice(slice, NO_BACKENDS, [slice])).toEqual([]);
  });
});

describe('the counts after flips', () => {
  it('are those of the list that the flips lead to', () => {
    fc.assert(
      fc.property(anyList, anyList, (before, after) => {
        expect(countAfter(countBackends(before), diffBackends(before, after))).toEqual(countBackends(after));
      }),
    );
  });

  it('follow slice by slice what the merged list counts', () => {
    const change = fc.record({ slot: fc.nat({ max: 2 }), list: fc.oneof(anySliceList, fc.constant(NO_BACKENDS)) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        const slots: BackendList[] = [NO_BACKENDS, NO_BACKENDS, NO_BACKENDS];
        let counts = countBackends(NO_BACKENDS);
        for (const { slot, list } of changes) {
          const flips = diffSlice(slots[slot] as BackendList, list, slots.toSpliced(slot, 1));
          slots[slot] = list;
          counts = countAfter(counts, flips);
          expect(counts).toEqual(countBackends(mergeBackendLists(slots)));
        }
      }),
    );
  });

  it('leave the counts before as they were', () => {
    const before = Object.freeze({ ready: 1, notReady: 0, terminating: 0 });
    const flip = { key: 'k', backend: { address: '10.0.0.1', ports: [] }, from: 'ready', to: 'serving' } as const;
    expect(countAfter(before, [flip])).toEqual({ ready: 0, notReady: 0, terminating: 1 });
  });
});
