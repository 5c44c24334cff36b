/** Causes: why a backend flipped, how sure that is, and which events of the log show it. */

/** Every cause that is ever told. docs/CAUSES.md says when. */
export const CAUSES = [
  'ReadinessProbeFailed',
  'ReadinessProbePassed',
  'ContainerCrashed',
  'ContainerRestarted',
  'LivenessProbeFailed',
  'NodeNotReady',
  'NodeReady',
  'ReadinessGateFailed',
  'ReadinessGatePassed',
  'PodStarted',
  'PodTerminating',
  'PodDeleted',
  'PodCompleted',
  'Evicted',
  'Rollout',
  'ScaledUp',
  'ScaledDown',
  'LabelsChanged',
  'ServiceCreated',
  'ServiceDeleted',
  'SelectorChanged',
  'PortsChanged',
  'PublishNotReadyChanged',
  'EndpointsEdited',
  'Truncated',
  'FirstSeen',
  'unknown',
] as const;
export type CauseName = (typeof CAUSES)[number];

/**
 * `observed`: an event of the log names the cause; `inferred`: the timing and the objects imply it; `unknown`: the log
 * does not tell.
 */
export type Confidence = 'observed' | 'inferred' | 'unknown';

export interface Cause {
  readonly name: CauseName;
  /** A sentence for people. Parts of it come from the cluster: untrusted, on one line, cut at {@link DETAIL_LENGTH}. */
  readonly detail?: string;
  readonly confidence: Confidence;
  /** Positions of the events that show it, ascending. Empty only for `unknown` and `FirstSeen`. */
  readonly evidence: readonly number[];
  /**
   * How long the list took to follow: from when the recorder received the version of the Pod from which on the controllers'
   * rule asks for the state that the flip brought, to when it received the list. Negative where the list was received first:
   * the streams are independent. Absent where no change of the Pod is behind the flip, either was not seen as it
   * happened, or two changes are as likely.
   */
  readonly lagMs?: number;
}

export const UNKNOWN: Cause = { name: 'unknown', confidence: 'unknown', evidence: [] };

const DETAIL_LENGTH = 300;

/** Something that stands in the log. `undefined`s are left out, so that rules can name what may be missing. */
type Shown = { readonly position: number } | undefined;

export function observed(name: CauseName, detail: string, shown: readonly Shown[]): Cause {
  return cause(name, detail, 'observed', shown);
}

export function inferred(name: CauseName, detail: string, shown: readonly Shown[]): Cause {
  return cause(name, detail, 'inferred', shown);
}

/** At most `inferred`. */
export function lessSure(told: Cause): Cause {
  return told.confidence === 'observed' ? { ...told, confidence: 'inferred' } : told;
}

function cause(name: CauseName, detail: string, confidence: Confidence, shown: readonly Shown[]): Cause {
  const positions = new Set(shown.flatMap((each) => each?.position ?? []));
  return { name, detail: oneLine(detail), confidence, evidence: [...positions].sort((a, b) => a - b) };
}

/** Text on one line, cut where it is too long for a table or a sentence. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > DETAIL_LENGTH ? `${line.slice(0, DETAIL_LENGTH - 1)}…` : line;
}

/** For a message of Kubernetes inside a sentence. */
export function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
