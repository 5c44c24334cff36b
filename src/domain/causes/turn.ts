/**
 * The turn behind a flip: the one change of the Service or of the Pod from which on the controllers' rule asks for the state
 * that the flip brought.
 */
import { type FlipState, formatPorts, type Source } from '../backends.ts';
import type { KubeObject, Service } from '../objects.ts';
import { type Evidence, type FlipFacts, POD_BACK_MS, type Version, type Versions, within } from './evidence.ts';
import { expectedPorts, expectedState, type Known } from './expected.ts';
import type { Pod } from './objects.ts';

export type Turn = (ServiceTurn | PodTurn) & {
  /** Another one is as likely: a list that is late and one that was received first cannot be told apart so close to both. */
  readonly isDoubtful?: boolean;
};

interface ServiceTurn {
  readonly of: 'service';
  readonly version: Version<Service>;
  readonly before: Known<Service>;
  readonly after: Known<Service>;
}

interface PodTurn {
  readonly of: 'pod';
  readonly version: Version<Pod>;
  readonly before: Known<Pod>;
  readonly after: Known<Pod>;
  readonly service: Known<Service>;
}

/** A list that still said otherwise so long after the state had ended again has another reason. */
const LATE_MS = 30_000;
/** A list that shows a state which ended so shortly before, and which begins again so shortly after, may show either. */
const DOUBTFUL_MS = 2_000;

/**
 * Streams are received independently, so the turn may stand in the log shortly after the flip. It is sought
 * - in force at the flip: where the state that it asks for began;
 * - else the nearest one in time, before or after: the list was late, or the object's stream was.
 */
export function turnOf({ flip, service, pod }: Evidence): Turn | undefined {
  const steps = new Steps(flip, service, pod);
  const asked = (index: number) => asksFor(flip, steps.state(index));
  const present = steps.indexBefore(flip.position);
  if (asked(present)) return steps.turn(beginning(present, asked));

  let end = present;
  while (end > 0 && steps.at(end) >= flip.at - LATE_MS && !asked(end - 1)) end--;
  const late = end > 0 && steps.at(end) >= flip.at - LATE_MS ? end - 1 : undefined;
  let early = present + 1;
  while (early < steps.length && !asked(early)) early++;
  if (late === undefined) return early < steps.length ? steps.turn(early) : undefined;
  if (early === steps.length) return steps.turn(beginning(late, asked));
  const [sinceLate, untilEarly] = [flip.at - steps.at(late + 1), steps.at(early) - flip.at];
  const turn = sinceLate <= untilEarly ? steps.turn(beginning(late, asked)) : steps.turn(early);
  return turn && sinceLate <= DOUBTFUL_MS && untilEarly <= DOUBTFUL_MS ? { ...turn, isDoubtful: true } : turn;
}

/** The first of the steps up to `index` that ask for it without a break. */
function beginning(index: number, asked: (index: number) => boolean): number {
  let first = index;
  while (first > 0 && asked(first - 1)) first--;
  return first;
}

/** Coming and going is about being listed at all: what is missed in between (a Pod listed only once it is ready) is no turn of it. */
function asksFor({ from, to }: FlipFacts, state: FlipState | undefined): boolean {
  if (to === 'absent') return state === 'absent';
  if (from === 'absent') return state !== undefined && state !== 'absent';
  return state === to;
}

/**
 * The Service and the Pod side by side: step 0 is what stood where the evidence begins, each step after it one change of
 * either. What a step asks for is worked out only when it is looked at, because versions are read from the log then.
 */
class Steps {
  readonly length: number;
  readonly #source: Source;
  /** Ports of the backend, where coming and going can be due to them. */
  readonly #ports: string | undefined;
  readonly #changes: readonly (Version<Service> | Version<Pod>)[];
  /** How many changes of the Service stand among the first changes, by number of those. */
  readonly #servicesBefore: readonly number[];
  readonly #services: readonly Known<Service>[];
  readonly #serviceVersions: Versions<Service>;
  readonly #podVersions: Versions<Pod>;
  readonly #podBefore: Version<Pod> | 'absent' | 'unknown';

