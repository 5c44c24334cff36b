/**
 * The public answers, as zod schemas: what the server promises, what the page relies on, and what /openapi.json is made from.
 * Other people script against these names: extend, never rename. A field that is not known is left out.
 * Times are RFC 3339 UTC with milliseconds. This file imports zod only, because the page imports it too.
 */
import { z } from 'zod';

export const time = z.string().meta({ description: 'RFC 3339, UTC, with milliseconds', example: '2026-11-23T16:18:27.475Z' });
export const position = z.number().int().nonnegative().meta({ description: 'Position of an event in the log' });
export const count = z.number().int().nonnegative();

export const Source = z.enum(['endpoints', 'endpointslices']).meta({ id: 'Source' });
export const BackendState = z.enum(['ready', 'notReady', 'serving', 'terminating']).meta({ id: 'BackendState' });
export const FlipState = z.enum(['ready', 'notReady', 'serving', 'terminating', 'absent']).meta({ id: 'FlipState' });
export const CoverageStatus = z.enum(['complete', 'gap', 'before-recording']).meta({
  id: 'CoverageStatus',
  description:
    'complete: the streams behind the answer were proven complete at that time; gap: they were not; before-recording: nothing was recorded yet, or what was is shed',
});

export const Gap = z
  .object({
    stream: z.string().meta({ description: 'The stream that was not watched', example: 'v1/endpoints' }),
    from: time.optional().meta({ description: 'Last proven instant before the gap; absent before the first recording' }),
    to: time.optional().meta({ description: 'From when on the stream was complete again; absent while it is not' }),
    reason: z.string().meta({ description: 'Code of the reason', example: 'expired' }),
    detail: z.string().optional().meta({ description: 'What the server or the recorder said of it; untrusted text' }),
  })
  .meta({ id: 'Gap', description: 'A span in which a stream was not proven complete' });

export const BackendPort = z
  .object({ name: z.string(), port: z.number().int().optional(), protocol: z.string() })
  .meta({ id: 'BackendPort', description: 'A port without a number means all ports' });

export const PodReference = z.object({ name: z.string(), uid: z.string() }).meta({ id: 'PodReference' });

export const backendShape = {
  address: z.string().meta({ example: '10.100.4.202' }),
  ports: z.array(BackendPort),
  pod: PodReference.optional(),
  node: z.string().optional(),
  zone: z.string().optional(),
};
export const Backend = z.object(backendShape).meta({ id: 'Backend', description: 'A member of a Service’s address list' });
export const TerminatingBackend = z
  .object({ ...backendShape, state: z.enum(['serving', 'terminating']) })
  .meta({ id: 'TerminatingBackend', description: 'A backend whose Pod is being deleted; told by slices only' });

export const ServiceName = z.object({ cluster: z.string(), namespace: z.string(), name: z.string() }).meta({ id: 'ServiceName' });

export const StateAnswer = z
  .object({
    service: ServiceName,
    at: time.meta({ description: 'The instant that the answer is about' }),
    position: position.meta({ description: 'The newest event that the answer rests on; 0 for none' }),
    asOf: position.meta({
      description: 'How far the log had grown when it answered; pass it as `asof` to get this answer again',
    }),
    source: Source,
    coverage: CoverageStatus,
    gap: Gap.optional().meta({ description: 'The gap at that instant; or why nothing is known of it, where history was shed' }),
    lastKnownAt: time.optional().meta({ description: 'In a gap: the backends are those last known, at this time' }),
    truncated: z.boolean().meta({ description: 'Endpoints was cut at 1,000 addresses; slices tell all' }),
    ready: z.array(Backend),
    notReady: z.array(Backend),
    terminating: z.array(TerminatingBackend),
  })
  .meta({ id: 'StateAnswer' });

export const Confidence = z.enum(['observed', 'inferred', 'unknown']).meta({ id: 'Confidence' });

/** Every cause that a flip is told with, as far as this version knows; docs/CAUSES.md says when. */
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

