/** What objects were in a span: the version in force where it begins, and those after it. */
import { epochMs } from '../../domain/time.ts';
import type { EventReader, ObjectEvent, ObjectId, ObjectIdentity, Origin, Position, StreamId } from '../event-store.ts';
import { CHANGE, ORIGIN } from './codes.ts';
import type { EventRow } from './rows.ts';
import type { Statements } from './statements.ts';

type Query = Parameters<EventReader['versions']>[0];
type VersionRow = Omit<EventRow, 'checksum' | 'object_id'>;

/** An event, and where its body is stored: a reader of many bodies need not look that up again. */
export interface FoundVersion {
  readonly event: ObjectEvent;
  readonly body: number;
}

const DELETED = CHANGE.code('DELETED');

/** Without the names of the object, which are the same for all its versions. */
const COLUMNS = 'position, at, type, origin, stream_id, epoch, resource_version, body';

export function versions(sql: Statements, query: Query): FoundVersion[] {
  const { from, asOf } = query;
  const found: FoundVersion[] = [];
  for (const { id, object, last } of objectsIn(sql, query)) {
    // Within a cluster no later event is older: what came last by then is in force for all of the span.
    const rows = last.at <= from && last.position <= asOf ? [last] : versionsIn(sql, id, query);
    const inForce = rows.findLastIndex(({ at }) => at <= from);
    for (let index = Math.max(0, inForce); index < rows.length; index++) {
      const row = rows[index] as VersionRow;
      if (index > inForce || row.type !== DELETED) found.push(version(row, id, object));
    }
  }
  return found.sort((a, b) => a.event.position - b.event.position);
}

/** From the instant on that brought the version in force where the span begins. */
function versionsIn(sql: Statements, id: ObjectId, { from, to, asOf }: Query): VersionRow[] {
  return sql.all<VersionRow>(
    `SELECT ${COLUMNS} FROM event
     WHERE object_id = ? AND at <= ? AND position <= ? AND at >= coalesce(
       (SELECT at FROM event WHERE object_id = ? AND at <= ? AND position <= ? ORDER BY at DESC, position DESC LIMIT 1), 0)
     ORDER BY at, position`,
    id,
    to,
    asOf,
    id,
    from,
    asOf,
  );
}

function version(row: VersionRow, objectId: ObjectId, object: ObjectIdentity): FoundVersion {
  const event: ObjectEvent = {
    position: row.position as Position,
    at: epochMs(row.at),
    type: CHANGE.word(row.type),
    origin: ORIGIN.word(row.origin) as Origin,
    streamId: row.stream_id as StreamId,
    epoch: row.epoch,
    resourceVersion: row.resource_version ?? '',
    objectId,
    object,
  };
  return { event, body: row.body };
}

interface FoundObject {
  readonly id: ObjectId;
  readonly object: ObjectIdentity;
  /** Its newest event. */
  readonly last: VersionRow;
}

/** Those that existed in the span, as far as the projection of lifespans, which knows more than `asOf`, can tell. */
function objectsIn(sql: Statements, query: Query): FoundObject[] {
  const { clusterId, resource, namespace, name, from, to, asOf } = query;
  const [condition, ...names] =
    typeof name === 'string' ? ['o.name = ?', name] : ['o.name >= ? AND o.name < ?', ...range(name.prefix)];
  return sql
    .all<VersionRow & { object_id: ObjectId; name: string; uid: string }>(
      `SELECT o.object_id, o.name, o.uid, ${COLUMNS}
       FROM object o JOIN lifespan l ON l.object_id = o.object_id JOIN event e ON e.position = l.last_position
       WHERE o.cluster_id = ? AND o.resource = ? AND o.namespace = ? AND ${condition}
         AND l.added_at <= ? AND (l.deleted_at IS NULL OR l.deleted_at > ? OR l.last_position > ?)`,
      clusterId,
      resource,
      namespace,
      ...names,
      to,
      from,
      asOf,
    )
    .map((row) => ({
      id: row.object_id,
      object: { clusterId, resource, namespace, name: row.name, uid: row.uid },
      last: row,
    }));
}

/** Names of Kubernetes are ASCII: no name that begins with the prefix sorts after it followed by the last code point. */
function range(prefix: string): [string, string] {
  return [prefix, `${prefix}\u{10ffff}`];
}
