/** What every part of the simulation works on. */
import type { EpochMs } from '../../domain/time.ts';
import type { ClusterState } from '../cluster-state.ts';
import type { EventRecorder } from './events.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';

export interface World {
  readonly state: ClusterState;
  readonly schedule: Schedule;
  readonly random: Random;
  readonly events: EventRecorder;
}

/**
 * A controller's work queue: keys are reconciled a little after something changed, each once however often it was asked
 * for in between (client-go util/workqueue).
 */
export class WorkQueue {
  readonly #world: Pick<World, 'schedule' | 'random'>;
  readonly #delayMs: readonly [least: number, most: number];
  readonly #reconcile: (key: string, now: EpochMs) => void;
  readonly #waiting = new Set<string>();

  constructor(
    world: Pick<World, 'schedule' | 'random'>,
    delayMs: readonly [least: number, most: number],
    reconcile: (key: string, now: EpochMs) => void,
  ) {
    this.#world = world;
    this.#delayMs = delayMs;
    this.#reconcile = reconcile;
  }

  add(key: string): void {
    if (this.#waiting.has(key)) return;
    this.#waiting.add(key);
    const { schedule, random } = this.#world;
    schedule.after(random.between(...this.#delayMs), () => {
      this.#waiting.delete(key);
      this.#reconcile(key, schedule.now);
    });
  }
}
