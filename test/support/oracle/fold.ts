/**
 * The oracle: what is true according to a raw trace, told as simply as can be. It keeps every version's text and finds a
 * state by looking through all of them; it finds flips by making every Service's whole list anew at every event. Nothing
 * here is shared with the program that it judges.
 */
import {
  backendsOfEndpoints,
  backendsOfSlice,
  type OracleBackend,
  type OracleSource,
  type OracleState,
  type ParsedEndpoints,
  type ParsedSlice,
  union,
} from './backends.ts';
import { completeItem, listItems, parseTraceLine, type TraceLine } from './trace.ts';

export const ORACLE_SOURCES: readonly OracleSource[] = ['endpoints', 'endpointslices'];
export type OracleKind = 'Endpoints' | 'EndpointSlice' | 'Service';

const STREAMS: Readonly<Record<OracleKind, { path: string; apiVersion: string }>> = {
  Endpoints: { path: '/api/v1/endpoints', apiVersion: 'v1' },
  EndpointSlice: { path: '/apis/discovery.k8s.io/v1/endpointslices', apiVersion: 'discovery.k8s.io/v1' },
  Service: { path: '/api/v1/services', apiVersion: 'v1' },
};
const KIND_OF: Readonly<Record<OracleSource, OracleKind>> = { endpoints: 'Endpoints', endpointslices: 'EndpointSlice' };
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** One object as one line of the trace told it. */
export interface OracleVersion {
  readonly line: number;
  readonly at: number;
  readonly type: 'LIST' | 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: OracleKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** The Service that the object belongs to: by label for a slice, else its own name. Empty for a slice of no Service. */
  readonly service: string;
  /** Epoch milliseconds, from the trigger annotation. */
  readonly triggerAt: number | undefined;
  /** Epoch milliseconds of the latest write that `managedFields` tell of; whole seconds. */
  readonly writtenAt: number;
  readonly truncated: boolean;
  /** As a recorder should hand it back, byte for byte. */
  readonly text: string;
}

export interface OracleCounts {
  readonly ready: number;
  readonly notReady: number;
  /** `serving` and `terminating` together. */
  readonly terminating: number;
}

export interface OracleFlip {
  /** Line of the trace: the event. */
  readonly line: number;
  readonly at: number;
  readonly namespace: string;
  readonly service: string;
  readonly source: OracleSource;
  /** As after the flip, or as before it when the backend left. */
  readonly backend: OracleBackend;
  readonly from: OracleState | 'absent';
  readonly to: OracleState | 'absent';
  /** The Service's, in this source, after the event. */
  readonly after: OracleCounts;
}

export interface OracleServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** What a source told of a Service at an instant. */
export interface OracleAnswer {
  /** Whether there was an Endpoints object, or at least one slice. */
  readonly listed: boolean;
  readonly truncated: boolean;
  /** In the order of their keys. */
  readonly backends: readonly OracleBackend[];
}

export interface Truth {
  readonly lines: readonly TraceLine[];
  /** Every version of Endpoints, slices and Services, in order of arrival. */
  readonly versions: readonly OracleVersion[];
  readonly flips: readonly OracleFlip[];
  /** Every Service that any of the three kinds told of at any time. */
  readonly services: readonly OracleServiceName[];
  /** Epoch milliseconds of the first LIST and of the last line (bookmarks too), by path. */
  readonly firstAt: ReadonlyMap<string, number>;
  readonly lastAt: ReadonlyMap<string, number>;
  /** `undefined` before the source's first LIST: nothing is known then. */
  stateAt(namespace: string, service: string, source: OracleSource, at: number): OracleAnswer | undefined;
  countsAt(namespace: string, service: string, source: OracleSource, at: number): OracleCounts | undefined;
  /** Text of the object as it was at the instant, or `undefined` when there was none. */
  objectAt(kind: OracleKind, namespace: string, name: string, at: number): string | undefined;
  /** The Services that existed at the instant, in order of namespace and name. */
  servicesAt(at: number): OracleServiceName[];
  /** `endpoints` where the Service has such an object at the instant, else `endpointslices`. */
  defaultSourceAt(namespace: string, service: string, at: number): OracleSource;
}

