import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlipAnswer, FlipsAnswer } from '../../../src/history/answers.ts';
import { CSV_COLUMNS } from '../../../src/history/flips-csv.ts';
import type { FlipsQuestion } from '../../../src/history/history.ts';
import { flip, flipsAnswer, GAP, NOW, run, Sink } from './harness.ts';

const FLIPS = ['flips', 'store/checkout'];

/** A history that hands its flips out in pages, and what it was asked. */
function paged(pages: readonly FlipAnswer[][], more: Partial<FlipsAnswer> = {}) {
  const asked: FlipsQuestion[] = [];
  return {
    asked,
    flips: async (question: FlipsQuestion) => {
      asked.push(question);
      const index = Number(question.cursor ?? 0);
      const next = index + 1 < pages.length ? { nextCursor: String(index + 1) } : {};
      return flipsAnswer([...(pages[index] as FlipAnswer[])], { ...more, ...next });
    },
  };
}

describe('flipbook flips', () => {
  it('asks with every filter, and for later pages of the same window as of the same position', async () => {
    const history = paged([[flip(1)], [flip(2)]]);
    const filters = ['--source', 'endpoints', '--pod', 'p', '--node', 'n', '--cause', 'Rollout', '--cluster', 'c1'];
    const { code } = await run([...FLIPS, '--from', 'now-1h', '--to', 'now', ...filters], { history });
    expect(code).toBe(0);
    const common = {
      namespace: 'store',
      service: 'checkout',
      source: 'endpoints',
      pod: 'p',
      node: 'n',
      cause: 'Rollout',
      cluster: 'c1',
    };
    expect(history.asked[0]).toMatchObject({ ...common, from: NOW - 3_600_000, to: NOW });
    expect(history.asked[1]).toMatchObject({ ...common, cursor: '1', asOf: 99 });
    expect(history.asked).toHaveLength(2);
  });

  it('shows people a table that stays aligned when a later page needs more room', async () => {
    const wide = flip(3, {
      address: '10.100.100.100',
      pod: { name: 'checkout-with-a-long-name', uid: 'u3' },
      from: 'absent',
      to: 'ready',
    });
    const { stdout } = await run(FLIPS, { history: paged([[flip(1)], [wide]]) });
    expect(stdout).toBe(`Service   store/checkout
From      2026-11-23T16:18:00.000Z
To        2026-11-23T16:30:00.000Z (exclusive)
Coverage  complete
As of     position 99

TIME                      ADDRESS   PORTS          POD         NODE    FROM   TO        READY  NOT READY  CAUSE
2026-11-23T16:20:01.234Z  10.0.0.1  http:8080/TCP  checkout-1  node-1  ready  notReady      1          2  unknown
2026-11-23T16:20:01.234Z  10.100.100.100  http:8080/TCP  checkout-with-a-long-name  node-1  absent  ready         1          2  unknown
2 flips
`);
  });

  it('lists the gaps of the window before the flips, and between which instants an inferred one happened', async () => {
    const inferred = flip(1, { origin: 'relist', cause: 'PodDeleted', confidence: 'inferred', detail: 'gone' });
    const { stdout } = await run(FLIPS, { history: paged([[inferred]], { coverage: 'gap', gaps: [GAP] }) });
    expect(stdout).toContain('Coverage  unknown: the recorder did not watch v1/endpoints from');
    expect(stdout).toContain('PodDeleted (inferred): gone [between 2026-11-23T16:20:00.000Z and 2026-11-23T16:20:01.234Z]\n');
  });

  it('writes one JSON document with the flips of all pages, whatever the pages hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat()), { minLength: 1, maxLength: 5 }), async (positions) => {
        const pages = positions.map((page) => page.map((position) => flip(position)));
        const { stdout } = await run([...FLIPS, '-o', 'json'], { history: paged(pages, { gaps: [GAP] }) });
        expect(JSON.parse(stdout)).toEqual(flipsAnswer(pages.flat(), { gaps: [GAP] }));
      }),
    );
  });

  it('writes CSV with one header however many pages there are', async () => {
    const { stdout } = await run([...FLIPS, '-o', 'csv'], { history: paged([[flip(1)], [], [flip(2)]]) });
    const lines = stdout.split('\r\n');
    expect(lines[0]).toBe(CSV_COLUMNS.join(','));
    expect(lines.slice(1).map((line) => line.split(',').at(-1))).toEqual(['1', '2', '']);
  });

  it('stops reading, closes the log and is content when its reader has seen enough', async () => {
    const history = paged(Array.from({ length: 50 }, (_, index) => [flip(index)]));
    const { code, stderr, closed } = await run([...FLIPS, '-o', 'json'], { history, stdout: new Sink({ closesAfter: 1_000 }) });
    expect({ code, stderr, closed }).toEqual({ code: 0, stderr: '', closed: 1 });
    expect(history.asked.length).toBeLessThan(10);
  });

  it('refuses an empty window and names both ends', async () => {
    const { code, stderr } = await run([...FLIPS, '--from', 'now', '--to', 'now-1h']);
    expect(code).toBe(2);
    expect(stderr).toContain('--from 2026-11-23T17:00:00.000Z is not before --to 2026-11-23T16:00:00.000Z');
  });
});
