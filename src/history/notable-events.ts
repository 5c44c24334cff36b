/**
 * What is worth a line in a postmortem, in order of time, each as one sentence. Pure. The sentences hold names and messages
 * from the cluster: untrusted text.
 */
import { type FlipState, formatPorts } from '../domain/backends.ts';
import { type EpochMs, formatDuration, parseRfc3339 } from '../domain/time.ts';
import type {
  FlipAnswer,
  GapAnswer,
  IncidentEventAnswer,
  RolloutAnswer,
  ScalingAnswer,
  ServiceEditAnswer,
  ZeroReadyAnswer,
} from './answers.ts';
import type { Burst } from './bursts.ts';

export interface Notable {
  readonly bursts: readonly Burst[];
  readonly zeroReady: readonly ZeroReadyAnswer[];
  readonly rollouts: readonly RolloutAnswer[];
  readonly scalings: readonly ScalingAnswer[];
  readonly serviceEdits: readonly ServiceEditAnswer[];
  readonly gaps: readonly GapAnswer[];
}

/** A sentence, and where it stands among those of the same instant: by position in the log, ends and begins of spans last. */
type Placed = IncidentEventAnswer & { readonly order: number };

const AFTER_EVENTS = Number.MAX_SAFE_INTEGER;

/**
 * @param most of so many bursts at most is told, the earliest; all else is always told
 * @returns how many bursts were left out too
 */
export function notableEvents(
  { bursts, zeroReady, rollouts, scalings, serviceEdits, gaps }: Notable,
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
  most: number,
): { events: IncidentEventAnswer[]; leftOut: number } {
  const placed = [
    ...bursts.slice(0, most).map(burstEvent),
    ...zeroReady.flatMap((span) => zeroEvents(span, from, to)),
    ...rollouts.flatMap(rolloutEvents),
    ...scalings.map(scalingEvent),
    ...serviceEdits.map(editEvent),
    ...gaps.flatMap((gap) => gapEvents(gap, from, to)),
  ];
  const atOf = new Map(placed.map((each) => [each, parseRfc3339(each.at) ?? 0]));
  placed.sort((a, b) => (atOf.get(a) ?? 0) - (atOf.get(b) ?? 0) || a.order - b.order);
  return {
    events: placed.map(({ order: _, ...event }) => event),
    leftOut: Math.max(0, bursts.length - most),
  };
}

const STATE_WORDS: Record<FlipState, string> = {
  ready: 'ready',
  notReady: 'not ready',
  serving: 'terminating, still serving',
  terminating: 'terminating',
  absent: 'absent',
};

function burstEvent(burst: Burst): Placed {
  const { first, last } = burst;
  const counts = `${last.readyAfter} ready, ${last.notReadyAfter} not ready after`;
  const between = first.origin === 'relist' ? `; seen after a gap, between ${first.notBefore} and ${first.notAfter}` : '';
  return {
    at: first.at,
    kind: 'flips',
    text: `${whoFlipped(burst)}: ${STATE_WORDS[first.from]} → ${STATE_WORDS[first.to]}; ${counts}; ${causeText(first)}${between}`,
    source: first.source,
    evidence: inOrder([first.position, last.position, ...first.evidence]),
    order: first.position,
  };
}

/** `cart-1 (10.0.0.1)`, `3 backends at once, first cart-1 (10.0.0.1)`, `4 flips of cart-1 (10.0.0.1) within 6s` */
function whoFlipped({ first, last, flips, backends }: Burst): string {
  const name = backendName(first);
  if (flips === 1) return name;
  const lasted = (parseRfc3339(last.at) ?? 0) - (parseRfc3339(first.at) ?? 0);
  const when = lasted === 0 ? 'at once' : `within ${lasted < 1_000 ? `${lasted}ms` : formatDuration(lasted)}`;
  if (backends.size === 1) return `${flips} flips of ${name} ${when}`;
  const what = flips === backends.size ? `${flips} backends` : `${flips} flips of ${backends.size} backends`;
  return `${what} ${when}, first ${name}`;
}

function backendName({ pod, address, ports }: FlipAnswer): string {
  const where = address.includes(':') ? `[${address}]` : address;
  if (pod !== undefined) return `${pod.name} (${where})`;
  const text = formatPorts(ports.map(({ name, port, protocol }) => ({ name, port, protocol })));
  return text === '' ? where : `${where} ${text}`;
}

