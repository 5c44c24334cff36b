/**
 * The shapes of answers, as history gives them: plain JSON, times written out. `http/contract.ts` describes the same
 * shapes to the outside; a test holds the two together.
 */
import type { BackendState, FlipState, Source } from '../domain/backends.ts';
import type { LedgerType, ShedReason } from '../domain/ledger.ts';
import type { ChangeType } from '../domain/stream-batch.ts';

/** RFC 3339, UTC, with milliseconds. */
export type TimeText = string;
export type CoverageStatus = 'complete' | 'gap' | 'before-recording';

export interface GapAnswer {
  stream: string;
  from?: TimeText;
  to?: TimeText;
  reason: string;
  detail?: string;
}

export interface ServiceNameAnswer {
  cluster: string;
  namespace: string;
  name: string;
}

export interface BackendAnswer {
  address: string;
  ports: { name: string; port?: number; protocol: string }[];
  pod?: { name: string; uid: string };
  node?: string;
  zone?: string;
}

export interface StateAnswer {
  service: ServiceNameAnswer;
  at: TimeText;
  position: number;
  asOf: number;
  source: Source;
  coverage: CoverageStatus;
  gap?: GapAnswer;
  lastKnownAt?: TimeText;
  truncated: boolean;
  ready: BackendAnswer[];
  notReady: BackendAnswer[];
  terminating: (BackendAnswer & { state: 'serving' | 'terminating' })[];
}

export interface FlipAnswer extends BackendAnswer {
  at: TimeText;
  notBefore: TimeText;
  notAfter: TimeText;
  position: number;
  cluster: string;
  namespace: string;
  service: string;
  source: Source;
  from: FlipState;
  to: FlipState;
  readyAfter: number;
  notReadyAfter: number;
  cause: string;
  detail?: string;
  confidence: 'observed' | 'inferred' | 'unknown';
  evidence: number[];
  /** Where a change of the Pod is behind it: from the receipt of that to the receipt of the list. */
  lagMs?: number;
  origin: 'watch' | 'relist' | 'snapshot';
}

export interface FlipsAnswer {
  from: TimeText;
  to: TimeText;
  asOf: number;
  coverage: CoverageStatus;
  gaps: GapAnswer[];
  items: FlipAnswer[];
  nextCursor?: string;
}

/** A page of flips as text: CSV rows without the header row, or one JSON object a line. */
export interface FlipsTextAnswer extends Omit<FlipsAnswer, 'items' | 'gaps'> {
  text: string;
}

export type ServiceState = 'ok' | 'degraded' | 'down' | 'empty' | 'unknown';

export interface ServiceSummaryAnswer extends ServiceNameAnswer {
  source?: Source;
  state: ServiceState;
  coverage: CoverageStatus;
  ready: number;
  notReady: number;
  terminating: number;
  /** Without `cause` where causes were not asked for. */
  lastFlip?: { at: TimeText; address: string; pod?: string; from: FlipState; to: FlipState; cause?: string };
}

export interface ServicesAnswer {
  at: TimeText;
  asOf: number;
  coverage: CoverageStatus;
  gaps: GapAnswer[];
  items: ServiceSummaryAnswer[];
  nextCursor?: string;
}

export interface EndReasonAnswer {
  code: string;
  detail?: string;
}

export interface StreamCoverageAnswer {
  cluster: string;
  stream: string;
  resource: string;
  namespace?: string;
  spans: { from: TimeText; provenUntil: TimeText; end?: EndReasonAnswer }[];
  gaps: GapAnswer[];
}

export interface CoverageAnswer {
  from: TimeText;
  to: TimeText;
  asOf: number;
  items: StreamCoverageAnswer[];
}

export interface ClustersAnswer {
  items: {
    name: string;
    uid: string;
    firstEvent?: { position: number; at: TimeText };
    lastEvent?: { position: number; at: TimeText };
    horizon?: { position: number; at: TimeText; reason: ShedReason };
    provenUntil?: TimeText;
    streams: {
      stream: string;
      resource: string;
      namespace?: string;
      watching: boolean;
      recordedFrom?: TimeText;
      provenUntil?: TimeText;
      gaps: number;
      end?: EndReasonAnswer;
    }[];
  }[];
}

export interface SegmentAnswer {
  from: TimeText;
  to: TimeText;
  state: BackendState | 'gap' | 'before-recording';
  opensBefore: boolean;
  endsAfter: boolean;
  position?: number;
}

export interface LaneAnswer {
  id: string;
  address: string;
  ports: string[];
  pod?: { name: string; uid: string };
  node?: string;
  zone?: string;
  segments: SegmentAnswer[];
  notReadyMs: number;
  flips: number;
}

export interface TimelineAnswer {
  service: ServiceNameAnswer;
  from: TimeText;
  to: TimeText;
  asOf: number;
  source: Source;
  coverage: CoverageStatus;
  gaps: GapAnswer[];
  counts: { at: TimeText; ready?: number; notReady?: number; terminating?: number }[];
  zeroReady: { from: TimeText; to: TimeText; opensBefore: boolean; endsAfter: boolean }[];
  lanes: LaneAnswer[];
  flips: number;
}

