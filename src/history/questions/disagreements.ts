/** Where Pods and a Service's address list contradicted each other, and how long the list took to follow its Pods. */
import { isTruncated, type Source } from '../../domain/backends.ts';
import type { Endpoints, Service } from '../../domain/objects.ts';
import { type EpochMs, epochMs, formatTime, MAX_INSTANT, parseRfc3339 } from '../../domain/time.ts';
import type { EventReader } from '../../store/event-store.ts';
import type { DisagreementAnswer, DisagreementsAnswer, LagAnswer, SaidAnswer } from '../answers.ts';
import { type Change, type Disagreement, DisagreementFold, type Said } from '../disagreement-fold.ts';
import { type KnownSpan, knownTogether, partsOfWindow } from '../gaps.ts';
import { type DisagreementsQuestion, InvalidQuestionError } from '../history.ts';
import { type Lag, lagsOf, percentile } from '../lag.ts';
import { knownOf, type LogView, viewLog } from '../log-view.ts';
import { serviceFacts } from '../pod-readiness.ts';
import { inForce, podVersionsIn, readinessOf } from '../pod-versions.ts';
import { coverageOfWindow, resolveService, resolveWindow, type SeenService, type Window } from '../resolve.ts';
import { knownOfSource, listedAt, RESOURCE_OF_SOURCE, sourceOfService } from '../sources.ts';
import { backendAnswer, gapAnswer } from '../to-answer.ts';
import { type Span, versionsOf } from '../versions.ts';
import { flipsByEvent } from './timeline.ts';

const DEFAULT_LONGER_THAN_MS = 3_000;
/**
 * So far beyond the window is looked for the ends of a disagreement that touches it. What lasted longer than was asked for
 * is always found, for it is looked at least that far.
 */
const LOOK_AROUND_MS = 10 * 60_000;
/** At most so many disagreements and lags are listed each: the longest. */
const MOST = 1_000;
/** Endpoints is cut there (kubernetes pkg/controller/endpoint maxCapacity). */
const ENDPOINTS_CAPACITY = 1_000;

const PODS = 'v1/pods';
const SERVICES = 'v1/services';

/**
 * An answer rests on three streams: the address list, the Pods, and the Services for selector and publishNotReadyAddresses.
 * A gap of any of them ends what is known.
 *
 * @throws InvalidQuestionError
 */
export function disagreementsAnswer(reader: EventReader, question: DisagreementsQuestion): DisagreementsAnswer {
  const longerThanMs = question.longerThanMs ?? DEFAULT_LONGER_THAN_MS;
  if (!Number.isSafeInteger(longerThanMs) || longerThanMs < 0 || longerThanMs > MAX_INSTANT) {
    throw new InvalidQuestionError('longerThan', `longerThan is ${longerThanMs}: it must be a duration of 0 ms or more`);
  }
  const view = viewLog(reader, question.asOf);
  const service = resolveService(view, question);
  const { cluster, namespace, name } = service;
  const first = question.source ?? sourceOfService(view, service);
  const window = windowOf(view, question, service, first);
  const { from, to } = window;
  const reach = Math.max(LOOK_AROUND_MS, longerThanMs);
  const around = { from: epochMs(Math.max(0, from - reach)), to: epochMs(Math.min(MAX_INSTANT, to + reach)) };

  const { source, truncated } = sourceAround(view, service, question.source, first, around);
  const resource = RESOURCE_OF_SOURCE[source];
  const behind = [
    { resource, known: knownOfSource(view, cluster.id, source, namespace) },
    { resource: PODS, known: knownOf(view, cluster.id, PODS, namespace) },
    { resource: SERVICES, known: knownOf(view, cluster.id, SERVICES, namespace) },
  ];
  const known = knownTogether(behind.map((each) => each.known));
  const coverages = behind.map((each) => coverageOfWindow(each.known, window, each.resource));
  const statuses = coverages.map(({ status }) => status);

  const { found, lags } = lookAt({ view, service, source, truncated, known, around, window });
  const long = found.filter((each) => each.from < to && each.to > from && each.to - each.from > longerThanMs);
  const items = longest(long, (each) => each.to - each.from);
  const flips = longest(lags, ({ lagMs }) => Math.abs(lagMs));
  return {
    service: { cluster: cluster.name, namespace, name },
    from: formatTime(from),
    to: formatTime(to),
    asOf: view.asOf,
    source,
    longerThanMs,
    coverage: statuses.includes('before-recording') ? 'before-recording' : statuses.includes('gap') ? 'gap' : 'complete',
    gaps: coverages.flatMap(({ gaps }) => gaps.map(gapAnswer)),
    truncated,
    items: items.map(disagreementAnswer),
    leftOut: long.length - items.length,
    lag: { ...figuresOf(lags), items: flips.map(lagAnswer), leftOut: lags.length - flips.length },
  };
}

