/** Writes of the projections: what each event adds to them, and how they are emptied. */
import { LEDGER_TYPES, type LedgerFact } from '../../domain/ledger.ts';
import type { ClusterId, LedgerEvent, NoteRecord, ObjectEvent, ServiceProjection, StreamId } from '../event-store.ts';
import { ORIGIN, SOURCE, STATE } from './codes.ts';
import type { ProjectedRows } from './projected-rows.ts';
import type { Statements } from './statements.ts';

/** The tables that hold projections, and nothing of the log. */
export const PROJECTIONS = ['lifespan', 'service', 'service_slice', 'backend', 'flip', 'counts', 'note', 'coverage'] as const;

const SLICES = 'discovery.k8s.io/v1/endpointslices';

export function projectObject(sql: Statements, rows: ProjectedRows, event: ObjectEvent, service: string | undefined): void {
  const deletedAt = event.type === 'DELETED' ? event.at : null;
  sql.run(
    `INSERT INTO lifespan (object_id, added_at, deleted_at, last_position) VALUES (?, ?, ?, ?)
       ON CONFLICT (object_id) DO UPDATE SET deleted_at = excluded.deleted_at, last_position = excluded.last_position`,
    event.objectId,
    event.at,
    deletedAt,
    event.position,
  );
  const { resource, clusterId, namespace } = event.object;
  if (resource === SLICES) rows.setOwnersOfSlice(event.objectId, service === undefined || deletedAt !== null ? [] : [service]);
  if (service === undefined) return;
  const id = rows.serviceId({ clusterId, namespace, name: service });
  if (resource === 'v1/endpoints') sql.run('UPDATE service SET has_endpoints = 1 WHERE service_id = ? AND has_endpoints = 0', id);
  if (resource === SLICES) {
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
  rows: ProjectedRows,
  { event, service, source, counts, listed, truncated, editors, flips, firstOrdinal }: ServiceProjection,
): void {
  const id = rows.serviceId(service);
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
      rows.backendId(id, flip.backend, position),
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
