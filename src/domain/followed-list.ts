/** The address list of one object, followed from version to version at the cost of what changes. */
import { type AddressGroup, type BackendList, backendsIn, type ListedBackend, listedIn } from './backends.ts';
import { diffBackends, type Flip, inOrder } from './flips.ts';

/** The list that a version holds, to be followed by that of the next. */
export interface FollowedList {
  readonly backends: BackendList;
  /** What it was read from; only where no backend stands in it twice. Without it the next version's list is made anew. */
  readonly groups?: readonly AddressGroup[] | undefined;
}

export interface Followed extends FollowedList {
  /** Those that {@link diffBackends} finds. */
  readonly flips: Flip[];
}

export function listOf(groups: readonly AddressGroup[]): FollowedList {
  const listed = listedIn(groups);
  const backends = backendsIn(listed);
  return listed.length === backends.size ? { backends, groups } : { backends };
}

/**
 * The list of an object's next version, and the flips that turn the one before into it. An item that stands in the same
 * group of both versions, as the very same object, is not looked at; so versions that share what is equal in them cost
 * what differs. Others cost as much as two lists made anew.
 *
 * @param before not to be used afterwards: its list may have been changed into the next one
 */
export function follow(before: FollowedList, groups: readonly AddressGroup[]): Followed {
  const changed = changedBackends(before, groups);
  if (changed === undefined) {
    const after = listOf(groups);
    return { ...after, flips: diffBackends(before.backends, after.backends) };
  }
  const { left, came } = changed;
  const backends = before.backends as Map<string, ListedBackend>;
  const flips: Flip[] = [];
  for (const [key, { backend, state }] of left) {
    backends.delete(key);
    if (!came.has(key)) flips.push({ key, backend, from: state, to: 'absent' });
  }
  for (const [key, listed] of came) {
    backends.set(key, listed);
    const from = left.get(key)?.state ?? 'absent';
    if (from !== listed.state) flips.push({ key, backend: listed.backend, from, to: listed.state });
  }
  return { backends, groups, flips: inOrder(flips) };
}

interface Changed {
  readonly left: ReadonlyMap<string, ListedBackend>;
  readonly came: ReadonlyMap<string, ListedBackend>;
}

/** `undefined`: too much differs, or a backend stands in the new version twice. */
function changedBackends({ backends, groups: former }: FollowedList, groups: readonly AddressGroup[]): Changed | undefined {
  if (former?.length !== groups.length) return undefined;
  const leaving: AddressGroup[] = [];
  const coming: AddressGroup[] = [];
  for (const [index, after] of groups.entries()) {
    const before = former[index] as AddressGroup;
    if (before.name !== after.name) return undefined;
    const items = changedItems(before.items, after.items);
    leaving.push({ ...before, items: items.left });
    coming.push({ ...after, items: items.came });
  }
  const [left, came] = [distinct(listedIn(leaving)), distinct(listedIn(coming))];
  if (left === undefined || came === undefined || left.size + came.size > backends.size) return undefined;
  for (const key of came.keys()) if (backends.has(key) && !left.has(key)) return undefined;
  return { left, came };
}

function distinct(listed: readonly ListedBackend[]): ReadonlyMap<string, ListedBackend> | undefined {
  const byKey = new Map(listed.map((each) => [each.key, each]));
  return byKey.size === listed.length ? byKey : undefined;
}

type Items = AddressGroup['items'];

/** How far an item is looked for that does not stand where it did. */
const LOOK_AHEAD = 16;

/** What stands only in the one and only in the other; of items that changed places, and of much that changed, perhaps both. */
function changedItems(before: Items, after: Items): { left: Items; came: Items } {
  const left: object[] = [];
  const came: object[] = [];
  let [old, now] = [0, 0];
  while (old < before.length && now < after.length) {
    if (before[old] !== after[now]) {
      const gone = ahead(before, old, after[now]);
      const more = gone > 0 ? 0 : ahead(after, now, before[old]);
      const both = gone === 0 && more === 0 ? 1 : 0;
      left.push(...before.slice(old, old + gone + both));
      came.push(...after.slice(now, now + more + both));
      old += gone + both;
      now += more + both;
    } else {
      old++;
      now++;
    }
  }
  return { left: [...left, ...before.slice(old)], came: [...came, ...after.slice(now)] };
}

/** How many items further on this one stands; 0 when it does not, or too far. */
function ahead(items: Items, from: number, item: object | undefined): number {
  const end = Math.min(items.length, from + LOOK_AHEAD);
  for (let at = from + 1; at < end; at++) if (items[at] === item) return at - from;
  return 0;
}