function windowOf(view: LogView, question: DisagreementsQuestion, service: SeenService, source: Source): Window {
  const { at, from, to } = question;
  if (at === undefined) {
    return resolveWindow(view, question, [service.cluster], [RESOURCE_OF_SOURCE[source], PODS, SERVICES], service.namespace);
  }
  if (from !== undefined || to !== undefined) throw new InvalidQuestionError('at', 'ask either at one instant or in a window');
  return { from: at, to: epochMs(at + 1), judgedTo: epochMs(at + 1), fromBeginning: false };
}

/** Slices where Endpoints was cut, unless Endpoints was asked for: what it leaves out says nothing. */
function sourceAround(view: LogView, service: SeenService, asked: Source | undefined, first: Source, around: Span) {
  const truncated = first === 'endpoints' && wasTruncated(view, service, around);
  const slices = knownOfSource(view, service.cluster.id, 'endpointslices', service.namespace);
  if (truncated && asked === undefined && slices.length > 0) return { source: 'endpointslices', truncated: false } as const;
  return { source: first, truncated };
}

/** Only versions with as many backends as Endpoints can hold are read. */
function wasTruncated(view: LogView, { cluster, record, namespace, name }: SeenService, { from, to }: Span): boolean {
  if (record === undefined) return false;
  const { reader, asOf } = view;
  const query = { serviceId: record.id, source: 'endpoints', asOf } as const;
  const inForce = reader.countsAt({ ...query, at: from });
  return [...(inForce ? [inForce] : []), ...reader.counts({ ...query, from, to })].some(({ ready, notReady, at }) => {
    if (ready + notReady < ENDPOINTS_CAPACITY) return false;
    const named = { clusterId: cluster.id, resource: 'v1/endpoints', namespace, name } as const;
    const [version] = versionsOf<Endpoints>(view, named, { from: at, to: epochMs(at + 1) });
    return version !== undefined && isTruncated(version.object);
  });
}

interface Look {
  readonly view: LogView;
  readonly service: SeenService;
  readonly source: Source;
  readonly truncated: boolean;
  readonly known: readonly KnownSpan[];
  readonly around: Span;
  readonly window: Span;
}

