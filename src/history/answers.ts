/**
 * The shapes of answers, as history gives them: plain JSON, times written out. `http/contract.ts` describes the same
 * shapes to the outside; a test holds the two together.
 */
import type { BackendState, FlipState, Source } from '../domain/backends.ts';

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

export type ServiceState = 'ok' | 'degraded' | 'down' | 'empty' | 'unknown';

export interface ServiceSummaryAnswer extends ServiceNameAnswer {
  source?: Source;
  state: ServiceState;
  coverage: CoverageStatus;
  ready: number;
  notReady: number;
  terminating: number;
  lastFlip?: { at: TimeText; address: string; pod?: string; from: FlipState; to: FlipState; cause: string };
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
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'COVERAGE_BEGAN' | 'COVERAGE_ENDED' | 'COVERAGE_RESUMED' | 'CLOCK_STEPPED';
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
