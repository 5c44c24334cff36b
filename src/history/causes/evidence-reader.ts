/** Gathers the evidence behind a page of flips. What several flips share is read once. */
import type { Source } from '../../domain/backends.ts';
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
import type { ResourceName } from '../../domain/resources.ts';
import { epochMs } from '../../domain/time.ts';
import type { ClusterId, CountsRecord, EventReader, FlipRecord, Position } from '../../store/event-store.ts';
import { SliceFlips } from './slice-flips.ts';
import { type Span, spanOf, spansAround } from './spans.ts';
import { StoredVersion } from './stored-version.ts';

/** How long before a flip a list's version may be that it is compared with, beyond the one in force then. */
const LIST_BACK_MS = 60_000;

export class EvidenceReader {
  readonly #reader: EventReader;
  readonly #asOf: Position;
  /** Instants of the page's flips: of each Service, and of each Pod and node by name. */
  readonly #spans: ReadonlyMap<string, readonly Span[]>;
  readonly #versions = new Map<string, Versions>();
  readonly #uids = new WeakMap<Versions, Map<string, Versions>>();
  readonly #notes = new Map<string, readonly Note[]>();
  readonly #lists = new Map<string, readonly ListVersion[]>();
  readonly #sliceFlips = new Map<string, SliceFlips | undefined>();

  /** @param flips all that will be asked about */
  constructor(reader: EventReader, asOf: Position, flips: readonly FlipRecord[]) {
    this.#reader = reader;
    this.#asOf = asOf;
    const instants = new Map<string, number[]>();
    for (const flip of flips) {
      for (const key of keysOf(flip)) {
        const known = instants.get(key);
        if (known) known.push(flip.at);
        else instants.set(key, [flip.at]);
      }
    }
    this.#spans = new Map(
      [...instants].map(([key, list]) => {
        const before = key.includes(' v1/pods ') ? POD_BACK_MS : LOOK_BACK_MS;
        return [key, spansAround(list, before, SUCCESSOR_MS)];
      }),
    );
  }

  /** @throws CorruptLogError, now or when the evidence is looked at */
  evidenceOf(record: FlipRecord): Evidence {
    return new StoredEvidence(this, record);
  }

  /** The versions of an object by its name, whichever its uid, around a flip. */
  versions<T extends KubeObject>(flip: FlipRecord, resource: ResourceName, name: string | { prefix: string }): Versions<T> {
    const { clusterId, namespace } = flip.service;
    const span = this.#spanOf(flip, resource, name);
    const text = typeof name === 'string' ? name : `${name.prefix}*`;
    return cached(this.#versions, `${clusterId} ${resource} ${namespace}/${text} ${span.from}`, () => {
      const scope = resource === 'v1/nodes' ? '' : namespace;
      const query = { clusterId, resource, namespace: scope, name, ...span, asOf: this.#asOf };
      return this.#reader.versions(query).map((event) => new StoredVersion(this.#reader, event));
    }) as Versions<T>;
  }

  /** Those of one uid among them. */
  ofUid<T extends KubeObject>(versions: Versions<T>, uid: string): Versions<T> {
    if (versions.every((each) => each.uid === uid)) return versions;
    const byUid = this.#uids.get(versions) ?? new Map<string, Versions>();
    this.#uids.set(versions, byUid);
    return cached(byUid, uid, () => versions.filter((each) => each.uid === uid)) as Versions<T>;
  }

  notes(flip: FlipRecord, uid: string): readonly Note[] {
    const { clusterId } = flip.service;
    const { pod } = flip.backend;
    const span = pod?.uid === uid ? this.#spanOf(flip, 'v1/pods', pod.name) : this.#serviceSpan(flip);
    return cached(this.#notes, `${clusterId} ${uid} ${span.from}`, () =>
      this.#reader.notesAbout({ clusterId, uid, ...span, asOf: this.#asOf }),
    );
  }

  /** The versions of the Service's address list, by position, from shortly before the page's first flip around this one. */
  lists(flip: FlipRecord, source: Source): readonly ListVersion[] {
    const serviceId = flip.service.id;
    const { from, to } = this.#serviceSpan(flip);
    return cached(this.#lists, `${serviceId} ${source} ${from}`, () => {
      const since = epochMs(Math.max(0, from + LOOK_BACK_MS - LIST_BACK_MS));
      const asOf = this.#asOf;
      const base = this.#reader.countsAt({ serviceId, source, at: since, asOf });
      const later = this.#reader.counts({ serviceId, source, from: since, to: epochMs(to + 1), asOf });
      return [...(base ? [base] : []), ...later].map(listVersion).sort((a, b) => a.position - b.position);
    });
  }

  /** The flips of the Service in slices; `undefined` where slices were not recorded. */
  sliceFlips(flip: FlipRecord): SliceFlips | undefined {
    const span = this.#serviceSpan(flip);
    return cached(this.#sliceFlips, `${flip.service.id} ${span.from}`, () =>
      SliceFlips.read(this.#reader, flip.service, { ...span, asOf: this.#asOf }),
    );
  }

  #spanOf(flip: FlipRecord, resource: ResourceName, name: string | { prefix: string }): Span {
    const key = typeof name !== 'string' ? undefined : keyOf(flip.service.clusterId, resource, flip.service.namespace, name);
    const spans = key === undefined ? undefined : this.#spans.get(key);
    return spans ? spanOf(spans, flip.at) : this.#serviceSpan(flip);
  }

  #serviceSpan(flip: FlipRecord): Span {
    const { clusterId, namespace, name } = flip.service;
    return spanOf(this.#spans.get(keyOf(clusterId, 'v1/services', namespace, name)) ?? [], flip.at);
  }
}

