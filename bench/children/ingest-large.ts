/**
 * Parses every line of the large trace and imports it, each once, cold: `node ingest-large.ts LOG`. Both are measured in
 * processor time too, of all threads: on a busy machine the clock tells how busy it is.
 */
import { importTrace } from '../../src/recorder/import-trace.ts';
import { traceFile, traceLines } from '../../src/recorder/trace-source.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { LARGE_TRACE } from '../trace.ts';

export interface IngestedLarge {
  readonly lines: number;
  readonly rawBytes: number;
  readonly parse: Taken;
  readonly import: Taken;
}

interface Taken {
  readonly ms: number;
  readonly processorMs: number;
}

const [log = ''] = process.argv.slice(2);

async function taken(work: () => unknown): Promise<Taken> {
  const [startedAt, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { ms: performance.now() - startedAt, processorMs: (user + system) / 1_000 };
}

let rawBytes = 0;
const texts: string[] = [];
for await (const line of traceLines(await traceFile(LARGE_TRACE), () => undefined)) {
  rawBytes += line.length + 1;
  texts.push(Buffer.from(line.buffer, line.byteOffset, line.length).toString());
}

const parse = await taken(() => {
  for (const text of texts) JSON.parse(text);
});
const lines = texts.length;
texts.length = 0;

const imported = await taken(async () => {
  const store = openStore(log);
  await importTrace({ store, trace: await traceFile(LARGE_TRACE), cluster: { name: 'large' } });
  store.close();
});

process.stdout.write(JSON.stringify({ lines, rawBytes, parse, import: imported } satisfies IngestedLarge));
