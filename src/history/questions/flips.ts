/** Flips in a window, page by page, of one Service or of all. */
import type { Source } from '../../domain/backends.ts';
import { CAUSES, type CauseName } from '../../domain/causes/index.ts';
import { epochMs, formatTime, MAX_INSTANT } from '../../domain/time.ts';
import { type ClusterId, type ClusterRecord, type EventReader, type Position, position } from '../../store/event-store.ts';
import type { CoverageStatus, FlipsAnswer } from '../answers.ts';
import { type ExplainedFlip, flipsWithCause } from '../causes/causes.ts';
import { type FlipsCursor, readFlipsCursor, writeFlipsCursor } from '../cursor.ts';
import { coverageWithin, type Gap } from '../gaps.ts';
import { type FlipsQuestion, HistoryShedError, InvalidQuestionError, NotFoundError } from '../history.ts';
import { limitOf } from '../limits.ts';
import { horizonOf, knownScopes, type LogView, viewLog, whyShed } from '../log-view.ts';
import { resolveClusters, resolveService, resolveWindow, type SeenService, type Window } from '../resolve.ts';
import { primarySource, RESOURCE_OF_SOURCE, sourceOfService } from '../sources.ts';
import { clusterNames, flipAnswer, gapAnswer } from '../to-answer.ts';

const MOST_FLIPS = 1_000;

export function flipsAnswer(reader: EventReader, question: FlipsQuestion): FlipsAnswer {
  const { head, items, nextCursor, clusterName } = flipsPage(reader, question, MOST_FLIPS);
  return {
    ...head,
    items: items.map((each) => flipAnswer(each, clusterName(each.flip.service.clusterId))),
    ...(nextCursor === undefined ? {} : { nextCursor }),
  };
}

