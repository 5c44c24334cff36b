/** What the log tells around the flips of a page: shared by all of them, and read when it is first looked at. */
import type { Backend, Source } from '../../domain/backends.ts';
import {
  isKeptByHand,
  type ListVersion,
  LOOK_BACK_MS,
  type Node,
  type Note,
  POD_BACK_MS,
  type Pod,
  SUCCESSOR_MS,
  type Versions,
} from '../../domain/causes/index.ts';
import type { KubeObject, Service } from '../../domain/objects.ts';
import type { ResourceName } from '../../domain/resources.ts';
import { epochMs } from '../../domain/time.ts';
import type { ClusterId, EventReader, Position, ServiceRecord } from '../../store/event-store.ts';
import { SliceFlips } from './slice-flips.ts';
import { Instants, PerSpan, type Span } from './spans.ts';
import { storedVersions } from './stored-version.ts';

/** How long before a flip a list's version may be that it is compared with, beyond the one in force then. */
const LIST_BACK_MS = 60_000;

interface Named {
  readonly clusterId: ClusterId;
  readonly namespace: string;
  readonly name: string | { readonly prefix: string };
}

/** The log as of one position, and what of it has been read for the page. */
export class EvidenceLog {
  readonly #reader: EventReader;
  readonly #asOf: Position;
  readonly #pods = new Map<string, PodEvidence>();
  readonly #nodes = new Map<string, NodeEvidence>();
  readonly #recorded = new Map<string, boolean>();

  constructor(reader: EventReader, asOf: Position) {
    this.#reader = reader;
    this.#asOf = asOf;
  }

