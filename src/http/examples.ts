/** One incident told by every answer: what /docs shows. A test holds these against the schemas. */
import type {
  Backend,
  ClustersAnswer,
  CoverageAnswer,
  DiffAnswer,
  Flip,
  FlipsAnswer,
  Gap,
  StateAnswer,
  TimelineAnswer,
} from './contract.ts';
import type { ServicesAnswer } from './contract-services.ts';
import type { DrawnTimeline } from './contract-timeline.ts';

const service = { cluster: 'demo', namespace: 'store', name: 'web' };
const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }];
const healthy: Backend = {
  address: '10.100.2.14',
  ports,
  pod: { name: 'web-6d4b9c7d9-x2x7k', uid: 'c0a5a1c2-0c6b-4a5e-9f06-2d6c1f7c9f11' },
  node: 'node-2',
  zone: 'zone-b',
};
const failing: Backend = {
  address: '10.100.4.202',
  ports,
  pod: { name: 'web-6d4b9c7d9-9qk4m', uid: '7f3d9a52-3b1f-4a0f-8a59-0b6a2f2f4d10' },
  node: 'node-4',
  zone: 'zone-a',
};

const gap: Gap = {
  stream: 'v1/endpoints',
  from: '2026-11-23T16:25:01.120Z',
  to: '2026-11-23T16:25:09.870Z',
  reason: 'expired',
  detail: '410 Expired: too old resource version: 1 (502)',
};

const flip: Flip = {
  at: '2026-11-23T16:20:41.318Z',
  notBefore: '2026-11-23T16:20:41.000Z',
  notAfter: '2026-11-23T16:20:41.318Z',
  position: 342,
  ...{ cluster: 'demo', namespace: 'store', service: 'web' },
  source: 'endpoints',
  ...failing,
  from: 'ready',
  to: 'notReady',
  readyAfter: 2,
  notReadyAfter: 1,
  cause: 'ReadinessProbeFailed',
  detail: 'readiness probe failed: HTTP probe failed with statuscode: 503',
  confidence: 'observed',
  evidence: [339, 340],
  lagMs: 12,
  origin: 'watch',
};

const window = { from: '2026-11-23T16:18:00.000Z', to: '2026-11-23T16:30:00.000Z', asOf: 637 };

const state: StateAnswer = {
  service,
  at: '2026-11-23T16:21:00.000Z',
  position: 342,
  asOf: 637,
  source: 'endpoints',
  coverage: 'complete',
  truncated: false,
  ready: [healthy],
  notReady: [failing],
  terminating: [],
};

const flips: FlipsAnswer = { ...window, coverage: 'gap', gaps: [gap], items: [flip], nextCursor: 'MzQyLjA' };

const services: ServicesAnswer = {
  at: '2026-11-23T16:21:00.000Z',
  asOf: 637,
  coverage: 'complete',
  gaps: [],
  items: [
    {
      ...service,
      source: 'endpoints',
      state: 'degraded',
      coverage: 'complete',
      ready: 2,
      notReady: 1,
      terminating: 0,
      lastFlip: {
        at: flip.at,
        address: flip.address,
        pod: failing.pod?.name,
        from: 'ready',
        to: 'notReady',
        cause: 'ReadinessProbeFailed',
      },
    },
  ],
};

const coverage: CoverageAnswer = {
  ...window,
  items: [
    {
      cluster: 'demo',
      stream: 'v1/endpoints',
      resource: 'v1/endpoints',
      spans: [
        {
          from: '2026-11-23T16:18:12.224Z',
          provenUntil: '2026-11-23T16:25:01.120Z',
          end: { code: 'expired', detail: '410 Expired: too old resource version: 1 (502)' },
        },
        { from: '2026-11-23T16:25:09.870Z', provenUntil: '2026-11-23T16:29:58.004Z' },
      ],
      gaps: [gap],
    },
  ],
};

