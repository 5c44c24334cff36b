/** The lanes, counts and gaps of one Service over a window. */
import type { Source } from '../../domain/backends.ts';
import { type EpochMs, epochMs, formatTime, MAX_INSTANT } from '../../domain/time.ts';
import type { EventReader, FlipRecord } from '../../store/event-store.ts';
import type { LaneAnswer, TimelineAnswer } from '../answers.ts';
import { countsAnswer, countsOver, zeroReadyAnswer } from '../counts.ts';
import { blankSegment, foldLanes } from '../fold-lanes.ts';
import { coverageWithin, partsOfWindow, type WindowCoverage, type WindowPart } from '../gaps.ts';
import type { TimelineQuestion } from '../history.ts';
import { type FoldedLane, type LaneSegment, laneHead, segmentAnswer, withBlanks } from '../lanes.ts';
import { listChanges } from '../list-changes.ts';
import { type LogView, viewLog } from '../log-view.ts';
import { resolveService, resolveWindow, type SeenService } from '../resolve.ts';
import { knownOfSource, RESOURCE_OF_SOURCE, sourceOfService } from '../sources.ts';
import { gapAnswer } from '../to-answer.ts';

/** How many flips are read at once. */
const FLIPS_A_READ = 5_000;

/** What a timeline is about, and what is known of it. */
export interface TimelineScope {
  readonly view: LogView;
  readonly service: SeenService;
  readonly source: Source;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly parts: readonly WindowPart[];
  readonly coverage: WindowCoverage;
}

export function timelineScope(reader: EventReader, question: TimelineQuestion): TimelineScope {
  const view = viewLog(reader, question.asOf);
  const service = resolveService(view, question);
  const { cluster, namespace } = service;
  const source = question.source ?? sourceOfService(view, service);
  const resource = RESOURCE_OF_SOURCE[source];
  const known = knownOfSource(view, cluster.id, source, namespace);
  const window = resolveWindow(view, question, [cluster], [resource], namespace);
  const from = window.from;
  // Other streams may have told of later times; without a flip there the picture ends where this one was proven.
  const lastAt =
    service.record && view.reader.countsAt({ serviceId: service.record.id, source, at: MAX_INSTANT, asOf: view.asOf })?.at;
  const to = question.to ?? epochMs(Math.max(window.judgedTo, (lastAt ?? 0) + 1, from + 1));
  const parts = partsOfWindow(known, from, to);
  const coverage = coverageWithin(known, from, epochMs(Math.min(to, window.judgedTo)), resource);
  return { view, service, source, from, to, parts, coverage };
}

/** What every answer about a timeline begins with. */
export function timelineHead({ view, service, source, from, to, coverage }: TimelineScope) {
  const { cluster, namespace, name } = service;
  return {
    service: { cluster: cluster.name, namespace, name },
    from: formatTime(from),
    to: formatTime(to),
    asOf: view.asOf,
    source,
    coverage: coverage.status,
    gaps: coverage.gaps.map(gapAnswer),
  };
}

export function timelineAnswer(reader: EventReader, question: TimelineQuestion): TimelineAnswer {
  const scope = timelineScope(reader, question);
  const { view, service, source, parts } = scope;
  const told = listChanges(view, service, source, parts);
  const { fold, flips } = foldLanes(view, service, source, told);
  const { points, zeroReady } = countsOver(view, service, source, told);
  const blanks = parts.flatMap((part) => blankSegment(part) ?? []);
  return {
    ...timelineHead(scope),
    counts: countsAnswer(points),
    zeroReady: zeroReadyAnswer(zeroReady),
    lanes: fold.lanesInOrder.map((lane) => laneAnswer(lane, withBlanks(lane, blanks))),
    flips,
  };
}

function laneAnswer(lane: FoldedLane, segments: readonly LaneSegment[]): LaneAnswer {
  const { notReadyMs, flips, ...head } = laneHead(lane);
  return { ...head, segments: segments.map(segmentAnswer), notReadyMs, flips };
}

/** Flips with from ≤ at < to, those of one event together. */
export function* flipsByEvent(
  { reader, asOf }: LogView,
  { cluster, record }: SeenService,
  source: Source,
  from: EpochMs,
  to: EpochMs,
): Generator<FlipRecord[]> {
  if (!record) return;
  const query = { clusterId: cluster.id, serviceId: record.id, source, from, to, asOf, limit: FLIPS_A_READ };
  let event: FlipRecord[] = [];
  for (let page = reader.flips(query); ; ) {
    for (const flip of page) {
      if (event.length > 0 && event[0]?.position !== flip.position) {
        yield event;
        event = [];
      }
      event.push(flip);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < FLIPS_A_READ) break;
    page = reader.flips({ ...query, after: { at: last.at, position: last.position, ordinal: last.ordinal } });
  }
  if (event.length > 0) yield event;
}
