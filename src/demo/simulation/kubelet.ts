/** The kubelets of all nodes: start containers, probe them, restart what crashes, and end what is deleted. */
import { type EpochMs, epochMs } from '../../domain/time.ts';
import { keyOf } from '../cluster-state.ts';
import { isReady, isTerminating, kubeTime, type Pod } from '../objects.ts';
import { setReady, setRestarted, setStarted, setTerminated, setWaiting } from './pod-status.ts';
import type { World } from './world.ts';

/** A container that ended more than once within this time waits before it is started again. */
const CRASH_MEMORY_MS = 600_000;
const FIRST_BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 300_000;
/** A container in a crash loop ends before its first probe can pass. */
const FAILS_AFTER_START_MS = 500;

export class Kubelet {
  readonly #world: World;
  readonly #addresses: Addresses;
  /** When the container of a Pod ended of itself, by Pod uid; only the latest {@link CRASH_MEMORY_MS}. */
  readonly #crashes = new Map<string, EpochMs[]>();
  /** Pods, by uid, whose probes fail at the moment: then a start of the container does not make them ready. */
  readonly #failing = new Set<string>();
  /** Pods, by uid, whose end has begun. */
  readonly #ending = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    this.#addresses = new Addresses([...world.state.objects<Pod>('v1/pods')]);
    world.state.subscribe(({ type, resource }, object) => {
      if (resource !== 'v1/pods') return;
      const pod = object as Readonly<Pod>;
      if (type === 'DELETED') this.#forget(pod);
      else if (isTerminating(pod)) this.#end(pod);
      else if (pod.spec.nodeName !== undefined && pod.status.phase === 'Pending') this.#start(pod);
    });
  }

  /** As the API server does with a DELETE: the Pod gets its grace period, or goes at once when it was never bound. */
  delete(key: string): void {
    const { state, schedule } = this.#world;
    const pod = state.get<Pod>('v1/pods', key)?.object;
    if (pod === undefined || isTerminating(pod)) return;
    if (pod.spec.nodeName === undefined) {
      state.remove('v1/pods', key);
      return;
    }
    const graceSeconds = pod.spec.terminationGracePeriodSeconds;
    state.edit<Pod>('v1/pods', key, ({ metadata }) => {
      metadata.generation = (metadata.generation ?? 1) + 1;
      metadata.deletionTimestamp = kubeTime(epochMs(schedule.now + graceSeconds * 1_000));
      metadata.deletionGracePeriodSeconds = graceSeconds;
    });
  }

  /**
   * The readiness probe fails from now on. As many failures as the probe's `failureThreshold` make the Pod unready; it is
   * ready again at the first probe that passes, `forMs` after it became unready.
   */
  failReadiness(pod: Readonly<Pod>, message: string, forMs: number): void {
    const { uid } = pod.metadata;
    const { failureThreshold = 3 } = pod.spec.containers[0]?.readinessProbe ?? {};
    const periodMs = probePeriodMs(pod);
    this.#failing.add(uid);
    const passAfter = failureThreshold - 1 + Math.max(1, Math.round(forMs / periodMs));
    const probe = (attempt: number) => {
      const current = this.#living(pod);
      if (current === undefined || !this.#failing.has(uid)) return;
      if (attempt > passAfter) {
        this.#failing.delete(uid);
        this.#setReady(current, true);
        return;
      }
      this.#event(current, 'Warning', 'Unhealthy', message);
      if (attempt === failureThreshold) this.#setReady(current, false);
      this.#world.schedule.after(periodMs, () => probe(attempt + 1));
    };
    // The kubelets of different nodes do not probe at the same moment.
    this.#world.schedule.after(this.#world.random.between(0, periodMs / 2), () => probe(1));
  }

  /** True from the moment the probe of a Pod began to fail until it passes again. */
  isFailing(pod: Readonly<Pod>): boolean {
    return this.#failing.has(pod.metadata.uid);
  }

  /**
   * The container ends of itself: OOM killed, or with an exit code. It is started again, after a back-off if this happened
   * lately.
   *
   * @param times How often in a row it ends right after its start.
   */
  crash(pod: Readonly<Pod>, exitCode: number, reason: string, times = 1): void {
    const { state, schedule, random } = this.#world;
    const current = this.#living(pod);
    if (current === undefined) return;
    const { uid } = pod.metadata;
    const now = schedule.now;
    this.#failing.delete(uid);
    const crashes = [...(this.#crashes.get(uid) ?? []).filter((at) => at > now - CRASH_MEMORY_MS), now];
    this.#crashes.set(uid, crashes);
    state.edit<Pod>('v1/pods', keyOf(pod), (draft) => setTerminated(draft, exitCode, reason, now));
    const restart = () => {
      this.#restart(pod);
      if (times > 1) schedule.after(FAILS_AFTER_START_MS, () => this.crash(pod, exitCode, reason, times - 1));
    };
    if (crashes.length === 1) {
      schedule.after(random.between(400, 1_000), restart);
      return;
    }
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (crashes.length - 2), LONGEST_BACKOFF_MS);
    schedule.after(random.between(300, 800), () => this.#backOff(pod, backoffMs, restart));
  }

  /** How often the container of a Pod ended of itself lately. */
  recentCrashes(pod: Readonly<Pod>): number {
    return this.#crashes.get(pod.metadata.uid)?.filter((at) => at > this.#world.schedule.now - CRASH_MEMORY_MS).length ?? 0;
  }

  #start(pod: Readonly<Pod>): void {
    const { state, schedule, random } = this.#world;
    const podIP = this.#addresses.take(pod);
    if (podIP === undefined) return;
    schedule.after(random.between(300, 1_400), () => {
      const current = this.#living(pod);
      if (current === undefined) return;
      this.#startedEvents(current);
      // A status reaches the API server a moment after the container runs.
      schedule.after(random.between(5, 40), () => {
        if (this.#living(pod) === undefined) return;
        state.edit<Pod>('v1/pods', keyOf(pod), (draft) =>
          setStarted(draft, { hostIP: hostIP(pod), podIP }, `containerd://${random.hex(64)}`, schedule.now),
        );
        this.#probeUntilReady(pod);
      });
    });
  }

  #backOff(pod: Readonly<Pod>, backoffMs: number, restart: () => void): void {
    const { state, schedule } = this.#world;
    const current = this.#living(pod);
    if (current === undefined) return;
    const { name, namespace = '', uid } = pod.metadata;
    const container = current.spec.containers[0]?.name ?? '';
    const told = `failed container ${container} in pod ${name}_${namespace}(${uid})`;
    const message = `back-off ${backoffMs / 1_000}s restarting ${told.replace('container ', 'container=').replace('pod ', 'pod=')}`;
    state.edit<Pod>('v1/pods', keyOf(pod), (draft) => setWaiting(draft, { reason: 'CrashLoopBackOff', message }, schedule.now));
    this.#event(current, 'Warning', 'BackOff', `Back-off restarting ${told}`);
    schedule.after(backoffMs, restart);
  }

  #restart(pod: Readonly<Pod>): void {
    const { state, schedule, random } = this.#world;
    const current = this.#living(pod);
    if (current === undefined) return;
    this.#startedEvents(current);
    state.edit<Pod>('v1/pods', keyOf(pod), (draft) => setRestarted(draft, `containerd://${random.hex(64)}`, schedule.now));
    this.#probeUntilReady(pod);
  }

  #probeUntilReady(pod: Readonly<Pod>): void {
    const { schedule, random } = this.#world;
    schedule.after(random.between(600, 2_000), () => {
      const current = this.#living(pod);
      const running = current?.status.containerStatuses?.[0]?.state.running !== undefined;
      if (current && running && !this.#failing.has(pod.metadata.uid)) this.#setReady(current, true);
    });
  }

  #end(pod: Readonly<Pod>): void {
    const { state, schedule, random } = this.#world;
    const { uid } = pod.metadata;
    if (this.#ending.has(uid)) return;
    this.#ending.add(uid);
    this.#failing.delete(uid);
    const running = pod.status.containerStatuses?.[0]?.state.running !== undefined;
    const container = pod.spec.containers[0]?.name ?? '';
    schedule.after(random.between(5, 20), () => {
      if (running) this.#event(pod, 'Normal', 'Killing', `Stopping container ${container}`);
    });
    const graceMs = pod.spec.terminationGracePeriodSeconds * 1_000;
    schedule.after(Math.min(graceMs, running ? random.between(1_500, 3_500) : 100), () => {
      const key = keyOf(pod);
      if (running) state.edit<Pod>('v1/pods', key, (draft) => setTerminated(draft, 0, 'Completed', schedule.now));
      // The kubelet lets go of the Pod with a grace period of zero; then it is deleted.
      schedule.after(random.between(5, 30), () => {
        state.edit<Pod>('v1/pods', key, ({ metadata }) => {
          metadata.deletionGracePeriodSeconds = 0;
        });
        state.remove('v1/pods', key);
      });
    });
  }

  #forget({ metadata: { uid } }: Readonly<Pod>): void {
    this.#addresses.release(uid);
    this.#crashes.delete(uid);
    this.#failing.delete(uid);
    this.#ending.delete(uid);
  }

  #setReady(pod: Readonly<Pod>, ready: boolean): void {
    if (isReady(pod) === ready) return;
    this.#world.state.edit<Pod>('v1/pods', keyOf(pod), (draft) => setReady(draft, ready, this.#world.schedule.now));
  }

  #startedEvents(pod: Readonly<Pod>): void {
    const { name = '', image = '' } = pod.spec.containers[0] ?? {};
    this.#event(pod, 'Normal', 'Pulled', `Container image "${image}" already present on machine`);
    this.#event(pod, 'Normal', 'Created', `Created container: ${name}`);
    this.#event(pod, 'Normal', 'Started', `Started container ${name}`);
  }

  #event(pod: Readonly<Pod>, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#world.events.kubelet(pod, pod.spec.containers[0]?.name ?? '', type, reason, message);
  }

  /** The Pod as it is now; `undefined` when it is gone, or on its way. */
  #living({ metadata: { uid, namespace = '', name } }: Readonly<Pod>): Readonly<Pod> | undefined {
    const pod = this.#world.state.get<Pod>('v1/pods', `${namespace}/${name}`)?.object;
    return pod !== undefined && pod.metadata.uid === uid && !isTerminating(pod) ? pod : undefined;
  }
}

