/** Rows of the tables as SQLite gives them, and what they mean. */
import { crc32 } from 'node:zlib';
import { type Backend, parsePorts } from '../../domain/backends.ts';
import type { CoverageSpan, LedgerFact, LedgerType } from '../../domain/ledger.ts';
import type { ResourceName, StreamKey } from '../../domain/resources.ts';
import type { EndReason, EndReasonCode } from '../../domain/stream-batch.ts';
import { epochMs } from '../../domain/time.ts';
import {
  type ClusterId,
  CorruptLogError,
  type CountsRecord,
  type FlipRecord,
  type LedgerEvent,
  type ObjectEvent,
  type ObjectId,
  type Origin,
  type Position,
  type ServiceId,
  type ServiceRecord,
  type StreamId,
  type StreamRecord,
} from '../event-store.ts';
import { CHANGE, LEDGER, ORIGIN, SOURCE, STATE } from './codes.ts';

export interface EventRow {
  position: number;
  at: number;
  type: number;
  origin: number;
  stream_id: number;
  epoch: number;
  object_id: number | null;
  resource_version: string | null;
  body: number;
  checksum: number;
}

export interface JoinedEventRow extends EventRow {
  cluster_id: number;
  resource: string;
  namespace: string;
  name: string;
  uid: string;
}

/** Everything an {@link ObjectEvent} is made of; callers append WHERE and ORDER BY. */
export const SELECT_OBJECT_EVENT = `
  SELECT e.*, o.cluster_id, o.resource, o.namespace, o.name, o.uid
  FROM event e JOIN object o ON o.object_id = e.object_id`;

export const isLedgerRow = (row: EventRow): boolean => row.origin === ORIGIN.code('ledger');

export function objectEvent(row: JoinedEventRow): ObjectEvent {
  return {
    position: row.position as Position,
    at: epochMs(row.at),
    type: CHANGE.word(row.type),
    origin: ORIGIN.word(row.origin) as Origin,
    streamId: row.stream_id as StreamId,
    epoch: row.epoch,
    resourceVersion: row.resource_version ?? '',
    objectId: row.object_id as ObjectId,
    object: {
      clusterId: row.cluster_id as ClusterId,
      resource: row.resource as ResourceName,
      namespace: row.namespace,
      name: row.name,
      uid: row.uid,
    },
  };
}

export function ledgerEvent(row: EventRow, body: Buffer): LedgerEvent {
  return {
    position: row.position as Position,
    at: epochMs(row.at),
    streamId: row.stream_id as StreamId,
    epoch: row.epoch,
    fact: decodeFact(row.position, LEDGER.word(row.type), body),
  };
}

/** Ledger facts are stored as JSON without their type, which the event's column carries. */
export function encodeFact({ type: _, ...fact }: LedgerFact): Buffer {
  return Buffer.from(JSON.stringify(fact));
}

function decodeFact(position: number, type: LedgerType, body: Buffer): LedgerFact {
  try {
    return { type, ...JSON.parse(body.toString()) };
  } catch (cause) {
    throw new CorruptLogError(`the ledger fact at position ${position} is not JSON`, { cause });
  }
}

/** Protects the columns of an event row; the body's own checksum is part of it. */
export function eventChecksum(row: Omit<EventRow, 'checksum'>, identity: string, bodyCrc: number): number {
  const { position, at, type, origin, stream_id, epoch, resource_version, body } = row;
  return crc32(
    `${position} ${at} ${type} ${origin} ${stream_id} ${epoch} ${resource_version ?? ''} ${body} ${bodyCrc} ${identity}`,
  );
}

/** What an event's checksum says of its object: moving an event to another object, or renaming one, is found. */
export function identityText(object: Pick<JoinedEventRow, 'resource' | 'namespace' | 'name' | 'uid'> | undefined): string {
  return object ? `${object.resource} ${object.namespace} ${object.name} ${object.uid}` : '';
}

export interface StreamRow {
  stream_id: number;
  cluster_id: number;
  resource: string;
  namespace: string;
  epoch: number | null;
  resource_version: string | null;
  proven_at: number | null;
}

