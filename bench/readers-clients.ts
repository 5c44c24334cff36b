/** The clients of {@link ./readers.ts}: each exports the whole log, and then again. */
import { parentPort, workerData } from 'node:worker_threads';

const { url, clients } = workerData as { url: string; clients: number };
const stop = new AbortController();
let [exports, bytes] = [0, 0];

async function exportOver(accept: string): Promise<void> {
  while (!stop.signal.aborted) {
    const response = await fetch(`${url}/api/v1/flips`, { headers: { accept }, signal: stop.signal });
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) bytes += chunk.length;
    exports++;
  }
}

parentPort?.once('message', () => stop.abort());
const formats = ['text/csv', 'application/x-ndjson'];
await Promise.allSettled(Array.from({ length: clients }, (_, index) => exportOver(formats[index % formats.length] as string)));
parentPort?.postMessage({ exports, bytes });
