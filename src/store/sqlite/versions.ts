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
const SELECT = 'SELECT position, at, type, origin, stream_id, epoch, resource_version, body FROM event WHERE object_id = ?';

export function versions(sql: Statements, query: Query): FoundVersion[] {
  const { from, to, asOf } = query;
  const found: FoundVersion[] = [];
  for (const { id, object } of objectsIn(sql, query)) {
    const inForce = sql.get<VersionRow>(
      `${SELECT} AND at <= ? AND position <= ? ORDER BY at DESC, position DESC LIMIT 1`,
      id,
      from,
      asOf,
    );
    if (inForce && inForce.type !== DELETED) found.push(version(inForce, id, object));
    const later = sql.all<VersionRow>(
      `${SELECT} AND at > ? AND at <= ? AND position <= ? ORDER BY at, position`,
      id,
      from,
      to,
      asOf,
    );
    for (const row of later) found.push(version(row, id, object));
  }
  return found.sort((a, b) => a.event.position - b.event.position);
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

/** Those that existed in the span, as far as the projection of lifespans, which knows more than `asOf`, can tell. */
function objectsIn(sql: Statements, query: Query): { id: ObjectId; object: ObjectIdentity }[] {
  const { clusterId, resource, namespace, name, from, to, asOf } = query;
  const [condition, ...names] =
    typeof name === 'string' ? ['o.name = ?', name] : ['o.name >= ? AND o.name < ?', ...range(name.prefix)];
  return sql
    .all<{ object_id: ObjectId; name: string; uid: string }>(
      `SELECT o.object_id, o.name, o.uid FROM object o JOIN lifespan l ON l.object_id = o.object_id
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
    .map((row) => ({ id: row.object_id, object: { clusterId, resource, namespace, name: row.name, uid: row.uid } }));
}

/** Names of Kubernetes are ASCII: no name that begins with the prefix sorts after it followed by the last code point. */
function range(prefix: string): [string, string] {
  return [prefix, `${prefix}\u{10ffff}`];
}
