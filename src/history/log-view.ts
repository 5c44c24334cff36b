/** The log as of one position: what every question reads through, so that all parts of an answer fit together. */

import type { ShedReason } from '../domain/ledger.ts';
import { RESOURCES, type ResourceName, streamName } from '../domain/resources.ts';
import { type EpochMs, epochMs, formatTime } from '../domain/time.ts';
import {
  type ClusterId,
  type ClusterRecord,
  type CoverageRecord,
  type EventReader,
  type Horizon,
  LATEST,
  type Position,
  position,
  type StoredEvent,
} from '../store/event-store.ts';
import { type KnownSpan, knownSpans, type StreamSpan } from './gaps.ts';
import { HistoryShedError, InvalidQuestionError } from './history.ts';

export interface LogView {
  readonly reader: EventReader;
  readonly asOf: Position;
  readonly clusters: readonly ClusterRecord[];
  /** Of all clusters, as of `asOf`, without what lies before their horizons. */
  readonly coverage: readonly ViewedCoverage[];
  /** Of the clusters that history was shed of. */
  readonly horizons: readonly Horizon[];
}

export interface ViewedCoverage extends CoverageRecord {
  readonly spans: readonly Omit<StreamSpan, 'stream'>[];
}

/**
 * @param asOf absent: the present end of the log
 * @throws InvalidQuestionError naming `asof` for a position that the log has not reached: such an answer would still change;
 * HistoryShedError for one below the horizon
 */
export function viewLog(reader: EventReader, asOf?: number): LogView {
  // Coverage first: events appended between the two reads are then inside the view and at worst not yet proven. The
  // other way round a proof could cover events that the view leaves out.
  const latest = reader.coverage({ asOf: LATEST });
  const end = reader.lastPosition();
  if (asOf !== undefined && !(Number.isSafeInteger(asOf) && asOf >= 0 && asOf <= end)) {
    throw new InvalidQuestionError('asof', `the log has no position ${asOf}: it ends at ${end}`);
  }
  const horizons = reader.horizons();
  for (const horizon of horizons) {
    if (asOf !== undefined && asOf < horizon.position) {
      throw new HistoryShedError(`the log as of position ${asOf} is not known any more: ${whyShed(horizon)}`);
    }
  }
  const clusters = reader.clusters();
  const isLatest = asOf === undefined || asOf === end;
  const coverage = isLatest ? latest : coverageAsOf(reader, position(asOf), latest);
  return {
    reader,
    asOf: isLatest ? end : position(asOf),
    clusters,
    coverage: horizons.length === 0 ? coverage : afterHorizons(coverage, horizons),
    horizons,
  };
}

const REASONS: Readonly<Record<ShedReason, string>> = {
  retain: 'it was older than is to be kept',
  'max-size': 'the log had reached its greatest size',
  'low-disk': 'the disk was nearly full',
};

/** A sentence: what is not known any more, and why. */
export function whyShed({ at, reason }: Horizon): string {
  return `history before ${formatTime(at)} was shed (${reason}: ${REASONS[reason]})`;
}

/** Spans begin at the horizon at the earliest. The last one that ended before it stays for the gap that it left. */
function afterHorizons(coverage: readonly CoverageRecord[], horizons: readonly Horizon[]): ViewedCoverage[] {
  return coverage.map(({ stream, spans }) => {
    const horizon = horizons.find(({ clusterId }) => clusterId === stream.clusterId);
    if (horizon === undefined) return { stream, spans };
    const { at } = horizon;
    const lastBefore = spans.findLastIndex(({ from }) => from < at);
    const kept = spans.slice(Math.max(0, lastBefore)).filter(({ provenAt }, index, all) => {
      const next = all[index + 1];
      return provenAt >= at || next === undefined || next.from > at;
    });
    return {
      stream,
      spans: kept.map((span) => (span.from < at ? { ...span, from: at, shed: whyShed(horizon) } : span)),
    };
  });
}

/**
 * Coverage as it was when the log had grown to `asOf`. Proof moves without events, so how far an open span was proven
 * then is not written down. It cannot have been further than the cluster's next event, nor than the span itself ever
 * was. (For a span that had ended by then neither bound is nearer than its end.)
 */
