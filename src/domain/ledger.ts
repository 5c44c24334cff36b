/**
 * Ledger facts: what the recorder knows about its own watching. They stand in the log as events of their own, so that
 * coverage is a projection like any other and can be made again from the log.
 */
import type { EndReason } from './stream-batch.ts';
import type { EpochMs } from './time.ts';

export const LEDGER_TYPES = ['COVERAGE_BEGAN', 'COVERAGE_ENDED', 'COVERAGE_RESUMED', 'CLOCK_STEPPED', 'HISTORY_SHED'] as const;
export type LedgerType = (typeof LEDGER_TYPES)[number];

/** From the event's `at` on the stream is watched from a complete state at `resourceVersion`. */
export interface CoverageBegan {
  readonly type: 'COVERAGE_BEGAN';
  readonly resourceVersion: string;
}

/**
 * The stream was proven complete until `provenAt` and not after. A second one of the same span tells its reason anew: a loss
 * was proven before the stream could go on.
 */
export interface CoverageEnded {
  readonly type: 'COVERAGE_ENDED';
  readonly provenAt: EpochMs;
  readonly reason: EndReason;
}

/**
 * The span that had ended goes on as if it had not: the server replayed every change after the cursor. The replayed
 * changes are received late; their bounds tell.
 */
export interface CoverageResumed {
  readonly type: 'COVERAGE_RESUMED';
}

/** The recorder's clock stepped back; events until it catches up carry the time of the event before them. */
export interface ClockStepped {
  readonly type: 'CLOCK_STEPPED';
  /** Milliseconds; negative when the clock went back. */
  readonly byMs: number;
}

/** Why history was shed: it was older than is to be kept, the log grew too large, or the disk was nearly full. */
export const SHED_REASONS = ['retain', 'max-size', 'low-disk'] as const;
export type ShedReason = (typeof SHED_REASONS)[number];

/**
 * The oldest history was shed: what is told of instants before `until` is not known any more, and of `until` and after
 * everything is. Told once for a pass, in the first stream of each cluster that it concerns.
 */
export interface HistoryShed {
  readonly type: 'HISTORY_SHED';
  readonly until: EpochMs;
  /** The last position that was passed; as of an earlier one nothing can be asked any more. */
  readonly position: number;
  readonly why: ShedReason;
  /** Events removed in the pass, over all clusters in the log. */
  readonly events: number;
}

export type LedgerFact = CoverageBegan | CoverageEnded | CoverageResumed | ClockStepped | HistoryShed;

/** A span in which one stream was, or still is, proven complete. */
export interface CoverageSpan {
  readonly from: EpochMs;
  readonly provenAt: EpochMs;
  /** Absent while the stream is being watched. */
  readonly end?: EndReason;
}
