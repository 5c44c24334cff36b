/** What causes cost, as `npm run bench:causes` measures it, in a process of its own. */
import { runChild } from '../children/run.ts';
import { type BenchOptions, count, type Figure } from '../figure.ts';

/** What `bench/causes.ts --json` prints. */
export interface CausesMeasured {
  readonly flips: number;
  readonly rowsMs: number;
  readonly causesMs: number;
  readonly goalMs: number;
}

export async function causesFigure({ quick, say }: BenchOptions): Promise<Figure[]> {
  say('telling causes');
  const measured = await runChild<CausesMeasured>('../causes.ts', '--json', '--turns', quick ? '3' : '7');
  const { flips, rowsMs, causesMs, goalMs } = measured;
  return [
    {
      id: 'causes',
      what: `causes of ${count(flips)} flips of one window`,
      value: causesMs - rowsMs,
      unit: 'ms',
      goal: { most: goalMs },
      from: `${causesMs.toFixed(0)} ms with them, the rows alone ${rowsMs.toFixed(0)} ms`,
      details: { ...measured },
    },
  ];
}
