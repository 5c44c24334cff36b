/** Every Service at one instant, with its counts. */
import type { Source } from '../../domain/backends.ts';
import type { Cause } from '../../domain/causes/index.ts';
import { type EpochMs, formatTime } from '../../domain/time.ts';
import type {
  ClusterRecord,
  CountsRecord,
  EventReader,
  FlipRecord,
  ServiceAtRecord,
  ServiceRecord,
} from '../../store/event-store.ts';
import type { CoverageStatus, ServiceState, ServiceSummaryAnswer, ServicesAnswer } from '../answers.ts';
import { explainFlips } from '../causes/causes.ts';
import { readServicesCursor, writeServicesCursor } from '../cursor.ts';
import { BEFORE_RECORDING, coverageAt, type Gap, type InstantCoverage } from '../gaps.ts';
import { InvalidQuestionError, type ServicesQuestion } from '../history.ts';
import { limitOf } from '../limits.ts';
import { knownScopes, type LogView, viewLog } from '../log-view.ts';
import { latestInstant, resolveClusters } from '../resolve.ts';
import { knownOfSource, primarySource, RESOURCE_OF_SOURCE, sourceAt } from '../sources.ts';
import { clusterNames, gapAnswer } from '../to-answer.ts';

export function servicesAnswer(reader: EventReader, question: ServicesQuestion): ServicesAnswer {
  const limit = limitOf(question.limit, 1_000, 100);
  const cursor = question.cursor === undefined ? undefined : readServicesCursor(question.cursor);
  const view = viewLog(reader, question.asOf ?? cursor?.asOf);
  const clusters = resolveClusters(view, question.cluster);
  const { namespace } = question;
  const scopesOf = ({ id }: ClusterRecord) => {
    const endpoints = knownScopes(view, id, 'v1/endpoints', namespace);
    const slices = knownScopes(view, id, 'discovery.k8s.io/v1/endpointslices', namespace);
    const resource = RESOURCE_OF_SOURCE[primarySource(endpoints, slices)];
    return {
      resource,
      services: knownScopes(view, id, 'v1/services', namespace),
      addresses: resource === 'v1/endpoints' ? endpoints : slices,
    };
  };
  const resources = [...new Set(clusters.map((cluster) => scopesOf(cluster).resource))];
  const at = question.at ?? cursor?.at ?? latestInstant(view, clusters, ['v1/services', ...resources], namespace);
  const only = question.cluster === undefined ? undefined : clusters[0];
  const first = cursor && clusters.find(({ uid }) => uid === cursor.after.cluster);
  if (cursor && !first) throw new InvalidQuestionError('cursor', 'the cursor belongs to another cluster or another log');

  const found: ServiceAtRecord[] = [];
  const query = {
    ...(only ? { clusterId: only.id } : {}),
    ...(namespace !== undefined ? { namespace } : {}),
    ...(question.q !== undefined ? { q: question.q } : {}),
    at,
    asOf: view.asOf,
    limit: limit + 1,
  };
  let after = cursor && first ? { clusterId: first.id, namespace: cursor.after.namespace, name: cursor.after.name } : undefined;
  // One more than the page, so as to know whether another follows. Services that did not exist then take no place in it.
  while (clusters.length > 0 && found.length <= limit) {
    const page = reader.servicesAt({ ...query, ...(after ? { after } : {}) });
    found.push(...page.filter(existed));
    after = page.at(-1)?.service;
    if (page.length < query.limit) break;
  }

  const page = found.slice(0, limit);
  const last = page.at(-1)?.service;
  const uidOf = (service: { clusterId: ClusterRecord['id'] }) => clusters.find(({ id }) => id === service.clusterId)?.uid ?? '';
  const nameOf = clusterNames(clusters);
  const causeOf = question.causes === false ? undefined : causesOf(view, page);
  const coveredOf = coverageBySource(view, at);
  const coverage = clusters.flatMap((cluster) => {
    const { services, addresses } = scopesOf(cluster);
    return [...services, ...addresses].map((known) => ({ known, ...coverageAt(known, at) }));
  });
  return {
    at: formatTime(at),
    asOf: view.asOf,
    ...overall(coverage.map(({ known, status, gap }) => ({ status, gap: gap ?? notYet(known) }))),
    items: page.map((record) => summary(record, nameOf(record.service.clusterId), coveredOf(record.service), causeOf)),
    ...(found.length > limit && last
      ? {
          nextCursor: writeServicesCursor({
            after: { cluster: uidOf(last), namespace: last.namespace, name: last.name },
            asOf: view.asOf,
            at,
          }),
        }
      : {}),
  };
}

