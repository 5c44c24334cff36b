/**
 * Disagreements between Pods and a Service's address list, folded from what both said over time. Pure.
 *
 * The fold is driven part by part: `begin` with all that was in force, `apply` the changes of one instant together, `end`.
 * Instants never go back. What comes and goes within one instant is not seen: it lasted no millisecond.
 */
import type { Backend, BackendList, BackendState, FlipState } from '../domain/backends.ts';
import { backendKey, formatPorts } from '../domain/backends.ts';
import type { EpochMs } from '../domain/time.ts';
import type { FlipRecord } from '../store/event-store.ts';
import { disagree, type PodFacts, type ServiceFacts } from './pod-readiness.ts';

/** What the fold needs to know of a flip. */
type BackendFlip = Pick<FlipRecord, 'at' | 'position' | 'backend' | 'to'>;

/** What one side said, and since when. */
export interface Said<State> {
  readonly state: State;
  readonly since: EpochMs;
  /** It may have said so before already. */
  readonly opensBefore: boolean;
  /** The event that showed it; 0 for none. */
  readonly position: number;
}

export interface PodSaid extends Said<'ready' | 'notReady'> {
  readonly transitionAt?: string;
}

export interface Disagreement {
  readonly backend: Backend;
  readonly pod: PodSaid;
  readonly list: Said<FlipState>;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly opensBefore: boolean;
  readonly endsAfter: boolean;
  /** The event that ended it. */
  readonly endPosition?: number;
}

/** One version of a Pod. */
export interface PodStep {
  readonly position: number;
  readonly at: EpochMs;
  readonly uid: string;
  readonly name: string;
  /** Absent: it is gone. */
  readonly facts?: PodFacts;
  /** Seen as it happened. Otherwise when it became so is not known. */
  readonly watched: boolean;
}

export type Change =
  | { readonly kind: 'flips'; readonly at: EpochMs; readonly position: number; readonly flips: readonly BackendFlip[] }
  | { readonly kind: 'pod'; readonly at: EpochMs; readonly position: number; readonly step: PodStep }
  | {
      readonly kind: 'service';
      readonly at: EpochMs;
      readonly position: number;
      readonly facts: ServiceFacts | undefined;
    };

interface Listed extends Said<BackendState> {
  readonly backend: Backend;
}

interface KnownPod {
  readonly name: string;
  readonly facts: PodFacts;
  readonly said: PodSaid;
  /** Since when the list has not had it, where it never had it while that was watched. */
  readonly neverListed: Said<'absent'>;
}

interface Begin {
  readonly at: EpochMs;
  readonly list: BackendList;
  readonly listPosition: number;
  readonly pods: readonly PodStep[];
  readonly service: ServiceFacts | undefined;
}

export class DisagreementFold {
  readonly #truncated: boolean;
  readonly #found: Disagreement[] = [];
  #service: ServiceFacts | undefined;
  /** By uid of the Pod, then by backend key. Backends without a Pod have nobody to disagree with. */
  readonly #listed = new Map<string, Map<string, Listed>>();
  /** The last description of a Pod that left the list, and since when it is not in it. */
  readonly #left = new Map<string, Said<'absent'> & { readonly backend: Backend }>();
  readonly #pods = new Map<string, KnownPod>();
  /** By uid, then by backend key, or `''` for a Pod that is not listed. */
  readonly #open = new Map<string, Map<string, Disagreement>>();

  /** @param options truncated: what is not listed is not missed */
  constructor(options: { readonly truncated: boolean }) {
    this.#truncated = options.truncated;
  }

