/** How far history was shed. */
import { SHED_REASONS } from '../../domain/ledger.ts';
import { epochMs } from '../../domain/time.ts';
import { type ClusterId, CorruptLogError, type Horizon, type Position } from '../event-store.ts';
import type { Statements } from './statements.ts';

interface HorizonRow {
  cluster_id: number;
  position: number;
  at: number;
  reason: string;
}

export function horizons(sql: Statements): Horizon[] {
  return sql.all<HorizonRow>('SELECT cluster_id, position, at, reason FROM horizon ORDER BY cluster_id').map((row) => {
    const reason = SHED_REASONS.find((each) => each === row.reason);
    if (reason === undefined) throw new CorruptLogError(`the horizon was moved for no known reason: ${row.reason}`);
    return { clusterId: row.cluster_id as ClusterId, position: row.position as Position, at: epochMs(row.at), reason };
  });
}

/** The last position that was passed, whichever cluster it belongs to; 0 when nothing was shed. */
export function horizonPosition(sql: Statements): Position {
  return (sql.get<{ last: number | null }>('SELECT max(position) AS last FROM horizon')?.last ?? 0) as Position;
}
