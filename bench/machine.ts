/** On what the figures were measured: without it they mean little. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import Database from 'better-sqlite3';

export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly sqlite: string;
  /** Of the last minute, before the benchmarks began: above 0.5 others were at work. */
  readonly load: number;
}

export function machine(): Machine {
  const memory = new Database(':memory:');
  const { version } = memory.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  memory.close();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    sqlite: version,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

export function machineText({ cpu, cpus, memoryGiB, platform, node, sqlite, load }: Machine): string {
  return `${cpus} × ${cpu}, ${memoryGiB} GiB, ${platform}; Node ${node}, SQLite ${sqlite}; load before the run ${load}`;
}
