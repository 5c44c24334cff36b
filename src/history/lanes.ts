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
import type { BackendId, FlipStep } from '../store/event-store.ts';
import { addressSortKey, compareText } from './address-order.ts';
import type { LaneAnswer, SegmentAnswer } from './answers.ts';
import { backendAnswer } from './to-answer.ts';

/** What the fold needs to know of a flip. */
export type LaneFlip = Pick<FlipStep, 'at' | 'position' | 'backend' | 'to'>;

/** A stretch of a lane in one state; those in which the backend was absent are left out. */
export interface LaneSegment {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly state: SegmentAnswer['state'];
  readonly opensBefore: boolean;
  readonly endsAfter: boolean;
  /** Of the event whose flip opened it. */
  readonly position?: number | undefined;
}

/** One that goes on: `to` and `endsAfter` are not known yet. */
type OpenSegment = { -readonly [Key in keyof LaneSegment]: LaneSegment[Key] };

/** A finished lane. */
export interface FoldedLane {
  /** Address and Pod uid. */
  readonly id: string;
  /** As described last. */
  readonly backend: Backend;
  readonly ports: ReadonlySet<string>;
  /** Oldest first, with the parts that are not known. */
  readonly segments: readonly LaneSegment[];
  readonly notReadyMs: number;
  readonly flips: number;
}

interface Lane extends FoldedLane {
  readonly firstAt: EpochMs;
  backend: Backend;
  /** The flips' backend that `backend` was last described by. */
  describedBy: BackendId | undefined;
  readonly ports: Set<string>;
  /** Its backends by key, one for each port set. */
  readonly slots: Map<string, Slot>;
  open: OpenSegment | undefined;
  readonly segments: LaneSegment[];
  notReadyMs: number;
  flips: number;
}

/** What a backend is in now. */
interface Slot {
  state: FlipState;
}

/** A backend of the flips, and where it belongs. */
interface Member {
  readonly id: BackendId;
  readonly backend: Backend;
  readonly lane: Lane;
  readonly slot: Slot;
}

/** A lane shows the worst state of its backends: one port set that is not ready must not hide behind another that is. */
const WORST_FIRST: readonly BackendState[] = ['notReady', 'terminating', 'serving', 'ready'];

export class LaneFold {
  readonly #lanes = new Map<string, Lane>();
  readonly #members = new Map<BackendId, Member>();
  readonly #backendOf: (id: BackendId) => Backend;

  constructor(backendOf: (id: BackendId) => Backend) {
    this.#backendOf = backendOf;
  }