export const Flip = z
  .object({
    at: time.meta({ description: 'When the recorder saw it' }),
    notBefore: time,
    notAfter: time,
    position,
    cluster: z.string(),
    namespace: z.string(),
    service: z.string(),
    source: Source,
    ...backendShape,
    from: FlipState,
    to: FlipState,
    readyAfter: count,
    notReadyAfter: count,
    cause: z.string().meta({ description: `Why it flipped: one of ${CAUSES.join(', ')}`, example: 'ReadinessProbeFailed' }),
    detail: z.string().optional().meta({
      description: 'The cause in a sentence for people; parts of it come from the cluster and are untrusted text',
      example: 'readiness probe failed: HTTP probe failed with statuscode: 503',
    }),
    confidence: Confidence,
    evidence: z.array(position).meta({ description: 'Positions of the events that show the cause' }),
    lagMs: z.number().int().optional().meta({
      description:
        'How long the list took to follow its Pod, in milliseconds: from when the recorder received the version of the Pod that asked for this change to `at`. Negative where the list was received first. Absent where no change of the Pod is behind the flip, either was not seen as it happened, or two changes are as likely',
      example: 12,
    }),
    origin: z.enum(['watch', 'relist', 'snapshot']).meta({ description: 'relist: inferred from the difference after a gap' }),
  })
  .meta({ id: 'Flip', description: 'One backend changing state at one event' });

export const FlipsAnswer = z
  .object({
    from: time,
    to: time,
    asOf: position,
    coverage: CoverageStatus,
    gaps: z.array(Gap),
    items: z.array(Flip),
    nextCursor: z.string().optional().meta({ description: 'Pass it as `cursor` for the next page; absent on the last' }),
  })
  .meta({ id: 'FlipsAnswer' });

export const CoverageSpan = z
  .object({
    from: time,
    provenUntil: time,
    end: z
      .object({ code: z.string(), detail: z.string().optional() })
      .optional()
      .meta({ description: 'Absent while the stream is watched' }),
  })
  .meta({ id: 'CoverageSpan' });

export const StreamCoverage = z
  .object({
    cluster: z.string(),
    stream: z.string().meta({ example: 'v1/endpoints' }),
    resource: z.string(),
    namespace: z.string().optional().meta({ description: 'Absent: all namespaces' }),
    spans: z.array(CoverageSpan),
    gaps: z.array(Gap),
  })
  .meta({ id: 'StreamCoverage' });

export const CoverageAnswer = z
  .object({ from: time, to: time, asOf: position, items: z.array(StreamCoverage) })
  .meta({ id: 'CoverageAnswer' });