class StoredEvidence implements Evidence {
  readonly #source: EvidenceReader;
  readonly flip: FlipRecord;
  readonly service: Versions<Service>;
  readonly pod: Versions<Pod>;

  constructor(source: EvidenceReader, flip: FlipRecord) {
    this.#source = source;
    this.flip = flip;
    this.service = this.#around(source.versions<Service>(flip, 'v1/services', flip.service.name));
    const { pod } = flip.backend;
    this.pod = pod ? within(source.ofUid(this.#sameName(), pod.uid), flip.at - POD_BACK_MS, flip.at + LOOK_AHEAD_MS) : [];
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
    const { node } = this.flip.backend;
    return node ? this.#around(this.#source.versions<Node>(this.flip, 'v1/nodes', node)) : [];
  }

  get list(): Evidence['list'] {
    const lists = this.#source.lists(this.flip, this.flip.source);
    const index = indexOfPosition(lists, this.flip.position);
    const [before, after] = [lists[index - 1], lists[index]];
    return { ...(before ? { before } : {}), ...(after?.position === this.flip.position ? { after } : {}) };
  }

  get mirrored(): ListVersion | undefined {
    const written = this.#source.lists(this.flip, 'endpoints').filter(({ editors }) => editors.length > 0);
    return written.findLast(({ at }) => at <= this.flip.at) ?? written.find(({ at }) => at <= this.flip.at + LOOK_AHEAD_MS);
  }

  get flippedInSlices(): boolean | undefined {
    return this.#source.sliceFlips(this.flip)?.has(this.flip);
  }

  notes(uid: string): readonly Note[] {
    const before = uid === this.flip.backend.pod?.uid ? POD_BACK_MS : LOOK_BACK_MS;
    return between(this.#source.notes(this.flip, uid), this.flip.at - before, this.flip.at + LOOK_AHEAD_MS);
  }

  replicaSet(name: string): Versions<Workload> {
    return this.#around(this.#source.versions<Workload>(this.flip, 'apps/v1/replicasets', name));
  }

  replicaSetsOf({ name, uid }: { readonly name: string; readonly uid: string }): readonly Versions<Workload>[] {
    const all = this.#source.versions<Workload>(this.flip, 'apps/v1/replicasets', { prefix: `${name}-` });
    const names = Map.groupBy(all, (version) => version.uid);
    return [...names.values()]
      .filter(([first]) => first?.object.metadata.ownerReferences?.some((owner) => owner.uid === uid))
      .map((versions) => this.#around(versions));
  }

  deployment(name: string): Versions<Workload> {
    return this.#around(this.#source.versions<Workload>(this.flip, 'apps/v1/deployments', name));
  }

  /** Only as far as evidence goes: what is read for other flips of the page must not change the answer. */
  #around<T extends KubeObject>(versions: Versions<T>): Versions<T> {
    return within(versions, this.flip.at - LOOK_BACK_MS, this.flip.at + LOOK_AHEAD_MS);
  }

  #sameName(): Versions<Pod> {
    return this.#source.versions<Pod>(this.flip, 'v1/pods', this.flip.backend.pod?.name ?? '');
  }
}

function keysOf({ service, backend }: FlipRecord): string[] {
  const { clusterId, namespace, name } = service;
  return [
    keyOf(clusterId, 'v1/services', namespace, name),
    ...(backend.pod ? [keyOf(clusterId, 'v1/pods', namespace, backend.pod.name)] : []),
    ...(backend.node ? [keyOf(clusterId, 'v1/nodes', namespace, backend.node)] : []),
  ];
}

function keyOf(clusterId: ClusterId, resource: ResourceName, namespace: string, name: string): string {
  return `${clusterId} ${resource} ${resource === 'v1/nodes' ? '' : namespace}/${name}`;
}

function listVersion({ position, at, listed, truncated, editors }: CountsRecord): ListVersion {
  return { position, at, listed, truncated, editors };
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

function cached<T>(cache: Map<string, T>, key: string, read: () => T): T {
  const known = cache.get(key);
  if (known !== undefined || cache.has(key)) return known as T;
  const value = read();
  cache.set(key, value);
  return value;
}