/** `cause ReadinessProbeFailed (observed): …` */
function causeText({ cause, detail, confidence }: Pick<FlipAnswer, 'cause' | 'detail' | 'confidence'>): string {
  if (cause === 'unknown') return 'cause unknown';
  return `cause ${cause} (${confidence})${detail === undefined ? '' : `: ${detail}`}`;
}

/** An edge that is not known, because the window or what is known begins or ends there, is no event. */
function zeroEvents({ from, to, opensBefore, endsAfter, durationMs }: ZeroReadyAnswer, begin: EpochMs, end: EpochMs): Placed[] {
  const lasted = `${opensBefore || endsAfter ? '≥ ' : ''}${formatDuration(durationMs)}`;
  const common = { source: 'counts', evidence: [], order: AFTER_EVENTS };
  const began = opensBefore ? 'zero ready backends, since when is not known' : 'zero ready backends from here on';
  return [
    ...(!opensBefore || parseRfc3339(from) !== begin
      ? [{ at: from, kind: 'zero-ready-begins' as const, text: `${began} (${lasted})`, ...common }]
      : []),
    ...(!endsAfter && parseRfc3339(to) !== end
      ? [{ at: to, kind: 'zero-ready-ends' as const, text: `zero ready backends until here (${lasted})`, ...common }]
      : []),
  ];
}

function rolloutEvents(rollout: RolloutAnswer): Placed[] {
  const { at, position, deployment, fromRevision, toRevision, fromReplicaSet, toReplicaSet } = rollout;
  const sets = fromReplicaSet && toReplicaSet ? `, ReplicaSet ${fromReplicaSet} → ${toReplicaSet}` : '';
  const [was, is] = [rollout.fromImages.join(', '), rollout.toImages.join(', ')];
  const images = was !== '' && was !== is ? `, image ${was} → ${is}` : '';
  const { completedAt, completedPosition = position } = rollout;
  return [
    {
      at,
      kind: 'rollout',
      text: `rollout of ${deployment}, revision ${fromRevision} → ${toRevision}${sets}${images}${lateText(rollout)}`,
      source: 'Deployment',
      evidence: [position],
      order: position,
    },
    ...(completedAt === undefined
      ? []
      : [
          {
            at: completedAt,
            kind: 'rollout-completed' as const,
            text: `rollout of ${deployment} to revision ${toRevision} complete`,
            source: 'Deployment',
            evidence: [completedPosition],
            order: completedPosition,
          },
        ]),
  ];
}

function scalingEvent(scaling: ScalingAnswer): Placed {
  const { at, position, kind, name, from, to } = scaling;
  return {
    at,
    kind: 'scaling',
    text: `${name} scaled ${from} → ${to}${lateText(scaling)}`,
    source: kind,
    evidence: [position],
    order: position,
  };
}

function editEvent(edit: ServiceEditAnswer): Placed {
  const { at, position, what, before, after } = edit;
  const text = before === undefined ? `Service ${what}` : `Service ${what} changed: ${before} → ${after}`;
  return { at, kind: 'service-edit', text: `${text}${lateText(edit)}`, source: 'Service', evidence: [position], order: position };
}

function lateText({ origin }: { readonly origin: 'watch' | 'relist' }): string {
  return origin === 'relist' ? '; seen after a gap, in which it happened' : '';
}

function gapEvents({ stream, from, to, reason, detail }: GapAnswer, begin: EpochMs, end: EpochMs): Placed[] {
  const inside = (text: string | undefined) => {
    const at = text === undefined ? undefined : parseRfc3339(text);
    return at !== undefined && at >= begin && at < end;
  };
  const because = detail === undefined ? reason : `${reason}: ${detail}`;
  const common = { source: stream, evidence: [], order: AFTER_EVENTS };
  const began = from === undefined ? 'recording begins' : 'recording goes on; what happened in the gap was not seen';
  return [
    ...(from !== undefined && inside(from)
      ? [{ at: from, kind: 'gap-begins' as const, text: `recording stops (${because})`, ...common }]
      : []),
    ...(to !== undefined && inside(to) ? [{ at: to, kind: 'gap-ends' as const, text: began, ...common }] : []),
  ];
}

function inOrder(positions: readonly number[]): number[] {
  return [...new Set(positions)].sort((a, b) => a - b);
}
