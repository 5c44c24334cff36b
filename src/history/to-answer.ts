/** From records to the plain shapes of answers: times written out, what is not known left out. */
import type { Backend } from '../domain/backends.ts';
import { streamName } from '../domain/resources.ts';
import type { EndReason } from '../domain/stream-batch.ts';
import { formatTime } from '../domain/time.ts';
import {
  type ClusterId,
  type ClusterRecord,
  type EventReader,
  isLedgerEvent,
  type StoredEvent,
  type StreamRecord,
} from '../store/event-store.ts';
import type { BackendAnswer, EndReasonAnswer, FlipAnswer, GapAnswer, LogEventAnswer } from './answers.ts';
import type { ExplainedFlip } from './causes/causes.ts';
import type { Gap } from './gaps.ts';

export function backendAnswer({ address, ports, pod, node, zone }: Backend): BackendAnswer {
  return {
    address,
    ports: ports.map(({ name, port, protocol }) => ({ name, ...(port !== undefined ? { port } : {}), protocol })),
    ...(pod ? { pod: { name: pod.name, uid: pod.uid } } : {}),
    ...(node !== undefined ? { node } : {}),
    ...(zone !== undefined ? { zone } : {}),
  };
}

export function gapAnswer({ stream, from, to, reason, detail }: Gap): GapAnswer {
  return {
    stream,
    ...(from !== undefined ? { from: formatTime(from) } : {}),
    ...(to !== undefined ? { to: formatTime(to) } : {}),
    reason,
    ...(detail !== undefined ? { detail } : {}),
  };
}

export function endReasonAnswer({ code, detail }: EndReason): EndReasonAnswer {
  return { code, ...(detail !== undefined ? { detail } : {}) };
}

/** A flip that a relist revealed is inferred even where its cause is not known: it happened, but not necessarily at once nor alone. */
export function confidenceOf(
  { origin }: ExplainedFlip['flip'],
  { confidence }: ExplainedFlip['cause'],
): FlipAnswer['confidence'] {
  return origin === 'relist' && confidence === 'unknown' ? 'inferred' : confidence;
}

export function flipAnswer({ flip, cause }: ExplainedFlip, cluster: string): FlipAnswer {
  return {
    at: formatTime(flip.at),
    notBefore: formatTime(flip.notBefore),
    notAfter: formatTime(flip.at),
    position: flip.position,
    cluster,
    namespace: flip.service.namespace,
    service: flip.service.name,
    source: flip.source,
    ...backendAnswer(flip.backend),
    from: flip.from,
    to: flip.to,
    readyAfter: flip.readyAfter,
    notReadyAfter: flip.notReadyAfter,
    cause: cause.name,
    ...(cause.detail !== undefined ? { detail: cause.detail } : {}),
    confidence: confidenceOf(flip, cause),
    evidence: [...cause.evidence],
    ...(cause.lagMs !== undefined ? { lagMs: cause.lagMs } : {}),
    origin: flip.origin,
  };
}

/** Names of clusters by id, for answers that speak of several. */
export function clusterNames(clusters: readonly ClusterRecord[]): (id: ClusterId) => string {
  const names = new Map(clusters.map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? '';
}

/** Writes events out, with the versions that they carry. */
export function eventAnswers(reader: EventReader, events: readonly StoredEvent[]): LogEventAnswer[] {
  const nameOf = clusterNames(reader.clusters());
  const streams = new Map(reader.streams().map((stream) => [stream.id, stream]));
  return events.map((event) => eventAnswer(reader, event, streams.get(event.streamId), nameOf));
}

const utf8 = new TextDecoder();

function eventAnswer(
  reader: EventReader,
  event: StoredEvent,
  stream: StreamRecord | undefined,
  nameOf: (id: ClusterId) => string,
): LogEventAnswer {
  const common = {
    position: event.position,
    at: formatTime(event.at),
    cluster: stream ? nameOf(stream.clusterId) : '',
    stream: stream ? streamName(stream.key) : '',
    epoch: event.epoch,
  };
  if (isLedgerEvent(event)) {
    const { type, ...fact } = event.fact;
    if ('provenAt' in fact) return { ...common, type, fact: { ...fact, provenAt: formatTime(fact.provenAt) } };
    return { ...common, type, fact: 'until' in fact ? { ...fact, until: formatTime(fact.until) } : fact };
  }
  const { resource, namespace, name, uid } = event.object;
  return {
    ...common,
    type: event.type,
    origin: event.origin,
    resource,
    ...(namespace !== '' ? { namespace } : {}),
    name,
    uid,
    resourceVersion: event.resourceVersion,
    objectText: utf8.decode(reader.body(event)),
  };
}
