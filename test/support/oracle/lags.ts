/**
 * How long lists took to follow their Pods, by the lines of a trace alone. For every Service and Pod the two objects that were
 * in force are put side by side at each line of either; together they ask for one state and ports. The last line by the time
 * of a flip that began to ask for what the flip brought is what the flip follows. Plain and slow, and shares no code with
 * the program.
 */
import type { OracleFlip } from './fold.ts';
import { listItems, parseTraceLine } from './trace.ts';

const PODS = '/api/v1/pods';
const SERVICES = '/api/v1/services';

interface Meta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
}

interface PodObject {
  readonly metadata: Meta;
  readonly status: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface ServiceObject {
  readonly metadata: Meta;
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: unknown;
    readonly publishNotReadyAddresses?: boolean;
  };
}

/** One object as one line told it; `undefined` from its deletion on. */
interface Told<T> {
  readonly at: number;
  readonly line: number;
  readonly watched: boolean;
  readonly object: T | undefined;
}

/**
 * @param trace its lines as text
 * @returns milliseconds for each flip that follows a Pod; `undefined` for one that follows its Service, or nothing
 */
export function lagsByLines(trace: readonly string[], flips: readonly OracleFlip[]): (number | undefined)[] {
  const pods = toldBy<PodObject>(trace, PODS, ({ uid }) => uid);
  const services = toldBy<ServiceObject>(trace, SERVICES, ({ namespace, name }) => `${namespace}/${name}`);
  return flips.map((flip) => {
    const ofPod = pods.get(flip.backend.podUid) ?? [];
    const ofService = services.get(`${flip.namespace}/${flip.service}`) ?? [];
    const lines = [...ofPod, ...ofService].filter(({ at }) => at <= flip.at).sort((a, b) => a.line - b.line);
    const asked = lines.map(({ line }) => askedBy(flip.source, inForce(ofService, line), inForce(ofPod, line)));
    const last = lines[asked.findLastIndex((now, index) => begins(flip, asked[index - 1] ?? NOTHING, now))];
    const followsPod = last !== undefined && ofPod.includes(last as Told<PodObject>);
    return followsPod && last.watched ? flip.at - last.at : undefined;
  });
}

function toldBy<T extends { readonly metadata: Meta }>(trace: readonly string[], path: string, keyOf: (meta: Meta) => string) {
  const told = new Map<string, Told<T>[]>();
  trace.forEach((text, index) => {
    const line = parseTraceLine(text, index + 1);
    if (line.path !== path || line.type === 'BOOKMARK') return;
    for (const item of line.type === 'LIST' ? listItems(line.text) : [line.text]) {
      const object = JSON.parse(item) as T;
      const key = keyOf(object.metadata);
      const version = { at: line.at, line: line.line, watched: line.type !== 'LIST' };
      told.set(key, [...(told.get(key) ?? []), { ...version, object: line.type === 'DELETED' ? undefined : object }]);
    }
  });
  return told;
}

function inForce<T>(told: readonly Told<T>[], line: number): T | undefined {
  return told.findLast((each) => each.line <= line)?.object;
}

interface Asked {
  readonly state: OracleFlip['to'];
  readonly ports: string;
}

const NOTHING: Asked = { state: 'absent', ports: '' };

/** The state in which the Service should list the Pod, and what it says of ports. */
function askedBy(source: OracleFlip['source'], service: ServiceObject | undefined, pod: PodObject | undefined): Asked {
  const selector = Object.entries(service?.spec.selector ?? {});
  if (service === undefined || pod === undefined || selector.length === 0) return NOTHING;
  const { metadata, status } = pod;
  const isSelected = selector.every(([label, value]) => metadata.labels?.[label] === value);
  if (!isSelected || !status.podIP || status.phase === 'Succeeded' || status.phase === 'Failed') return NOTHING;
  const ports = JSON.stringify(service.spec.ports);
  if (service.spec.publishNotReadyAddresses === true) return { state: 'ready', ports };
  const isReady = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
  if (metadata.deletionTimestamp === undefined) return { state: isReady ? 'ready' : 'notReady', ports };
  return source === 'endpoints' ? NOTHING : { state: isReady ? 'serving' : 'terminating', ports };
}

/** With other ports a Pod is another backend: the one goes and the other comes. */
function begins({ from, to }: OracleFlip, before: Asked, now: Asked): boolean {
  const hasOtherPorts = before.ports !== now.ports;
  if (to === 'absent') return before.state !== 'absent' && (now.state === 'absent' || hasOtherPorts);
  if (from === 'absent') return now.state !== 'absent' && (before.state === 'absent' || hasOtherPorts);
  return now.state === to && before.state !== to;
}
