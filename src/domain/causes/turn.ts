/**
 * The turn behind a flip: the one change of the Service or of the Pod from which on the controllers' rule asks for the state
 * that the flip brought.
 */
import type { FlipState } from '../backends.ts';
import type { KubeObject, Service } from '../objects.ts';
import { type Evidence, type FlipFacts, LOOK_BACK_MS, type Version, type Versions } from './evidence.ts';
import { expectedState, type Known } from './expected.ts';
import type { Pod } from './objects.ts';

export type Turn =
  | {
      readonly of: 'service';
      readonly version: Version<Service>;
      readonly before: Known<Service>;
      readonly after: Known<Service>;
    }
  | {
      readonly of: 'pod';
      readonly version: Version<Pod>;
      readonly before: Known<Pod>;
      readonly after: Known<Pod>;
      readonly service: Known<Service>;
    };

interface Step {
  readonly turn?: Turn;
  readonly position: number;
  readonly at: number;
  readonly state: FlipState | undefined;
}

/**
 * Streams are received independently, so the turn may stand in the log shortly after the flip. It is sought
 * - in force at the flip: where the state that it asks for began;
 * - else the nearest one in time, before or after: the list was late, or the object's stream was.
 */
export function turnOf({ flip, service, pod }: Evidence): Turn | undefined {
  const steps = stepsOf(flip, service, pod);
  const asksForIt = wanted(flip);
  let present = steps.length - 1;
  while (present > 0 && (steps[present] as Step).position > flip.position) present--;
  const inForce = beginningOf(steps, present, asksForIt);
  if (inForce !== undefined) return inForce.turn;

  let earlier = present;
  while (earlier > 0 && !asksForIt(steps[earlier]?.state)) earlier--;
  const late = beginningOf(steps, earlier, asksForIt);
  const early = steps.slice(present + 1).find(({ state }) => asksForIt(state));
  if (late?.turn === undefined || early?.turn === undefined) return late?.turn ?? early?.turn;
  // The list still said otherwise when the state that `late` asked for had already ended: by that end it is measured.
  const ended = steps[steps.indexOf(late) + 1]?.at ?? late.at;
  return flip.at - ended <= early.at - flip.at ? late.turn : early.turn;
}

/** The step with which the run of steps that ask for the state began; `undefined` when `index` does not ask for it. */
function beginningOf(steps: readonly Step[], index: number, asksForIt: (state: Step['state']) => boolean): Step | undefined {
  if (!asksForIt(steps[index]?.state)) return undefined;
  let first = index;
  while (first > 0 && asksForIt(steps[first - 1]?.state)) first--;
  // Where the state before is not known, nothing is known to have turned.
  const isKnown = first > 0 && steps[first - 1]?.state !== undefined;
  return isKnown ? steps[first] : { position: 0, at: 0, state: steps[first]?.state };
}

/** Coming and going is about being listed at all: what is missed in between (a Pod listed only once it is ready) is no turn of it. */
function wanted({ from, to }: FlipFacts): (state: Step['state']) => boolean {
  if (to === 'absent') return (state) => state === 'absent';
  if (from === 'absent') return (state) => state !== undefined && state !== 'absent';
  return (state) => state === to;
}

function stepsOf(flip: FlipFacts, services: Versions<Service>, pods: Versions<Pod>): Step[] {
  const since = flip.at - LOOK_BACK_MS;
  let service = beforeAll(services, since);
  let pod = beforeAll(pods, since);
  const state = () => expectedState(flip.source, service, pod);
  const steps: Step[] = [{ position: 0, at: since, state: state() }];
  let [s, p] = [isBase(services, since) ? 1 : 0, isBase(pods, since) ? 1 : 0];
  while (s < services.length || p < pods.length) {
    const [nextService, nextPod] = [services[s], pods[p]];
    if (nextService !== undefined && (nextPod === undefined || nextService.position < nextPod.position)) {
      const [before, after] = [service, known(nextService)];
      service = after;
      steps.push({
        turn: { of: 'service', version: nextService, before, after },
        position: nextService.position,
        at: nextService.at,
        state: state(),
      });
      s++;
    } else if (nextPod !== undefined) {
      const [before, after] = [pod, known(nextPod)];
      pod = after;
      steps.push({
        turn: { of: 'pod', version: nextPod, before, after, service },
        position: nextPod.position,
        at: nextPod.at,
        state: state(),
      });
      p++;
    }
  }
  return steps;
}

function isBase(versions: Versions, since: number): boolean {
  return versions[0] !== undefined && versions[0].at <= since;
}

/** What stood before the evidence: the version in force then; nothing, if the first one was seen to be made. */
function beforeAll<T extends KubeObject>(versions: Versions<T>, since: number): Known<T> {
  const [first] = versions;
  if (first === undefined) return 'unknown';
  if (first.at <= since) return known(first);
  return first.type === 'ADDED' && first.origin !== 'snapshot' ? 'absent' : 'unknown';
}

function known<T extends KubeObject>(version: Version<T>): Known<T> {
  return version.type === 'DELETED' ? 'absent' : version.object;
}
