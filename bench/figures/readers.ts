/** Whether readers delay the recorder, as `npm run bench:readers` measures it, in a process of its own. */
import { runChild } from '../children/run.ts';
import { type BenchOptions, count, type Figure } from '../figure.ts';

interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What `bench/readers.ts --json` prints. */
export interface ReadersMeasured {
  readonly flips: number;
  readonly exports: number;
  readonly goalMs: number;
  readonly idle: { readonly pause: Times; readonly delivery: Times };
  readonly loaded: { readonly pause: Times; readonly delivery: Times };
}

export async function readersFigure({ quick, say }: BenchOptions): Promise<Figure[]> {
  say('exporting while recording');
  const [flips, seconds] = quick ? ['20000', '4'] : ['200000', '15'];
  const measured = await runChild<ReadersMeasured>('../readers.ts', '--json', '--flips', flips, '--seconds', seconds);
  const { idle, loaded, exports, goalMs } = measured;
  return [
    {
      id: 'readers-pause',
      what: 'pause of the recorder at p99 under four whole exports at once',
      value: loaded.pause.p99,
      unit: 'ms',
      goal: { most: goalMs },
      from:
        `with nobody reading ${idle.pause.p99.toFixed(1)} ms; delivery of a change at p99 ${loaded.delivery.p99.toFixed(1)} ms ` +
        `against ${idle.delivery.p99.toFixed(1)} ms; ${count(measured.flips)} flips in the log, ${exports} exports`,
      details: { ...measured },
    },
  ];
}
