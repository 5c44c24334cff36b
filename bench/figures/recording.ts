/** What recording costs: time, disk and memory, over the large trace. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { IngestedLarge } from '../children/ingest-large.ts';
import type { RecordMemory } from '../children/record-memory.ts';
import { runChild } from '../children/run.ts';
import { type BenchOptions, count, type Figure, median, seconds } from '../figure.ts';
import { writePlainTrace } from '../trace.ts';

const MB = 1_000_000;

export async function recordingFigures({ quick, folder, say }: BenchOptions): Promise<Figure[]> {
  const runs: IngestedLarge[] = [];
  const log = join(folder, 'large.db');
  for (let run = 0, of = quick ? 1 : 5; run < of; run++) {
    say(`importing the large trace, ${run + 1} of ${of}`);
    rmSync(log, { force: true });
    runs.push(await runChild<IngestedLarge>('ingest-large.ts', log));
  }
  return [ingest(runs), size(runs, log), await memory(folder, say)];
}

function ingest(runs: readonly IngestedLarge[]): Figure {
  const of = (step: 'parse' | 'import', time: 'ms' | 'processorMs') => median(runs.map((run) => run[step][time]));
  const both = (time: 'ms' | 'processorMs') => `${seconds(of('import', time))} against ${seconds(of('parse', time))}`;
  return {
    id: 'ingest',
    what: 'ingest of the large trace against JSON.parse of its lines',
    value: median(runs.map((run) => run.import.processorMs / run.parse.processorMs)),
    unit: '×',
    goal: { most: 3 },
    from: `${both('processorMs')} of processor time, all threads (by the clock ${both('ms')})`,
    details: { runs },
  };
}

function size(runs: readonly IngestedLarge[], log: string): Figure {
  const raw = runs[0]?.rawBytes ?? Number.NaN;
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