export interface DiffAnswer {
  service: ServiceNameAnswer;
  source: Source;
  asOf: number;
  from: { at: TimeText; coverage: CoverageStatus; gap?: GapAnswer; position: number };
  to: { at: TimeText; coverage: CoverageStatus; gap?: GapAnswer; position: number };
  added: { backend: BackendAnswer; state: BackendState }[];
  removed: { backend: BackendAnswer; state: BackendState }[];
  flipped: { backend: BackendAnswer; from: BackendState; to: BackendState }[];
  unchanged: number;
}

/** One event of the raw log, without the version that it carries. */
export interface LogEventAnswer {
  position: number;
  at: TimeText;
  type: ChangeType | LedgerType;
  cluster: string;
  stream: string;
  epoch: number;
  origin?: 'watch' | 'relist' | 'snapshot';
  resource?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  resourceVersion?: string;
  fact?: Record<string, unknown>;
  /** JSON text of the version, exactly as stored: kept as text so that no digit or escape of it changes. */
  objectText?: string;
}

/** What a Pod said of itself, or a list of a backend, and since when it was known to. */
export interface SaidAnswer<State> {
  state: State;
  since: TimeText;
  /** `since` is only how far back it is known. */
  opensBefore: boolean;
  position?: number;
}

export interface DisagreementAnswer extends BackendAnswer {
  podSaid: SaidAnswer<'ready' | 'notReady'> & { transitionAt?: TimeText };
  serviceSaid: SaidAnswer<FlipState>;
  from: TimeText;
  to: TimeText;
  opensBefore: boolean;
  endsAfter: boolean;
  durationMs: number;
  evidence: number[];
}

export interface LagAnswer extends BackendAnswer {
  at: TimeText;
  position: number;
  from: FlipState;
  to: FlipState;
  podAt: TimeText;
  podPosition: number;
  podTransitionAt?: TimeText;
  lagMs: number;
}

export interface DisagreementsAnswer {
  service: ServiceNameAnswer;
  from: TimeText;
  to: TimeText;
  asOf: number;
  source: Source;
  longerThanMs: number;
  coverage: CoverageStatus;
  gaps: GapAnswer[];
  truncated: boolean;
  items: DisagreementAnswer[];
  leftOut: number;
  lag: { flips: number; medianMs?: number; p95Ms?: number; greatestMs?: number; items: LagAnswer[]; leftOut: number };
}

export interface ZeroReadyAnswer {
  from: TimeText;
  to: TimeText;
  opensBefore: boolean;
  endsAfter: boolean;
  durationMs: number;
}

export interface CauseCountAnswer {
  cause: string;
  flips: number;
  firstAt: TimeText;
}

export interface FirstCauseAnswer {
  cause: string;
  detail?: string;
  confidence: 'observed' | 'inferred' | 'unknown';
  at: TimeText;
  position: number;
  evidence: number[];
}

/** A change of an object, seen as it happened (`watch`) or after a gap (`relist`). */
interface ChangeAnswer {
  at: TimeText;
  position: number;
  origin: 'watch' | 'relist';
}

export interface RolloutAnswer extends ChangeAnswer {
  deployment: string;
  fromRevision: string;
  toRevision: string;
  fromReplicaSet?: string;
  toReplicaSet?: string;
  fromImages: string[];
  toImages: string[];
  completedAt?: TimeText;
  completedPosition?: number;
}

export interface ScalingAnswer extends ChangeAnswer {
  kind: 'Deployment' | 'ReplicaSet';
  name: string;
  from: number;
  to: number;
}

export interface ServiceEditAnswer extends ChangeAnswer {
  what: 'created' | 'deleted' | 'selector' | 'ports' | 'publishNotReadyAddresses' | 'type';
  before?: string;
  after?: string;
}

export type IncidentEventKind =
  | 'flips'
  | 'zero-ready-begins'
  | 'zero-ready-ends'
  | 'rollout'
  | 'rollout-completed'
  | 'scaling'
  | 'service-edit'
  | 'gap-begins'
  | 'gap-ends';

export interface IncidentEventAnswer {
  at: TimeText;
  kind: IncidentEventKind;
  text: string;
  source: string;
  evidence: number[];
}

export interface SummaryAnswer {
  service: ServiceNameAnswer;
  from: TimeText;
  to: TimeText;
  asOf: number;
  source: Source;
  coverage: CoverageStatus;
  gaps: GapAnswer[];
  evidenceGaps: GapAnswer[];
  zeroReady: ZeroReadyAnswer[];
  zeroReadyMs: number;
  leastReady?: { ready: number; notReady: number; at: TimeText };
  someNotReadyMs: number;
  unlistedMs: number;
  knownMs: number;
  unknownMs: number;
  flips: number;
  causes: CauseCountAnswer[];
  firstCause?: FirstCauseAnswer;
  rollouts: RolloutAnswer[];
  scalings: ScalingAnswer[];
  serviceEdits: ServiceEditAnswer[];
  events: IncidentEventAnswer[];
  eventsLeftOut: number;
}
