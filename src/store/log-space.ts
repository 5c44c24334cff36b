/** The part of the store port that keeps a log within its room: shedding the oldest history, and giving space back. */
import type { ShedReason } from '../domain/ledger.ts';
import type { EpochMs } from '../domain/time.ts';

/** What a step of {@link LogSpace.shed} did. */
export interface ShedStep {
  /** By how many events the horizon moved on; 0: none was old enough. */
  readonly passed: number;
  /** How many events were taken away: those passed, and the versions that they superseded, but for what stays. */
  readonly removed: number;
}

/** Bytes on disk. */
export interface LogSize {
  /** Of the log's file. */
  readonly file: number;
  /** Of it in use; the rest is free for new events, or to be given back. */
  readonly used: number;
  /** Of what is written but not yet in the file. */
  readonly pending: number;
  /** Whether free space can be given back to the file system while recording. */
  readonly canShrink: boolean;
}

export interface LogSpace {
  /**
   * Moves the horizon over at most `events` events that are older than `olderThan`, in order of position, in one short
   * transaction; an event that brought many flips counts for as many. Of what is passed stays what a horizon promises. The
   * log's newest event is never passed.
   * @throws LogUnwritableError
   */
  shed(step: { readonly olderThan: EpochMs; readonly events: number; readonly reason: ShedReason }): ShedStep;
  size(): LogSize;
  /** Gives about so many free bytes back to the file system, in one short transaction. @throws LogUnwritableError */
  giveBack(bytes: number): void;
  /** Brings what is pending into the file, as far as no reader stands in the way, and cuts it off. */
  settle(): void;
}
