/** What can be measured, in the order in which it is: one line a subject. */
import type { BenchOptions, Figure } from './figure.ts';
import { causesFigure } from './figures/causes.ts';
import { exportFigures } from './figures/exports.ts';
import { knownStateFigures } from './figures/known-state.ts';
import type { BenchLogs } from './figures/long-log.ts';
import { readersFigure } from './figures/readers.ts';
import { recordingFigures } from './figures/recording.ts';
import { servicesFigures } from './figures/services.ts';
import { sheddingFigure } from './figures/shedding.ts';
import { sizingFigures } from './figures/sizing.ts';
import { stateFigures } from './figures/state-at.ts';
import { timelineFigures } from './figures/timeline.ts';
import { windowFigures } from './figures/windows.ts';

export interface Subject {
  /** As `--only` takes it. */
  readonly name: string;
  readonly about: string;
  readonly measure: (options: BenchOptions, logs: BenchLogs) => Promise<Figure[]>;
}

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'recording',
    about: 'ingest, log size and memory over the large trace',
    measure: (options) => recordingFigures(options),
  },
  {
    name: 'timeline',
    about: 'a day of 100,000 flips over 2,000 backends',
    measure: async (options, logs) => timelineFigures(options, await logs.wide()),
  },
  {
    name: 'exports',
    about: 'exports of 10⁶ flips as CSV and NDJSON: speed and memory',
    measure: async (options, logs) => exportFigures(options, await logs.waves()),
  },
  { name: 'causes', about: 'causes of 10,000 flips', measure: (options) => causesFigure(options) },
  { name: 'readers', about: 'pauses of the recorder under whole exports', measure: (options) => readersFigure(options) },
  { name: 'shedding', about: 'how long a step of shedding takes', measure: (options) => sheddingFigure(options) },
  {
    name: 'known-state',
    about: 'memory of a recorder of 150,000 Pods and 5,000 Services',
    measure: (options) => knownStateFigures(options),
  },
  {
    name: 'sizing',
    about: 'bytes of each thing that happens, and of a month (docs/SIZING.md)',
    measure: (options) => sizingFigures(options),
  },
  {
    name: 'services',
    about: 'the list of 5,000 Services at T',
    measure: async (options, logs) => servicesFigures(options, await logs.many()),
  },
  {
    name: 'state',
    about: 'state at T in a log of 10⁷ events, in one of 10⁶ and in one of 10⁴',
    measure: async (options, logs) => stateFigures(options, { ...(await logs.growing()), grown: await logs.grown() }),
  },
  {
    name: 'windows',
    about: 'pages of flips deep in a log of 10⁷ events',
    measure: async (options, logs) => {
      const { short, long } = await logs.growing();
      return windowFigures(options, short, long);
    },
  },
];
