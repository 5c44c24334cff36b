/** What /docs shows of the answers about an incident as a whole; the incident is that of {@link examples}. */
import type { DisagreementsAnswer, SummaryAnswer } from './contract-incident.ts';
import { examples } from './examples.ts';

const { service, from, to, asOf } = examples.timeline;
const { flip } = examples;
const { address, ports, pod, node, zone } = flip;

const disagreements: DisagreementsAnswer = {
  ...{ service, from, to, asOf },
  source: 'endpoints',
  longerThanMs: 3_000,
  coverage: 'complete',
  gaps: [],
  truncated: false,
  items: [
    {
      ...{ address, ports, pod, node, zone },
      podSaid: {
        state: 'ready',
        since: '2026-11-23T16:22:10.020Z',
        opensBefore: false,
        position: 361,
        transitionAt: '2026-11-23T16:22:10.000Z',
      },
      serviceSaid: { state: 'notReady', since: flip.at, opensBefore: false, position: flip.position },
      from: '2026-11-23T16:22:10.020Z',
      to: '2026-11-23T16:24:02.511Z',
      opensBefore: false,
      endsAfter: false,
      durationMs: 112_491,
      evidence: [342, 361, 388],
    },
  ],
  leftOut: 0,
  lag: {
    flips: 1,
    medianMs: 12,
    p95Ms: 12,
    greatestMs: 12,
    items: [
      {
        ...{ address, ports, pod, node, zone },
        at: flip.at,
        position: flip.position,
        from: 'ready',
        to: 'notReady',
        podAt: '2026-11-23T16:20:41.306Z',
        podPosition: 341,
        podTransitionAt: '2026-11-23T16:20:41.000Z',
        lagMs: 12,
      },
    ],
    leftOut: 0,
  },
};

const summary: SummaryAnswer = {
  ...{ service, from, to, asOf },
  source: 'endpoints',
  coverage: 'complete',
  gaps: [],
  evidenceGaps: [],
  zeroReady: [
    {
      from: '2026-11-23T16:21:00.100Z',
      to: '2026-11-23T16:22:12.480Z',
      opensBefore: false,
      endsAfter: false,
      durationMs: 72_380,
    },
  ],
  zeroReadyMs: 72_380,
  leastReady: { ready: 0, notReady: 3, at: '2026-11-23T16:21:00.100Z' },
  someNotReadyMs: 91_162,
  unlistedMs: 0,
  knownMs: 720_000,
  unknownMs: 0,
  flips: 6,
  causes: [
    { cause: 'ReadinessProbeFailed', flips: 3, firstAt: flip.at },
    { cause: 'ReadinessProbePassed', flips: 3, firstAt: '2026-11-23T16:22:12.480Z' },
  ],
  firstCause: {
    cause: 'ReadinessProbeFailed',
    detail: 'readiness probe failed: HTTP probe failed with statuscode: 503',
    confidence: 'observed',
    at: flip.at,
    position: flip.position,
    evidence: [340, 341],
  },
  rollouts: [
    {
      at: '2026-11-23T16:20:02.011Z',
      position: 301,
      origin: 'watch',
      deployment: 'web',
      fromRevision: '7',
      toRevision: '8',
      fromReplicaSet: 'web-7b79f6d8c',
      toReplicaSet: 'web-6d4b9c7d9',
      fromImages: ['store/web:2.3.0'],
      toImages: ['store/web:2.4.0'],
      completedAt: '2026-11-23T16:20:30.706Z',
      completedPosition: 333,
    },
  ],
  scalings: [{ at: '2026-11-23T16:25:40.090Z', position: 402, origin: 'watch', kind: 'Deployment', name: 'web', from: 3, to: 5 }],
  serviceEdits: [
    { at: '2026-11-23T16:27:12.900Z', position: 431, origin: 'watch', what: 'selector', before: 'app=web', after: 'app=web,v=2' },
  ],
  events: [
    {
      at: '2026-11-23T16:20:02.011Z',
      kind: 'rollout',
      text: 'rollout of web, revision 7 → 8, ReplicaSet web-7b79f6d8c → web-6d4b9c7d9, image store/web:2.3.0 → store/web:2.4.0',
      source: 'Deployment',
      evidence: [301],
    },
    {
      at: '2026-11-23T16:21:00.100Z',
      kind: 'zero-ready-begins',
      text: 'zero ready backends from here on (1m12s)',
      source: 'counts',
      evidence: [],
    },
  ],
  eventsLeftOut: 0,
};

export const incidentExamples = { disagreements, summary };
