/** Whether shedding holds up the recorder, as `npm run bench:shedding` measures it, in a process of its own. */
import { runChild } from '../children/run.ts';
import { type BenchOptions, count, type Figure } from '../figure.ts';

interface Lateness {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What `bench/shedding.ts --json` prints. */
export interface SheddingMeasured {
  readonly events: number;
  readonly passed: number;
  readonly longestStepMs: number;
  readonly microsecondsAnEvent: number;
  readonly idle: Lateness;
  readonly shedding: Lateness;
}

export async function sheddingFigure({ quick, say }: BenchOptions): Promise<Figure[]> {
  say('shedding while recording');
  const size = quick ? ['--events', '30000', '--services', '100'] : [];
  const measured = await runChild<SheddingMeasured>('../shedding.ts', '--json', ...size);
  const { events, passed, longestStepMs, microsecondsAnEvent, idle, shedding } = measured;
  const late = ({ p99, max }: Lateness) => `${p99.toFixed(1)} ms at p99, ${max.toFixed(1)} at most`;
  return [
    {
      id: 'shedding-step',
      what: 'longest step of shedding half of a log',
      value: longestStepMs,
      unit: 'ms',
      goal: { most: 100 },
      from:
        `${count(passed)} of ${count(events)} events passed, ${microsecondsAnEvent.toFixed(0)} µs of processor time each; ` +
        `the recorder's thread late by ${late(shedding)} (with nothing to do ${late(idle)})`,
      details: { ...measured },
    },
  ];
}
