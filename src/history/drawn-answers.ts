/** The shapes of a timeline for so many pixels, as history gives it; `http/contract-timeline.ts` describes them to the outside. */
import type { LaneAnswer, SegmentAnswer, TimelineAnswer, TimeText } from './answers.ts';

/** What one stretch of a lane shows; `absent` where the backend was not listed. */
export type RunState = SegmentAnswer['state'] | 'absent';

/** Runs follow each other without a hole from the window's start; lists of indexes name runs, from 0. */
export interface LaneRunsAnswer {
  ms: number[];
  states: RunState[];
  opensBefore: number[];
  endsAfter: number[];
  mixed: { run: number; flips: number }[];
}

export interface DrawnLaneAnswer extends Omit<LaneAnswer, 'segments'> {
  rank: number;
  runs: LaneRunsAnswer;
}

export interface SteadyLanesAnswer {
  state: RunState;
  count: number;
  runs: LaneRunsAnswer;
}

/** A column each, a bucket a row. */
export interface BucketsAnswer {
  leastReady: (number | null)[];
  mostReady: (number | null)[];
  mostNotReady: (number | null)[];
  mostTerminating: (number | null)[];
  zeroMs: number[];
  unlistedMs: number[];
  unknownMs: number[];
  flips: number[];
}

export interface CountFactsAnswer {
  leastReady?: { ready: number; notReady: number; at: TimeText };
  zeroReadyMs: number;
  someNotReadyMs: number;
  unlistedMs: number;
  knownMs: number;
  unknownMs: number;
}

/** A timeline for so many pixels. */
export interface DrawnTimelineAnswer extends Omit<TimelineAnswer, 'lanes' | 'counts'> {
  px: number;
  blanks: SegmentAnswer[];
  facts: CountFactsAnswer;
  counts?: TimelineAnswer['counts'];
  buckets?: BucketsAnswer;
  laneCount: number;
  steady: SteadyLanesAnswer[];
  lanes: DrawnLaneAnswer[];
}
