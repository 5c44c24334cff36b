/**
 * The public answers about an incident as a whole, as zod schemas. The other part of the contract: extend, never rename. Imports
 * zod and contract.ts only, so that a page may import it too.
 */
import { z } from 'zod';
import {
  backendShape,
  Confidence,
  CoverageStatus,
  count,
  FlipState,
  Gap,
  position,
  ServiceName,
  Source,
  time,
} from './contract.ts';

const opensBefore = z.boolean().meta({ description: 'It may have begun earlier: its duration is a lower bound' });
const endsAfter = z.boolean().meta({ description: 'It may have gone on: its duration is a lower bound' });
const durationMs = z.number().int().nonnegative();
const evidence = z.array(position).meta({ description: 'Positions of the events that show it' });

/** What one side said of a backend, and since when. */
const said = {
  since: time.meta({ description: 'When the recorder received the version that said so first' }),
  opensBefore: z.boolean().meta({ description: 'It may have said so before; `since` is only how far back that is known' }),
  position: position.optional().meta({ description: 'The event that carries that version' }),
};

export const Disagreement = z
  .object({
    ...backendShape,
    podSaid: z.object({
      state: z.enum(['ready', 'notReady']),
      ...said,
      transitionAt: time.optional().meta({
        description:
          'lastTransitionTime of the Pod’s condition Ready: whole seconds, by the clock of the cluster. Told, but not reckoned with',
      }),
    }),
    serviceSaid: z.object({ state: FlipState, ...said }),
    from: time,
    to: time,
    opensBefore,
    endsAfter,
    durationMs,
    evidence,
  })
  .meta({
    id: 'Disagreement',
    description:
      'A Pod that was ready while the Service’s address list had it as not ready or, though selected, not at all; or the reverse',
  });

export const Lag = z
  .object({
    ...backendShape,
    at: time.meta({ description: 'When the recorder received the address list with the flip' }),
    position,
    from: FlipState,
    to: FlipState,
    podAt: time.meta({ description: 'When the recorder received the Pod’s version that became so' }),
    podPosition: position,
    podTransitionAt: time.optional().meta({ description: 'lastTransitionTime of the Pod’s condition Ready: whole seconds' }),
    lagMs: z.number().int().meta({ description: 'From podAt to at; negative where the list was received first' }),
  })
  .meta({ id: 'Lag', description: 'How long the address list took to follow one turn of a Pod' });

export const DisagreementsAnswer = z
  .object({
    service: ServiceName,
    from: time,
    to: time,
    asOf: position,
    source: Source,
    longerThanMs: z.number().int().nonnegative(),
    coverage: CoverageStatus.meta({ description: 'Of the three streams behind it: the address list, Pods and Services' }),
    gaps: z.array(Gap),
    truncated: z
      .boolean()
      .meta({ description: 'Endpoints was cut at 1,000 addresses in the window: a Pod that it leaves out is not told of' }),
    items: z.array(Disagreement).meta({ description: 'Oldest first' }),
    leftOut: count.meta({ description: 'Shorter ones that found no place in `items`' }),
    lag: z.object({
      flips: count.meta({ description: 'Flips between ready and notReady that a turn of the Pod explains' }),
      medianMs: z.number().int().optional(),
      p95Ms: z.number().int().optional(),
      greatestMs: z.number().int().optional(),
      items: z.array(Lag).meta({ description: 'Oldest first; the greatest ones where there are too many' }),
      leftOut: count,
    }),
  })
  .meta({ id: 'DisagreementsAnswer' });

const change = { at: time, position, origin: z.enum(['watch', 'relist']) };

export const Rollout = z
  .object({
    ...change,
    deployment: z.string(),
    fromRevision: z.string(),
    toRevision: z.string(),
    fromReplicaSet: z.string().optional(),
    toReplicaSet: z.string().optional(),
    fromImages: z.array(z.string()),
    toImages: z.array(z.string()),
    completedAt: time.optional().meta({ description: 'Absent: not complete in the window, or another took its place' }),
    completedPosition: position.optional(),
  })
  .meta({ id: 'Rollout' });

export const Scaling = z
  .object({ ...change, kind: z.enum(['Deployment', 'ReplicaSet']), name: z.string(), from: count, to: count })
  .meta({ id: 'Scaling' });

export const ServiceEdit = z
  .object({
    ...change,
    what: z.enum(['created', 'deleted', 'selector', 'ports', 'publishNotReadyAddresses', 'type']),
    before: z.string().optional(),
    after: z.string().optional(),
  })
  .meta({ id: 'ServiceEdit' });

export const IncidentEvent = z
  .object({
    at: time,
    kind: z.enum([
      'flips',
      'zero-ready-begins',
      'zero-ready-ends',
      'rollout',
      'rollout-completed',
      'scaling',
      'service-edit',
      'gap-begins',
      'gap-ends',
    ]),
    text: z.string().meta({ description: 'One sentence for people; holds names and messages from the cluster' }),
    source: z.string().meta({ description: 'What it was seen in' }),
    evidence,
  })
  .meta({ id: 'IncidentEvent' });

export const SummaryAnswer = z
  .object({
    service: ServiceName,
    from: time,
    to: time,
    asOf: position,
    source: Source,
    coverage: CoverageStatus,
    gaps: z.array(Gap),
    evidenceGaps: z
      .array(Gap)
      .meta({ description: 'Where rollouts, scalings, edits or causes may be missing: gaps of the streams that tell of them' }),
    zeroReady: z
      .array(z.object({ from: time, to: time, opensBefore, endsAfter, durationMs }))
      .meta({ description: 'Spans in which the Service had an address list and no ready backend in it' }),
    zeroReadyMs: durationMs,
    leastReady: z
      .object({ ready: count, notReady: count, at: time })
      .optional()
      .meta({ description: 'The fewest ready backends, and when that was first so; absent where no address list was known' }),
    someNotReadyMs: durationMs,
    unlistedMs: durationMs.meta({ description: 'Without any address list: not made yet, or deleted' }),
    knownMs: durationMs,
    unknownMs: durationMs.meta({ description: 'Not recorded; where it is not 0 all other durations are lower bounds' }),
    flips: count,
    causes: z.array(z.object({ cause: z.string(), flips: count, firstAt: time })).meta({ description: 'Most frequent first' }),
    firstCause: z
      .object({ cause: z.string(), detail: z.string().optional(), confidence: Confidence, at: time, position, evidence })
      .optional()
      .meta({ description: 'Of the first flip that took a backend out of `ready`' }),
    rollouts: z.array(Rollout),
    scalings: z.array(Scaling),
    serviceEdits: z.array(ServiceEdit),
    events: z.array(IncidentEvent).meta({ description: 'What is worth a line in a postmortem, in order of time' }),
    eventsLeftOut: count.meta({ description: 'Later bursts of flips that found no place in `events`' }),
  })
  .meta({ id: 'SummaryAnswer' });

export type DisagreementsAnswer = z.infer<typeof DisagreementsAnswer>;
export type SummaryAnswer = z.infer<typeof SummaryAnswer>;
