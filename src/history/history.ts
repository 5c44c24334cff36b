/**
 * The questions that can be asked of the past. Answers are values: equal questions with equal `asOf` get equal answers.
 *
 * The same interface is served in the asking thread (commands) and from reader threads (the server), so every call is
 * asynchronous and everything that passes is plain data.
 */
import type { Source } from '../domain/backends.ts';
import type { ResourceName } from '../domain/resources.ts';
import type { EpochMs } from '../domain/time.ts';
import type {
  ClustersAnswer,
  CoverageAnswer,
  DiffAnswer,
  DisagreementsAnswer,
  FlipAnswer,
  FlipsAnswer,
  FlipsTextAnswer,
  GapAnswer,
  LogEventAnswer,
  ServicesAnswer,
  StateAnswer,
  SummaryAnswer,
  TimelineAnswer,
} from './answers.ts';
import type { DrawnTimelineAnswer } from './drawn-answers.ts';

/** The Service, cluster or object asked for is not in the log. The HTTP answer is 404, the exit code 1. */
export class NotFoundError extends Error {
  override name = 'NotFoundError';
}

/** A question that cannot be answered as put: the parameter named is at fault. The HTTP answer is 400, the exit code 2. */
export class InvalidQuestionError extends Error {
  override name = 'InvalidQuestionError';
  readonly parameter: string;
  constructor(parameter: string, message: string) {
    super(message);
    this.parameter = parameter;
  }
}

/** What is asked for was in the log and is not any more: the oldest history is shed. The HTTP answer is 410, the exit code 1. */
export class HistoryShedError extends Error {
  override name = 'HistoryShedError';
}

export interface InCluster {
  /** Name of the cluster. Absent: the only one that knows the Service; {@link InvalidQuestionError} when several do. */
  readonly cluster?: string;
  /** Position as of which the log is read. Absent: its present end. */
  readonly asOf?: number;
}

export interface OfService extends InCluster {
  readonly namespace: string;
  readonly name: string;
}

export interface AtInstant {
  /** Absent: the latest instant up to which the streams behind the answer are proven complete. */
  readonly at?: EpochMs;
}

export interface InWindow {
  /** Inclusive. Absent: the beginning of the recording. */
  readonly from?: EpochMs;
  /** Exclusive. Absent: the present end of the recording. */
  readonly to?: EpochMs;
}

export interface StateQuestion extends OfService, AtInstant {
  readonly source?: Source;
}

/** Endpoints, slices or Service objects by name, as they were. For slices the name is the slice's own. */
export interface ObjectQuestion extends InCluster, AtInstant {
  readonly resource: ResourceName;
  readonly namespace: string;
  readonly name: string;
}

export interface ServicesQuestion extends InCluster, AtInstant {
  readonly namespace?: string;
  /** Part of `namespace/name`. */
  readonly q?: string;
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
  readonly cursor?: string;
  /** Whether last flips are told with their causes, for which evidence is read; default true. */
  readonly causes?: boolean;
}

export interface FlipsQuestion extends InCluster, InWindow {
  readonly namespace?: string;
  readonly service?: string;
  readonly source?: Source;
  readonly cause?: string;
  readonly pod?: string;
  readonly node?: string;
  /** 1 to 1,000; default 200. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** CSV rows after RFC 4180, or one JSON object a line. */
export type FlipsTextFormat = 'csv' | 'ndjson';

export interface FlipsTextQuestion extends FlipsQuestion {
  readonly format: FlipsTextFormat;
}

export interface TimelineQuestion extends OfService, InWindow {
  readonly source?: Source;
}

export interface DrawnTimelineQuestion extends TimelineQuestion {
  /** Width of the drawing in pixels. */
  readonly px: number;
  /** How many lanes at most, the worst first: 1 to 1,000; default 60. */
  readonly lanes?: number | undefined;
  /** How many of the worst lanes to leave out; default 0. */
  readonly lanesAfter?: number | undefined;
  /** Id of a lane that is to be among them wherever it stands. */
  readonly lane?: string | undefined;
  /**
   * Lanes that did not change in the window, where there are more than `lanes` in all. `count`, the default: they are
   * counted, by state; `list`: they are listed after the others.
   */
  readonly steady?: 'count' | 'list' | undefined;
}

export interface DiffQuestion extends OfService {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly source?: Source;
}

export interface SummaryQuestion extends OfService, InWindow {
  readonly source?: Source;
}

/** At one instant, or in a window; not both. */
export interface DisagreementsQuestion extends OfService, InWindow, AtInstant {
  readonly source?: Source;
  /** Milliseconds; default 3,000. 0: however short. */
  readonly longerThanMs?: number;
}

/** The object exactly as it was: its stored bytes, and what vouches for them. */
export interface ObjectAnswer {
  readonly body: Uint8Array;
  readonly at: EpochMs;
  readonly position: number;
  readonly resourceVersion: string;
  readonly coverage: 'complete' | 'gap' | 'before-recording';
  /** The instant that the answer is about; `at` is that of the event that brought the version. */
  readonly askedAt?: EpochMs;
  /** How far the log had grown when it answered. */
  readonly asOf?: number;
  /** The gap that `askedAt` lies in: the object is the one last known. */
  readonly gap?: GapAnswer;
}

export interface History {
  clusters(): Promise<ClustersAnswer>;
  services(question: ServicesQuestion): Promise<ServicesAnswer>;
  /** @throws NotFoundError for a Service that was never seen; for one not recorded yet at T the answer says `before-recording`. */
  state(question: StateQuestion): Promise<StateAnswer>;
  /** @throws NotFoundError when the object did not exist at T; HistoryShedError for a T before the horizon. */
  object(question: ObjectQuestion): Promise<ObjectAnswer>;
  /**
   * One page of flips, oldest first. With `service`, an unknown Service is a {@link NotFoundError}.
   * To read all, ask again with `nextCursor` until it is absent, with the first answer's `asOf`.
   * @throws HistoryShedError when flips after the cursor were shed since the page before
   */
  flips(question: FlipsQuestion): Promise<FlipsAnswer>;
  /** The same page as text, for exports: a large one costs the asking thread nothing but to pass it on. */
  flipsText(question: FlipsTextQuestion): Promise<FlipsTextAnswer>;
  timeline(question: TimelineQuestion): Promise<TimelineAnswer>;
  /** The same for so many pixels, and not more than they can show. */
  drawnTimeline(question: DrawnTimelineQuestion): Promise<DrawnTimelineAnswer>;
  diff(question: DiffQuestion): Promise<DiffAnswer>;
  /** The facts of an incident: what was seen in a window, in figures and in order of time. */
  summary(question: SummaryQuestion): Promise<SummaryAnswer>;
  /** Where Pods and the Service's list contradicted each other, and how long the list took to follow them. */
  disagreements(question: DisagreementsQuestion): Promise<DisagreementsAnswer>;
  coverage(question: InCluster & InWindow): Promise<CoverageAnswer>;
  /** Events with position > `after`, oldest first; at most `limit` (1 to 10,000, default 1,000). */
  events(question: { after: number; limit?: number }): Promise<LogEventAnswer[]>;
  /** What a live view has not seen: flips and ledger events with position > `after`, oldest first, whole events only. */
  news(question: {
    after: number;
    limit?: number;
  }): Promise<{ lastPosition: number; flips: FlipAnswer[]; ledger: LogEventAnswer[] }>;
  lastPosition(): Promise<number>;
  close(): Promise<void>;
}
