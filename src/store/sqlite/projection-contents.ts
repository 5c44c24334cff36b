/**
 * What the rows of the projections say, without the numbers that Services and backends happen to have: a rebuild gives
 * those by order of appearance, and of what appeared first some may have been shed.
 */
import type { PROJECTIONS } from './projection-writes.ts';

const SERVICE = 's.cluster_id, s.namespace, s.name';
const BACKEND = 'b.address, b.ports, b.pod_uid, b.pod, b.node, b.zone';

/** A SELECT of a table in a schema. */
export const CONTENTS: Readonly<Record<(typeof PROJECTIONS)[number], (schema: string) => string>> = {
  lifespan: (schema) => `SELECT * FROM ${schema}.lifespan`,
  service: (schema) => `SELECT ${SERVICE}, s.has_endpoints FROM ${schema}.service s`,
  service_slice: (schema) =>
    `SELECT ${SERVICE}, t.object_id, t.last_position
     FROM ${schema}.service_slice t LEFT JOIN ${schema}.service s USING (service_id)`,
  backend: (schema) =>
    `SELECT ${SERVICE}, ${BACKEND}, b.last_position FROM ${schema}.backend b LEFT JOIN ${schema}.service s USING (service_id)`,
  flip: (schema) =>
    `SELECT f.position, f.ordinal, f.at, ${SERVICE}, f.source, ${BACKEND}, f.from_state, f.to_state,
            f.ready_after, f.not_ready_after, f.spread_ms, f.origin
     FROM ${schema}.flip f LEFT JOIN ${schema}.service s USING (service_id)
     LEFT JOIN ${schema}.backend b ON b.backend_id = f.backend_id`,
  counts: (schema) =>
    `SELECT ${SERVICE}, t.source, t.at, t.position, t.ready, t.not_ready, t.terminating, t.listed, t.truncated, t.flips, t.editors
     FROM ${schema}.counts t LEFT JOIN ${schema}.service s USING (service_id)`,
  note: (schema) => `SELECT * FROM ${schema}.note`,
  coverage: (schema) => `SELECT * FROM ${schema}.coverage`,
};
