/** Every Service at one instant, in one statement: for each a seek into its object's events, its counts and its flips. */
import { SOURCES, type Source } from '../../domain/backends.ts';
import type { ClusterId, CountsRecord, EventReader, FlipRecord, ServiceAtRecord, ServiceRecord } from '../event-store.ts';
import { CHANGE, SOURCE } from './codes.ts';
import { Conditions } from './conditions.ts';
import {
  type BackendRow,
  backendOf,
  type CountsRow,
  countsRecord,
  type FlipRow,
  flipRecord,
  type ServiceRow,
  serviceRecord,
} from './rows.ts';
import type { Statements } from './statements.ts';

type Query = Parameters<EventReader['servicesAt']>[0];
type Prefixed<Prefix extends string, Row> = { [Column in keyof Row & string as `${Prefix}${Column}`]: Row[Column] | null };

/** A row of flip without what is the Service's. */
interface LastFlipRow {
  flip_position: number | null;
  ordinal: number;
  flip_at: number;
  source: number;
  from_state: number;
  to_state: number;
  ready_after: number;
  not_ready_after: number;
  spread_ms: number;
  origin: number;
}

type Row = ServiceRow & { type: number | null } & Prefixed<'c0_', CountsRow> &
  Prefixed<'c1_', CountsRow> &
  LastFlipRow &
  BackendRow;

const DELETED = CHANGE.code('DELETED');

const COUNTS: readonly (keyof CountsRow)[] = [
  'at',
  'position',
  'ready',
  'not_ready',
  'terminating',
  'listed',
  'truncated',
  'editors',
];

const countsColumns = (source: Source): string => {
  const c = `c${SOURCE.code(source)}`;
  return COUNTS.map((column) => `${c}.${column} AS ${c}_${column}`).join(', ');
};

/** The counts in force: found by the end of the primary key, then read by it. */
const countsInForce = (source: Source): string => {
  const [c, code] = [`c${SOURCE.code(source)}`, SOURCE.code(source)];
  return `
  LEFT JOIN counts ${c} ON ${c}.service_id = s.service_id AND ${c}.source = ${code} AND (${c}.at, ${c}.position) = (
    SELECT at, position FROM counts
    WHERE service_id = s.service_id AND source = ${code} AND at <= ? AND position <= ? ORDER BY at DESC, position DESC LIMIT 1)`;
};

/** The newest uid of the name is tried first, as for any object at T. The last flip is that of the source that tells the Service. */
const SELECT = `
  SELECT s.service_id, s.cluster_id, s.namespace, s.name, s.has_endpoints,
    (SELECT e.type FROM object o CROSS JOIN event e ON e.object_id = o.object_id AND e.at <= ? AND e.position <= ?
     WHERE o.cluster_id = s.cluster_id AND o.resource = 'v1/services' AND o.namespace = s.namespace AND o.name = s.name
     ORDER BY o.object_id DESC, e.at DESC, e.position DESC LIMIT 1) AS type,
    ${SOURCES.map(countsColumns).join(', ')},
    f.position AS flip_position, f.ordinal, f.at AS flip_at, f.source, f.from_state, f.to_state, f.ready_after, f.not_ready_after,
    f.spread_ms, f.origin, b.address, b.ports, b.pod_uid, b.pod, b.node, b.zone
  FROM service s ${SOURCES.map(countsInForce).join('')}
  LEFT JOIN flip f ON f.service_id = s.service_id AND f.source = 1 - s.has_endpoints AND (f.at, f.position, f.ordinal) = (
    SELECT at, position, ordinal FROM flip
    WHERE service_id = s.service_id AND source = 1 - s.has_endpoints AND at <= ? AND position <= ?
    ORDER BY at DESC, position DESC, ordinal DESC LIMIT 1)
  LEFT JOIN backend b ON b.backend_id = f.backend_id`;

export function servicesAt(sql: Statements, query: Query): ServiceAtRecord[] {
  const { at, asOf } = query;
  const where = new Conditions();
  if (query.clusterId !== undefined) where.add('s.cluster_id = ?', query.clusterId);
  if (query.namespace !== undefined) where.add('s.namespace = ?', query.namespace);
  if (query.q !== undefined) where.add(`instr(s.namespace || '/' || s.name, ?) > 0`, query.q);
  if (query.after) {
    const { clusterId, namespace, name } = query.after;
    where.add('(s.cluster_id, s.namespace, s.name) > (?, ?, ?)', clusterId, namespace, name);
  }
  const rows = sql.all<Row>(
    `${SELECT} WHERE ${where.text} ORDER BY s.cluster_id, s.namespace, s.name LIMIT ?`,
    ...[at, asOf, at, asOf, at, asOf, at, asOf],
    ...where.values,
    query.limit,
  );
  const told = new Map<number, boolean>();
  return rows.map((row) => {
    const service = serviceRecord(row);
    const lastFlip = lastFlipOf(row, service);
    return { service, exists: exists(sql, row, at, told), counts: countsOf(row), ...(lastFlip ? { lastFlip } : {}) };
  });
}

function exists(sql: Statements, { type, cluster_id }: Row, at: number, told: Map<number, boolean>): boolean | undefined {
  if (type !== null) return type !== DELETED;
  const known = told.get(cluster_id) ?? servicesWereTold(sql, cluster_id as ClusterId, at);
  told.set(cluster_id, known);
  return known ? false : undefined;
}

/** Whether the Services of the cluster had been listed by T: then one that was not told of did not exist. */
function servicesWereTold(sql: Statements, clusterId: ClusterId, at: number): boolean {
  return (
    sql.get(
      `SELECT 1 FROM stream s JOIN coverage c ON c.stream_id = s.stream_id AND c.began_at <= ?
       WHERE s.cluster_id = ? AND s.resource = 'v1/services' LIMIT 1`,
      at,
      clusterId,
    ) !== undefined
  );
}

function countsOf(row: Row): Partial<Record<Source, CountsRecord>> {
  const counts: Partial<Record<Source, CountsRecord>> = {};
  if (row.c0_position !== null) counts.endpoints = countsRecord(unprefixed(row, 'c0_'));
  if (row.c1_position !== null) counts.endpointslices = countsRecord(unprefixed(row, 'c1_'));
  return counts;
}

function unprefixed(row: Row, prefix: 'c0_' | 'c1_'): CountsRow {
  return {
    at: row[`${prefix}at`] as number,
    position: row[`${prefix}position`] as number,
    ready: row[`${prefix}ready`] as number,
    not_ready: row[`${prefix}not_ready`] as number,
    terminating: row[`${prefix}terminating`] as number,
    listed: row[`${prefix}listed`] as number,
    truncated: row[`${prefix}truncated`] as number,
    editors: row[`${prefix}editors`],
  };
}

function lastFlipOf(row: Row, service: ServiceRecord): FlipRecord | undefined {
  const { flip_position: position, ordinal, flip_at, source, from_state, to_state, ready_after, not_ready_after } = row;
  if (position === null) return undefined;
  const { spread_ms, origin } = row;
  const flip: FlipRow = [
    position,
    ordinal,
    flip_at,
    source,
    from_state,
    to_state,
    ready_after,
    not_ready_after,
    spread_ms,
    origin,
  ];
  return flipRecord(flip, service, backendOf(row));
}
