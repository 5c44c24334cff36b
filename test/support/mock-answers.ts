/** Contract-shaped answers folded from the made-up Services: plain and slow on purpose. */
import type {
  Backend,
  ClustersAnswer,
  CoverageAnswer,
  DiffAnswer,
  Flip,
  FlipsAnswer,
  Lane,
  Segment,
  StateAnswer,
  TimelineAnswer,
} from '../../src/http/contract.ts';
import type { ServiceSummary } from '../../src/http/contract-services.ts';
import { gapAnswer, type MockBackend, type MockService, type MockState, RECORDED_FROM, RECORDED_TO } from './mock-data.ts';

const CLUSTER = 'mock';
const AS_OF = 4_711;
const text = (ms: number) => new Date(ms).toISOString();
const laneId = ({ backend }: MockBackend) => `${backend.address}|${backend.pod?.uid ?? ''}`;

function stateOf(backend: MockBackend, at: number): MockState {
  return backend.changes.findLast((change) => change.at <= at)?.state ?? 'absent';
}

const gapAt = (service: MockService, at: number) => service.gaps.find((gap) => gap.from <= at && at < (gap.to ?? Infinity));

type Coverage = 'complete' | 'gap' | 'before-recording';
function coverageAt(service: MockService, at: number): Coverage {
  if (at < RECORDED_FROM || !service.recorded) return 'before-recording';
  return gapAt(service, at) || at > RECORDED_TO ? 'gap' : 'complete';
}

export function state(service: MockService, at: number): StateAnswer {
  const gap = gapAt(service, at);
  const of = (wanted: MockState) =>
    service.backends
      .filter((one) => at >= RECORDED_FROM && stateOf(one, gap?.from ?? at) === wanted)
      .map(({ backend }) => backend);
  return {
    service: { cluster: CLUSTER, namespace: service.namespace, name: service.name },
    at: text(at),
    position: 4_000,
    asOf: AS_OF,
    source: 'endpoints',
    coverage: coverageAt(service, at),
    ...(gap ? { gap: gapAnswer(gap), lastKnownAt: text(gap.from) } : {}),
    truncated: false,
    ready: of('ready'),
    notReady: of('notReady'),
    terminating: [
      ...of('terminating').map((one) => ({ ...one, state: 'terminating' as const })),
      ...of('serving').map((one) => ({ ...one, state: 'serving' as const })),
    ],
  };
}

/** All flips of a Service, oldest first. What happened in a gap is seen at its end. */
export function flips(service: MockService): Flip[] {
  const instants = [...new Set(service.backends.flatMap(({ changes }) => changes.map(({ at }) => at)))]
    .filter((at) => at >= RECORDED_FROM)
    .sort((a, b) => a - b);
  const result: Flip[] = [];
  for (const at of instants) {
    const after = (wanted: MockState) => service.backends.filter((one) => stateOf(one, at) === wanted).length;
    for (const one of service.backends) {
      const from = stateOf(one, at - 1);
      const to = stateOf(one, at);
      if (from === to) continue;
      const known = to === 'notReady';
      result.push({
        at: text(at),
        notBefore: text(at - (at % 1_000)),
        notAfter: text(at),
        position: 100 + result.length,
        cluster: CLUSTER,
        namespace: service.namespace,
        service: service.name,
        source: 'endpoints',
        ...one.backend,
        from,
        to,
        readyAfter: after('ready'),
        notReadyAfter: after('notReady'),
        cause: known ? 'ReadinessProbeFailed' : 'unknown',
        ...(known ? { detail: 'HTTP probe failed with statuscode: 503 <i>x</i>' } : {}),
        confidence: known ? 'observed' : 'unknown',
        evidence: known ? [90 + result.length, 91 + result.length] : [],
        origin: 'watch',
      });
    }
  }
  return result;
}

export function flipsPage(
  service: MockService,
  from: number,
  to: number,
  cause: string | undefined,
  limit: number,
  cursor: number,
): FlipsAnswer {
  const all = flips(service).filter(
    (flip) => Date.parse(flip.at) >= from && Date.parse(flip.at) < to && (!cause || flip.cause === cause),
  );
  const items = all.slice(cursor, cursor + limit);
  return {
    from: text(from),
    to: text(to),
    asOf: AS_OF,
    coverage: service.gaps.length ? 'gap' : 'complete',
    gaps: service.gaps.map(gapAnswer),
    items,
    ...(cursor + limit < all.length ? { nextCursor: String(cursor + limit) } : {}),
  };
}

