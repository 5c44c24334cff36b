/**
 * Timelines against a naive reading of the same story: random changes, gaps and relists go through the real recorder
 * and store; the fold here keeps plain lists and looks every millisecond up.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Source } from '../../../src/domain/backends.ts';
import { epochMs } from '../../../src/domain/time.ts';
import type { TimelineAnswer } from '../../../src/history/answers.ts';
import { addresses, CART, ms, play, step, type Tick } from './random-story.ts';
import { at, endpoints, RESOURCE, recordedLog, START, slice } from './recorded-log.ts';

const WORD = (ready: boolean | undefined) => (ready === undefined ? 'absent' : ready ? 'ready' : 'notReady');

/** The state of each lane at one millisecond, as the timeline draws it. */
function drawn(timeline: TimelineAnswer, instant: number): Map<string, string> {
  return new Map(
    timeline.lanes.map((lane) => {
      const here = lane.segments.filter(({ from, to }) => ms(from) <= instant && instant < ms(to));
      expect(here.length).toBeLessThanOrEqual(1);
      return [lane.id, here[0]?.state ?? 'absent'];
    }),
  );
}

test('property: lanes, counts and zero-ready spans tell of every millisecond what a naive fold of the story tells', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Source>('endpoints', 'endpointslices'),
      fc.option(addresses),
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 60 }),
      async (source, first, steps, from, length) => {
        const { log, tick, isDouble, isEdge } = play(source, first, [...steps, { after: 1, what: { kind: 'set', list: [] } }]);
        const to = from + length;
        try {
          const timeline = await log.history.timeline({ ...CART, source, from: at(from), to: at(to) });
          const notReadyMs = new Map<string, number>();
          for (let instant = from; instant < to; instant++) {
            const { known, list } = tick(instant);
            const lanes = drawn(timeline, instant);
            for (const { ip, pod } of list ?? [])
              if (known === 'complete') expect([...lanes.keys()]).toContain(`${ip} uid-${pod}`);
            for (const [id, state] of lanes) {
              const there = list?.find(({ ip, pod }) => `${ip} uid-${pod}` === id);
              expect(`${instant} ${id} ${state}`).toBe(`${instant} ${id} ${known === 'complete' ? WORD(there?.ready) : known}`);
              if (state === 'notReady') notReadyMs.set(id, (notReadyMs.get(id) ?? 0) + 1);
            }
            const counts = timeline.counts.findLast((each) => ms(each.at) <= instant);
            const ready = list?.filter((each) => each.ready).length ?? 0;
            const expected =
              known === 'complete' ? { ready, notReady: (list?.length ?? 0) - ready } : { ready: undefined, notReady: undefined };
            expect({ instant, ready: counts?.ready, notReady: counts?.notReady }).toEqual({ instant, ...expected });
            const zero = timeline.zeroReady.some((each) => ms(each.from) <= instant && instant < ms(each.to));
            expect({ instant, zero }).toEqual({ instant, zero: known === 'complete' && list !== undefined && ready === 0 });
          }
          expect(timeline.counts[0]?.at).toBe(new Date(START + from).toISOString());
          for (const lane of timeline.lanes) {
            expect(lane.notReadyMs).toBe(notReadyMs.get(lane.id) ?? 0);
            const drawnMs = lane.segments.reduce((sum, segment) => sum + ms(segment.to) - ms(segment.from), 0);
            expect(drawnMs).toBeLessThanOrEqual(length);
            for (const segment of lane.segments) {
              // A state is only told to begin or end inside when the millisecond beside it is known to differ.
              const before = tick(ms(segment.from) - 1);
              const after = tick(ms(segment.to));
              const stateIn = ({ list }: Tick) => WORD(list?.find(({ ip, pod }) => `${ip} uid-${pod}` === lane.id)?.ready);
              if (segment.state === 'gap' || segment.state === 'before-recording') continue;
              if (!isDouble(ms(segment.from)))
                expect(segment.opensBefore).toBe(
                  before.known !== 'complete' || isEdge(ms(segment.from)) || stateIn(before) === segment.state,
                );
              if (!isDouble(ms(segment.to)))
                expect(segment.endsAfter).toBe(
                  after.known !== 'complete' || isEdge(ms(segment.to)) || stateIn(after) === segment.state,
                );
            }
          }
          for (const instant of [from, from + Math.floor(length / 2), to - 1]) {
            const state = await log.history.state({ ...CART, source, at: at(instant) });
            expect(state.coverage).toBe(tick(instant).known);
            if (state.coverage !== 'complete') continue;
            const listed = [
              ...state.ready.map((each) => [each, 'ready'] as const),
              ...state.notReady.map((each) => [each, 'notReady'] as const),
            ];
            const lanes = drawn(timeline, instant);
            const present = [...lanes].filter(([, each]) => each !== 'absent');
            expect(new Map(present)).toEqual(new Map(listed.map(([{ address, pod }, each]) => [`${address} ${pod?.uid}`, each])));
          }
        } finally {
          log.store.close();
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('a window inside a gap shows the backends last known as lanes that say nothing', async () => {
  const log = recordedLog();
  const resource = RESOURCE.endpoints;
  log.snapshot(0, resource, [endpoints('cart', [{ ip: '10.0.0.1', pod: 'a' }])]);
  log.interrupt(100, resource);
  log.snapshot(500, resource, []);
  const timeline = await log.history.timeline({ ...CART, from: at(200), to: at(300) });
  expect(timeline.coverage).toBe('gap');
  expect(
    timeline.lanes.map(({ address, segments }) => [
      address,
      segments.map(({ state, opensBefore, endsAfter }) => [state, opensBefore, endsAfter]),
    ]),
  ).toEqual([['10.0.0.1', [['gap', true, true]]]]);
  expect(timeline.zeroReady).toEqual([]);
});

test('a Pod whose ports change keeps one unbroken lane', async () => {
  const log = recordedLog();
  const resource = RESOURCE.endpoints;
  log.snapshot(0, resource, [endpoints('cart', [{ ip: '10.0.0.1', pod: 'a' }], 80)]);
  log.change(10, resource, 'MODIFIED', endpoints('cart', [{ ip: '10.0.0.1', pod: 'a' }], 81));
  log.prove(20, resource);
  const timeline = await log.history.timeline(CART);
  expect(timeline.to).toBe(new Date(epochMs(START + 21)).toISOString());
  expect(timeline.lanes).toMatchObject([{ ports: ['80/TCP', '81/TCP'], flips: 2, segments: [{ state: 'ready' }] }]);
});

test('lanes are in the order of first appearance, then of addresses', async () => {
  const log = recordedLog();
  const resource = RESOURCE.endpoints;
  const [late, ten, nine] = [
    { ip: '10.0.0.1', pod: 'late' },
    { ip: '10.0.0.10', pod: 'a' },
    { ip: '10.0.0.9', pod: 'b' },
  ];
  log.snapshot(0, resource, [endpoints('cart', [ten, nine])]);
  log.change(10, resource, 'MODIFIED', endpoints('cart', [ten, nine, late]));
  const timeline = await log.history.timeline(CART);
  expect(timeline.lanes.map(({ address }) => address)).toEqual(['10.0.0.9', '10.0.0.10', '10.0.0.1']);
});

test('slices tell terminating backends by their own states, and a backend that moves between slices does not flip', async () => {
  const log = recordedLog();
  const resource = RESOURCE.endpointslices;
  const endpoint = (conditions: object) => ({
    addresses: ['10.0.0.1'],
    conditions,
    targetRef: { kind: 'Pod', name: 'a', uid: 'uid-a' },
  });
  const sliceNamed = (name: string, all: readonly object[]) => {
    const sketch = slice(name, 'cart', []);
    return { ...sketch, body: { ...sketch.body, endpoints: all } };
  };
  const serving = { ready: false, serving: true, terminating: true };
  log.snapshot(0, resource, [sliceNamed('one', [endpoint({ ready: true })]), sliceNamed('two', [])]);
  log.change(10, resource, 'MODIFIED', sliceNamed('two', [endpoint({ ready: true })]));
  log.change(20, resource, 'MODIFIED', sliceNamed('one', []));
  log.change(30, resource, 'MODIFIED', sliceNamed('two', [endpoint(serving)]));
  log.change(40, resource, 'MODIFIED', sliceNamed('two', [endpoint({ ...serving, serving: false })]));
  log.change(50, resource, 'DELETED', sliceNamed('two', []));
  log.prove(60, resource);
  const timeline = await log.history.timeline(CART);
  const spans = timeline.lanes.map((lane) => lane.segments.map(({ state, from, to }) => [state, ms(from), ms(to)]));
  expect(spans).toEqual([
    [
      ['ready', 0, 30],
      ['serving', 30, 40],
      ['terminating', 40, 50],
    ],
  ]);
  expect(timeline.zeroReady.map(({ from, to, endsAfter }) => [ms(from), ms(to), endsAfter])).toEqual([[30, 61, true]]);
  const state = await log.history.state({ ...CART, at: at(45) });
  expect([state.ready, state.notReady, state.terminating.map((each) => each.state)]).toEqual([[], [], ['terminating']]);
});
