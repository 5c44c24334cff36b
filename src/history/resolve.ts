/** Which cluster, Service, instant and window a question is about, where it leaves that open. */
import type { ResourceName } from '../domain/resources.ts';
import { type EpochMs, epochMs, formatTime, MAX_INSTANT } from '../domain/time.ts';
import type { ClusterRecord, ServiceRecord } from '../store/event-store.ts';
import { coverageWithin, type KnownSpan, latestKnownInstant, type WindowCoverage } from './gaps.ts';
import { InvalidQuestionError, type InWindow, NotFoundError } from './history.ts';
import { firstEventAt, knownScopes, type LogView, lastEventAt } from './log-view.ts';

/**
 * The clusters that a question without a Service is about: the named one, or all of them.
 *
 * @throws NotFoundError for a name that no cluster bears
 */
export function resolveClusters(view: LogView, name: string | undefined): readonly ClusterRecord[] {
  return name === undefined ? view.clusters : [clusterNamed(view, name)];
}

/**
 * The one cluster that a question about a single thing is about: the named one, or the only one that knows the thing.
 *
 * @param thing for messages: `Service store/cart`
 * @throws NotFoundError when no cluster knows it; InvalidQuestionError naming `cluster` when several do
 */
export function resolveCluster(
  view: LogView,
  name: string | undefined,
  thing: string,
  knows: (cluster: ClusterRecord) => boolean,
): ClusterRecord {
  const asked = name === undefined ? undefined : clusterNamed(view, name);
  const knowing = (asked ? [asked] : view.clusters).filter(knows);
  const [only, ...others] = knowing;
  if (only === undefined) {
    throw new NotFoundError(asked ? `cluster ${asked.name}: the log has never seen ${thing}` : `the log has never seen ${thing}`);
  }
  if (others.length > 0) {
    throw new InvalidQuestionError('cluster', `several clusters know ${thing}: name one of ${namesOf(knowing)}`);
  }
  return only;
}

/** By name, or by uid where names are not unique. */
function clusterNamed(view: LogView, name: string): ClusterRecord {
  const byUid = view.clusters.find(({ uid }) => uid === name);
  if (byUid) return byUid;
  const named = view.clusters.filter((each) => each.name === name);
  if (named.length > 1) {
    const uids = named.map(({ uid }) => uid).join(', ');
    throw new InvalidQuestionError('cluster', `several clusters are called ${name}: name one by its uid, ${uids}`);
  }
  const [only] = named;
  if (only) return only;
  const known = view.clusters.length > 0 ? `it holds ${namesOf(view.clusters)}` : 'it holds none';
  throw new NotFoundError(`the log has no cluster ${name}: ${known}`);
}

function namesOf(clusters: readonly ClusterRecord[]): string {
  return clusters.map((cluster) => cluster.name).join(', ');
}

/** A Service that the log has seen. */
export interface SeenService {
  readonly cluster: ClusterRecord;
  readonly namespace: string;
  readonly name: string;
  /** Absent while only its Service object has been seen. */
  readonly record?: ServiceRecord;
}

/**
 * @throws NotFoundError for a Service that no source and no Service object in the view ever told of;
 * InvalidQuestionError naming `cluster` when several clusters know it
 */
export function resolveService(view: LogView, question: { cluster?: string; namespace: string; name: string }): SeenService {
  const { namespace, name } = question;
  const cluster = resolveCluster(view, question.cluster, `Service ${namespace}/${name}`, (each) =>
    isSeen(view, each, namespace, name),
  );
  const record = view.reader.service({ clusterId: cluster.id, namespace, name });
  return { cluster, namespace, name, ...(record ? { record } : {}) };
}

