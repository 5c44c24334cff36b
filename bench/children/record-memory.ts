/** Imports a trace at full speed and tells the most memory it took: `node record-memory.ts LOG [TRACE]`; without one nothing is imported. */
import { importTrace } from '../../src/recorder/import-trace.ts';
import { traceFile } from '../../src/recorder/trace-source.ts';
import { openStore } from '../../src/store/sqlite/store.ts';

export interface RecordMemory {
  /** The most that was ever resident. */
  readonly bytes: number;
}

const [log = '', trace] = process.argv.slice(2);

const store = openStore(log);
if (trace !== undefined) await importTrace({ store, trace: await traceFile(trace), cluster: { name: 'large' } });
store.close();

process.stdout.write(JSON.stringify({ bytes: process.resourceUsage().maxRSS * 1_024 } satisfies RecordMemory));