function lookAt({ view, service, source, truncated, known, around, window }: Look) {
  const { cluster, namespace, name } = service;
  const named = { clusterId: cluster.id, resource: SERVICES, namespace, name } as const;
  const services = versionsOf<Service>(view, named, around).map(({ at, position, type, object }) => ({
    at,
    position,
    facts: type === 'DELETED' ? undefined : serviceFacts(object),
  }));
  const serviceAt = (instant: EpochMs) => services.findLast(({ at }) => at <= instant)?.facts;
  const pods = podVersionsIn(view, { clusterId: cluster.id, namespace }, around);
  const fold = new DisagreementFold({ truncated });
  const lags: Lag[] = [];
  for (const part of partsOfWindow(known, around.from, around.to)) {
    if (part.kind !== 'known') continue;
    const knownFrom = known.findLast((span) => span.from <= part.from)?.from ?? part.from;
    const listing = listedAt(view, service, source, part.from);
    const after = epochMs(part.from + 1);
    const flips = after < part.to ? [...flipsByEvent(view, service, source, after, part.to)] : [];
    const isInside = ({ at }: { readonly at: EpochMs }) => part.from < at && at < part.to;
    const changes: Change[] = [
      ...flips.flatMap((event) => (event[0] ? { ...whenOf(event[0]), kind: 'flips' as const, flips: event } : [])),
      ...[...pods.values()].flatMap((versions) =>
        versions.filter(isInside).map((step) => ({ ...whenOf(step), kind: 'pod' as const, step })),
      ),
      ...services.filter(isInside).map((version) => ({ ...version, kind: 'service' as const })),
    ].sort((a, b) => a.at - b.at || a.position - b.position);
    fold.begin({
      at: part.from,
      list: listing.list,
      listPosition: listing.position,
      pods: [...pods.values()].flatMap((versions) => inForce(versions, part.from, knownFrom) ?? []),
      service: serviceAt(part.from),
    });
    for (const instant of Map.groupBy(changes, ({ at }) => at).values()) fold.apply(instant);
    fold.end(part.to);

    // A list that people keep, or that holds unready Pods as ready, does not follow its Pods.
    const following = flips.flat().filter(({ at }) => {
      const asked = at >= window.from && at < window.to;
      const facts = asked ? serviceAt(at) : undefined;
      return facts?.selector !== undefined && !facts.publishesNotReady;
    });
    lags.push(...lagsOf(following, (uid) => readinessOf(pods.get(uid) ?? [], knownFrom)));
  }
  return { found: fold.found(), lags };
}

const whenOf = ({ at, position }: { readonly at: EpochMs; readonly position: number }) => ({ at, position });

/** The `MOST` items with the greatest measure, in the order in which they were given. */
function longest<T>(items: readonly T[], measure: (item: T) => number): readonly T[] {
  if (items.length <= MOST) return items;
  const kept = new Set([...items].sort((a, b) => measure(b) - measure(a)).slice(0, MOST));
  return items.filter((item) => kept.has(item));
}

function figuresOf(lags: readonly Lag[]): Pick<DisagreementsAnswer['lag'], 'flips' | 'medianMs' | 'p95Ms' | 'greatestMs'> {
  const sorted = lags.map(({ lagMs }) => lagMs).sort((a, b) => a - b);
  const [medianMs, p95Ms, greatestMs] = [0.5, 0.95, 1].map((share) => percentile(sorted, share));
  return {
    flips: lags.length,
    ...(medianMs === undefined ? {} : { medianMs }),
    ...(p95Ms === undefined ? {} : { p95Ms }),
    ...(greatestMs === undefined ? {} : { greatestMs }),
  };
}

function saidAnswer<State>({ state, since, opensBefore, position }: Said<State>): SaidAnswer<State> {
  return { state, since: formatTime(since), opensBefore, ...(position > 0 ? { position } : {}) };
}

function disagreementAnswer({ backend, pod, list, endPosition = 0, ...span }: Disagreement): DisagreementAnswer {
  const { from, to, opensBefore, endsAfter } = span;
  const evidence = new Set([pod.position, list.position, endPosition].filter((position) => position > 0));
  return {
    ...backendAnswer(backend),
    podSaid: { ...saidAnswer(pod), ...transitionAnswer(pod.transitionAt, 'transitionAt') },
    serviceSaid: saidAnswer(list),
    from: formatTime(from),
    to: formatTime(to),
    opensBefore,
    endsAfter,
    durationMs: to - from,
    evidence: [...evidence].sort((a, b) => a - b),
  };
}

function lagAnswer({ flip, pod, lagMs }: Lag): LagAnswer {
  return {
    ...backendAnswer(flip.backend),
    at: formatTime(flip.at),
    position: flip.position,
    from: flip.from,
    to: flip.to,
    podAt: formatTime(pod.at),
    podPosition: pod.position,
    ...transitionAnswer(pod.transitionAt, 'podTransitionAt'),
    lagMs,
  };
}

/** The cluster's own claim, written as all times are; left out where it is not a time. */
function transitionAnswer<Name extends string>(text: string | undefined, name: Name): { [key in Name]?: string } {
  const at = text === undefined ? undefined : parseRfc3339(text);
  return at === undefined ? {} : ({ [name]: formatTime(at) } as { [key in Name]?: string });
}
