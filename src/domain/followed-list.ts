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
    const items = before.name === after.name ? changedItems(before.items, after.items) : undefined;
    if (items === undefined) return undefined;
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

/** What stands only in the one and only in the other. `undefined`: the new ones hold an object twice. */
function changedItems(before: Items, after: Items): { left: Items; came: Items } | undefined {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const [old, now] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const [olds, nows] = [new Set(old), new Set(now)];
  if (nows.size < now.length) return undefined;
  return { left: old.filter((item) => !nows.has(item)), came: now.filter((item) => !olds.has(item)) };
}