export function streamRecord(row: StreamRow): StreamRecord {
  const { epoch, resource_version, proven_at } = row;
  return {
    id: row.stream_id as StreamId,
    clusterId: row.cluster_id as ClusterId,
    key: streamKey(row),
    epoch: epoch ?? 1,
    ...(resource_version !== null && proven_at !== null
      ? { cursor: { resourceVersion: resource_version, provenAt: epochMs(proven_at) } }
      : {}),
  };
}

function streamKey({ resource, namespace }: StreamRow): StreamKey {
  const name = resource as ResourceName;
  return namespace === '' ? { resource: name } : { resource: name, namespace };
}

export interface ServiceRow {
  service_id: number;
  cluster_id: number;
  namespace: string;
  name: string;
  has_endpoints: number;
}

export function serviceRecord(row: Omit<ServiceRow, 'has_endpoints'>): ServiceRecord {
  return { id: row.service_id as ServiceId, clusterId: row.cluster_id as ClusterId, namespace: row.namespace, name: row.name };
}

/** The columns of a flip that are its own. */
export type FlipRow = readonly [
  position: number,
  ordinal: number,
  at: number,
  source: number,
  from: number,
  to: number,
  readyAfter: number,
  notReadyAfter: number,
  spreadMs: number,
  origin: number,
];

export function flipRecord(
  [position, ordinal, at, source, from, to, readyAfter, notReadyAfter, spreadMs, origin]: readonly [...FlipRow, ...unknown[]],
  service: ServiceRecord,
  backend: Backend,
): FlipRecord {
  return {
    position: position as Position,
    ordinal,
    at: epochMs(at),
    service,
    source: SOURCE.word(source),
    backend,
    from: STATE.word(from),
    to: STATE.word(to),
    readyAfter,
    notReadyAfter,
    notBefore: epochMs(at - spreadMs),
    origin: ORIGIN.word(origin) as Origin,
  };
}

export interface BackendRow {
  address: string;
  ports: string;
  pod_uid: string;
  pod: string;
  node: string;
  zone: string;
}

export function backendOf({ address, ports, pod_uid, pod, node, zone }: BackendRow): Backend {
  return {
    address,
    ports: parsePorts(ports),
    ...(pod !== '' || pod_uid !== '' ? { pod: { name: pod, uid: pod_uid } } : {}),
    ...(node !== '' ? { node } : {}),
    ...(zone !== '' ? { zone } : {}),
  };
}

export interface CountsRow {
  at: number;
  position: number;
  ready: number;
  not_ready: number;
  terminating: number;
  listed: number;
  truncated: number;
  editors: string | null;
}

export function countsRecord(row: CountsRow): CountsRecord {
  return {
    at: epochMs(row.at),
    position: row.position as Position,
    ready: row.ready,
    notReady: row.not_ready,
    terminating: row.terminating,
    listed: row.listed === 1,
    truncated: row.truncated === 1,
    editors: row.editors === null ? [] : (JSON.parse(row.editors) as string[]),
  };
}

export interface CoverageRow {
  began_position: number;
  stream_id: number;
  began_at: number;
  ended_position: number | null;
  proven_at: number | null;
  reason_code: string | null;
  reason_detail: string | null;
}

/**
 * @param proven the proof of the stream's cursor, which is the open span's
 * @param asOf an end that the ledger tells of only later had not happened yet
 */
export function coverageSpan(row: CoverageRow, proven: number | undefined, asOf: number): CoverageSpan {
  const from = epochMs(row.began_at);
  const provenAt = epochMs(Math.max(from, row.proven_at ?? proven ?? from));
  return row.ended_position === null || row.ended_position > asOf ? { from, provenAt } : { from, provenAt, end: endReason(row) };
}

function endReason({ reason_code, reason_detail }: CoverageRow): EndReason {
  return { code: reason_code as EndReasonCode, ...(reason_detail === null ? {} : { detail: reason_detail }) };
}
