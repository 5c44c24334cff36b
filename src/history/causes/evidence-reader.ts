/** Gathers the evidence behind a page of flips. What several flips share is read once. */
import {
  between,
  type Evidence,
  type ListVersion,
  LOOK_AHEAD_MS,
  LOOK_BACK_MS,
  type Node,
  type Note,
  POD_BACK_MS,
  type Pod,
  SUCCESSOR_MS,
  type Version,
  type Versions,
  type Workload,
  within,
} from '../../domain/causes/index.ts';
import type { KubeObject, Service } from '../../domain/objects.ts';
import type { EventReader, FlipRecord, Position } from '../../store/event-store.ts';
import { EvidenceLog, type PodEvidence, ServiceEvidence } from './shared-evidence.ts';

export class EvidenceReader {
  readonly #log: EvidenceLog;
  readonly #services = new Map<number, ServiceEvidence>();

  /** @param flips all that will be asked about */
  constructor(reader: EventReader, asOf: Position, flips: readonly FlipRecord[]) {
    this.#log = new EvidenceLog(reader, asOf);
    for (const { at, service, backend } of flips) this.#serviceOf(service).addFlip(at, backend);
  }

  /** @throws CorruptLogError, now or when the evidence is looked at */
  evidenceOf(flip: FlipRecord): Evidence {
    return new StoredEvidence(flip, this.#serviceOf(flip.service));
  }

  /** Sooner than {@link explain} over the evidence says: of this flip nothing can be told. `false`: it has to be looked at. */
  isSilentAbout({ at, service, source, origin }: FlipRecord): boolean {
    return origin === 'watch' && this.#serviceOf(service).isSilent[source].at(at);
  }

  #serviceOf(service: FlipRecord['service']): ServiceEvidence {
    const known = this.#services.get(service.id);
    if (known !== undefined) return known;
    const made = new ServiceEvidence(this.#log, service);
    this.#services.set(service.id, made);
    return made;
  }
}

class StoredEvidence implements Evidence {
  readonly flip: FlipRecord;
  readonly service: Versions<Service>;
  readonly pod: Versions<Pod>;
  readonly #shared: ServiceEvidence;
  readonly #pods: PodEvidence | undefined;
  #list: Evidence['list'] | undefined;

  constructor(flip: FlipRecord, shared: ServiceEvidence) {
    this.flip = flip;
    this.#shared = shared;
    this.service = this.#around(shared.service.at(flip.at));
    const { pod } = flip.backend;
    this.#pods = shared.backend(flip.backend).pod;
    const versions = pod && this.#pods?.ofUid(pod.uid).versions.at(flip.at);
    this.pod = versions ? around(versions, flip.at - POD_BACK_MS, flip.at + LOOK_AHEAD_MS) : [];
  }

  get successors(): Versions<Pod> {
    const last = this.pod.at(-1)?.position ?? this.flip.position;
    const others = this.#sameName().filter(({ uid, type }) => uid !== this.flip.backend.pod?.uid && type === 'ADDED');
    return others.filter(({ at, position }) => position > last && at <= this.flip.at + SUCCESSOR_MS);
  }

  get predecessor(): Version<Pod> | undefined {
    const first = this.pod[0]?.position ?? this.flip.position;
    const since = this.flip.at - POD_BACK_MS;
    return this.#sameName().findLast(({ position, at }) => position < first && at >= since);
  }

  get node(): Versions<Node> {
    const { node } = this.#shared.backend(this.flip.backend);
    return node ? this.#around(node.versions.at(this.flip.at)) : [];
  }

  get list(): Evidence['list'] {
    this.#list ??= this.#listVersions();
    return this.#list;
  }

  get mirrored(): ListVersion | undefined {
    const written = this.#shared.lists.endpoints.at(this.flip.at).filter(({ editors }) => editors.length > 0);
    return written.findLast(({ at }) => at <= this.flip.at) ?? written.find(({ at }) => at <= this.flip.at + LOOK_AHEAD_MS);
  }

  get flippedInSlices(): boolean | undefined {
    return this.#shared.sliceFlips.at(this.flip.at)?.has(this.flip);
  }

  notes(uid: string): readonly Note[] {
    const isOwn = uid === this.flip.backend.pod?.uid;
    const notes = (isOwn && this.#pods?.ofUid(uid).notes) || this.#shared.notes(uid);
    const before = isOwn ? POD_BACK_MS : LOOK_BACK_MS;
    return between(notes.at(this.flip.at), this.flip.at - before, this.flip.at + LOOK_AHEAD_MS);
  }

  replicaSet(name: string): Versions<Workload> {
    return this.#named('apps/v1/replicasets', name);
  }

  replicaSetsOf({ name, uid }: { readonly name: string; readonly uid: string }): readonly Versions<Workload>[] {
    const all = this.#shared.versions<Workload>('apps/v1/replicasets', { prefix: `${name}-` }).at(this.flip.at);
    const names = Map.groupBy(all, (version) => version.uid);
    return [...names.values()]
      .filter(([first]) => first?.object.metadata.ownerReferences?.some((owner) => owner.uid === uid))
      .map((versions) => this.#around(versions))
      .filter((versions) => versions.length > 0);
  }

  deployment(name: string): Versions<Workload> {
    return this.#named('apps/v1/deployments', name);
  }

  #named(resource: 'apps/v1/replicasets' | 'apps/v1/deployments', name: string): Versions<Workload> {
    return this.#around(this.#shared.versions<Workload>(resource, name).at(this.flip.at));
  }

  #around<T extends KubeObject>(versions: Versions<T>): Versions<T> {
    return around(versions, this.flip.at - LOOK_BACK_MS, this.flip.at + LOOK_AHEAD_MS);
  }

  #sameName(): Versions<Pod> {
    return this.#pods?.sameName.at(this.flip.at) ?? [];
  }

  #listVersions(): Evidence['list'] {
    const lists = this.#shared.lists[this.flip.source].at(this.flip.at);
    const index = indexOfPosition(lists, this.flip.position);
    const [before, after] = [lists[index - 1], lists[index]];
    return { ...(before ? { before } : {}), ...(after?.position === this.flip.position ? { after } : {}) };
  }
}

/**
 * Only as far as evidence goes: what is read for other flips of the page must not change the answer. An object that was gone
 * before that is no evidence.
 */
function around<T extends KubeObject>(versions: Versions<T>, from: number, to: number): Versions<T> {
  const near = within(versions, from, to);
  const [first] = near;
  return first?.type === 'DELETED' && first.at <= from ? near.slice(1) : near;
}

/** Index of the item at a position, or of the last one before it; -1 for none. Items are in order of position. */
function indexOfPosition(items: readonly { readonly position: number }[], position: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.position ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
