/**
 * Made-up Services with a past, for working on the page without a recorder. Everything is drawn from one seed, so a
 * test sees the same facts every time. Names and details hold the kind of text that must never be taken for markup.
 */
import type { Backend, Gap } from '../../src/http/contract.ts';

export type MockState = 'ready' | 'notReady' | 'serving' | 'terminating' | 'absent';

export interface MockBackend {
  readonly backend: Backend;
  /** Changes in order of time; before the first it is absent. */
  readonly changes: readonly { readonly at: number; readonly state: MockState }[];
}

export interface MockService {
  readonly namespace: string;
  readonly name: string;
  readonly backends: readonly MockBackend[];
  /** Absent `to`: the recorder is blind still. */
  readonly gaps: readonly { readonly from: number; readonly to?: number; readonly reason: string; readonly detail?: string }[];
  readonly recorded: boolean;
}

export const MARKUP_NAME = '<img src=x onerror=alert(1)>';

/** The recording of the mock cluster: 14:00 to 14:30 UTC. */
export const RECORDED_FROM = Date.parse('2026-11-23T14:00:00.000Z');
export const RECORDED_TO = Date.parse('2026-11-23T14:30:00.000Z');

const SECOND = 1_000;
const MINUTE = 60_000;

/** A small generator with a fixed seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function backend(service: string, index: number, pod = true): Backend {
  const hash = ['675dc998b', '6cf666df6d', '7d9f7c6d5b'][index % 3] as string;
  const suffix = ((index * 7919 + 104729) % 60466176).toString(36).padStart(5, 'x');
  return {
    address: `10.${100 + (index >> 8)}.${index % 256}.${(index * 37) % 250}`,
    ports: [
      { name: 'http', port: 8080, protocol: 'TCP' },
      { name: 'metrics', port: 9090, protocol: 'TCP' },
    ],
    ...(pod
      ? {
          pod: { name: `${service}-${hash}-${suffix}`, uid: `uid-${service}-${index}` },
          node: `node-${index % 5}`,
          zone: `zone-${'abc'[index % 3]}`,
        }
      : {}),
  };
}

const at = (minutes: number, seconds = 0, ms = 0) => RECORDED_FROM + minutes * MINUTE + seconds * SECOND + ms;

function checkout(): MockService {
  const change = (...list: [number, MockState][]) => list.map(([time, state]) => ({ at: time, state }));
  const markup: Backend = { ...backend('checkout', 2), pod: { name: MARKUP_NAME, uid: 'uid-checkout-2' }, node: '<b>node</b>' };
  return {
    namespace: 'store',
    name: 'checkout',
    recorded: true,
    backends: [
      {
        backend: backend('checkout', 0),
        changes: change(
          [0, 'ready'],
          [at(6, 10, 475), 'notReady'],
          [at(6, 52, 53), 'ready'],
          [at(12, 4, 12), 'notReady'],
          [at(16, 16, 512), 'ready'],
        ),
      },
      {
        backend: backend('checkout', 1),
        changes: change(
          [0, 'ready'],
          [at(8, 30), 'notReady'],
          [at(8, 31, 500), 'ready'],
          [at(8, 33), 'notReady'],
          [at(8, 34), 'ready'],
          [at(12, 4, 12), 'notReady'],
          [at(16, 20, 100), 'ready'],
        ),
      },
      {
        backend: markup,
        changes: change([0, 'ready'], [at(12, 3, 870), 'notReady'], [at(16, 20, 4), 'terminating'], [at(16, 50), 'absent']),
      },
      { backend: backend('checkout', 3), changes: change([at(16, 18), 'notReady'], [at(16, 44, 300), 'ready']) },
    ],
    gaps: [
      { from: at(20), to: at(22, 30), reason: 'expired', detail: 'too old resource version: 1 (502) <script>alert(2)</script>' },
    ],
  };
}

function wide(): MockService {
  const next = random(7);
  const backends: MockBackend[] = [];
  for (let index = 0; index < 300; index++) {
    const changes: { at: number; state: MockState }[] = [{ at: 0, state: 'ready' }];
    if (index % 3 === 0) {
      let time = at(1) + next() * 3 * MINUTE;
      while (time < RECORDED_TO - 40 * SECOND) {
        const down = 300 + next() * 20 * SECOND;
        changes.push({ at: Math.round(time), state: 'notReady' }, { at: Math.round(time + down), state: 'ready' });
        time += down + SECOND + next() * 4 * MINUTE;
      }
    }
    backends.push({ backend: backend('search', index), changes });
  }
  return { namespace: 'store', name: 'search', backends, gaps: [], recorded: true };
}

function steady(namespace: string, name: string, count: number, state: MockState = 'ready'): MockService {
  const backends = Array.from({ length: count }, (_, index) => ({ backend: backend(name, index), changes: [{ at: 0, state }] }));
  return { namespace, name, backends, gaps: [], recorded: true };
}

export function mockServices(): MockService[] {
  const legacy = {
    ...steady('store', 'legacy', 1),
    backends: [{ backend: backend('legacy', 9, false), changes: [{ at: at(3), state: 'ready' as const }] }],
  };
  const blind = {
    ...steady('ops', 'ingress', 2),
    gaps: [{ from: at(25), reason: 'connection-lost', detail: 'read ECONNRESET' }],
  };
  const many = Array.from({ length: 40 }, (_, index) =>
    steady('batch', `worker-${String(index).padStart(2, '0')}`, (index % 4) + 1),
  );
  return [
    checkout(),
    wide(),
    legacy,
    blind,
    steady('store', 'cart', 12),
    steady('store', 'db', 3, 'notReady'),
    steady('store', 'nothing', 0),
    steady('ops', MARKUP_NAME, 2),
    { ...steady('ops', 'never-watched', 0), recorded: false },
    ...many,
  ];
}

export const gapAnswer = (gap: MockService['gaps'][number]): Gap => ({
  stream: 'v1/endpoints',
  from: new Date(gap.from).toISOString(),
  ...(gap.to === undefined ? {} : { to: new Date(gap.to).toISOString() }),
  reason: gap.reason,
  ...(gap.detail === undefined ? {} : { detail: gap.detail }),
});