interface Span {
  from: number;
  to: number;
  state: Segment['state'] | 'absent';
}

/** The window cut at every change and every edge of knowledge. */
function spans(service: MockService, one: MockBackend, from: number, to: number): Span[] {
  const edges = [
    from,
    to,
    RECORDED_FROM,
    RECORDED_TO,
    ...one.changes.map(({ at }) => at),
    ...service.gaps.flatMap((gap) => [gap.from, gap.to ?? RECORDED_TO]),
  ];
  const cuts = [...new Set(edges)].filter((at) => at >= from && at <= to).sort((a, b) => a - b);
  const result: Span[] = [];
  for (let index = 0; index + 1 < cuts.length; index++) {
    const [start, end] = [cuts[index] as number, cuts[index + 1] as number];
    const known = coverageAt(service, start);
    const state = known === 'complete' ? stateOf(one, start) : start >= RECORDED_TO ? 'gap' : known;
    const last = result.at(-1);
    if (last?.state === state) last.to = end;
    else result.push({ from: start, to: end, state });
  }
  return result;
}

export const blind = (state: string | undefined) => state === 'gap' || state === 'before-recording';

function lane(service: MockService, one: MockBackend, from: number, to: number): Lane {
  const cut = spans(service, one, from, to);
  const segments = cut.flatMap((span, index): Segment[] => {
    if (span.state === 'absent') return [];
    const [before, after] = [cut[index - 1], cut[index + 1]];
    return [
      {
        from: text(span.from),
        to: text(span.to),
        state: span.state,
        opensBefore: span.from === from || blind(before?.state),
        endsAfter: span.to === to || blind(after?.state),
        ...(span.from === from || blind(span.state) ? {} : { position: 1 }),
      },
    ];
  });
  const { address, pod, node, zone } = one.backend;
  return {
    id: laneId(one),
    address,
    ports: ['http:8080/TCP,metrics:9090/TCP'],
    ...(pod ? { pod } : {}),
    ...(node ? { node } : {}),
    ...(zone ? { zone } : {}),
    segments,
    notReadyMs: cut.filter(({ state }) => state === 'notReady').reduce((sum, span) => sum + span.to - span.from, 0),
    flips: one.changes.filter(({ at }) => at > from && at < to && at >= RECORDED_FROM).length,
  };
}

export function timeline(service: MockService, from: number, to: number): TimelineAnswer {
  const lanes = service.backends
    .map((one) => lane(service, one, from, to))
    .filter(({ segments }) => segments.some(({ state: kept }) => !blind(kept)));
  const edges = [
    from,
    RECORDED_FROM,
    RECORDED_TO,
    ...service.gaps.flatMap((gap) => [gap.from, gap.to ?? RECORDED_TO]),
    ...service.backends.flatMap(({ changes }) => changes.map(({ at }) => at)),
  ];
  const cuts = [...new Set(edges)].filter((at) => at >= from && at < to).sort((a, b) => a - b);
  const counts = cuts.map((at): TimelineAnswer['counts'][number] => {
    if (coverageAt(service, at) !== 'complete' || at >= RECORDED_TO) return { at: text(at) };
    const of = (wanted: MockState) => service.backends.filter((one) => stateOf(one, at) === wanted).length;
    return { at: text(at), ready: of('ready'), notReady: of('notReady'), terminating: of('terminating') + of('serving') };
  });
  const zeroReady: TimelineAnswer['zeroReady'] = [];
  counts.forEach((point, index) => {
    const until = counts[index + 1]?.at ?? text(to);
    if (point.ready !== 0) return;
    const last = zeroReady.at(-1);
    if (last?.to === point.at) last.to = until;
    else zeroReady.push({ from: point.at, to: until, opensBefore: index === 0, endsAfter: false });
    const open = zeroReady.at(-1);
    if (open) open.endsAfter = index === counts.length - 1 || counts[index + 1]?.ready === undefined;
  });
  return {
    service: { cluster: CLUSTER, namespace: service.namespace, name: service.name },
    from: text(from),
    to: text(to),
    asOf: AS_OF,
    source: 'endpoints',
    coverage: service.gaps.length ? 'gap' : from < RECORDED_FROM ? 'before-recording' : 'complete',
    gaps: service.gaps.map(gapAnswer),
    counts,
    zeroReady,
    lanes,
    flips: flips(service).filter((flip) => Date.parse(flip.at) >= from && Date.parse(flip.at) < to).length,
  };
}

