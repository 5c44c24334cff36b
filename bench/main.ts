/**
 * `npm run bench`: measures what DESIGN asks for, prints a table, writes the same as JSON below bench/results/.
 * A figure that is missed fails nothing: machines differ, and the table says so.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchOptions, Figure } from './figure.ts';
import { BenchLogs } from './figures/long-log.ts';
import { profileImport } from './import-profile.ts';
import { machine, machineText } from './machine.ts';
import { SUBJECTS, type Subject } from './subjects.ts';
import { figureTable, table } from './table.ts';

const USAGE = `Usage: npm run bench [-- options]

  --quick      smaller histories, fewer repetitions: a minute and a half
  --only NAME  some of it; may be given several times:
${SUBJECTS.map(({ name, about }) => `                 ${name.padEnd(10)} ${about}`).join('\n')}
  --profile    where an import of the large trace spends its time, instead of the figures
  --tmp DIR    where the logs are written meanwhile (default: the system's folder for such)`;

const RESULTS = join(import.meta.dirname, 'results');

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    profile: { type: 'boolean', default: false },
    tmp: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  const subjects = chosen(values.only);
  const folder = mkdtempSync(join(values.tmp, 'flipbook-bench-'));
  try {
    const options = { quick: values.quick, folder, say: (what: string) => console.error(`… ${what}`) };
    await (values.profile ? profile(folder) : bench(options, subjects));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function chosen(names: readonly string[]): readonly Subject[] {
  const unknown = names.find((name) => !SUBJECTS.some((subject) => subject.name === name));
  if (unknown !== undefined) {
    console.error(`there is nothing to measure named ${JSON.stringify(unknown)}\n\n${USAGE}`);
    process.exit(2);
  }
  return names.length === 0 ? SUBJECTS : SUBJECTS.filter(({ name }) => names.includes(name));
}

async function bench(options: BenchOptions, subjects: readonly Subject[]): Promise<void> {
  const startedAt = new Date();
  const described = machine();
  console.log(machineText(described));
  const figures: Figure[] = [];
  const failed: { subject: string; error: string }[] = [];
  const logs = new BenchLogs(options);
  for (const { name, measure } of subjects) {
    options.say(`${name} (after ${Math.round((Date.now() - startedAt.getTime()) / 1_000)} s)`);
    try {
      figures.push(...(await measure(options, logs)));
    } catch (error) {
      // What can be measured is, whatever else cannot.
      failed.push({ subject: name, error: String(error) });
      console.error(error);
    }
  }
  const took = Math.round((Date.now() - startedAt.getTime()) / 1_000);
  console.log(`\n${figureTable(figures)}\n`);
  for (const { subject, error } of failed) console.log(`${subject} could not be measured: ${error}`);
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${startedAt.toISOString().replaceAll(/[-:]|\.\d+/g, '')}${options.quick ? '-quick' : ''}.json`);
  const { quick } = options;
  writeFileSync(file, `${JSON.stringify({ startedAt, seconds: took, quick, machine: described, figures, failed }, null, 2)}\n`);
  console.log(`${took} s; written to ${relative(process.cwd(), file)}`);
}

async function profile(folder: string): Promise<void> {
  const steps = await profileImport(join(folder, 'profiled.db'));
  const total = steps.reduce((sum, { ms }) => sum + ms, 0);
  const rows = steps.map(({ step, ms }) => [step, `${ms.toFixed(0)} ms`, `${((ms / total) * 100).toFixed(1)} %`]);
  console.log(`${machineText(machine())}\n\n${table(['step of an import of the large trace', 'time', 'share'], rows)}`);
}
