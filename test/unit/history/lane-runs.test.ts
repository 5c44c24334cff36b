/** What a lane shows at one zoom. The property over random stories stands in test/integration/history/drawn-timeline.test.ts. */
import { expect, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import type { RunState } from '../../../src/history/drawn-answers.ts';
import { mergeNarrow, type Piece } from '../../../src/history/lane-runs.ts';

/** Pieces that follow each other from 0. */
function lane(...stretches: readonly (readonly [RunState, number])[]): Piece[] {
  let at = 0;
  return stretches.map(([state, ms]) => {
    const from = epochMs(at);
    at += ms;
    return { from, to: epochMs(at), state, opensBefore: false, endsAfter: false };
  });
}

const shown = (pieces: readonly Piece[], pixelMs: number) =>
  mergeNarrow(pieces, pixelMs).map(({ from, to, state, mixed }) => [state, to - from, mixed]);

test('states of a pixel or more are runs of their own, and so is a narrow one alone', () => {
  expect(shown(lane(['ready', 100], ['notReady', 1], ['ready', 10]), 10)).toEqual([
    ['ready', 100, undefined],
    ['notReady', 1, undefined],
    ['ready', 10, undefined],
  ]);
});

test('narrow neighbours are one run as long as the same state is the worst, pixel by pixel', () => {
  const flapping = [...Array(8)].flatMap(() => [['notReady', 3] as const, ['ready', 3] as const]);
  const leaving = [...Array(8)].flatMap(() => [['serving', 3] as const, ['terminating', 3] as const]);
  expect(shown(lane(...flapping, ...leaving), 10)).toEqual([
    ['notReady', 48, 16],
    ['terminating', 48, 16],
  ]);
});

test('what does not fill a pixel at the end of narrow ones goes with them, unless it is worse', () => {
  expect(shown(lane(['notReady', 6], ['ready', 6], ['ready', 3]), 10)).toEqual([['notReady', 15, 3]]);
  expect(shown(lane(['serving', 6], ['ready', 6], ['notReady', 3]), 10)).toEqual([
    ['serving', 12, 2],
    ['notReady', 3, undefined],
  ]);
});
