/** The CSV of every flip in a long log, as a script fetches it. */
import { type EpochMs, epochMs, formatTime } from '../../src/domain/time.ts';
import { type BenchedServer, serve } from '../children/server.ts';
import { type BenchOptions, count, type Figure, median, seconds, timed } from '../figure.ts';
import { readFlipRows } from './bare-rows.ts';
import type { GeneratedLog } from './long-log.ts';

const NEWLINE = 0x0a;
/** How often memory is looked at in one export. */
const SAMPLES = 60;
const MB = 1_000_000;
const MOST_FLIPS = 1_000_000;

export async function csvFigures({ quick, say }: BenchOptions, log: GeneratedLog): Promise<Figure[]> {
  await using server = await serve(log.file);
  // Half of the flips are told by slices, which this export leaves out.
  const to = epochMs(log.from + (log.to - log.from) * Math.min(1, MOST_FLIPS / (log.flips / 2)));
  const flips = readFlipRows(log.file, 'endpoints', to);
  // The first export warms up: what a process takes once is no growth.
  await exportAll(server, flips, to);
  const exports: Taken[] = [];
  const rows: Taken[] = [];
  let memory: number[] = [];
  for (let turn = 0, of = quick ? 2 : 3; turn < of; turn++) {
    say(`exporting ${count(flips)} flips, ${turn + 1} of ${of}`);
    const own = async () => cpuMs(process.cpuUsage());
    rows.push(await taken(own, () => readFlipRows(log.file, 'endpoints', to)));
    exports.push(
      await taken(server.processorMs, async () => {
        memory = await exportAll(server, flips, to);
      }),
    );
  }
  const tenth = Math.max(1, Math.floor(memory.length / 10));
  const [first, last] = [median(memory.slice(0, tenth)), median(memory.slice(-tenth))];
  const ms = (all: readonly Taken[]) => median(all.map((each) => each.ms));
  const processor = (all: readonly Taken[]) => seconds(median(all.map(({ processorMs }) => processorMs)));
  const what = `CSV of ${count(flips)} flips`;
  const details = { flips, rows, exports, residentBytes: memory };
  return [
    {
      id: 'csv-speed',
      what: `${what}: speed`,
      value: median(exports.map((each, turn) => (rows[turn]?.ms ?? Number.NaN) / each.ms)) * 100,
      unit: '%',
      goal: { least: 50 },
      from: `${seconds(ms(exports))} over HTTP, its rows alone ${seconds(ms(rows))} (processor time ${processor(exports)} in three threads, ${processor(rows)})`,
      details,
    },
    {
      id: 'csv-memory',
      what: `${what}: growth of memory`,
      value: (last - first) / MB,
      unit: 'MB',
      goal: { most: 10 },
      from: `resident ${(first / MB).toFixed(0)} MB in the first tenth, ${(last / MB).toFixed(0)} MB in the last, ${(Math.max(...memory) / MB).toFixed(0)} MB at most`,
      details,
    },
  ];
}

interface Taken {
  readonly ms: number;
  readonly processorMs: number;
}

const cpuMs = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1_000;

/** @param processorMs what the working process has used so far */
async function taken(processorMs: () => Promise<number>, work: () => unknown): Promise<Taken> {
  const used = await processorMs();
  const ms = await timed(work);
  return { ms, processorMs: (await processorMs()) - used };
}

/** @returns the server's resident memory at even distances, in bytes */
async function exportAll(server: BenchedServer, flips: number, to: EpochMs): Promise<number[]> {
  const body = await server.get(`/api/v1/flips.csv?to=${formatTime(to)}`);
  const samples: Promise<number>[] = [];
  let lines = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++;
    if (lines / flips >= samples.length / SAMPLES) samples.push(server.residentBytes());
  }
  if (lines !== flips + 1) throw new Error(`the export has ${lines} lines for ${flips} flips`);
  return Promise.all(samples);
}
