/** Rows of Services and backends that events fall on again and again, remembered: looking one up costs more than writing a flip. */
import { LRUCache } from 'lru-cache';
import { type Backend, type BackendPort, formatPorts } from '../../domain/backends.ts';
import type { ClusterId, ObjectId, ServiceRecord } from '../event-store.ts';
import type { Gathered } from './gathered.ts';
import { service as findService } from './projection-reads.ts';
import type { BackendRow } from './rows.ts';
import type { Statements } from './statements.ts';

type ServiceName = Pick<ServiceRecord, 'namespace' | 'name'> & { readonly clusterId: ClusterId };
type KnownBackend = BackendRow & { readonly backend_id: number };

/** Some 150 bytes each. */
const MAX_SERVICES = 10_000;
/** Some 400 bytes each. */
const MAX_ADDRESSES = 10_000;
const MAX_SLICES = 10_000;

/** What the tables say, kept beside them: whoever removes rows of them, or is rolled back, clears it. */
export class ProjectedRows {
  readonly #sql: Statements;
  readonly #gathered: Gathered;
  readonly #services = new LRUCache<string, number>({ max: MAX_SERVICES });
  /** Backends of one address, in one Service. */
  readonly #backends = new LRUCache<string, KnownBackend[]>({ max: MAX_ADDRESSES });
  readonly #ownersOfSlices = new LRUCache<ObjectId, readonly string[]>({ max: MAX_SLICES });
  /** Flips of one event mostly share them. */
  #ports: { readonly of: readonly BackendPort[]; readonly text: string } | undefined;

  constructor(sql: Statements, gathered: Gathered) {
    this.#sql = sql;
    this.#gathered = gathered;
  }

  /** Of the Service of that name, which gets a row if it has none. */
  serviceId({ clusterId, namespace, name }: ServiceName): number {
    const key = `${clusterId} ${namespace}/${name}`;
    const known = this.#services.get(key);
    if (known !== undefined) return known;
    const id = findService(this.#sql, { clusterId, namespace, name })?.id ?? this.#newService({ clusterId, namespace, name });
    this.#services.set(key, id);
    return id;
  }

  /** Of the backend so described, which gets a row if it has none. @param position of a flip of it */
  backendId(serviceId: number, { address, ports, pod, node = '', zone = '' }: Backend, position: number): number {
    const described = { address, ports: this.#textOf(ports), pod_uid: pod?.uid ?? '', pod: pod?.name ?? '', node, zone };
    const key = `${serviceId} ${address}`;
    let rows = this.#backends.get(key);
    if (rows === undefined) {
      rows = this.#sql.all<KnownBackend>(
        `SELECT backend_id, address, ports, pod_uid, pod, node, zone FROM backend WHERE service_id = ? AND address = ?`,
        serviceId,
        address,
      );
      this.#backends.set(key, rows);
    }
    const known = rows.find((row) => isSame(row, described));
    if (known !== undefined) {
      this.#gathered.flip(known.backend_id, position);
      return known.backend_id;
    }
    const backend_id = this.#sql.insert(
      `INSERT INTO backend (service_id, address, ports, pod_uid, pod, node, zone, last_position)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      serviceId,
      address,
      described.ports,
      described.pod_uid,
      described.pod,
      node,
      zone,
      position,
    );
    rows.push({ backend_id, ...described });
    return backend_id;
  }

  /** The Services whose label the slice carries; `undefined`: not known here. */
  ownersOfSlice(slice: ObjectId): readonly string[] | undefined {
    return this.#ownersOfSlices.get(slice);
  }

  setOwnersOfSlice(slice: ObjectId, owners: readonly string[]): void {
    this.#ownersOfSlices.set(slice, owners);
  }

  clear(): void {
    this.#services.clear();
    this.#backends.clear();
    this.#ownersOfSlices.clear();
  }

  #newService({ clusterId, namespace, name }: ServiceName): number {
    return this.#sql.insert('INSERT INTO service (cluster_id, namespace, name) VALUES (?, ?, ?)', clusterId, namespace, name);
  }

  #textOf(ports: readonly BackendPort[]): string {
    if (this.#ports?.of !== ports) this.#ports = { of: ports, text: formatPorts(ports) };
    return this.#ports.text;
  }
}

function isSame(a: BackendRow, b: BackendRow): boolean {
  // What sets apart those that have one address comes first.
  return a.pod_uid === b.pod_uid && a.ports === b.ports && a.pod === b.pod && a.node === b.node && a.zone === b.zone;
}
