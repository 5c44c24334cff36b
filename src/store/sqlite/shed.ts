/**
 * Sheds the oldest history, step by step in order of position. Each step leaves a whole log with a slightly later horizon:
 * of every object only its newest event at or below the horizon stays, and nothing of one that did not exist any more.
 *
 * Versions are neither decoded nor written anew. Every look-up goes by an index, so a step costs by the events that it
 * passes, however long the log. Projections lose what `rebuild` would not make of the remaining log: see `settleCounts`.
 */
import type { ShedReason } from '../../domain/ledger.ts';
import type { ResourceName } from '../../domain/resources.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { ClusterId, ObjectId, ObjectIdentity } from '../event-store.ts';
import type { ShedStep } from '../log-space.ts';
import { CHANGE, LEDGER, SOURCE } from './codes.ts';
import { horizonPosition, horizons } from './horizons.ts';
import { dropUnheldBody } from './shed-bodies.ts';
import { settleCounts } from './shed-counts.ts';
import type { Statements } from './statements.ts';

const ENDPOINTS = 'v1/endpoints';
const SLICES = 'discovery.k8s.io/v1/endpointslices';
const SERVICES = 'v1/services';
const DELETED = CHANGE.code('DELETED');
const BEGAN = LEDGER.code('COVERAGE_BEGAN');
const ENDED = LEDGER.code('COVERAGE_ENDED');
const RESUMED = LEDGER.code('COVERAGE_RESUMED');

interface PassedRow {
  position: number;
  at: number;
  stream_id: number;
  cluster_id: ClusterId;
  /** `null`: a ledger fact. */
  object_id: ObjectId | null;
  resource: string | null;
  namespace: string | null;
  name: string | null;
}

interface EventBrief {
  position: number;
  at: number;
  type: number;
  body: number;
}

/** A Service in one source, as the tables call them. */
interface Told {
  readonly service: number;
  readonly source: number;
  readonly cluster: ClusterId;
}

export type GoneObject = Omit<ObjectIdentity, 'uid'> & { readonly id: ObjectId };

export interface ShedResult extends ShedStep {
  /** Of which nothing is left. Their ids may be given to new objects. */
  readonly objects: readonly GoneObject[];
}

/** Inside a transaction. */
export function shed(sql: Statements, step: { olderThan: EpochMs; events: number; reason: ShedReason }): ShedResult {
  const passed = eventsToPass(sql, step.olderThan, step.events);
  const last = passed.at(-1);
  if (last === undefined) return { passed: 0, removed: 0, objects: [] };
  return new Step(sql, passed, last.position).run(step.reason);
}

/**
 * The next events after the horizon that are older than an instant. At least one when there is any, and then as many as
 * weigh no more than `limit`: an event weighs one, and as much again for every flip that it brought. The log's newest event
 * is never among them: the next one gets the position after it.
 */