interface Parsed {
  metadata: {
    namespace: string;
    name: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: { time: string }[];
  };
}

function versionOf(kind: OracleKind, line: TraceLine, text: string): OracleVersion {
  const { metadata } = JSON.parse(text) as Parsed;
  const trigger = metadata.annotations?.[TRIGGER_TIME];
  return {
    line: line.line,
    at: line.at,
    type: line.type as OracleVersion['type'],
    kind,
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    service: kind === 'EndpointSlice' ? (metadata.labels?.['kubernetes.io/service-name'] ?? '') : metadata.name,
    triggerAt: trigger === undefined ? undefined : Date.parse(trigger),
    writtenAt: Math.max(...(metadata.managedFields ?? []).map(({ time }) => Date.parse(time))),
    truncated: metadata.annotations?.[OVER_CAPACITY] === 'truncated',
    text,
  };
}

function versionsOf(lines: readonly TraceLine[]): OracleVersion[] {
  const listed = new Set<OracleKind>();
  return lines.flatMap((line) => {
    const kind = (Object.keys(STREAMS) as OracleKind[]).find((one) => STREAMS[one].path === line.path);
    if (kind === undefined || line.type === 'BOOKMARK') return [];
    if (line.type === 'ERROR') throw new Error(`line ${line.line}: the oracle knows no broken streams`);
    if (line.type !== 'LIST') return [versionOf(kind, line, line.text)];
    if (listed.has(kind)) throw new Error(`line ${line.line}: the oracle knows no second LIST of a stream`);
    listed.add(kind);
    return listItems(line.text).map((item) => versionOf(kind, line, completeItem(item, kind, STREAMS[kind].apiVersion)));
  });
}

export function countsOf(backends: readonly OracleBackend[]): OracleCounts {
  const ready = backends.filter((one) => one.state === 'ready').length;
  const notReady = backends.filter((one) => one.state === 'notReady').length;
  return { ready, notReady, terminating: backends.length - ready - notReady };
}

/** What one object lists by itself. */
function backendsIn(version: OracleVersion): OracleBackend[] {
  const value: unknown = JSON.parse(version.text);
  return version.kind === 'Endpoints' ? backendsOfEndpoints(value as ParsedEndpoints) : backendsOfSlice(value as ParsedSlice);
}

type ServiceList = { namespace: string; service: string; backends: readonly OracleBackend[] };

/** Flips of one source: make all Services' lists again after each event, and compare each with the one before. */
function flipsOf(source: OracleSource, versions: readonly OracleVersion[]): OracleFlip[] {
  const flips: OracleFlip[] = [];
  const objects = new Map<string, { version: OracleVersion; listed: OracleBackend[] }>();
  let before = new Map<string, ServiceList>();
  for (const version of versions.filter((one) => one.kind === KIND_OF[source])) {
    const object = `${version.namespace}/${version.name}`;
    if (version.type === 'DELETED') objects.delete(object);
    else objects.set(object, { version, listed: backendsIn(version) });

    const listed = new Map<string, OracleBackend[]>();
    const names = new Map<string, OracleServiceName>();
    for (const { version: one, listed: backends } of objects.values()) {
      const id = `${one.namespace}/${one.service}`;
      names.set(id, { namespace: one.namespace, name: one.service });
      listed.set(id, [...(listed.get(id) ?? []), ...backends]);
    }
    const after = new Map<string, ServiceList>();
    for (const [id, { namespace, name }] of names) {
      if (name !== '') after.set(id, { namespace, service: name, backends: union(listed.get(id) ?? []) });
    }
    if (version.type !== 'LIST') flips.push(...differences(source, version, before, after));
    before = after;
  }
  return flips;
}