  /**
   * A known part begins. @param list what was listed just before `at`, or at `at` itself where the recording begins
   * there; either way it is not known since when, so the segments open before.
   */
  begin(at: EpochMs, list: BackendList): void {
    for (const lane of this.#lanes.values()) {
      for (const slot of lane.slots.values()) slot.state = 'absent';
      lane.open = undefined;
    }
    this.mention(at, list);
    for (const { key, backend, state } of list.values()) slotOf(this.#laneOf(backend, at), key).state = state;
    for (const lane of this.#lanes.values()) {
      const state = worstOf(lane.slots.values());
      if (state) lane.open = open(at, state, true, undefined);
    }
  }

  /** Backends that get a lane though nothing of them may be known inside the window. */
  mention(at: EpochMs, list: BackendList): void {
    for (const { backend } of list.values()) {
      const lane = this.#laneOf(backend, at);
      describe(lane, backend);
      lane.describedBy = undefined;
    }
  }

  /**
   * Flips that `begin` has already taken into account, because the recording begins at their instant: they are
   * counted, and tell which event showed the state.
   */
  explainBeginning(flips: readonly LaneFlip[]): void {
    for (const flip of flips) {
      const { lane } = this.#count(flip);
      if (lane.open) lane.open.position = flip.position;
    }
  }

  /** All flips of one event, at once: a backend that changes its ports leaves and comes without its lane breaking. */
  apply(flips: readonly LaneFlip[]): void {
    const [only, ...others] = flips;
    if (only && others.length === 0) {
      settle(this.#move(only), only);
      return;
    }
    const touched = new Map<Lane, LaneFlip>();
    for (const flip of flips) touched.set(this.#move(flip), flip);
    for (const [lane, last] of touched) settle(lane, last);
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
    const after = new Map<Lane, Map<string, Slot>>();
    for (const flip of endedHere) {
      const backend = this.#backendOf(flip.backend);
      const lane = this.#lanes.get(laneId(backend));
      if (!lane) continue;
      const slots = after.get(lane) ?? new Map(lane.slots);
      slots.set(keyOf(backend), { state: flip.to });
      after.set(lane, slots);
    }
    for (const lane of this.#lanes.values()) {
      close(lane, at, worstOf((after.get(lane) ?? lane.slots).values()) === lane.open?.state);
    }
  }

  /** The finished lanes, by first appearance, then address. @param blanks the parts not known: every lane shows them */
  lanes(blanks: readonly LaneSegment[]): FoldedLane[] {
    return [...this.#lanes.values()]
      .map((lane) => ({ lane, address: addressSortKey(lane.backend.address) }))
      .sort((a, b) => a.lane.firstAt - b.lane.firstAt || compareText(a.address, b.address) || compareText(a.lane.id, b.lane.id))
      .map(({ lane }) =>
        blanks.length === 0 ? lane : { ...lane, segments: [...lane.segments, ...blanks].sort((a, b) => a.from - b.from) },
      );
  }

  #move(flip: LaneFlip): Lane {
    const { lane, slot } = this.#count(flip);
    slot.state = flip.to;
    return lane;
  }

  #count(flip: LaneFlip): Member {
    const member = this.#memberOf(flip);
    const { lane } = member;
    if (lane.describedBy !== member.id) {
      describe(lane, member.backend);
      lane.describedBy = member.id;
    }
    lane.flips++;
    return member;
  }

  #memberOf({ backend: id, at }: LaneFlip): Member {
    let member = this.#members.get(id);
    if (member === undefined) {
      const backend = this.#backendOf(id);
      const lane = this.#laneOf(backend, at);
      member = { id, backend, lane, slot: slotOf(lane, keyOf(backend)) };
      this.#members.set(id, member);
    }
    return member;
  }

  #laneOf(backend: Backend, at: EpochMs): Lane {
    const id = laneId(backend);
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      lane = {
        id,
        firstAt: at,
        backend,
        describedBy: undefined,
        ports: new Set(),
        slots: new Map(),
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

function slotOf({ slots }: Lane, key: string): Slot {
  let slot = slots.get(key);
  if (slot === undefined) {
    slot = { state: 'absent' };
    slots.set(key, slot);
  }
  return slot;
}

/** `undefined`: all are absent. */
function worstOf(slots: Iterable<Slot>): BackendState | undefined {
  let worst: BackendState | undefined;
  for (const { state } of slots) {
    if (state !== 'absent' && (worst === undefined || isWorse(state, worst))) worst = state;
  }
  return worst;
}

const isWorse = (a: BackendState, b: BackendState): boolean => WORST_FIRST.indexOf(a) < WORST_FIRST.indexOf(b);

/** The lane shows what its backends are in now. */
function settle(lane: Lane, { at, position, to }: LaneFlip): void {
  // Nearly every lane has one backend: then the flip says it all.
  const state = lane.slots.size > 1 ? worstOf(lane.slots.values()) : to === 'absent' ? undefined : to;
  if (lane.open?.state === state) return;
  close(lane, at, false);
  if (state) lane.open = open(at, state, false, position);
}

// All segments are made here, alike, because there may be a hundred thousand of them.
function open(from: EpochMs, state: BackendState, opensBefore: boolean, position: number | undefined): OpenSegment {
  return { from, to: from, state, opensBefore, endsAfter: false, position };
}

/** A state that lasted no millisecond is no segment; its flips are counted. */
function close(lane: Lane, at: EpochMs, endsAfter: boolean): void {
  const segment = lane.open;
  lane.open = undefined;
  if (!segment || segment.from >= at) return;
  segment.to = at;
  segment.endsAfter = endsAfter;
  if (segment.state === 'notReady') lane.notReadyMs += at - segment.from;
  lane.segments.push(segment);
}

/** What an answer says of a lane, whatever it shows of its segments. */
export function laneHead({ id, backend, ports, notReadyMs, flips }: FoldedLane): Omit<LaneAnswer, 'segments'> {
  const { address, pod, node, zone } = backendAnswer(backend);
  return {
    id,
    address,
    ports: [...ports].sort(compareText),
    ...(pod ? { pod } : {}),
    ...(node !== undefined ? { node } : {}),
    ...(zone !== undefined ? { zone } : {}),
    notReadyMs,
    flips,
  };
}

export function segmentAnswer({ from, to, state, opensBefore, endsAfter, position }: LaneSegment): SegmentAnswer {
  return {
    from: formatTime(from),
    to: formatTime(to),
    state,
    opensBefore,
    endsAfter,
    ...(position !== undefined ? { position } : {}),
  };
}
