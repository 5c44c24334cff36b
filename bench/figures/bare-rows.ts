/** The floor of every answer about flips: the same rows read from SQLite, and nothing done with them. */
import Database from 'better-sqlite3';

const FLIPS = `
  SELECT f.position, f.ordinal, f.at, f.source, f.from_state, f.to_state, f.ready_after, f.not_ready_after, f.spread_ms, f.origin,
         s.service_id, s.cluster_id, s.namespace, s.name, b.address, b.ports, b.pod_uid, b.pod, b.node, b.zone
  FROM counts c INDEXED BY counts_by_time
  CROSS JOIN service s ON s.service_id = c.service_id
  CROSS JOIN flip f ON f.service_id = c.service_id AND f.source = c.source AND f.at = c.at AND f.position = c.position
  CROSS JOIN backend b ON b.backend_id = f.backend_id
  WHERE c.flips > 0 AND c.at < ? AND c.source = ?
  ORDER BY c.at, c.position, f.ordinal`;

/** In the codes of the table `flip`. */
export const SOURCE_CODE = { endpoints: 0, endpointslices: 1 } as const;

/** Reads every flip of one source before an instant, in order of time, with what an answer says of it. @returns how many there are */
export function readFlipRows(log: string, source: keyof typeof SOURCE_CODE, to: number): number {
  const db = new Database(log, { readonly: true });
  try {
    let rows = 0;
    for (const _ of db.prepare(FLIPS).iterate(to, SOURCE_CODE[source])) rows++;
    return rows;
  } finally {
    db.close();
  }
}