  /** A known part begins, with what was in force at its first instant: how long it had been so is not known. */
  begin({ at, list, listPosition, pods, service }: Begin): void {
    for (const state of [this.#listed, this.#left, this.#pods, this.#open]) state.clear();
    this.#service = service;
    for (const { key, backend, state } of list.values()) {
      this.#setListed(key, { backend, state, since: at, opensBefore: true, position: listPosition });
    }
    // It may have been listed before, and left.
    for (const step of pods) this.#setPod(step, { state: 'absent', since: at, opensBefore: true, position: listPosition });
    for (const uid of this.#pods.keys()) this.#judge(uid, at, undefined, true);
  }

  /** All changes of one instant, in order of position. */
  apply(changes: readonly Change[]): void {
    const touched = new Map<string, number>();
    for (const change of changes) {
      if (change.kind === 'service') {
        this.#service = change.facts;
        for (const uid of this.#pods.keys()) touched.set(uid, change.position);
      } else if (change.kind === 'pod') {
        const { at, watched } = change.step;
        this.#setPod(change.step, { state: 'absent', since: at, opensBefore: !watched, position: 0 });
        touched.set(change.step.uid, change.position);
      } else {
        for (const flip of change.flips) {
          this.#applyFlip(flip);
          if (flip.backend.pod) touched.set(flip.backend.pod.uid, change.position);
        }
      }
    }
    const at = changes.at(-1)?.at;
    if (at !== undefined) for (const [uid, position] of touched) this.#judge(uid, at, position, false);
  }

  /** The known part ends: what holds there may go on. */
  end(at: EpochMs): void {
    for (const open of this.#open.values()) {
      for (const each of open.values()) this.#close(each, at, undefined);
    }
    this.#open.clear();
  }

  /** Oldest first, then by address. */
  found(): readonly Disagreement[] {
    return this.#found.sort((a, b) => a.from - b.from || (a.backend.address < b.backend.address ? -1 : 1));
  }

  #setListed(key: string, listed: Listed): void {
    const uid = listed.backend.pod?.uid;
    if (uid === undefined) return;
    const ofPod = this.#listed.get(uid) ?? new Map<string, Listed>();
    this.#listed.set(uid, ofPod.set(key, listed));
    this.#left.delete(uid);
  }

  #applyFlip({ backend, to, at, position }: BackendFlip): void {
    const uid = backend.pod?.uid;
    if (uid === undefined) return;
    const key = backendKey(backend.address, uid, formatPorts(backend.ports));
    if (to !== 'absent') {
      this.#setListed(key, { backend, state: to, since: at, opensBefore: false, position });
      return;
    }
    const ofPod = this.#listed.get(uid);
    ofPod?.delete(key);
    if (ofPod?.size === 0) {
      this.#listed.delete(uid);
      this.#left.set(uid, { backend, state: 'absent', since: at, opensBefore: false, position });
    }
  }

  #setPod({ uid, name, facts, at, watched, position }: PodStep, neverListed: Said<'absent'>): void {
    if (facts === undefined) {
      this.#pods.delete(uid);
      return;
    }
    const known = this.#pods.get(uid);
    const state = facts.ready ? 'ready' : 'notReady';
    const said: PodSaid =
      known?.said.state === state
        ? known.said
        : {
            state,
            since: at,
            opensBefore: !watched,
            position,
            ...(facts.transitionAt === undefined ? {} : { transitionAt: facts.transitionAt }),
          };
    this.#pods.set(uid, { name, facts, said, neverListed: known?.neverListed ?? neverListed });
  }

  #judge(uid: string, at: EpochMs, position: number | undefined, opensBefore: boolean): void {
    const before = this.#open.get(uid) ?? new Map<string, Disagreement>();
    const now = new Map<string, Disagreement>();
    const pod = this.#pods.get(uid);
    for (const [key, { backend, list }] of pod ? this.#placesOf(uid, pod) : []) {
      if (!pod || !disagree(this.#service, pod.facts, list.state, { truncated: this.#truncated })) continue;
      const open = before.get(key);
      const goesOn = open !== undefined && open.pod.state === pod.said.state && open.list.state === list.state;
      now.set(key, goesOn ? open : { backend, pod: pod.said, list, from: at, to: at, opensBefore, endsAfter: true });
    }
    for (const [key, open] of before) if (now.get(key) !== open) this.#close(open, at, position);
    if (now.size > 0) this.#open.set(uid, now);
    else this.#open.delete(uid);
  }

  /** Where the list has the Pod; one place that is `absent` where it has it nowhere. */
  *#placesOf(uid: string, pod: KnownPod): Generator<[key: string, { backend: Backend; list: Said<FlipState> }]> {
    const listed = this.#listed.get(uid);
    if (listed !== undefined) {
      for (const [key, { backend, ...list }] of listed) yield [key, { backend, list }];
      return;
    }
    const left = this.#left.get(uid);
    if (left !== undefined) {
      const { backend, ...list } = left;
      yield ['', { backend, list }];
      return;
    }
    const { facts, name, neverListed } = pod;
    const { node } = facts;
    const backend = { address: facts.addresses[0] ?? '', ports: [], pod: { name, uid }, ...(node === undefined ? {} : { node }) };
    yield ['', { backend, list: neverListed }];
  }

  #close(open: Disagreement, to: EpochMs, endPosition: number | undefined): void {
    if (open.from >= to) return;
    const endsAfter = endPosition === undefined;
    this.#found.push({ ...open, to, endsAfter, ...(endsAfter ? {} : { endPosition }) });
  }
}
