/** Segments of one lane as numbers: of a hundred thousand that are folded for a picture, few are asked for. */
import type { BackendState } from '../domain/backends.ts';
import type { EpochMs } from '../domain/time.ts';
import type { LaneSegment } from './lanes.ts';

const STATES: readonly BackendState[] = ['ready', 'notReady', 'serving', 'terminating'];

/** What stands for no position; those of events begin at 1. */
const NONE = 0;

export class SegmentLog {
  /** Four a segment: from, to, its state and edges, position. */
  readonly #numbers: number[] = [];

  add(from: EpochMs, to: EpochMs, state: BackendState, opensBefore: boolean, endsAfter: boolean, position?: number): void {
    const edges = (opensBefore ? 2 : 0) + (endsAfter ? 1 : 0);
    this.#numbers.push(from, to, STATES.indexOf(state) * 4 + edges, position ?? NONE);
  }

  /** Oldest first. */
  get segments(): LaneSegment[] {
    const numbers = this.#numbers;
    const segments: LaneSegment[] = [];
    for (let index = 0; index < numbers.length; index += 4) {
      const [from, to, kind, position] = [numbers[index], numbers[index + 1], numbers[index + 2] as number, numbers[index + 3]];
      segments.push({
        from: from as EpochMs,
        to: to as EpochMs,
        state: STATES[kind >> 2] as BackendState,
        opensBefore: (kind & 2) !== 0,
        endsAfter: (kind & 1) !== 0,
        position: position === NONE ? undefined : position,
      });
    }
    return segments;
  }
}