function causesOf(view: LogView, page: readonly ServiceAtRecord[]): ReadonlyMap<FlipRecord, Cause> {
  const lastFlips = page.flatMap(({ lastFlip }) => lastFlip ?? []);
  return new Map(explainFlips(view, lastFlips).map(({ flip, cause }) => [flip, cause]));
}

function notYet(known: readonly { stream: string; from: Gap['to'] }[]): Gap {
  const [first] = known;
  return { stream: first?.stream ?? '', ...(first?.from !== undefined ? { to: first.from } : {}), reason: BEFORE_RECORDING };
}

/** `before-recording` only when that holds of every stream behind the list, `complete` only when that does. */
function overall(streams: readonly { status: CoverageStatus; gap: Gap }[]): Pick<ServicesAnswer, 'coverage' | 'gaps'> {
  const statuses = new Set(streams.map(({ status }) => status));
  const coverage = statuses.size > 1 ? 'gap' : ([...statuses][0] ?? 'before-recording');
  const gaps = streams.filter(({ status }) => status !== 'complete').map(({ gap }) => gapAnswer(gap));
  return { coverage, gaps };
}

/** By its Service object; where the stream of Services had told nothing, by its address lists. */
function existed({ exists, counts }: ServiceAtRecord): boolean {
  return exists ?? (counts.endpoints?.listed === true || counts.endpointslices?.listed === true);
}

type CoverageBySource = Readonly<Record<Source, InstantCoverage>>;

/** Coverage is a namespace's: it is told once for all Services in it. */
function coverageBySource(view: LogView, at: EpochMs): (service: ServiceRecord) => CoverageBySource {
  const known = new Map<string, CoverageBySource>();
  return ({ clusterId, namespace }) => {
    const key = `${clusterId} ${namespace}`;
    const covered = known.get(key) ?? {
      endpoints: coverageAt(knownOfSource(view, clusterId, 'endpoints', namespace), at),
      endpointslices: coverageAt(knownOfSource(view, clusterId, 'endpointslices', namespace), at),
    };
    known.set(key, covered);
    return covered;
  };
}

function summary(
  record: ServiceAtRecord,
  cluster: string,
  covered: CoverageBySource,
  /** Absent: causes were not asked for. */
  causeOf: ReadonlyMap<FlipRecord, Cause> | undefined,
): ServiceSummaryAnswer {
  const { namespace, name } = record.service;
  const source = sourceAt(record.counts.endpoints?.listed === true, covered.endpoints, covered.endpointslices);
  const { status } = covered[source];
  // What stands in the log from before a stream's first complete state is not known to be all.
  const counts = status === 'before-recording' ? undefined : record.counts[source];
  const { lastFlip } = record;
  return {
    cluster,
    namespace,
    name,
    ...(record.counts.endpoints || record.counts.endpointslices ? { source } : {}),
    state: stateOf(counts, covered[source]),
    coverage: status,
    ready: counts?.ready ?? 0,
    notReady: counts?.notReady ?? 0,
    terminating: counts?.terminating ?? 0,
    ...(lastFlip
      ? {
          lastFlip: {
            at: formatTime(lastFlip.at),
            address: lastFlip.backend.address,
            ...(lastFlip.backend.pod ? { pod: lastFlip.backend.pod.name } : {}),
            from: lastFlip.from,
            to: lastFlip.to,
            ...(causeOf ? { cause: causeOf.get(lastFlip)?.name ?? 'unknown' } : {}),
          },
        }
      : {}),
  };
}

/**
 * A Pod on its way out is no reason to call a Service degraded: Endpoints does not even list it, and both sources must
 * judge alike.
 */
function stateOf(counts: CountsRecord | undefined, { status }: InstantCoverage): ServiceState {
  if (status !== 'complete') return 'unknown';
  const { ready, notReady, terminating } = counts ?? { ready: 0, notReady: 0, terminating: 0 };
  if (ready + notReady + terminating === 0) return 'empty';
  if (ready === 0) return 'down';
  return notReady > 0 ? 'degraded' : 'ok';
}
