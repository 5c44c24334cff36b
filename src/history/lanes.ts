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
import type { BackendId, FlipColumns, Position } from '../store/event-store.ts';
import { addressSortKey, compareText } from './address-order.ts';
import type { LaneAnswer, SegmentAnswer } from './answers.ts';
import { SegmentLog } from './segment-log.ts';
import { backendAnswer } from './to-answer.ts';

/** The flips of one event: those of the columns with first ≤ index < after. */
export interface EventFlips {
  readonly at: EpochMs;
  readonly position: Position;
  readonly flips: FlipColumns;
  readonly first: number;
  readonly after: number;
}

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

/** A finished lane. */
export interface FoldedLane {
  /** Address and Pod uid. */
  readonly id: string;
  /** As described last. */
  readonly backend: Backend;
  readonly ports: ReadonlySet<string>;
  /** Without the parts that are not known: see {@link withBlanks}. */
  readonly log: SegmentLog;
  readonly notReadyMs: number;
  readonly flips: number;
}

interface Lane extends FoldedLane {
  readonly firstAt: EpochMs;
  backend: Backend;
  /** The flips' backend that `backend` was last described by. */
  describedBy: BackendId | undefined;
  readonly ports: Set<string>;
  /** Its backends, one for each port set. */
  readonly slots: Slot[];
  /** What it shows now, and how that began. `undefined`: all its backends are absent. */
  state: BackendState | undefined;
  since: EpochMs;
  opensBefore: boolean;
  position: Position | undefined;
  notReadyMs: number;
  flips: number;
}

/** What a backend is in now. */
interface Slot {
  readonly key: string;
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
  /** Of the flips of the event at hand. */
  readonly #moved: Member[] = [];
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
      for (const slot of lane.slots) slot.state = 'absent';
      lane.state = undefined;
    }
    for (const { key, backend, state } of list.values()) slotOf(this.#mention(at, backend), key).state = state;
    for (const lane of this.#lanes.values()) {
      const state = worstOf(lane.slots);
      if (state) open(lane, at, state, true, undefined);
    }
  }

  /** Backends that get a lane though nothing of them may be known inside the window. */
  mention(at: EpochMs, list: BackendList): void {
    for (const { backend } of list.values()) this.#mention(at, backend);
  }

  /**
   * Flips that `begin` has already taken into account, because the recording begins at their instant: they are
   * counted, and tell which event showed the state.
   */
  explainBeginning(event: EventFlips): void {
    for (let index = event.first; index < event.after; index++) this.#count(event, index).lane.position = event.position;
  }

  /** All flips of one event, at once: a backend that changes its ports leaves and comes without its lane breaking. */
  apply(event: EventFlips): void {
    const { at, position, flips, first, after } = event;
    this.#moved.length = 0;
    for (let index = first; index < after; index++) {
      const member = this.#count(event, index);
      member.slot.state = flips.to[index] as FlipState;
      this.#moved.push(member);
    }
    for (const { lane, slot } of this.#moved) {
      // Nearly every lane has one backend: then that says it all.
      const state = lane.slots.length > 1 ? worstOf(lane.slots) : slot.state === 'absent' ? undefined : slot.state;
      settle(lane, state, at, position);
    }
  }

  /** Flips of a part that is not known: counted, never drawn. */
  count(event: EventFlips): void {
    for (let index = event.first; index < event.after; index++) this.#count(event, index);
  }

  /**
   * The known part ends. @param endedHere the flips at this very instant, where it is known: a state that they end did
   * not go on after the part.
   */
  end(at: EpochMs, endedHere?: FlipColumns): void {
    const after = new Map<Lane, Map<string, Slot>>();
    endedHere?.backend.forEach((id, index) => {
      const backend = this.#backendOf(id);
      const lane = this.#lanes.get(laneId(backend));
      if (!lane) return;
      const slots = after.get(lane) ?? new Map(lane.slots.map((slot) => [slot.key, slot]));
      const key = keyOf(backend);
      slots.set(key, { key, state: endedHere.to[index] as FlipState });
      after.set(lane, slots);
    });
    for (const lane of this.#lanes.values()) {
      close(lane, at, worstOf(after.get(lane)?.values() ?? lane.slots) === lane.state);
    }
  }

  /** The finished lanes, in no order. */
  get lanes(): FoldedLane[] {
    return [...this.#lanes.values()];
  }

  /** The same by first appearance, then address. */
  get lanesInOrder(): FoldedLane[] {
    return [...this.#lanes.values()]
      .map((lane) => ({ lane, address: addressSortKey(lane.backend.address) }))
      .sort((a, b) => a.lane.firstAt - b.lane.firstAt || compareText(a.address, b.address) || compareText(a.lane.id, b.lane.id))
      .map(({ lane }) => lane);
  }

  #mention(at: EpochMs, backend: Backend): Lane {
    const lane = this.#laneOf(backend, at);
    describe(lane, backend);
    lane.describedBy = undefined;
    return lane;
  }

  #count({ at, flips }: EventFlips, index: number): Member {
    const member = this.#memberOf(flips.backend[index] as BackendId, at);
    const { lane } = member;
    if (lane.describedBy !== member.id) {
      describe(lane, member.backend);
      lane.describedBy = member.id;
    }
    lane.flips++;
    return member;
  }

  #memberOf(id: BackendId, at: EpochMs): Member {
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
        slots: [],
        state: undefined,
        since: at,
        opensBefore: false,
        position: undefined,
        log: new SegmentLog(),
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
  if (lane.backend !== backend) lane.backend = { ...lane.backend, ...backend };
  lane.ports.add(formatPorts(backend.ports));
}

function slotOf({ slots }: Lane, key: string): Slot {
  let slot = slots.find((each) => each.key === key);
  if (slot === undefined) {
    slot = { key, state: 'absent' };
    slots.push(slot);
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

/** The lane shows what its backends are in now. @param state of the worst; `undefined`: all are absent */
function settle(lane: Lane, state: BackendState | undefined, at: EpochMs, position: Position): void {
  if (lane.state === state) return;
  close(lane, at, false);
  if (state) open(lane, at, state, false, position);
}

function open(lane: Lane, at: EpochMs, state: BackendState, opensBefore: boolean, position: Position | undefined): void {
  lane.state = state;
  lane.since = at;
  lane.opensBefore = opensBefore;
  lane.position = position;
}

/** A state that lasted no millisecond is no segment; its flips are counted. */
function close(lane: Lane, at: EpochMs, endsAfter: boolean): void {
  const { state, since, opensBefore, position } = lane;
  lane.state = undefined;
  if (!state || since >= at) return;
  if (state === 'notReady') lane.notReadyMs += at - since;
  lane.log.add(since, at, state, opensBefore, endsAfter, position);
}

/** A lane's segments with the parts that are not known, which every lane shows; oldest first. */
export function withBlanks({ log }: FoldedLane, blanks: readonly LaneSegment[]): LaneSegment[] {
  const { segments } = log;
  return blanks.length === 0 ? segments : [...segments, ...blanks].sort((a, b) => a.from - b.from);
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