  pod(clusterId: ClusterId, namespace: string, name: string): PodEvidence {
    return cached(this.#pods, `${clusterId} ${namespace}/${name}`, () => new PodEvidence(this, { clusterId, namespace, name }));
  }

  node(clusterId: ClusterId, name: string): NodeEvidence {
    return cached(this.#nodes, `${clusterId} ${name}`, () => new NodeEvidence(this, clusterId, name));
  }

  /** The versions of all objects of the name, whichever their uids. */
  versions<T extends KubeObject>(resource: ResourceName, { clusterId, namespace, name }: Named, span: Span): Versions<T> {
    if (!this.isRecorded(clusterId, resource, namespace)) return [];
    const found = this.#reader.versions({ clusterId, resource, namespace, name, ...span, asOf: this.#asOf });
    return storedVersions<T>(this.#reader, found);
  }

  notes(clusterId: ClusterId, uid: string, span: Span): readonly Note[] {
    if (!this.isRecorded(clusterId, 'v1/events')) return [];
    return this.#reader.notesAbout({ clusterId, uid, ...span, asOf: this.#asOf });
  }

  /** By position, from shortly before the first flip of the span on. */
  lists({ id: serviceId }: ServiceRecord, source: Source, { from, to }: Span): readonly ListVersion[] {
    const since = epochMs(Math.max(0, from + LOOK_BACK_MS - LIST_BACK_MS));
    const base = this.#reader.countsAt({ serviceId, source, at: since, asOf: this.#asOf });
    const later = this.#reader.counts({ serviceId, source, from: since, to: epochMs(to + 1), asOf: this.#asOf });
    return [...(base ? [base] : []), ...later].sort((a, b) => a.position - b.position);
  }

  /** Whether one was cut, taken away or written by hand. */
  hasUnusualLists({ id: serviceId }: ServiceRecord, source: Source, span: Span): boolean {
    return this.#reader.hasUnusualLists({ serviceId, source, ...span, asOf: this.#asOf });
  }

  sliceFlips(service: ServiceRecord, span: Span): SliceFlips | undefined {
    return SliceFlips.read(this.#reader, service, { ...span, asOf: this.#asOf });
  }

  /** What was never recorded need not be asked for flip by flip. */
  isRecorded(clusterId: ClusterId, resource: ResourceName, namespace?: string): boolean {
    return cached(this.#recorded, `${clusterId} ${resource} ${namespace ?? ''}`, () =>
      this.#reader.hasObjects({ clusterId, resource, ...(namespace === undefined ? {} : { namespace }) }),
    );
  }
}

/** Around the flips of one Service. */
export class ServiceEvidence {
  readonly service: PerSpan<Versions<Service>>;
  readonly lists: Readonly<Record<Source, PerSpan<readonly ListVersion[]>>>;
  /** `undefined` where slices were not recorded. */
  readonly sliceFlips: PerSpan<SliceFlips | undefined>;
  /**
   * Nothing is in the log from which a cause of the Service's flips in a source could be told: no Pods, no v1 Events and no
   * nodes are recorded, the Service did not change, and its list was never cut, taken away or written by hand.
   */
  readonly isSilent: Readonly<Record<Source, PerSpan<boolean>>>;
  readonly #log: EvidenceLog;
  readonly #record: ServiceRecord;
  readonly #hasPods: boolean;
  readonly #hasNodes: boolean;
  readonly #instants = new Instants(LOOK_BACK_MS, SUCCESSOR_MS);
  readonly #backends = new Map<Backend, BackendEvidence>();
  readonly #objects = new Map<string, PerSpan<Versions>>();
  readonly #notes = new Map<string, PerSpan<readonly Note[]>>();

  constructor(log: EvidenceLog, record: ServiceRecord) {
    this.#log = log;
    this.#record = record;
    const { clusterId, namespace } = record;
    const hasNotes = log.isRecorded(clusterId, 'v1/events');
    this.#hasPods = hasNotes || log.isRecorded(clusterId, 'v1/pods', namespace);
    this.#hasNodes = log.isRecorded(clusterId, 'v1/nodes', '');
    this.service = this.#perSpan((span) => log.versions('v1/services', record, span));
    this.lists = {
      endpoints: this.#perSpan((span) => log.lists(record, 'endpoints', span)),
      endpointslices: this.#perSpan((span) => log.lists(record, 'endpointslices', span)),
    };
    this.sliceFlips = this.#perSpan((span) => log.sliceFlips(record, span));
    const isSilent = (source: Source) => this.#perSpan((span) => this.#isSilentIn(span, source));
    this.isSilent = { endpoints: isSilent('endpoints'), endpointslices: isSilent('endpointslices') };
  }

  /** Before anything is read. */
  addFlip(at: number, backend: Backend): void {
    this.#instants.add(at);
    if (!this.#hasPods && !this.#hasNodes) return;
    const { pod, node } = this.backend(backend);
    pod?.instants.add(at);
    node?.instants.add(at);
  }

  backend(backend: Backend): BackendEvidence {
    const known = this.#backends.get(backend);
    if (known !== undefined) return known;
    const { clusterId, namespace } = this.#record;
    const { pod, node } = backend;
    const found = {
      pod: this.#hasPods && pod !== undefined ? this.#log.pod(clusterId, namespace, pod.name) : undefined,
      node: this.#hasNodes && node !== undefined ? this.#log.node(clusterId, node) : undefined,
    };
    this.#backends.set(backend, found);
    return found;
  }

  /** Objects in the Service's namespace. */
  versions<T extends KubeObject>(resource: ResourceName, name: Named['name']): PerSpan<Versions<T>> {
    const key = `${resource} ${typeof name === 'string' ? name : `${name.prefix}*`}`;
    const named = { ...this.#record, name };
    return cached(this.#objects, key, () => this.#perSpan((span) => this.#log.versions<T>(resource, named, span))) as PerSpan<
      Versions<T>
    >;
  }

  notes(uid: string): PerSpan<readonly Note[]> {
    return cached(this.#notes, uid, () => this.#perSpan((span) => this.#log.notes(this.#record.clusterId, uid, span)));
  }

  #isSilentIn(span: Span, source: Source): boolean {
    if (this.#hasPods || this.#hasNodes) return false;
    const [base, ...changes] = this.service.of(span);
    const isAsItWas = changes.length === 0 && (base === undefined || (base.at <= span.from && !isKeptByHand(base.object)));
    return isAsItWas && !this.#log.hasUnusualLists(this.#record, source, span);
  }

  #perSpan<T>(read: (span: Span) => T): PerSpan<T> {
    return new PerSpan(this.#instants, read);
  }
}

/** `undefined` too where nothing of the kind is recorded. */
export interface BackendEvidence {
  readonly pod: PodEvidence | undefined;
  readonly node: NodeEvidence | undefined;
}

/** Around the flips of the Pods that bore one name. */
export class PodEvidence {
  readonly instants = new Instants(POD_BACK_MS, SUCCESSOR_MS);
  readonly sameName: PerSpan<Versions<Pod>>;
  readonly #log: EvidenceLog;
  readonly #clusterId: ClusterId;
  readonly #byUid = new Map<string, { readonly versions: PerSpan<Versions<Pod>>; readonly notes: PerSpan<readonly Note[]> }>();

  constructor(log: EvidenceLog, named: Named) {
    this.#log = log;
    this.#clusterId = named.clusterId;
    this.sameName = new PerSpan(this.instants, (span) => log.versions('v1/pods', named, span));
  }

  ofUid(uid: string) {
    return cached(this.#byUid, uid, () => ({
      versions: new PerSpan(this.instants, (span) => versionsOf(this.sameName.of(span), uid)),
      notes: new PerSpan(this.instants, (span) => this.#log.notes(this.#clusterId, uid, span)),
    }));
  }
}

/** Around the flips of the backends on one node. */
export class NodeEvidence {
  readonly instants = new Instants(LOOK_BACK_MS, SUCCESSOR_MS);
  readonly versions: PerSpan<Versions<Node>>;

  constructor(log: EvidenceLog, clusterId: ClusterId, name: string) {
    this.versions = new PerSpan(this.instants, (span) => log.versions('v1/nodes', { clusterId, namespace: '', name }, span));
  }
}

function versionsOf<T extends KubeObject>(versions: Versions<T>, uid: string): Versions<T> {
  return versions.every((each) => each.uid === uid) ? versions : versions.filter((each) => each.uid === uid);
}

function cached<Key, T>(cache: Map<Key, T>, key: Key, read: () => T): T {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = read();
  cache.set(key, value);
  return value;
}
