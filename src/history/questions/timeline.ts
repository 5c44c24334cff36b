/** The lanes, counts and gaps of one Service over a window. */
import type { Source } from '../../domain/backends.ts';
import { type EpochMs, epochMs, formatTime, MAX_INSTANT } from '../../domain/time.ts';
import type { EventReader, FlipRecord } from '../../store/event-store.ts';
import type { SegmentAnswer, TimelineAnswer } from '../answers.ts';
import { countsOver } from '../counts.ts';
import { coverageWithin, partsOfWindow, type WindowPart } from '../gaps.ts';
import type { TimelineQuestion } from '../history.ts';
import { LaneFold } from '../lanes.ts';
import { type LogView, viewLog } from '../log-view.ts';
import { resolveService, resolveWindow, type SeenService } from '../resolve.ts';
import { knownOfSource, listedAt, RESOURCE_OF_SOURCE, sourceOfService } from '../sources.ts';
import { gapAnswer } from '../to-answer.ts';

/** How many flips are read at once. */
const FLIPS_A_READ = 5_000;

export function timelineAnswer(reader: EventReader, question: TimelineQuestion): TimelineAnswer {
  const view = viewLog(reader, question.asOf);
  const service = resolveService(view, question);
  const { cluster, namespace, name } = service;
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
  const { fold, flips } = foldLanes(view, service, source, parts);
  const coverage = coverageWithin(known, from, epochMs(Math.min(to, window.judgedTo)), resource);
  return {
    service: { cluster: cluster.name, namespace, name },
    from: formatTime(from),
    to: formatTime(to),
    asOf: view.asOf,
    source,
    coverage: coverage.status,
    gaps: coverage.gaps.map(gapAnswer),
    ...countsOver(view, service, source, parts),
    lanes: fold.lanes(parts.flatMap((part) => blankSegment(part) ?? [])),
    flips,
  };
}

function blankSegment(part: WindowPart): SegmentAnswer | undefined {
  if (part.kind === 'known') return undefined;
  const { kind: state, from, to, opensBefore, endsAfter } = part;
  return { from: formatTime(from), to: formatTime(to), state, opensBefore, endsAfter };
}

function foldLanes(view: LogView, service: SeenService, source: Source, parts: readonly WindowPart[]) {
  const fold = new LaneFold();
  let flips = 0;
  for (const part of parts) {
    if (part.kind !== 'known') {
      // What was last known gets its lane, so that a window inside a gap shows which backends it is silent about.
      if (part.kind === 'gap') fold.mention(part.from, listedAt(view, service, source, before(part.from)).list);
      for (const event of flipsByEvent(view, service, source, part.from, part.to)) {
        fold.count(event);
        flips += event.length;
      }
      continue;
    }
    // At an edge of the recording its first complete state is all that is known; elsewhere the state one instant
    // earlier is known too, and the flips of the first instant are told like all others.
    const listing = listedAt(view, service, source, part.opensAtEdge ? part.from : before(part.from));
    fold.begin(part.from, listing.list);
    for (const event of flipsByEvent(view, service, source, part.from, part.to)) {
      if (part.opensAtEdge && event[0]?.at === part.from) fold.explainBeginning(event);
      else fold.apply(event);
      flips += event.length;
    }
    const after = part.endIsKnown ? flipsByEvent(view, service, source, part.to, epochMs(part.to + 1)) : [];
    fold.end(part.to, [...after].flat());
  }
  return { fold, flips };
}

const before = (at: EpochMs): EpochMs => epochMs(Math.max(0, at - 1));

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
