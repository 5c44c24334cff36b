/** What recording costs: time, disk and memory, over the large trace. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { traceFile, traceLines } from '../../src/recorder/trace-source.ts';
import type { IngestedLarge } from '../children/ingest-large.ts';
import type { RecordMemory } from '../children/record-memory.ts';
import { runChild } from '../children/run.ts';
import { type BenchOptions, count, type Figure, median, seconds } from '../figure.ts';
import { LARGE_TRACE, writePlainTrace } from '../trace.ts';

const MB = 1_000_000;

/** One of each, taken in turns. */
interface Ingest {
  readonly parse: IngestedLarge;
  readonly lines: IngestedLarge;
  readonly file: IngestedLarge;
}

export async function recordingFigures({ quick, folder, say }: BenchOptions): Promise<Figure[]> {
  const runs: Ingest[] = [];
  const log = join(folder, 'large.db');
  const imported = (way: 'lines' | 'file') => {
    rmSync(log, { force: true });
    return runChild<IngestedLarge>('ingest-large.ts', way, log);
  };
  for (let run = 0, of = quick ? 1 : 5; run < of; run++) {
    say(`importing the large trace, ${run + 1} of ${of}`);
    const parse = await runChild<IngestedLarge>('ingest-large.ts', 'parse');
    runs.push({ parse, lines: await imported('lines'), file: await imported('file') });
  }
  const rawBytes = await rawBytesOfTrace();
  return [ingest(runs, 'file'), ingest(runs, 'lines'), size(rawBytes, log), await memory(folder, say)];
}

/** @param way `lines` takes in what `parse` does; `file` decompresses it too */
function ingest(runs: readonly Ingest[], way: 'lines' | 'file'): Figure {
  const of = (step: keyof Ingest, time: keyof IngestedLarge) => median(runs.map((run) => run[step][time]));
  const both = (time: keyof IngestedLarge) => `${seconds(of(way, time))} against ${seconds(of('parse', time))}`;
  return {
    id: way === 'file' ? 'ingest' : 'ingest-lines',
    what:
      way === 'file'
        ? 'ingest of the large trace, compressed as it lies on disk, against JSON.parse of its lines'
        : 'the same of its lines in memory, decompressed before as they are for JSON.parse',
    value: median(runs.map((run) => run[way].processorMs / run.parse.processorMs)),
    unit: '×',
    goal: { most: 3 },
    from: `${both('processorMs')} of processor time, all threads (by the clock ${both('ms')})`,
    details: { runs },
  };
}

async function rawBytesOfTrace(): Promise<number> {
  let bytes = 0;
  for await (const line of traceLines(await traceFile(LARGE_TRACE), () => undefined)) bytes += line.length + 1;
  return bytes;
}

function size(raw: number, log: string): Figure {
  const { size: bytes } = statSync(log);
  const tables = bytesByTable(log);
  const largest = Object.entries(tables)
    .slice(0, 3)
    .map(([name, each]) => `${name} ${(each / MB).toFixed(2)}`);
  return {
    id: 'log-size',
    what: 'log of the large trace',
    value: (bytes / raw) * 100,
    unit: '%',
    goal: { most: 2 },
    from: `${(bytes / MB).toFixed(2)} MB of ${(raw / MB).toFixed(0)} MB raw (${largest.join(', ')})`,
    details: { bytes, rawBytes: raw, tables },
  };
}

/** Bytes of each table and index, largest first. */
function bytesByTable(log: string): Record<string, number> {
  const db = new Database(log, { readonly: true });
  try {
    const rows = db.prepare('SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC').all();
    return Object.fromEntries((rows as { name: string; bytes: number }[]).map(({ name, bytes }) => [name, bytes]));
  } finally {
    db.close();
  }
}

async function memory(folder: string, say: BenchOptions['say']): Promise<Figure> {
  say('recording the large trace in a process of its own');
  const plain = join(folder, 'large.jsonl');
  await writePlainTrace(plain);
  const idle = await runChild<RecordMemory>('record-memory.ts', join(folder, 'idle.db'));
  const busy = await runChild<RecordMemory>('record-memory.ts', join(folder, 'memory.db'), plain);
  rmSync(plain);
  return {
    id: 'recording-memory',
    what: 'memory while recording the large trace',
    value: busy.bytes / MB,
    unit: 'MB',
    goal: { most: 200 },
    from: `most resident at full speed; ${(idle.bytes / MB).toFixed(0)} MB with an empty log (${count(Math.round((busy.bytes / idle.bytes) * 100))} %)`,
    details: { busyBytes: busy.bytes, idleBytes: idle.bytes },
  };
}
