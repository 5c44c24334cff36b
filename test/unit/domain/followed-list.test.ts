import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressGroup, backendsIn, groupsOfEndpoints, groupsOfSlice, listedIn } from '../../../src/domain/backends.ts';
import { diffBackends } from '../../../src/domain/flips.ts';
import { type FollowedList, follow, listOf } from '../../../src/domain/followed-list.ts';
import type { Endpoints } from '../../../src/domain/objects.ts';
import { anyEndpoints, anySlice } from './arbitraries.ts';

/** Versions of which equal items are one object, so that hardly anything is new. */
function sharing(versions: readonly (readonly AddressGroup[])[]): AddressGroup[][] {
  const known = new Map<string, object>();
  const shared = (item: object) => {
    const text = JSON.stringify(item);
    if (!known.has(text)) known.set(text, item);
    return known.get(text) as object;
  };
  return versions.map((groups) => groups.map((group) => ({ ...group, items: group.items.map(shared) })));
}

const histories = fc.oneof(
  fc.array(anyEndpoints, { minLength: 2, maxLength: 12 }).map((versions) => versions.map(groupsOfEndpoints)),
  fc.array(anySlice, { minLength: 2, maxLength: 12 }).map((versions) => versions.map(groupsOfSlice)),
);

const many = (states: readonly boolean[]): Endpoints => {
  const addresses = states.map((_, index) => ({ ip: `10.0.0.${index}` }));
  return {
    metadata: { name: 'web', uid: 'u' },
    subsets: [
      {
        addresses: addresses.filter((_, index) => states[index]),
        notReadyAddresses: addresses.filter((_, index) => !states[index]),
      },
    ],
  };
};

function expectFollowed(versions: readonly (readonly AddressGroup[])[]): void {
  let list: FollowedList = listOf(versions[0] ?? []);
  for (const [index, groups] of versions.entries()) {
    if (index === 0) continue;
    const anew = (each: readonly AddressGroup[]) => backendsIn(listedIn(each));
    const flips = diffBackends(anew(versions[index - 1] ?? []), anew(groups));
    const next = follow(list, groups);
    expect(next.flips).toEqual(flips);
    expect(next.backends).toEqual(anew(groups));
    list = next;
  }
}

describe('an address list that is followed', () => {
  it('is at every version the list made anew, with the flips between the two', () => {
    fc.assert(fc.property(histories, expectFollowed), { numRuns: 500 });
  });

  it('is so too when versions share their items, also where a backend or an item stands twice', () => {
    fc.assert(
      fc.property(histories, (versions) => expectFollowed(sharing(versions))),
      { numRuns: 2_000 },
    );
  });

  it('is so for a long list of which few flip', () => {
    const states = fc.array(fc.uniqueArray(fc.nat(39), { maxLength: 3 }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(states, (flipping) => {
        const now = Array.from({ length: 40 }, () => true);
        const versions = flipping.map((indexes) => {
          for (const index of indexes) now[index] = !now[index];
          return groupsOfEndpoints(many(now));
        });
        expectFollowed(sharing(versions));
      }),
    );
  });

  it('looks only at what is new', () => {
    const read: object[] = [];
    const spied = (groups: readonly AddressGroup[]) =>
      groups.map((group) => {
        const backendsOf = (item: object) => {
          read.push(item);
          return group.backendsOf(item);
        };
        return { ...group, backendsOf };
      });
    const [before = [], after = []] = sharing(
      [true, false].map((first) => groupsOfEndpoints(many([first, ...Array(30).fill(true)]))),
    );
    const list = listOf(before);
    expect(follow(list, spied(after)).flips).toMatchObject([{ from: 'ready', to: 'notReady' }]);
    expect(read).toEqual([{ ip: '10.0.0.0' }]);
  });
});
