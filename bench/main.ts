/**
 * `npm run bench`: measures what DESIGN asks for, prints a table, writes the same as JSON below bench/results/.
 * A figure that is missed fails nothing: machines differ, and the table says so.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchOptions, Figure } from './figure.ts';
import { csvFigures } from './figures/csv.ts';
import { growingLog, wideLog } from './figures/long-log.ts';
import { recordingFigures } from './figures/recording.ts';
import { stateFigure } from './figures/state-at.ts';
import { timelineFigures } from './figures/timeline.ts';
import { profileImport } from './import-profile.ts';
import { machine, machineText } from './machine.ts';
import { figureTable, table } from './table.ts';

const USAGE = `Usage: npm run bench [-- options]

  --quick      smaller histories, fewer repetitions: less than a minute
  --profile    where an import of the large trace spends its time, instead of the figures
  --tmp DIR    where the logs are written meanwhile (default: the system's folder for such)`;

const RESULTS = join(import.meta.dirname, 'results');

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    tmp: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  const folder = mkdtempSync(join(values.tmp, 'flipbook-bench-'));
  try {
    await (values.profile ? profile(folder) : bench({ quick: values.quick, folder, say: (what) => console.error(`… ${what}`) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bench(options: BenchOptions): Promise<void> {
  const startedAt = new Date();
  const described = machine();
  console.log(machineText(described));
  const figures: Figure[] = await recordingFigures(options);
  const wide = await wideLog(options);
  figures.push(...(await timelineFigures(options, wide)));
  const { short, long } = await growingLog(options);
  figures.push(await stateFigure(options, short, long), ...(await csvFigures(options, long)));
  const took = Math.round((Date.now() - startedAt.getTime()) / 1_000);
  console.log(`\n${figureTable(figures)}\n`);
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${startedAt.toISOString().replaceAll(/[-:]|\.\d+/g, '')}${options.quick ? '-quick' : ''}.json`);
  const { quick } = options;
  writeFileSync(file, `${JSON.stringify({ startedAt, seconds: took, quick, machine: described, figures }, null, 2)}\n`);
  console.log(`${took} s; written to ${relative(process.cwd(), file)}`);
}

async function profile(folder: string): Promise<void> {
  const steps = await profileImport(join(folder, 'profiled.db'));
  const total = steps.reduce((sum, { ms }) => sum + ms, 0);
  const rows = steps.map(({ step, ms }) => [step, `${ms.toFixed(0)} ms`, `${((ms / total) * 100).toFixed(1)} %`]);
  console.log(`${machineText(machine())}\n\n${table(['step of an import of the large trace', 'time', 'share'], rows)}`);
}