function isSeen({ reader, asOf }: LogView, { id: clusterId }: ClusterRecord, namespace: string, name: string): boolean {
  const everything = { at: MAX_INSTANT, asOf };
  const record = reader.service({ clusterId, namespace, name });
  if (record && reader.countsAt({ serviceId: record.id, source: 'endpoints', ...everything })) return true;
  if (record && reader.countsAt({ serviceId: record.id, source: 'endpointslices', ...everything })) return true;
  const object = (resource: ResourceName) => reader.objectAt({ clusterId, resource, namespace, name, ...everything });
  return object('v1/services') !== undefined || object('v1/endpoints') !== undefined;
}

/**
 * The latest instant of which the most can be said in all the clusters given: see {@link latestKnownInstant}; with several
 * clusters the latest of theirs. A log without coverage answers for its last event, an empty one for now.
 */
export function latestInstant(
  view: LogView,
  clusters: readonly ClusterRecord[],
  resources: readonly ResourceName[],
  namespace?: string,
): EpochMs {
  const instants = clusters.flatMap(({ id }) => {
    const scopes = resources.map((resource) => knownScopes(view, id, resource, namespace));
    return latestKnownInstant(scopes) ?? lastEventAt(view, id) ?? [];
  });
  return epochMs(instants.length > 0 ? Math.max(...instants) : Date.now());
}

export interface Window {
  /** Inclusive. */
  readonly from: EpochMs;
  /** Exclusive. */
  readonly to: EpochMs;
  /**
   * Exclusive end of the part whose coverage the answer owes. Where the question leaves its end open it asks about the
   * recording, and the time not proven yet is not part of that.
   */
  readonly judgedTo: EpochMs;
  /** The question left the beginning open: a stream that was begun later than others owes nothing for the time before. */
  readonly fromBeginning: boolean;
}

/**
 * The window asked for; an open end is the recording's: from the first complete instant, to 1 ms after the last one or
 * after the last event, so that the last flip is inside.
 *
 * @throws InvalidQuestionError naming `from` when the window is empty or upside down
 */
export function resolveWindow(
  view: LogView,
  question: InWindow,
  clusters: readonly ClusterRecord[],
  resources: readonly ResourceName[],
  namespace?: string,
): Window {
  if (question.from !== undefined && question.to !== undefined && question.from >= question.to) {
    const [from, to] = [formatTime(question.from), formatTime(question.to)];
    throw new InvalidQuestionError('from', `the window is empty: from ${from} is not before to ${to}`);
  }
  const last = latestInstant(view, clusters, resources, namespace);
  const ends = clusters.flatMap(({ id }) => lastEventAt(view, id) ?? []);
  const to = question.to ?? epochMs(Math.max(last, ...ends, question.from ?? 0) + 1);
  const begins = clusters.flatMap(({ id }) => beginning(view, id, resources, namespace) ?? []);
  const from = question.from ?? epochMs(Math.max(0, Math.min(to - 1, ...begins)));
  const judgedTo = question.to ?? epochMs(Math.max(last, question.from ?? 0) + 1);
  return { from, to, judgedTo, fromBeginning: question.from === undefined };
}

/**
 * What one resource owes to a window: where the question left the beginning open, nothing for the time before its own.
 *
 * @param stream names what would have been watched, were it never recorded
 */
export function coverageOfWindow(
  known: readonly KnownSpan[],
  { from, to, judgedTo, fromBeginning }: Window,
  stream: string,
): WindowCoverage {
  const end = epochMs(Math.min(to, judgedTo));
  const begin = fromBeginning ? epochMs(Math.min(Math.max(from, known[0]?.from ?? from), end - 1)) : from;
  return coverageWithin(known, begin, end, stream);
}

function beginning(
  view: LogView,
  clusterId: ClusterRecord['id'],
  resources: readonly ResourceName[],
  namespace?: string,
): EpochMs | undefined {
  const firsts = resources
    .flatMap((resource) => knownScopes(view, clusterId, resource, namespace))
    .flatMap((known) => known[0]?.from ?? []);
  return firsts.length > 0 ? epochMs(Math.min(...firsts)) : firstEventAt(view, clusterId);
}
