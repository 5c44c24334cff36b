/** Exports of every flip in a long log, as CSV and as NDJSON, as a script fetches them. */
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

const FORMATS = {
  csv: { accept: 'text/csv', headerLines: 1 },
  ndjson: { accept: 'application/x-ndjson', headerLines: 0 },
} as const;
type Format = keyof typeof FORMATS;

export async function exportFigures({ quick, say }: BenchOptions, log: GeneratedLog): Promise<Figure[]> {
  await using server = await serve(log.file);
  // Half of the flips are told by slices, which these exports leave out.
  const to = epochMs(log.from + (log.to - log.from) * Math.min(1, MOST_FLIPS / (log.flips / 2)));
  const flips = readFlipRows(log.file, 'endpoints', to);
  const exported = (format: Format) => exportAll(server, format, flips, to);
  // The first exports warm up: what a process takes once, in each of its two reader threads, is no growth.
  for (const format of ['csv', 'ndjson'] as const) for (let turn = 0; turn < (quick ? 4 : 1); turn++) await exported(format);
  const exports: Record<Format, Taken[]> = { csv: [], ndjson: [] };
  const rows: Taken[] = [];
  const memories: number[][] = [];
  for (let turn = 0, of = quick ? 2 : 4; turn < of; turn++) {
    const own = async () => cpuMs(process.cpuUsage());
    rows.push(await taken(own, () => readFlipRows(log.file, 'endpoints', to)));
    for (const format of ['csv', 'ndjson'] as const) {
      say(`exporting ${count(flips)} flips as ${format}, ${turn + 1} of ${of}`);
      const work = async () => memories.push(await exported(format));
      exports[format].push(await taken(server.processorMs, work));
    }
  }
  const ms = (all: readonly Taken[]) => median(all.map((each) => each.ms));
  const processor = (all: readonly Taken[]) => seconds(median(all.map(({ processorMs }) => processorMs)));
  const details = { flips, rows, exports, residentBytes: memories };
  const speed = (format: Format, what: string, goal?: Figure['goal']): Figure => ({
    id: `${format}-speed`,
    what: `${what} of ${count(flips)} flips: speed`,
    value: median(exports[format].map((each, turn) => (rows[turn]?.ms ?? Number.NaN) / each.ms)) * 100,
    unit: '%',
    ...(goal ? { goal } : {}),
    from: `${seconds(ms(exports[format]))} over HTTP, its rows alone ${seconds(ms(rows))} (processor time ${processor(exports[format])} in three threads, ${processor(rows)})`,
    details,
  });
  // The last export of CSV: the one before the last of all.
  const last = memories.at(-2) as number[];
  const tenth = Math.max(1, Math.floor(last.length / 10));
  const within = [median(last.slice(0, tenth)), median(last.slice(-tenth))] as const;
  const levels = memories.map((each) => median(each));
  const half = levels.length / 2;
  const growth = median(levels.slice(half)) - median(levels.slice(0, half));
  const mb = (bytes: number) => `${(bytes / MB).toFixed(0)} MB`;
  return [
    speed('csv', 'CSV', { least: 50 }),
    speed('ndjson', 'NDJSON'),
    {
      id: 'csv-memory',
      what: `CSV of ${count(flips)} flips: growth of memory`,
      value: (within[1] - within[0]) / MB,
      unit: 'MB',
      goal: { most: 10 },
      from: `resident ${mb(within[0])} in the first tenth, ${mb(within[1])} in the last, ${mb(Math.max(...last))} at most`,
      details,
    },
    {
      id: 'exports-memory',
      what: `${levels.length} exports of ${count(flips)} flips, CSV and NDJSON in turns: growth of memory`,
      value: growth / MB,
      unit: 'MB',
      goal: { most: 10 },
      from: `from the first half of them to the second; resident, each the median of an export: ${levels.map(mb).join(', ')}`,
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
async function exportAll(server: BenchedServer, format: Format, flips: number, to: EpochMs): Promise<number[]> {
  const { accept, headerLines } = FORMATS[format];
  const body = await server.get(`/api/v1/flips?to=${formatTime(to)}`, { accept });
  const samples: Promise<number>[] = [];
  let lines = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++;
    if (lines / flips >= samples.length / SAMPLES) samples.push(server.residentBytes());
  }
  if (lines !== flips + headerLines) throw new Error(`the export has ${lines} lines for ${flips} flips`);
  return Promise.all(samples);
}
