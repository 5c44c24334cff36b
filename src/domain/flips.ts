/** Flips: one backend changing state at one event. */
import { type Backend, type BackendCounts, type BackendList, betterState, type FlipState } from './backends.ts';
import { type KubeObject, objectsOf, textOf } from './objects.ts';
import { type EpochMs, epochMs, parseRfc3339 } from './time.ts';

export interface Flip {
  readonly key: string;
  /** As described after the flip, or before it when the backend left. */
  readonly backend: Backend;
  readonly from: FlipState;
  readonly to: FlipState;
}

/**
 * The flips that turn one address list into another, in a fixed order (by backend key), so that the same log gives
 * the same flips whoever computes them.
 */
export function diffBackends(before: BackendList, after: BackendList): Flip[] {
  const flips: Flip[] = [];
  for (const { key, backend, state } of after.values()) {
    const from = before.get(key)?.state ?? 'absent';
    if (from !== state) flips.push({ key, backend, from, to: state });
  }
  for (const { key, backend, state } of before.values()) {
    if (!after.has(key)) flips.push({ key, backend, from: state, to: 'absent' });
  }
  return inOrder(flips);
}

/** In the order in which an event's flips are told. Changes the array. */
export function inOrder(flips: Flip[]): Flip[] {
  return flips.length > 1 ? flips.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) : flips;
}

/**
 * The flips of a Service when one of its slices changes, of those of the slice itself. A backend that stands in another
 * slice too, as it does while it moves, flips only if the better of its states changes.
 *
 * @param others the Service's other slices
 */
export function amongSlices(flips: readonly Flip[], others: readonly BackendList[]): Flip[] {
  return flips.flatMap((flip) => {
    let { from, to } = flip;
    for (const other of others) {
      const state = other.get(flip.key)?.state;
      if (state === undefined) continue;
      from = betterState(from, state);
      to = betterState(to, state);
    }
    return from === to ? [] : [{ ...flip, from, to }];
  });
}

/** The counts of a list after flips that were the whole of its change. */
export function countAfter(counts: BackendCounts, flips: readonly Flip[]): BackendCounts {
  const after = { ...counts };
  for (const { from, to } of flips) {
    if (from !== 'absent') after[countOf(from)]--;
    if (to !== 'absent') after[countOf(to)]++;
  }
  return after;
}

function countOf(state: Exclude<FlipState, 'absent'>): keyof BackendCounts {
  return state === 'serving' ? 'terminating' : state;
}

/** Between which instants a flip really happened. */
export interface FlipBounds {
  readonly notBefore: EpochMs;
  readonly notAfter: EpochMs;
}

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/**
 * Bounds of a flip that was watched: between when the address list was written and when the recorder had received it.
 * (When the Pod behind it changed is evidence of its cause, and may be earlier.) The lower bound is the latest of these
 * times, each of which the write cannot have preceded:
 * - the annotation `endpoints.kubernetes.io/last-change-trigger-time`, when the Pod or Service change behind this
 *   version happened (absent for deletions, and left standing by some writes, so not enough by itself);
 * - the last write that the version's field managers tell of (a write that only removes fields does not move it);
 * - the same of the version before.
 *
 * All three are whole seconds, cut off, and of another clock than the recorder's: a bound later than the receipt is drawn
 * back to it.
 *
 * @param before the version before it; `undefined` for a new object
 * @param after the version that brought the flip; `undefined` for a deletion
 */
export function watchedFlipBounds(before: KubeObject | undefined, after: KubeObject | undefined, at: EpochMs): FlipBounds {
  const floors = [after && triggerAt(after), after && lastWriteAt(after), before && lastWriteAt(before)];
  const known = floors.filter((floor) => floor !== undefined);
  const notBefore = known.length > 0 ? Math.min(at, Math.max(...known)) : at;
  return { notBefore: epochMs(notBefore), notAfter: at };
}

/** When the Pod or Service change behind this version happened, as its controller wrote it; whole seconds. */
export function triggerAt(object: KubeObject): EpochMs | undefined {
  return parseRfc3339(textOf(object.metadata.annotations?.[TRIGGER_TIME]) ?? '');
}

/** The latest write that the object's field managers tell of; whole seconds. */
export function lastWriteAt(object: KubeObject): EpochMs | undefined {
  let latest: EpochMs | undefined;
  for (const { time } of objectsOf(object.metadata.managedFields)) {
    const at = parseRfc3339(textOf(time) ?? '');
    if (at !== undefined && (latest === undefined || at > latest)) latest = at;
  }
  return latest ?? parseRfc3339(textOf(object.metadata.creationTimestamp) ?? '');
}

/** Bounds of a flip that a relist revealed: the ends of the gap. */
export function inferredFlipBounds(gapFrom: EpochMs, gapTo: EpochMs): FlipBounds {
  return { notBefore: epochMs(Math.min(gapFrom, gapTo)), notAfter: gapTo };
}