function differences(
  source: OracleSource,
  event: OracleVersion,
  before: ReadonlyMap<string, ServiceList>,
  after: ReadonlyMap<string, ServiceList>,
): OracleFlip[] {
  const flips: OracleFlip[] = [];
  for (const id of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const { namespace, service } = (after.get(id) ?? before.get(id)) as ServiceList;
    const old = new Map((before.get(id)?.backends ?? []).map((one) => [one.key, one]));
    const now = new Map((after.get(id)?.backends ?? []).map((one) => [one.key, one]));
    for (const key of [...new Set([...old.keys(), ...now.keys()])].sort()) {
      const from = old.get(key)?.state ?? 'absent';
      const to = now.get(key)?.state ?? 'absent';
      if (from === to) continue;
      const backend = (now.get(key) ?? old.get(key)) as OracleBackend;
      const { line, at } = event;
      flips.push({ line, at, namespace, service, source, backend, from, to, after: countsOf([...now.values()]) });
    }
  }
  return flips;
}

/** @throws Error for what the oracle does not know: a line of another form, a second LIST of a stream, a stream's ERROR. */
export function foldTrace(texts: readonly string[]): Truth {
  const lines = texts.map((text, index) => parseTraceLine(text, index + 1));
  const versions = versionsOf(lines);
  const flips = ORACLE_SOURCES.flatMap((source) => flipsOf(source, versions)).sort((a, b) => a.line - b.line);

  const firstAt = new Map<string, number>();
  const lastAt = new Map<string, number>();
  for (const line of lines) {
    if (line.type === 'LIST' && !firstAt.has(line.path)) firstAt.set(line.path, line.at);
    lastAt.set(line.path, line.at);
  }

  /** The last word on each object of a kind in a namespace, at an instant. Those that were gone by then are left out. */
  const existingAt = (kind: OracleKind, namespace: string | undefined, at: number): OracleVersion[] => {
    const last = new Map<string, OracleVersion>();
    for (const one of versions) {
      const asked = one.kind === kind && (namespace === undefined || one.namespace === namespace);
      if (asked && one.at <= at) last.set(`${one.namespace}/${one.name}`, one);
    }
    return [...last.values()].filter((one) => one.type !== 'DELETED');
  };

  const stateAt: Truth['stateAt'] = (namespace, service, source, at) => {
    const kind = KIND_OF[source];
    if (at < (firstAt.get(STREAMS[kind].path) ?? Number.POSITIVE_INFINITY)) return undefined;
    const objects = existingAt(kind, namespace, at).filter((one) => one.service === service);
    return {
      listed: objects.length > 0,
      truncated: objects.some((one) => one.truncated),
      backends: union(objects.flatMap(backendsIn)),
    };
  };

  return {
    lines,
    versions,
    flips,
    services: namesOf(versions.filter((one) => one.service !== '')),
    firstAt,
    lastAt,
    stateAt,
    countsAt: (namespace, service, source, at) => {
      const answer = stateAt(namespace, service, source, at);
      return answer && countsOf(answer.backends);
    },
    objectAt: (kind, namespace, name, at) => existingAt(kind, namespace, at).find((one) => one.name === name)?.text,
    servicesAt: (at) => namesOf(existingAt('Service', undefined, at)),
    defaultSourceAt: (namespace, service, at) =>
      stateAt(namespace, service, 'endpoints', at)?.listed === true ? 'endpoints' : 'endpointslices',
  };
}

function namesOf(versions: readonly OracleVersion[]): OracleServiceName[] {
  const ids = [...new Set(versions.map((one) => `${one.namespace}/${one.service}`))].sort();
  return ids.map((id) => ({ namespace: id.slice(0, id.indexOf('/')), name: id.slice(id.indexOf('/') + 1) }));
}
