/** The demo cluster's life: its controllers and what happens to them, on a clock that moves only by `tick`. */
import type { EpochMs } from '../../domain/time.ts';
import type { ClusterState } from '../cluster-state.ts';
import { Scenario } from '../scenario.ts';
import { runDeploymentController } from './deployment-controller.ts';
import { runEndpointsControllers } from './endpoints-controllers.ts';
import { EventRecorder } from './events.ts';
import { Kubelet } from './kubelet.ts';
import { Random } from './random.ts';
import { runReplicaSetController } from './replica-set-controller.ts';
import { Schedule } from './schedule.ts';
import { runScheduler } from './scheduler.ts';
import type { World } from './world.ts';

export interface Simulation {
  /** When something is due next. */
  readonly nextAt: EpochMs | undefined;
  /** Plays everything that is due by `now` into the state. How the time is cut into ticks makes no difference. */
  tick(now: EpochMs): void;
  /** The cluster slept for so long, together with the machine it runs on: nothing happened meanwhile. */
  postpone(byMs: number): void;
}

/**
 * Brings a state to life.
 *
 * @param state As the incident left it. Only the simulation may write it from now on.
 * @param start The first episode begins a few seconds after this.
 * @param seed The same state, start and seed give the same life, change for change.
 */
export function startSimulation(state: ClusterState, start: EpochMs, seed: number): Simulation {
  const random = new Random(seed);
  const schedule = new Schedule(start);
  const events = new EventRecorder(state, schedule, random);
  const world: World = { state, schedule, random, events };
  runEndpointsControllers(world);
  const kubelet = new Kubelet(world);
  runReplicaSetController(world, (key) => kubelet.delete(key));
  runDeploymentController(world);
  runScheduler(world);
  new Scenario(world, kubelet).start();
  return {
    get nextAt() {
      return schedule.nextAt;
    },
    tick: (now) => schedule.tick(now),
    postpone: (byMs) => schedule.postpone(byMs),
  };
}