function eventsToPass(sql: Statements, olderThan: number, limit: number): PassedRow[] {
  const rows = sql.all<PassedRow>(
    `SELECT e.position, e.at, e.stream_id, s.cluster_id, e.object_id, o.resource, o.namespace, o.name
     FROM event e JOIN stream s ON s.stream_id = e.stream_id LEFT JOIN object o ON o.object_id = e.object_id
     WHERE e.position > ? AND e.position < ? ORDER BY e.position LIMIT ?`,
    horizonPosition(sql),
    sql.get<{ last: number | null }>('SELECT max(position) AS last FROM event')?.last ?? 0,
    limit,
  );
  let weight = 0;
  const end = rows.findIndex((row, index) => {
    if (row.at >= olderThan) return true;
    weight += 1 + flipsOf(sql, row);
    return index > 0 && weight > limit;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

function flipsOf(sql: Statements, row: PassedRow): number {
  let flips = 0;
  for (const { service, source } of toldBy(sql, row)) {
    flips +=
      sql.get<{ flips: number }>(
        'SELECT flips FROM counts WHERE service_id = ? AND source = ? AND at = ? AND position = ?',
        service,
        source,
        row.at,
        row.position,
      )?.flips ?? 0;
  }
  return flips;
}

/** The Services whose address lists an event may have changed. */
function toldBy(sql: Statements, { resource, object_id, cluster_id, namespace, name }: PassedRow): Told[] {
  if (resource === ENDPOINTS) {
    const source = SOURCE.code('endpoints');
    return sql
      .all<{ service_id: number }>(
        'SELECT service_id FROM service WHERE cluster_id = ? AND namespace = ? AND name = ?',
        cluster_id,
        namespace,
        name,
      )
      .map(({ service_id }) => ({ service: service_id, source, cluster: cluster_id }));
  }
  if (resource !== SLICES) return [];
  const source = SOURCE.code('endpointslices');
  return sql
    .all<{ service_id: number }>('SELECT service_id FROM service_slice WHERE object_id = ?', object_id)
    .map(({ service_id }) => ({ service: service_id, source, cluster: cluster_id }));
}

class Step {
  readonly #sql: Statements;
  readonly #passed: readonly PassedRow[];
  /** The new horizon. */
  readonly #horizon: number;
  /** Of each cluster that something was shed of, the latest time that was passed. */
  readonly #passedAt = new Map<ClusterId, number>();
  readonly #gone: GoneObject[] = [];
  /** Services that may have nothing left that tells of them. */
  readonly #doubted = new Set<number>();
  #removed = 0;

  constructor(sql: Statements, passed: readonly PassedRow[], horizon: number) {
    this.#sql = sql;
    this.#passed = passed;
    this.#horizon = horizon;
    for (const { cluster_id, at } of passed) this.#passedAt.set(cluster_id, Math.max(at, this.#passedAt.get(cluster_id) ?? 0));
    // Imported events may be older than those before them: all up to here may have been passed before.
    for (const { clusterId, at } of horizons(sql)) {
      const now = this.#passedAt.get(clusterId);
      if (now !== undefined) this.#passedAt.set(clusterId, Math.max(now, at - 1));
    }
  }

  run(reason: ShedReason): ShedResult {
    const told = new Map<string, Told>();
    for (const row of this.#passed) for (const each of toldBy(this.#sql, row)) told.set(`${each.service} ${each.source}`, each);
    for (const { service, source, cluster } of told.values()) {
      this.#flips(service, source, this.#at(cluster));
      settleCounts(this.#sql, { service, source, at: this.#at(cluster), position: this.#horizon });
    }
    this.#sql.run('DELETE FROM note WHERE position <= ?', this.#horizon);
    for (const row of unique(this.#passed, ({ object_id }) => object_id)) this.#object(row);
    for (const row of unique(this.#passed, ({ object_id, stream_id }) => (object_id === null ? stream_id : null))) {
      this.#ledger(row.stream_id, this.#at(row.cluster_id));
    }
    for (const service of this.#doubted) this.#service(service);
    this.#moveHorizon(reason);
    return { passed: this.#passed.length, removed: this.#removed, objects: this.#gone };
  }

  #at(cluster: ClusterId): number {
    return this.#passedAt.get(cluster) as number;
  }

  #flips(service: number, source: number, at: number): void {
    const flips = this.#sql.all<{ backend_id: number }>(
      'DELETE FROM flip WHERE service_id = ? AND source = ? AND at <= ? AND position <= ? RETURNING backend_id',
      service,
      source,
      at,
      this.#horizon,
    );
    for (const { backend_id } of unique(flips, (flip) => flip.backend_id)) {
      this.#sql.run('DELETE FROM backend WHERE backend_id = ? AND last_position <= ?', backend_id, this.#horizon);
    }
  }

  #object(row: PassedRow): void {
    const object = row.object_id as ObjectId;
    const events = this.#sql.all<EventBrief>(
      'SELECT position, at, type, body FROM event WHERE object_id = ? AND at <= ? AND position <= ? ORDER BY at, position',
      object,
      this.#at(row.cluster_id),
      this.#horizon,
    );
    const newest = events.at(-1) as EventBrief;
    // The last one to be appended is another only where an older trace was imported later. Then neither can be spared.
    const latest = events.reduce((a, b) => (b.position > a.position ? b : a));
    const kept = newest === latest && newest.type === DELETED ? [] : [newest, latest];
    this.#remove(events.filter((event) => !kept.includes(event)));
    const [first] = kept.toSorted((a, b) => a.position - b.position);
    this.#lifespan(row, object, first ?? this.#firstAfter(object));
  }

  #remove(events: readonly EventBrief[]): void {
    for (const { position } of events) this.#sql.run('DELETE FROM event WHERE position = ?', position);
    for (const { body } of unique(events, (event) => event.body)) dropUnheldBody(this.#sql, body);
    this.#removed += events.length;
  }

  /** Of an object that lives again after its end, which is seldom: all its events are gone through. */
  #firstAfter(object: ObjectId): { at: number; position: number } | undefined {
    return this.#sql.get(
      'SELECT at, position FROM event WHERE position = (SELECT min(position) FROM event WHERE object_id = ?)',
      object,
    );
  }

  /** As if the object had first been seen with the first event that is left of it. */
  #lifespan(row: PassedRow, object: ObjectId, first: { at: number; position: number } | undefined): void {
    if (row.resource === SLICES) {
      // A Service whose label none of the remaining events carries.
      const left = this.#sql.all<{ service_id: number }>(
        'DELETE FROM service_slice WHERE object_id = ? AND last_position < ? RETURNING service_id',
        object,
        first?.position ?? Number.MAX_SAFE_INTEGER,
      );
      for (const { service_id } of left) this.#doubted.add(service_id);
    }
    if (first !== undefined) {
      this.#sql.run('UPDATE lifespan SET added_at = ? WHERE object_id = ? AND added_at <> ?', first.at, object, first.at);
      return;
    }
    this.#sql.run('DELETE FROM lifespan WHERE object_id = ?', object);
    this.#sql.run('DELETE FROM object WHERE object_id = ?', object);
    this.#gone.push({
      id: object,
      clusterId: row.cluster_id,
      resource: row.resource as ResourceName,
      namespace: row.namespace ?? '',
      name: row.name ?? '',
    });
    if (row.resource === ENDPOINTS || row.resource === SERVICES) {
      const service = this.#sql.get<{ service_id: number }>(
        'SELECT service_id FROM service WHERE cluster_id = ? AND namespace = ? AND name = ?',
        row.cluster_id,
        row.namespace,
        row.name,
      );
      if (service) this.#doubted.add(service.service_id);
    }
  }

  #service(service: number): void {
    const named = (resource: string) =>
      this.#sql.get(
        `SELECT 1 FROM service v JOIN object o
           ON o.cluster_id = v.cluster_id AND o.resource = ? AND o.namespace = v.namespace AND o.name = v.name
         WHERE v.service_id = ? LIMIT 1`,
        resource,
        service,
      ) !== undefined;
    const hasEndpoints = named(ENDPOINTS);
    if (!hasEndpoints) this.#sql.run('UPDATE service SET has_endpoints = 0 WHERE service_id = ?', service);
    const isTold =
      hasEndpoints ||
      named(SERVICES) ||
      this.#sql.get('SELECT 1 FROM service_slice WHERE service_id = ? LIMIT 1', service) !== undefined;
    if (!isTold) this.#sql.run('DELETE FROM service WHERE service_id = ?', service);
  }

  /** Of the ledger stays where the span that is the newest at the horizon began, and how it had ended, if it had. */
  #ledger(stream: number, at: number): void {
    const facts = this.#sql.all<EventBrief>(
      'SELECT position, at, type, body FROM event WHERE stream_id = ? AND object_id IS NULL AND position <= ? ORDER BY position',
      stream,
      this.#horizon,
    );
    const began = facts.findLast(({ type }) => type === BEGAN);
    const state = facts.findLast(({ type }) => type === ENDED || type === RESUMED || type === BEGAN);
    this.#remove(facts.filter((fact) => fact !== began && !(fact === state && fact.type === ENDED)));
    if (began === undefined) return;
    this.#sql.run(
      'DELETE FROM coverage WHERE stream_id = ? AND began_at <= ? AND began_position < ?',
      stream,
      at,
      began.position,
    );
  }

  #moveHorizon(reason: ShedReason): void {
    for (const [cluster, at] of this.#passedAt) {
      this.#sql.run(
        `INSERT INTO horizon (cluster_id, position, at, reason) VALUES (?, ?, ?, ?)
         ON CONFLICT (cluster_id) DO UPDATE SET position = excluded.position, at = excluded.at, reason = excluded.reason`,
        cluster,
        this.#horizon,
        // Of an instant that was passed a part may be shed: the next one is whole.
        at + 1,
        reason,
      );
    }
  }
}

/** The first of those with the same key; those without one are left out. */
function unique<Row>(rows: readonly Row[], key: (row: Row) => number | null): Row[] {
  const found = new Map<number, Row>();
  for (const row of rows) {
    const of = key(row);
    if (of !== null && !found.has(of)) found.set(of, row);
  }
  return [...found.values()];
}
