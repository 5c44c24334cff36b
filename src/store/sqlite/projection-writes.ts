/** Writes of the projections: what each event adds to them, and how they are emptied. */
import { formatPorts } from '../../domain/backends.ts';
import { LEDGER_TYPES, type LedgerFact } from '../../domain/ledger.ts';
import type {
  ClusterId,
  LedgerEvent,
  NewFlip,
  NoteRecord,
  ObjectEvent,
  ServiceProjection,
  ServiceRecord,
  StreamId,
} from '../event-store.ts';
import { ORIGIN, SOURCE, STATE } from './codes.ts';
import { service as findService } from './projection-reads.ts';
import { serviceRecord } from './rows.ts';
import type { Statements } from './statements.ts';

/** The tables that hold projections, and nothing of the log. */
export const PROJECTIONS = ['lifespan', 'service', 'service_slice', 'backend', 'flip', 'counts', 'note', 'coverage'] as const;

export function projectObject(sql: Statements, event: ObjectEvent, service: string | undefined): void {
  const deletedAt = event.type === 'DELETED' ? event.at : null;
  sql.run(
    `INSERT INTO lifespan (object_id, added_at, deleted_at, last_position) VALUES (?, ?, ?, ?)
       ON CONFLICT (object_id) DO UPDATE SET deleted_at = excluded.deleted_at, last_position = excluded.last_position`,
    event.objectId,
    event.at,
    deletedAt,
    event.position,
  );
  if (service === undefined) return;
  const { resource, clusterId, namespace } = event.object;
  const { id } = serviceIn(sql, { clusterId, namespace, name: service });
  if (resource === 'v1/endpoints') sql.run('UPDATE service SET has_endpoints = 1 WHERE service_id = ? AND has_endpoints = 0', id);
  if (resource === 'discovery.k8s.io/v1/endpointslices') {
    sql.run(
      `INSERT INTO service_slice (service_id, object_id, last_position) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET last_position = excluded.last_position`,
      id,
      event.objectId,
      event.position,
    );
  }
}

export function projectLedger(sql: Statements, { position, at, streamId, fact }: LedgerEvent): void {
  switch (fact.type) {
    case 'COVERAGE_BEGAN':
      sql.run('INSERT INTO coverage (began_position, stream_id, began_at) VALUES (?, ?, ?)', position, streamId, at);
      break;
    case 'COVERAGE_ENDED':
      changeLastSpan(sql, streamId, position, fact);
      break;
    case 'COVERAGE_RESUMED':
      changeLastSpan(sql, streamId, null, undefined);
      break;
    case 'CLOCK_STEPPED':
    case 'HISTORY_SHED':
      break;
    default:
      fact satisfies never;
      throw new Error(`not a ledger fact; known are ${LEDGER_TYPES.join(', ')}`);
  }
}

export function projectService(
  sql: Statements,
  { event, service, source, counts, listed, truncated, editors, flips, firstOrdinal }: ServiceProjection,
): void {
  const { id } = serviceIn(sql, service);
  const { position, at } = event;
  sql.run(
    `INSERT INTO counts (service_id, source, at, position, ready, not_ready, terminating, listed, truncated, flips, editors)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    SOURCE.code(source),
    at,
    position,
    counts.ready,
    counts.notReady,
    counts.terminating,
    listed ? 1 : 0,
    truncated ? 1 : 0,
    flips.length,
    editors.length > 0 ? JSON.stringify(editors) : null,
  );
  flips.forEach((flip, index) => {
    sql.run(
      `INSERT INTO flip (position, ordinal, at, service_id, source, backend_id, from_state, to_state,
                           ready_after, not_ready_after, spread_ms, origin)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      position,
      firstOrdinal + index,
      at,
      id,
      SOURCE.code(source),
      backendId(sql, id, flip, position),
      STATE.code(flip.from),
      STATE.code(flip.to),
      counts.ready,
      counts.notReady,
      at - flip.notBefore,
      ORIGIN.code(event.origin),
    );
  });
}

export function projectNote(
  sql: Statements,
  clusterId: ClusterId,
  { about, at, position, reason, message }: NoteRecord & { readonly about: string },
): void {
  sql.run(
    'INSERT INTO note (cluster_id, about, at, position, reason, message) VALUES (?, ?, ?, ?, ?, ?)',
    clusterId,
    about,
    at,
    position,
    reason,
    message,
  );
}

export function clearProjections(sql: Statements): void {
  for (const table of PROJECTIONS) sql.run(`DELETE FROM ${table}`);
}

function changeLastSpan(
  sql: Statements,
  streamId: StreamId,
  endedPosition: number | null,
  ended: Extract<LedgerFact, { type: 'COVERAGE_ENDED' }> | undefined,
): void {
  sql.run(
    `UPDATE coverage SET ended_position = ?, proven_at = ?, reason_code = ?, reason_detail = ?
       WHERE began_position = (SELECT max(began_position) FROM coverage WHERE stream_id = ?)`,
    endedPosition,
    ended?.provenAt ?? null,
    ended?.reason.code ?? null,
    ended?.reason.detail ?? null,
    streamId,
  );
}

function serviceIn(sql: Statements, { clusterId, namespace, name }: Omit<ServiceRecord, 'id'>): ServiceRecord {
  const known = findService(sql, { clusterId, namespace, name });
  if (known) return known;
  const service_id = sql.insert('INSERT INTO service (cluster_id, namespace, name) VALUES (?, ?, ?)', clusterId, namespace, name);
  return serviceRecord({ service_id, cluster_id: clusterId, namespace, name });
}

function backendId(sql: Statements, serviceId: number, { backend }: NewFlip, position: number): number {
  const values = [
    position,
    serviceId,
    backend.address,
    formatPorts(backend.ports),
    backend.pod?.uid ?? '',
    backend.pod?.name ?? '',
    backend.node ?? '',
    backend.zone ?? '',
  ];
  const known = sql.get<{ backend_id: number }>(
    `UPDATE backend SET last_position = ?
       WHERE service_id = ? AND address = ? AND ports = ? AND pod_uid = ? AND pod = ? AND node = ? AND zone = ?
       RETURNING backend_id`,
    ...values,
  );
  if (known) return known.backend_id;
  return sql.insert(
    `INSERT INTO backend (last_position, service_id, address, ports, pod_uid, pod, node, zone)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...values,
  );
}
