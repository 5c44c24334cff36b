/** What objects were in a span: the version in force where it begins, and those after it. */
import type { EventReader, ObjectEvent } from '../event-store.ts';
import { CHANGE } from './codes.ts';
import { type JoinedEventRow, objectEvent, SELECT_OBJECT_EVENT } from './rows.ts';
import type { Statements } from './statements.ts';

const DELETED = CHANGE.code('DELETED');

export function versions(sql: Statements, query: Parameters<EventReader['versions']>[0]): ObjectEvent[] {
  const { from, to, asOf } = query;
  const found: JoinedEventRow[] = [];
  for (const objectId of objectsIn(sql, query)) {
    const inForce = sql.get<JoinedEventRow>(
      `${SELECT_OBJECT_EVENT} WHERE e.object_id = ? AND e.at <= ? AND e.position <= ?
       ORDER BY e.at DESC, e.position DESC LIMIT 1`,
      objectId,
      from,
      asOf,
    );
    if (inForce && inForce.type !== DELETED) found.push(inForce);
    found.push(
      ...sql.all<JoinedEventRow>(
        `${SELECT_OBJECT_EVENT} WHERE e.object_id = ? AND e.at > ? AND e.at <= ? AND e.position <= ? ORDER BY e.at, e.position`,
        objectId,
        from,
        to,
        asOf,
      ),
    );
  }
  return found.sort((a, b) => a.position - b.position).map(objectEvent);
}

/** Those that existed in the span, as far as the projection of lifespans, which knows more than `asOf`, can tell. */
function objectsIn(sql: Statements, query: Parameters<EventReader['versions']>[0]): number[] {
  const { clusterId, resource, namespace, name, from, to, asOf } = query;
  const [condition, ...names] =
    typeof name === 'string' ? ['o.name = ?', name] : ['o.name >= ? AND o.name < ?', ...range(name.prefix)];
  return sql
    .all<{ object_id: number }>(
      `SELECT o.object_id FROM object o JOIN lifespan l ON l.object_id = o.object_id
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
    .map(({ object_id }) => object_id);
}

/** Names of Kubernetes are ASCII: no name that begins with the prefix sorts after it followed by the last code point. */
function range(prefix: string): [string, string] {
  return [prefix, `${prefix}\u{10ffff}`];
}
