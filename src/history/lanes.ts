/**
 * Lanes: the states of each Pod and address over a window, folded from lists and flips. Pure.
 *
 * The fold is driven part by part (see `WindowPart`): `begin` with what was listed, `apply` the flips in order, `end`; and
 * `blank` for a part that is not known. Instants never go back.
 */
import {
  type Backend,
  type BackendList,
  type BackendState,
  backendKey,
  type FlipState,
  formatPorts,
} from '../domain/backends.ts';
import { type EpochMs, formatTime } from '../domain/time.ts';
import { addressSortKey, compareText } from './address-order.ts';
import type { LaneAnswer, SegmentAnswer } from './answers.ts';
import { backendAnswer } from './to-answer.ts';

/** What the fold needs to know of a flip. */
export interface LaneFlip {
  readonly position: number;
  readonly at: EpochMs;
  readonly backend: Backend;
  readonly from: FlipState;
  readonly to: FlipState;
}

interface OpenSegment {
  readonly from: EpochMs;
  readonly state: BackendState;
  readonly opensBefore: boolean;
  readonly position?: number;
}

interface Lane {
  readonly id: string;
  readonly firstAt: EpochMs;
  /** As described last. */
  backend: Backend;
  readonly ports: Set<string>;
  /** The backends listed now, by key: one for each port set. */
  readonly states: Map<string, BackendState>;
  open: OpenSegment | undefined;
  readonly segments: SegmentAnswer[];
  notReadyMs: number;
  flips: number;
}

/** A lane shows the worst state of its backends: one port set that is not ready must not hide behind another that is. */
const WORST_FIRST: readonly BackendState[] = ['notReady', 'terminating', 'serving', 'ready'];

export class LaneFold {
  readonly #lanes = new Map<string, Lane>();

  /**
   * A known part begins. @param list what was listed just before `at`, or at `at` itself where the recording begins
   * there; either way it is not known since when, so the segments open before.
   */
  begin(at: EpochMs, list: BackendList): void {
    for (const lane of this.#lanes.values()) {
      lane.states.clear();
      lane.open = undefined;
    }
    this.mention(at, list);
    for (const { key, backend, state } of list.values()) this.#laneOf(backend, at).states.set(key, state);
    for (const lane of this.#lanes.values()) {
      const state = worstOf(lane.states);
      if (state) lane.open = { from: at, state, opensBefore: true };
    }
  }

  /** Backends that get a lane though nothing of them may be known inside the window. */
  mention(at: EpochMs, list: BackendList): void {
    for (const { backend } of list.values()) describe(this.#laneOf(backend, at), backend);
  }

  /**
   * Flips that `begin` has already taken into account, because the recording begins at their instant: they are
   * counted, and tell which event showed the state.
   */
  explainBeginning(flips: readonly LaneFlip[]): void {
    for (const flip of flips) {
      const lane = this.#count(flip);
      if (lane.open) lane.open = { ...lane.open, position: flip.position };
    }
  }

  /** All flips of one event, at once: a backend that changes its ports leaves and comes without its lane breaking. */
  apply(flips: readonly LaneFlip[]): void {
    const touched = new Set<Lane>();
    for (const flip of flips) {
      const lane = this.#count(flip);
      const key = keyOf(flip.backend);
      if (flip.to === 'absent') lane.states.delete(key);
      else lane.states.set(key, flip.to);
      touched.add(lane);
    }
    for (const lane of touched) {
      const state = worstOf(lane.states);
      const last = flips.at(-1);
      if (!last || lane.open?.state === state) continue;
      close(lane, last.at, false);
      if (state) lane.open = { from: last.at, state, opensBefore: false, position: last.position };
    }
  }

  /** Flips of a part that is not known: counted, never drawn. */
  count(flips: readonly LaneFlip[]): void {
    for (const flip of flips) this.#count(flip);
  }

  /**
   * The known part ends. @param endedHere the flips at this very instant, where it is known: a state that they end did
   * not go on after the part.
   */
  end(at: EpochMs, endedHere: readonly LaneFlip[] = []): void {
    const after = new Map<Lane, Map<string, BackendState>>();
    for (const { backend, to } of endedHere) {
      const lane = this.#lanes.get(laneId(backend));
      if (!lane) continue;
      const states = after.get(lane) ?? new Map(lane.states);
      if (to === 'absent') states.delete(keyOf(backend));
      else states.set(keyOf(backend), to);
      after.set(lane, states);
    }
    for (const lane of this.#lanes.values()) close(lane, at, worstOf(after.get(lane) ?? lane.states) === lane.open?.state);
  }

  /** The finished lanes, by first appearance, then address. @param blanks the parts not known: every lane shows them */
  lanes(blanks: readonly SegmentAnswer[]): LaneAnswer[] {
    return [...this.#lanes.values()]
      .map((lane) => ({ lane, address: addressSortKey(lane.backend.address) }))
      .sort((a, b) => a.lane.firstAt - b.lane.firstAt || compareText(a.address, b.address) || compareText(a.lane.id, b.lane.id))
      .map(({ lane }) => laneAnswer(lane, blanks));
  }

  #count(flip: LaneFlip): Lane {
    const lane = this.#laneOf(flip.backend, flip.at);
    describe(lane, flip.backend);
    lane.flips++;
    return lane;
  }

  #laneOf(backend: Backend, at: EpochMs): Lane {
    const id = laneId(backend);
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      lane = {
        id,
        firstAt: at,
        backend,
        ports: new Set(),
        states: new Map(),
        open: undefined,
        segments: [],
        notReadyMs: 0,
        flips: 0,
      };
      this.#lanes.set(id, lane);
    }
    return lane;
  }
}

function laneId({ address, pod }: Backend): string {
  return pod ? `${address} ${pod.uid}` : address;
}

function keyOf({ address, pod, ports }: Backend): string {
  return backendKey(address, pod?.uid ?? '', formatPorts(ports));
}

/** The latest description wins, but none is forgotten: a departing backend may be told of with less. */
function describe(lane: Lane, backend: Backend): void {
  lane.backend = { ...lane.backend, ...backend };
  lane.ports.add(formatPorts(backend.ports));
}

function worstOf(states: ReadonlyMap<string, BackendState>): BackendState | undefined {
  if (states.size === 0) return undefined;
  const held = new Set(states.values());
  return WORST_FIRST.find((state) => held.has(state));
}

/** A state that lasted no millisecond is no segment; its flips are counted. */
function close(lane: Lane, at: EpochMs, endsAfter: boolean): void {
  const { open } = lane;
  lane.open = undefined;
  if (!open || open.from >= at) return;
  const { from, state, opensBefore, position } = open;
  if (state === 'notReady') lane.notReadyMs += at - from;
  lane.segments.push({
    from: formatTime(from),
    to: formatTime(at),
    state,
    opensBefore,
    endsAfter,
    ...(position !== undefined ? { position } : {}),
  });
}

function laneAnswer(lane: Lane, blanks: readonly SegmentAnswer[]): LaneAnswer {
  const { address, pod, node, zone } = backendAnswer(lane.backend);
  return {
    id: lane.id,
    address,
    ports: [...lane.ports].sort(compareText),
    ...(pod ? { pod } : {}),
    ...(node !== undefined ? { node } : {}),
    ...(zone !== undefined ? { zone } : {}),
    // RFC 3339 of one length and zone sorts as time does.
    segments: [...lane.segments, ...blanks].sort((a, b) => compareText(a.from, b.from)),
    notReadyMs: lane.notReadyMs,
    flips: lane.flips,
  };
}
