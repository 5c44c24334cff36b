/** References between rows of the log. SQLite does not hold them while recording: see `openForWriting`. */
import type { Connection } from './connection.ts';

interface Broken {
  readonly position: number;
  readonly what: string;
}

/** Named at most, of each kind. */
const MAX_NAMED = 20;

const KINDS: readonly (readonly [what: string, sql: string])[] = [
  [
    'there is a body but no event',
    `SELECT position FROM body b WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.position = b.position)
       AND NOT EXISTS (SELECT 1 FROM event e WHERE e.body = b.position AND e.body <> e.position)
       AND NOT EXISTS (SELECT 1 FROM footing k WHERE k.position = b.position)`,
  ],
  [
    'the event is of an object that is missing',
    // Of a ledger fact none is; and NULL is in no list, not even in an empty one.
    'SELECT position FROM event WHERE object_id IS NOT NULL AND object_id NOT IN (SELECT object_id FROM object)',
  ],
  [
    'the event is of a stream that is missing',
    'SELECT position FROM event WHERE stream_id NOT IN (SELECT stream_id FROM stream)',
  ],
  [
    'another number of deltas stands on the body than is written down',
    `SELECT position FROM (SELECT base AS position, count(*) AS found FROM body WHERE base IS NOT NULL GROUP BY base)
       LEFT JOIN footing k USING (position) WHERE k.deltas IS NULL OR k.deltas <> found
     UNION SELECT position FROM footing WHERE position NOT IN (SELECT base FROM body WHERE base IS NOT NULL)`,
  ],
];

export function brokenReferences(connection: Connection): Broken[] {
  return KINDS.flatMap(([what, sql]) =>
    (connection.prepare(`${sql} ORDER BY position LIMIT ${MAX_NAMED}`).all() as { position: number }[]).map(({ position }) => ({
      position,
      what,
    })),
  );
}
