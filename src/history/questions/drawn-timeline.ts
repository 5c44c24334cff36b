/** A timeline for so many pixels: the worst lanes, each in runs that a pixel can show, and counts in as many buckets. */
import { formatTime } from '../../domain/time.ts';
import type { EventReader } from '../../store/event-store.ts';
import { Buckets } from '../count-buckets.ts';
import { countFacts } from '../count-facts.ts';
import { countsAnswer, countsOver, zeroReadyAnswer } from '../counts.ts';
import type { DrawnLaneAnswer, DrawnTimelineAnswer, SteadyLanesAnswer } from '../drawn-answers.ts';
import { blankSegment, foldLanes } from '../fold-lanes.ts';
import type { DrawnTimelineQuestion } from '../history.ts';
import { mergeNarrow, piecesOf, runsAnswer } from '../lane-runs.ts';
import { type FoldedLane, laneHead, segmentAnswer, withBlanks } from '../lanes.ts';
import { listChanges } from '../list-changes.ts';
import { sortOut } from '../worst-lanes.ts';
import { timelineHead, timelineScope } from './timeline.ts';

/** A page that shows rows of 18 pixels has about so many of them in sight. */
const USUAL_LANES = 60;

export function drawnTimelineAnswer(reader: EventReader, question: DrawnTimelineQuestion): DrawnTimelineAnswer {
  const scope = timelineScope(reader, question);
  const { view, service, source, from, to, parts } = scope;
  const { px, lanes: limit = USUAL_LANES, lanesAfter = 0 } = question;
  const window = { from, to };
  const pixelMs = (to - from) / px;
  const told = listChanges(view, service, source, parts);
  const { points, zeroReady } = countsOver(view, service, source, told);
  // Points are at milliseconds of their own, so where there are more of them than pixels a bucket has at least one.
  const buckets = points.length > px ? new Buckets(window, px) : undefined;
  buckets?.addCounts(points, zeroReady);
  for (const { changes } of told) for (const { at, flips } of changes) buckets?.addFlips(at, flips);
  const blanks = parts.flatMap((part) => blankSegment(part) ?? []);
  const { fold, flips } = foldLanes(view, service, source, told);
  const { lanes } = fold;
  const { listed, steady } = sortOut(lanes, blanks, to - from, question.steady === 'list' ? lanes.length : limit);
  const runsOf = (lane: FoldedLane) => runsAnswer(mergeNarrow(piecesOf(withBlanks(lane, blanks), window), pixelMs));
  const drawn = (lane: FoldedLane, rank: number): DrawnLaneAnswer => ({ ...laneHead(lane), rank, runs: runsOf(lane) });
  const wanted = listed.findIndex(({ id }) => id === question.lane);
  const end = lanesAfter + limit;
  const { leastReady, ...durations } = countFacts(points, zeroReady, window);
  return {
    ...timelineHead(scope),
    px,
    blanks: blanks.map(segmentAnswer),
    facts: { ...(leastReady ? { leastReady: { ...leastReady, at: formatTime(leastReady.at) } } : {}), ...durations },
    // A further page of lanes is laid beside the first.
    ...(lanesAfter > 0 ? {} : buckets ? { buckets: buckets.answer } : { counts: countsAnswer(points) }),
    zeroReady: zeroReadyAnswer(zeroReady),
    laneCount: lanes.length,
    steady: steady.map(({ state, first, count }): SteadyLanesAnswer => ({ state, count, runs: runsOf(first) })),
    lanes: [
      ...listed.slice(lanesAfter, end).map((lane, index) => drawn(lane, lanesAfter + index)),
      ...listed.slice(wanted, wanted + 1).flatMap((lane) => (wanted < lanesAfter || wanted >= end ? [drawn(lane, wanted)] : [])),
    ],
    flips,
  };
}