export const ClustersAnswer = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        uid: z.string(),
        firstEvent: z.object({ position, at: time }).optional(),
        lastEvent: z.object({ position, at: time }).optional(),
        horizon: z
          .object({ position, at: time, reason: z.enum(['retain', 'max-size', 'low-disk']) })
          .optional()
          .meta({
            description:
              'How far history was shed, and why: instants before `at`, and the log as of positions before `position`, are not known any more. Absent while nothing was',
          }),
        provenUntil: time
          .optional()
          .meta({ description: 'Up to here every answer about addresses is complete: the default of `at`' }),
        streams: z.array(
          z.object({
            stream: z.string(),
            resource: z.string(),
            namespace: z.string().optional(),
            watching: z.boolean(),
            recordedFrom: time.optional(),
            provenUntil: time.optional(),
            gaps: count,
            end: z.object({ code: z.string(), detail: z.string().optional() }).optional(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'ClustersAnswer' });

export const Segment = z
  .object({
    from: time,
    to: time,
    state: z.enum(['ready', 'notReady', 'serving', 'terminating', 'gap', 'before-recording']),
    opensBefore: z
      .boolean()
      .meta({ description: 'It began before the window or at an edge of a gap: its duration is a lower bound' }),
    endsAfter: z.boolean().meta({ description: 'It went on after the window or into a gap: its duration is a lower bound' }),
    position: position.optional().meta({ description: 'The event whose flip opened it' }),
  })
  .meta({ id: 'Segment', description: 'A span in one state; spans in which the backend was absent are left out' });

export const Lane = z
  .object({
    id: z.string().meta({ description: 'Stable within the Service: address and Pod uid' }),
    address: z.string(),
    ports: z.array(z.string()).meta({ description: 'Port sets of the backends drawn on this lane' }),
    pod: PodReference.optional(),
    node: z.string().optional(),
    zone: z.string().optional(),
    segments: z.array(Segment),
    notReadyMs: z.number().nonnegative(),
    flips: count,
  })
  .meta({ id: 'Lane', description: 'One Pod and address; a Pod with several port sets is several backends on one lane' });

export const CountsPoint = z
  .object({ at: time, ready: count.optional(), notReady: count.optional(), terminating: count.optional() })
  .meta({ id: 'CountsPoint', description: 'Counts from `at` until the next point; without counts: not known (a gap)' });

export const ZeroReadyWindow = z.object({ from: time, to: time, opensBefore: z.boolean(), endsAfter: z.boolean() }).meta({
  id: 'ZeroReadyWindow',
  description: 'A span with zero ready backends; where an edge is open its duration is a lower bound',
});

export const TimelineAnswer = z
  .object({
    service: ServiceName,
    from: time,
    to: time,
    asOf: position,
    source: Source,
    coverage: CoverageStatus,
    gaps: z.array(Gap),
    counts: z.array(CountsPoint),
    zeroReady: z.array(ZeroReadyWindow),
    lanes: z.array(Lane),
    flips: count,
  })
  .meta({ id: 'TimelineAnswer' });

export const DiffAnswer = z
  .object({
    service: ServiceName,
    source: Source,
    asOf: position,
    from: z.object({ at: time, coverage: CoverageStatus, gap: Gap.optional(), position }),
    to: z.object({ at: time, coverage: CoverageStatus, gap: Gap.optional(), position }),
    added: z.array(z.object({ backend: Backend, state: BackendState })),
    removed: z.array(z.object({ backend: Backend, state: BackendState })),
    flipped: z.array(z.object({ backend: Backend, from: BackendState, to: BackendState })),
    unchanged: count,
  })
  .meta({ id: 'DiffAnswer' });

const LEDGER_TYPES = ['COVERAGE_BEGAN', 'COVERAGE_ENDED', 'COVERAGE_RESUMED', 'CLOCK_STEPPED', 'HISTORY_SHED'] as const;

/** One line of `/api/v1/events`. */
export const LogEvent = z
  .object({
    position,
    at: time,
    type: z.enum(['ADDED', 'MODIFIED', 'DELETED', ...LEDGER_TYPES]),
    cluster: z.string(),
    stream: z.string(),
    epoch: z.number().int(),
    origin: z.enum(['watch', 'relist', 'snapshot']).optional(),
    resource: z.string().optional(),
    namespace: z.string().optional(),
    name: z.string().optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    object: z.unknown().optional().meta({ description: 'The version that the event carries' }),
    fact: z.record(z.string(), z.unknown()).optional().meta({ description: 'The ledger fact that the event carries' }),
  })
  .meta({ id: 'LogEvent' });

/** Data of a server-sent event `flips`; its id is the position. */
export const FlipsMessage = z.object({ position, items: z.array(Flip) }).meta({ id: 'FlipsMessage' });
/** Data of a server-sent event `coverage`. */
export const CoverageMessage = z
  .object({
    position,
    at: time,
    cluster: z.string(),
    stream: z.string(),
    type: z.string(),
    reason: z.string().optional(),
    detail: z.string().optional(),
  })
  .meta({ id: 'CoverageMessage' });

/** Answer of `/readyz`. */
export const Readiness = z
  .object({ ready: z.boolean(), reasons: z.array(z.string()).meta({ description: 'Why not; one sentence each' }) })
  .meta({ id: 'Readiness' });

/** RFC 9457. */
export const Problem = z
  .object({
    type: z.string().meta({ example: 'about:blank' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    parameter: z.string().optional().meta({ description: 'The query or path parameter that was not understood' }),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

export type Source = z.infer<typeof Source>;
export type Gap = z.infer<typeof Gap>;
export type Backend = z.infer<typeof Backend>;
export type StateAnswer = z.infer<typeof StateAnswer>;
export type Flip = z.infer<typeof Flip>;
export type FlipsAnswer = z.infer<typeof FlipsAnswer>;
export type CoverageAnswer = z.infer<typeof CoverageAnswer>;
export type ClustersAnswer = z.infer<typeof ClustersAnswer>;
export type Lane = z.infer<typeof Lane>;
export type Segment = z.infer<typeof Segment>;
export type TimelineAnswer = z.infer<typeof TimelineAnswer>;
export type DiffAnswer = z.infer<typeof DiffAnswer>;
export type LogEvent = z.infer<typeof LogEvent>;
export type FlipsMessage = z.infer<typeof FlipsMessage>;
export type CoverageMessage = z.infer<typeof CoverageMessage>;
export type Problem = z.infer<typeof Problem>;