/** Pod addresses, handed out in turn; one that was given back is taken again only when all others were used. */
class Addresses {
  readonly #taken = new Map<string, number>();
  #last = 0;

  constructor(pods: readonly Readonly<Pod>[]) {
    for (const { metadata, status } of pods) {
      const host = Number(status.podIP?.split('.').at(-1));
      if (!Number.isInteger(host)) continue;
      this.#taken.set(metadata.uid, host);
      this.#last = Math.max(this.#last, host);
    }
  }

  /** `undefined` when the Pod has one already. */
  take({ metadata: { uid } }: Readonly<Pod>): string | undefined {
    if (this.#taken.has(uid)) return undefined;
    const used = new Set(this.#taken.values());
    do this.#last = this.#last >= 254 ? 2 : this.#last + 1;
    while (used.has(this.#last));
    this.#taken.set(uid, this.#last);
    return `10.100.4.${this.#last}`;
  }

  release(uid: string): void {
    this.#taken.delete(uid);
  }
}

function hostIP({ spec }: Readonly<Pod>): string {
  return `192.168.0.${Number(/\d+$/.exec(spec.nodeName ?? '')?.[0] ?? 0) + 1}`;
}

export function probePeriodMs({ spec }: Readonly<Pod>): number {
  return (spec.containers[0]?.readinessProbe?.periodSeconds ?? 10) * 1_000;
}