export function summary(service: MockService, at: number): ServiceSummary {
  const now = state(service, at);
  const last = flips(service).findLast((flip) => Date.parse(flip.at) <= at);
  const [ready, notReady] = [now.ready.length, now.notReady.length];
  const told = ready + notReady === 0 ? 'empty' : ready === 0 ? 'down' : notReady > 0 ? 'degraded' : 'ok';
  return {
    cluster: CLUSTER,
    namespace: service.namespace,
    name: service.name,
    ...(service.recorded ? { source: 'endpoints' as const } : {}),
    state: now.coverage === 'complete' ? told : 'unknown',
    coverage: now.coverage,
    ready,
    notReady,
    terminating: now.terminating.length,
    ...(last
      ? {
          lastFlip: {
            at: last.at,
            address: last.address,
            ...(last.pod ? { pod: last.pod.name } : {}),
            from: last.from,
            to: last.to,
            cause: last.cause,
          },
        }
      : {}),
  };
}

export function diff(service: MockService, from: number, to: number): DiffAnswer {
  const result: DiffAnswer = {
    service: { cluster: CLUSTER, namespace: service.namespace, name: service.name },
    source: 'endpoints',
    asOf: AS_OF,
    from: { at: text(from), coverage: coverageAt(service, from), position: 1 },
    to: { at: text(to), coverage: coverageAt(service, to), position: 2 },
    added: [],
    removed: [],
    flipped: [],
    unchanged: 0,
  };
  for (const one of service.backends) {
    const [a, b] = [stateOf(one, from), stateOf(one, to)];
    const backend: Backend = one.backend;
    if (a === b) result.unchanged += a === 'absent' ? 0 : 1;
    else if (a === 'absent') result.added.push({ backend, state: b as Exclude<MockState, 'absent'> });
    else if (b === 'absent') result.removed.push({ backend, state: a });
    else result.flipped.push({ backend, from: a, to: b });
  }
  return result;
}

export function clusters(): ClustersAnswer {
  return {
    items: [
      {
        name: CLUSTER,
        uid: '3f1c',
        firstEvent: { position: 1, at: text(RECORDED_FROM) },
        lastEvent: { position: AS_OF, at: text(RECORDED_TO - 5_000) },
        provenUntil: text(RECORDED_TO),
        streams: [
          {
            stream: 'v1/endpoints',
            resource: 'endpoints',
            watching: true,
            recordedFrom: text(RECORDED_FROM),
            provenUntil: text(RECORDED_TO),
            gaps: 1,
          },
          {
            stream: 'v1/pods',
            resource: 'pods',
            watching: false,
            recordedFrom: text(RECORDED_FROM),
            provenUntil: text(RECORDED_TO - 60_000),
            gaps: 1,
            end: { code: 'forbidden', detail: 'pods is forbidden' },
          },
        ],
      },
    ],
  };
}

export function coverage(services: readonly MockService[], from: number, to: number): CoverageAnswer {
  const gap = services[0]?.gaps[0];
  const gaps = gap ? [gapAnswer(gap)] : [];
  return {
    from: text(from),
    to: text(to),
    asOf: AS_OF,
    items: [
      {
        cluster: CLUSTER,
        stream: 'v1/endpoints',
        resource: 'endpoints',
        spans: gap?.to
          ? [
              { from: text(RECORDED_FROM), provenUntil: text(gap.from), end: { code: 'expired' } },
              { from: text(gap.to), provenUntil: text(RECORDED_TO) },
            ]
          : [{ from: text(RECORDED_FROM), provenUntil: text(RECORDED_TO) }],
        gaps: [{ stream: 'v1/endpoints', to: text(RECORDED_FROM), reason: 'before-recording' }, ...gaps],
      },
      {
        cluster: CLUSTER,
        stream: 'v1/pods',
        resource: 'pods',
        spans: [
          {
            from: text(RECORDED_FROM),
            provenUntil: text(RECORDED_TO - 60_000),
            end: { code: 'forbidden', detail: 'pods is forbidden' },
          },
        ],
        gaps: [
          {
            stream: 'v1/pods',
            from: text(RECORDED_TO - 60_000),
            reason: 'forbidden',
            detail: 'pods is forbidden: User "x" cannot watch',
          },
        ],
      },
    ],
  };
}