  constructor(flip: FlipFacts, allServices: Versions<Service>, pods: Versions<Pod>) {
    // Both from the same instant on: a change of one before that must not seem to follow one of the other.
    const since = flip.at - POD_BACK_MS;
    const services = within(allServices, since, Number.POSITIVE_INFINITY);
    this.#source = flip.source;
    this.#serviceVersions = isBase(services, since) ? services.slice(1) : services;
    this.#podVersions = isBase(pods, since) ? pods.slice(1) : pods;
    this.#services = [knownBefore(services, since), ...this.#serviceVersions].map(known);
    this.#podBefore = knownBefore(pods, since);
    const changes: (Version<Service> | Version<Pod>)[] = [];
    const servicesBefore = [0];
    let [service, pod] = [0, 0];
    while (service < this.#serviceVersions.length || pod < this.#podVersions.length) {
      const [nextService, nextPod] = [this.#serviceVersions[service], this.#podVersions[pod]];
      const isService = nextService !== undefined && (nextPod === undefined || nextService.position < nextPod.position);
      changes.push((isService ? nextService : nextPod) as Version<Service> | Version<Pod>);
      if (isService) service++;
      else pod++;
      servicesBefore.push(service);
    }
    this.#changes = changes;
    this.#servicesBefore = servicesBefore;
    this.#ports = this.#portsThatMatter(flip);
    this.length = changes.length + 1;
  }

  /** The last step before a position of the log. */
  indexBefore(position: number): number {
    let index = this.#changes.length;
    while (index > 0 && (this.#changes[index - 1]?.position ?? 0) > position) index--;
    return index;
  }

  at(index: number): number {
    return this.#changes[index - 1]?.at ?? 0;
  }

  state(index: number): FlipState | undefined {
    const [service, pod] = [this.#service(index), this.#pod(index)];
    const state = expectedState(this.#source, service, pod);
    if (this.#ports === undefined || !isObject(service) || !isObject(pod)) return state;
    // The same Pod with other ports is another backend.
    const ports = expectedPorts(service, pod);
    return ports === undefined || ports === this.#ports ? state : 'absent';
  }

  /** `undefined` for step 0, and where nothing is known of before: nothing is known to have turned. */
  turn(index: number): Turn | undefined {
    if (index === 0 || this.state(index - 1) === undefined) return undefined;
    const services = this.#servicesBefore[index] ?? 0;
    if (services > (this.#servicesBefore[index - 1] ?? 0)) {
      const version = this.#serviceVersions[services - 1] as Version<Service>;
      return { of: 'service', version, before: this.#service(index - 1), after: this.#service(index) };
    }
    const version = this.#podVersions[index - services - 1] as Version<Pod>;
    return { of: 'pod', version, before: this.#pod(index - 1), after: this.#pod(index), service: this.#service(index) };
  }

  /** Ports count only if the rule for them can be seen to hold: if it gives this backend's for some version of the Service. */
  #portsThatMatter({ backend, from, to }: FlipFacts): string | undefined {
    if (this.#serviceVersions.length === 0 || (from !== 'absent' && to !== 'absent')) return undefined;
    const pod = this.#podVersions.at(-1)?.object ?? known(this.#podBefore);
    if (!isObject(pod)) return undefined;
    const ports = formatPorts(backend.ports);
    return this.#services.some((service) => isObject(service) && expectedPorts(service, pod) === ports) ? ports : undefined;
  }

  #service(index: number): Known<Service> {
    return this.#services[this.#servicesBefore[index] ?? 0] as Known<Service>;
  }

  #pod(index: number): Known<Pod> {
    const count = index - (this.#servicesBefore[index] ?? 0);
    return known(count === 0 ? this.#podBefore : (this.#podVersions[count - 1] as Version<Pod>));
  }
}

function isObject<T extends KubeObject>(value: Known<T>): value is T {
  return value !== 'absent' && value !== 'unknown';
}

function isBase(versions: Versions, since: number): boolean {
  return versions[0] !== undefined && versions[0].at <= since;
}

/** What stood before the evidence: the version in force then; nothing, if the first one was seen to be made. */
export function knownBefore<T extends KubeObject>(versions: Versions<T>, since: number): Version<T> | 'absent' | 'unknown' {
  const [first] = versions;
  if (first === undefined) return 'unknown';
  if (first.at <= since) return first;
  return first.type === 'ADDED' && first.origin !== 'snapshot' ? 'absent' : 'unknown';
}

export function known<T extends KubeObject>(version: Version<T> | 'absent' | 'unknown'): Known<T> {
  if (version === 'absent' || version === 'unknown') return version;
  return version.type === 'DELETED' ? 'absent' : version.object;
}
