/**
 * The timeline for so many pixels, as zod schemas: part of the contract. What is narrower than a pixel is merged, and what a
 * page does not show at once comes lane by lane. Imports zod and the contract only, because the page imports it too.
 */
import { z } from 'zod';
import {
  CountsPoint,
  CoverageStatus,
  count,
  Gap,
  Lane,
  position,
  Segment,
  ServiceName,
  Source,
  TimelineAnswer,
  time,
  ZeroReadyWindow,
} from './contract.ts';

const ms = z.number().nonnegative();
const runIndex = count.meta({ description: 'A run, from 0' });

export const RunState = z
  .enum([...Segment.shape.state.options, 'absent'])
  .meta({ id: 'RunState', description: '`absent`: the backend was not listed' });

export const LaneRuns = z
  .object({
    ms: z.array(ms).meta({ description: 'How long each run lasts; they follow each other without a hole from `from` to `to`' }),
    states: z.array(RunState).meta({ description: 'State of each run; of a mixed one the worst' }),
    opensBefore: z.array(runIndex).meta({
      description: 'Runs that began before the window or at an edge of a gap: their durations are lower bounds',
    }),
    endsAfter: z
      .array(runIndex)
      .meta({ description: 'Runs that went on after the window or into a gap: their durations are lower bounds' }),
    mixed: z.array(z.object({ run: runIndex, flips: count })).meta({
      description:
        'Runs that stand for several states, each too narrow for a pixel, and how often the state changed in them, their beginning included. All others are exact to the millisecond',
    }),
  })
  .meta({ id: 'LaneRuns', description: 'What a lane shows at this zoom, a column each' });

export const DrawnLane = Lane.omit({ segments: true })
  .extend({
    rank: count.meta({
      description: 'Place among the lanes that are listed, from 0: the longest not ready first, then the most flips',
    }),
    runs: LaneRuns,
  })
  .meta({ id: 'DrawnLane' });

export const SteadyLanes = z
  .object({ state: RunState, count, runs: LaneRuns.meta({ description: 'The same for all of them' }) })
  .meta({ id: 'SteadyLanes', description: 'Lanes that kept one state wherever the window is known; counted, not listed' });

const atMost = (description: string) => z.array(count.nullable()).meta({ description: `${description}; null where not known` });

export const CountBuckets = z
  .object({
    leastReady: atMost('Fewest that were ready while there was an address list'),
    mostReady: atMost('Most that were ready'),
    mostNotReady: atMost('Most that were not ready'),
    mostTerminating: atMost('Most that were terminating'),
    zeroMs: z.array(ms).meta({ description: 'Milliseconds with an address list and none ready' }),
    unlistedMs: z.array(ms).meta({ description: 'Milliseconds without an address list' }),
    unknownMs: z.array(ms).meta({ description: 'Milliseconds of gaps' }),
    flips: z.array(count),
  })
  .meta({
    id: 'CountBuckets',
    description:
      'The window in `px` parts of equal length, a column each: part `i` of `n` begins at `from` plus ⌊i × length ÷ n⌋ milliseconds',
  });

export const CountFacts = z
  .object({
    leastReady: z.object({ ready: count, notReady: count, at: time }).optional().meta({
      description: 'The fewest that were ready while there was an address list, and when that began; absent when never known',
    }),
    zeroReadyMs: ms,
    someNotReadyMs: ms,
    unlistedMs: ms.meta({ description: 'Without any address list: not made yet, or deleted' }),
    knownMs: ms,
    unknownMs: ms,
  })
  .meta({ id: 'CountFacts', description: 'What the counts of the window add up to, exactly' });

export const DrawnTimeline = z
  .object({
    service: ServiceName,
    from: time,
    to: time,
    px: count,
    asOf: position,
    source: Source,
    coverage: CoverageStatus,
    gaps: z.array(Gap),
    blanks: z.array(Segment).meta({ description: 'The parts of the window that are not known' }),
    facts: CountFacts,
    counts: z
      .array(CountsPoint)
      .optional()
      .meta({ description: 'Every change of the counts, where there are at most `px` of them; not with `lanesAfter`' }),
    buckets: CountBuckets.optional().meta({
      description: 'Where the counts changed more often than that; not with `lanesAfter`',
    }),
    zeroReady: z.array(ZeroReadyWindow).meta({ description: 'All of them, however short' }),
    laneCount: count.meta({ description: 'How many there are, listed or counted' }),
    steady: z.array(SteadyLanes),
    lanes: z.array(DrawnLane),
    flips: count,
  })
  .meta({ id: 'DrawnTimeline', description: 'A timeline for `px` pixels' });

/** Answer of the timeline's route. */
export const AnyTimeline = z.union([TimelineAnswer, DrawnTimeline]).meta({
  description: 'Without `px` a TimelineAnswer, every change told; with `px` a DrawnTimeline',
});

export type RunState = z.infer<typeof RunState>;
export type LaneRuns = z.infer<typeof LaneRuns>;
export type DrawnLane = z.infer<typeof DrawnLane>;
export type CountBuckets = z.infer<typeof CountBuckets>;
export type DrawnTimeline = z.infer<typeof DrawnTimeline>;
