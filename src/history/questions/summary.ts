/** The facts of an incident: what was seen of a Service in a window, in figures and in order of time. */

import type { Service } from '../../domain/objects.ts';
import type { ResourceName } from '../../domain/resources.ts';
import { epochMs, formatTime, MAX_INSTANT } from '../../domain/time.ts';
import type { EventReader } from '../../store/event-store.ts';
import type { FlipAnswer, GapAnswer, SummaryAnswer } from '../answers.ts';
import { FlipFold } from '../bursts.ts';
import { countFacts } from '../count-facts.ts';
import { countsOver, zeroReadyAnswer } from '../counts.ts';
import { type Gap, NOT_PROVEN_YET, partsOfWindow, STOPPED } from '../gaps.ts';
import type { SummaryQuestion } from '../history.ts';
import { listChanges } from '../list-changes.ts';
import { knownOf, type LogView, viewLog } from '../log-view.ts';
import { notableEvents } from '../notable-events.ts';
import { serviceFacts } from '../pod-readiness.ts';
import { coverageOfWindow, resolveService, resolveWindow, type SeenService, type Window } from '../resolve.ts';
import { serviceEdits } from '../service-edits.ts';
import { knownOfSource, listedAt, RESOURCE_OF_SOURCE, sourceOfService } from '../sources.ts';
import { gapAnswer } from '../to-answer.ts';
import { type Span, versionsOf } from '../versions.ts';
import { workloadChanges } from '../workloads-of-service.ts';
import { flipsAnswer } from './flips.ts';

/** How many flips are read and explained at once. */
const FLIPS_A_PAGE = 1_000;
/** At most so many bursts of flips are told one by one. */
const MOST_BURSTS = 500;

/** What rollouts, scalings, edits and causes are told from. */
const EVIDENCE: readonly ResourceName[] = [
  'v1/services',
  'v1/pods',
  'v1/nodes',
  'v1/events',
  'apps/v1/replicasets',
  'apps/v1/deployments',
];

/** How a stream ends that was well until then. */
const ENDINGS: ReadonlySet<string> = new Set([NOT_PROVEN_YET, ...STOPPED]);

export function summaryAnswer(reader: EventReader, question: SummaryQuestion): SummaryAnswer {
  const view = viewLog(reader, question.asOf);
  const service = resolveService(view, question);
  const { cluster, namespace, name } = service;
  const source = question.source ?? sourceOfService(view, service);
  const resource = RESOURCE_OF_SOURCE[source];
  const known = knownOfSource(view, cluster.id, source, namespace);
  const window = { ...resolveWindow(view, question, [cluster], [resource], namespace) };
  // Other streams may have told of later times; without a change here the facts end where this one was proven.
  const lastAt =
    service.record && reader.countsAt({ serviceId: service.record.id, source, at: MAX_INSTANT, asOf: view.asOf })?.at;
  const to = question.to ?? epochMs(Math.max(window.judgedTo, (lastAt ?? 0) + 1, window.from + 1));
  const span: Span = { from: window.from, to };
  const told = listChanges(view, service, source, partsOfWindow(known, span.from, span.to));
  const { points, zeroReady } = countsOver(view, service, source, told);
  const coverage = coverageOfWindow(known, { ...window, to }, resource);
  const gaps = coverage.gaps.map(gapAnswer);

  const fold = new FlipFold();
  const pods = new Set<string>();
  for (const { backend } of listedAt(view, service, source, epochMs(Math.max(0, span.from - 1))).list.values()) {
    if (backend.pod) pods.add(backend.pod.name);
  }
  for (const flip of flipsIn(view, service, source, span)) {
    fold.add(flip);
    if (flip.pod) pods.add(flip.pod.name);
  }
  const named = { clusterId: cluster.id, resource: 'v1/services', namespace, name } as const;
  const versions = versionsOf<Service>(view, named, beforeAnd(span));
  const selecting = versions.map(({ object }) => serviceFacts(object));
  const changes = {
    ...workloadChanges(view, service, beforeAnd(span), selecting, pods),
    serviceEdits: serviceEdits(versions, span.from),
  };
  const zeroSpans = zeroReadyAnswer(zeroReady).map((each, index) => {
    const { from, to } = zeroReady[index] as Span;
    return { ...each, durationMs: to - from };
  });
  const { events, leftOut } = notableEvents({ bursts: fold.bursts, zeroReady: zeroSpans, gaps, ...changes }, span, MOST_BURSTS);
  const facts = countFacts(points, zeroReady, span);
  const { leastReady, ...durations } = facts;
  return {
    service: { cluster: cluster.name, namespace, name },
    from: formatTime(span.from),
    to: formatTime(span.to),
    asOf: view.asOf,
    source,
    coverage: coverage.status,
    gaps,
    evidenceGaps: evidenceGaps(view, service, question, window),
    zeroReady: zeroSpans,
    ...(leastReady ? { leastReady: { ...leastReady, at: formatTime(leastReady.at) } } : {}),
    ...durations,
    flips: fold.flips,
    causes: fold.causes,
    ...(fold.firstCause ? { firstCause: fold.firstCause } : {}),
    ...changes,
    events,
    eventsLeftOut: leftOut,
  };
}

/** A version at the very first instant of a window is a change inside it: the one before is needed too. */
function beforeAnd({ from, to }: Span): Span {
  return { from: epochMs(Math.max(0, from - 1)), to };
}

/** Flips with their causes, page by page as everybody gets them. */
function* flipsIn(
  { reader, asOf }: LogView,
  { cluster, namespace, name }: SeenService,
  source: SummaryAnswer['source'],
  { from, to }: Span,
): Generator<FlipAnswer> {
  const question = { cluster: cluster.uid, namespace, service: name, source, from, to, asOf, limit: FLIPS_A_PAGE };
  let cursor: string | undefined;
  do {
    const page = flipsAnswer(reader, { ...question, ...(cursor === undefined ? {} : { cursor }) });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/**
 * Where the window's rollouts, scalings, edits or causes may be missing. Where the question leaves its end open it asks about
 * the recording, and that a stream was not proven to the last moment of it is not held against it.
 */
function evidenceGaps(
  view: LogView,
  { cluster, namespace }: SeenService,
  question: SummaryQuestion,
  window: Window,
): GapAnswer[] {
  const isOwed = ({ reason, to }: Gap) => question.to !== undefined || to !== undefined || !ENDINGS.has(reason);
  return EVIDENCE.flatMap((resource) => {
    const known = knownOf(view, cluster.id, resource, resource === 'v1/nodes' ? '' : namespace);
    return coverageOfWindow(known, window, resource).gaps.filter(isOwed).map(gapAnswer);
  });
}