function coverageAsOf(reader: EventReader, asOf: Position, latest: readonly CoverageRecord[]): CoverageRecord[] {
  const nextAt = new Map<ClusterId, EpochMs | undefined>();
  return reader.coverage({ asOf }).map(({ stream, spans }) => {
    const last = spans.at(-1);
    if (last === undefined) return { stream, spans };
    if (!nextAt.has(stream.clusterId)) nextAt.set(stream.clusterId, firstEventAfter(reader, stream.clusterId, asOf)?.at);
    const since = latest.find((record) => record.stream.id === stream.id)?.spans.find(({ from }) => from === last.from);
    const bounds = [last.provenAt, since?.provenAt, nextAt.get(stream.clusterId)].filter((bound) => bound !== undefined);
    const provenAt = epochMs(Math.max(last.from, Math.min(...bounds)));
    return { stream, spans: [...spans.slice(0, -1), { ...last, provenAt }] };
  });
}

function firstEventAfter(reader: EventReader, clusterId: ClusterId, asOf: Position): StoredEvent | undefined {
  const ours = new Set(reader.streams(clusterId).map(({ id }) => id));
  for (let after = asOf; ; ) {
    const page = reader.events({ after, limit: 1_000 });
    const found = page.find(({ streamId }) => ours.has(streamId));
    if (found || page.length === 0) return found;
    after = (page.at(-1) as StoredEvent).position;
  }
}

/** `at` of the last event of a cluster in the view. `undefined` when the view holds none. */
export function lastEventAt(view: LogView, clusterId: ClusterId): EpochMs | undefined {
  const extent = view.reader.extent(clusterId);
  const horizon = horizonOf(view, clusterId);
  if (!extent || (horizon === undefined && extent.first.position > view.asOf)) return undefined;
  if (extent.last.position <= view.asOf) return extent.last.at;
  const ours = new Set(view.reader.streams(clusterId).map(({ id }) => id));
  for (let at: number = view.asOf; at > (horizon?.position ?? 0); at--) {
    const event = view.reader.event(position(at));
    if (event && ours.has(event.streamId)) return event.at;
  }
  return horizon && epochMs(horizon.at - 1);
}

export function horizonOf({ horizons }: LogView, clusterId: ClusterId): Horizon | undefined {
  return horizons.find((horizon) => horizon.clusterId === clusterId);
}

/** `at` of a cluster's first event. `undefined` when the view holds none. */
export function firstEventAt(view: LogView, clusterId: ClusterId): EpochMs | undefined {
  const first = view.reader.extent(clusterId)?.first;
  return first && first.position <= view.asOf ? first.at : undefined;
}

/** The spans in which objects of a resource in a namespace were watched completely. Namespace `''` for cluster-scoped ones. */
export function knownOf(view: LogView, clusterId: ClusterId, resource: ResourceName, namespace: string): KnownSpan[] {
  return knownSpans(streamSpans(view, clusterId, resource, (watched) => watched === undefined || watched === namespace));
}

/**
 * The same for each scope that was ever watched: all namespaces, and each namespace that has a stream of its own.
 * Empty when the resource was never watched.
 */
export function knownScopes(view: LogView, clusterId: ClusterId, resource: ResourceName, namespace?: string): KnownSpan[][] {
  if (namespace !== undefined) {
    const known = knownOf(view, clusterId, resource, namespace);
    return known.length > 0 ? [known] : [];
  }
  const watched = new Set(
    view.coverage
      .filter(({ stream }) => stream.clusterId === clusterId && stream.key.resource === resource)
      .map(({ stream }) => stream.key.namespace),
  );
  return [...watched]
    .map((scope) =>
      scope === undefined
        ? knownSpans(streamSpans(view, clusterId, resource, (each) => each === undefined))
        : knownOf(view, clusterId, resource, scope),
    )
    .filter((known) => known.length > 0);
}

function streamSpans(
  view: LogView,
  clusterId: ClusterId,
  resource: ResourceName,
  wanted: (namespace: string | undefined) => boolean,
) {
  return view.coverage
    .filter(({ stream }) => stream.clusterId === clusterId && stream.key.resource === resource && wanted(stream.key.namespace))
    .flatMap(({ stream, spans }) => spans.map((span) => ({ ...span, stream: streamName(stream.key) })));
}

const ORDER = new Map(RESOURCES.map(({ name }, index) => [name, index]));

/** One cluster's streams with their coverage: by resource in the order of {@link RESOURCES}, then by namespace. */
export function streamsOf(view: LogView, clusterId: ClusterId): ViewedCoverage[] {
  const rank = ({ stream }: ViewedCoverage) => ORDER.get(stream.key.resource) ?? ORDER.size;
  const scope = ({ stream }: ViewedCoverage) => stream.key.namespace ?? '';
  return view.coverage
    .filter(({ stream }) => stream.clusterId === clusterId)
    .sort((a, b) => rank(a) - rank(b) || (scope(a) < scope(b) ? -1 : scope(a) > scope(b) ? 1 : 0));
}