/** A page of flips before it is written out. */
interface FlipsPage {
  readonly head: Omit<FlipsAnswer, 'items' | 'nextCursor'>;
  readonly items: readonly ExplainedFlip[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
  readonly clusterName: (id: ClusterId) => string;
}

/** @param most greatest `limit` that may be asked for */
export function flipsPage(reader: EventReader, question: FlipsQuestion, most: number): FlipsPage {
  const limit = limitOf(question.limit, most, 200);
  const cursor = question.cursor === undefined ? undefined : readFlipsCursor(question.cursor);
  const view = viewLog(reader, question.asOf ?? cursor?.asOf);
  const { namespace } = question;
  const subject = subjectOf(view, question);
  const { clusters, service } = subject;
  if (cursor) requireUnshed(view, clusters, cursor);
  // Absent: each Service by the source that tells it, which the store knows.
  const source = question.source ?? (service ? sourceOfService(view, service) : undefined);
  const sourceIn = (cluster: ClusterRecord) => source ?? primarySourceIn(view, cluster, namespace);
  const resources = [...new Set(clusters.map((cluster) => RESOURCE_OF_SOURCE[sourceIn(cluster)]))];
  const asked = { from: question.from ?? cursor?.from, to: question.to ?? cursor?.to };
  const window = resolveWindow(view, question, clusters, resources, namespace);
  const [from, to] = [asked.from ?? window.from, asked.to ?? window.to];
  const coverage = coverageOf(view, clusters, sourceIn, namespace, { ...window, from, to });
  const [only, ...others] = clusters;
  const query = {
    ...(only && others.length === 0 ? { clusterId: only.id } : {}),
    ...(namespace !== undefined ? { namespace } : {}),
    ...(question.service !== undefined ? { service: question.service } : {}),
    ...(service?.record ? { serviceId: service.record.id } : {}),
    ...(source !== undefined ? { source } : {}),
    ...(question.pod !== undefined ? { pod: question.pod } : {}),
    ...(question.node !== undefined ? { node: question.node } : {}),
    ...(cursor ? { after: cursor.after } : {}),
    from,
    to,
    asOf: view.asOf,
    limit,
  };
  const { items, next } = only === undefined ? { items: [] } : flipsWithCause(view, query, causeFilter(question.cause));
  const horizon = cursor?.horizon ?? horizonPosition(view);
  return {
    head: { from: formatTime(from), to: formatTime(to), asOf: view.asOf, ...coverage },
    items,
    ...(next ? { nextCursor: writeFlipsCursor({ after: next, asOf: view.asOf, from, to, horizon }) } : {}),
    clusterName: clusterNames(clusters),
  };
}

/** What was shed since the first page must not be missing from a later one without a word. */
function requireUnshed(view: LogView, clusters: readonly ClusterRecord[], { after, horizon }: FlipsCursor): void {
  for (const { id } of clusters) {
    const now = horizonOf(view, id);
    if (now === undefined || now.position <= horizon || now.at <= after.at) continue;
    throw new HistoryShedError(`the flips that follow are not all known any more: ${whyShed(now)}`);
  }
}

const horizonPosition = ({ horizons }: LogView): Position => position(Math.max(0, ...horizons.map((each) => each.position)));

function causeFilter(cause: string | undefined): CauseName | undefined {
  const known = CAUSES.find((name) => name === cause);
  if (cause !== undefined && known === undefined) {
    throw new InvalidQuestionError('cause', `no flip is ever told with the cause ${cause}: name one of ${CAUSES.join(', ')}`);
  }
  return known;
}

function subjectOf(view: LogView, question: FlipsQuestion): { clusters: readonly ClusterRecord[]; service?: SeenService } {
  const { cluster, namespace, service: name } = question;
  if (name !== undefined && namespace !== undefined) {
    const service = resolveService(view, { namespace, name, ...(cluster !== undefined ? { cluster } : {}) });
    return { clusters: [service.cluster], service };
  }
  const clusters = resolveClusters(view, cluster);
  if (name !== undefined && !clusters.some((each) => isNameKnown(view, each, name))) {
    throw new NotFoundError(`the log has never seen a Service called ${name} in any namespace`);
  }
  return { clusters };
}

/** Whether a Service of this name was ever seen in any namespace. */
function isNameKnown({ reader, asOf }: LogView, cluster: ClusterRecord, name: string): boolean {
  const query = { clusterId: cluster.id, q: `/${name}`, at: MAX_INSTANT, asOf, limit: 1_000 };
  for (let page = reader.servicesAt(query); page.length > 0; ) {
    if (page.some(({ service }) => service.name === name)) return true;
    const last = page.at(-1)?.service;
    page = last ? reader.servicesAt({ ...query, after: last }) : [];
  }
  return false;
}

function primarySourceIn(view: LogView, { id }: ClusterRecord, namespace: string | undefined): Source {
  const scopes = (source: Source) => knownScopes(view, id, RESOURCE_OF_SOURCE[source], namespace);
  return primarySource(scopes('endpoints'), scopes('endpointslices'));
}

/** Over several scopes: `before-recording` only when that holds of all, `complete` only when that does. */
function coverageOf(
  view: LogView,
  clusters: readonly ClusterRecord[],
  sourceIn: (cluster: ClusterRecord) => Source,
  namespace: string | undefined,
  { from, to, judgedTo, fromBeginning }: Window,
): { coverage: CoverageStatus; gaps: ReturnType<typeof gapAnswer>[] } {
  const seen = clusters.flatMap((cluster) => {
    const resource = RESOURCE_OF_SOURCE[sourceIn(cluster)];
    const scopes = knownScopes(view, cluster.id, resource, namespace);
    const end = epochMs(Math.min(to, judgedTo));
    return (scopes.length > 0 ? scopes : [[]]).map((known) => {
      const begin = fromBeginning ? epochMs(Math.min(Math.max(from, known[0]?.from ?? from), end - 1)) : from;
      return coverageWithin(known, begin, end, resource);
    });
  });
  const gaps: Gap[] = seen.flatMap((each) => each.gaps);
  const statuses = new Set(seen.map(({ status }) => status));
  const coverage = statuses.size > 1 ? 'gap' : ([...statuses][0] ?? 'before-recording');
  return { coverage, gaps: gaps.sort((a, b) => (a.from ?? 0) - (b.from ?? 0)).map(gapAnswer) };
}