const clusters: ClustersAnswer = {
  items: [
    {
      name: 'demo',
      uid: '0d1f3f5e-6d0b-4b63-8d1c-9a4c2f9f7b21',
      firstEvent: { position: 1, at: '2026-11-23T16:18:12.224Z' },
      lastEvent: { position: 637, at: '2026-11-23T16:29:58.004Z' },
      provenUntil: '2026-11-23T16:29:58.004Z',
      streams: [
        {
          stream: 'v1/endpoints',
          resource: 'v1/endpoints',
          watching: true,
          recordedFrom: '2026-11-23T16:18:12.224Z',
          provenUntil: '2026-11-23T16:29:58.004Z',
          gaps: 1,
        },
      ],
    },
  ],
};

const timeline: TimelineAnswer = {
  service,
  ...window,
  source: 'endpoints',
  coverage: 'complete',
  gaps: [],
  counts: [
    { at: '2026-11-23T16:18:12.224Z', ready: 3, notReady: 0, terminating: 0 },
    { at: flip.at, ready: 2, notReady: 1, terminating: 0 },
  ],
  zeroReady: [],
  lanes: [
    {
      id: `${failing.address} ${failing.pod?.uid}`,
      address: failing.address,
      ports: ['http:8080/TCP'],
      pod: failing.pod,
      node: failing.node,
      zone: failing.zone,
      segments: [
        { from: '2026-11-23T16:18:12.224Z', to: flip.at, state: 'ready', opensBefore: true, endsAfter: false },
        { from: flip.at, to: window.to, state: 'notReady', opensBefore: false, endsAfter: true, position: flip.position },
      ],
      notReadyMs: 558_682,
      flips: 1,
    },
  ],
  flips: 1,
};

const [lane] = timeline.lanes;

const drawnTimeline: DrawnTimeline = {
  ...{ service, ...window, px: 1_200, source: 'endpoints', coverage: 'complete', gaps: [], blanks: [] },
  facts: {
    leastReady: { ready: 2, notReady: 1, at: flip.at },
    ...{ zeroReadyMs: 0, someNotReadyMs: 558_682, unlistedMs: 0, knownMs: 600_000, unknownMs: 0 },
  },
  counts: timeline.counts,
  zeroReady: [],
  laneCount: 3,
  steady: [{ state: 'ready', count: 2, runs: { ms: [600_000], states: ['ready'], opensBefore: [0], endsAfter: [0], mixed: [] } }],
  lanes: [
    {
      id: lane?.id ?? '',
      ...{ address: failing.address, ports: ['http:8080/TCP'], pod: failing.pod, node: failing.node, zone: failing.zone },
      ...{ notReadyMs: 558_682, flips: 1, rank: 0 },
      runs: { ms: [41_318, 558_682], states: ['ready', 'notReady'], opensBefore: [0], endsAfter: [1], mixed: [] },
    },
  ],
  flips: 1,
};

const diff: DiffAnswer = {
  service,
  source: 'endpoints',
  asOf: 637,
  from: { at: '2026-11-23T16:20:00.000Z', coverage: 'complete', position: 311 },
  to: { at: '2026-11-23T16:21:00.000Z', coverage: 'complete', position: 342 },
  added: [],
  removed: [],
  flipped: [{ backend: failing, from: 'ready', to: 'notReady' }],
  unchanged: 2,
};

const csv = [
  'time,cluster,namespace,service,source,address,ports,pod,pod_uid,node,zone,from,to,ready_after,not_ready_after,cause,detail,confidence,not_before,not_after,position',
  `${flip.at},demo,store,web,endpoints,${flip.address},http:8080/TCP,${failing.pod?.name},${failing.pod?.uid},node-4,zone-a,ready,notReady,2,1,${flip.cause},${flip.detail},${flip.confidence},${flip.notBefore},${flip.notAfter},342`,
].join('\r\n');

const event = {
  position: 342,
  at: flip.at,
  type: 'MODIFIED',
  cluster: 'demo',
  stream: 'v1/endpoints',
  epoch: 1,
  origin: 'watch',
  resource: 'v1/endpoints',
  namespace: 'store',
  name: 'web',
  uid: '1b7d0c58-6a53-44e5-8a0a-f2f3d1f8c6de',
  resourceVersion: '2104',
  object: { kind: 'Endpoints', apiVersion: 'v1', metadata: { name: 'web', namespace: 'store' } },
};

export const examples = { clusters, coverage, csv, diff, event, flip, flips, services, state, timeline, drawnTimeline };
