/**
 * One way to go through the large trace, once and cold: `node ingest-large.ts parse|lines|file [LOG]`.
 *
 * - `parse`: `JSON.parse` alone of its lines, which are text already
 * - `lines`: imports the same lines, decompressed before, as bytes in memory, into a new log
 * - `file`: imports the trace as it lies on disk, compressed, into a new log
 *
 * Each in a process of its own: else one pays for the garbage of another. Processor time is that of all threads: on a
 * busy machine the clock tells how busy it is.
 */
import { importTrace } from '../../src/recorder/import-trace.ts';
import { type TraceBytes, traceFile, traceLines } from '../../src/recorder/trace-source.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { LARGE_TRACE } from '../trace.ts';

export interface IngestedLarge {
  readonly ms: number;
  readonly processorMs: number;
}

/** As a file is read: see `trace-source.ts`. */
const CHUNK_BYTES = 256 << 10;

const NEWLINE = Uint8Array.of(0x0a);

const [way, log = ''] = process.argv.slice(2);

process.stdout.write(JSON.stringify(await (way === 'parse' ? parsed() : way === 'lines' ? linesImported() : fileImported())));

async function parsed(): Promise<IngestedLarge> {
  const texts: string[] = [];
  for await (const line of lines()) texts.push(Buffer.from(line.buffer, line.byteOffset, line.length).toString());
  return taken(() => {
    for (const text of texts) JSON.parse(text);
  });
}

async function linesImported(): Promise<IngestedLarge> {
  const pieces: Uint8Array[] = [];
  for await (const line of lines()) pieces.push(Uint8Array.from(line), NEWLINE);
  const bytes = Buffer.concat(pieces);
  pieces.length = 0;
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
  }
  return taken(() => imported({ name: 'large', chunks: chunks() }));
}

async function fileImported(): Promise<IngestedLarge> {
  return taken(async () => imported(await traceFile(LARGE_TRACE)));
}

async function imported(trace: TraceBytes): Promise<void> {
  const store = openStore(log);
  await importTrace({ store, trace, cluster: { name: 'large' } });
  store.close();
}

async function* lines(): AsyncGenerator<Uint8Array> {
  yield* traceLines(await traceFile(LARGE_TRACE), () => undefined);
}

async function taken(work: () => unknown): Promise<IngestedLarge> {
  const [startedAt, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { ms: performance.now() - startedAt, processorMs: (user + system) / 1_000 };
}
