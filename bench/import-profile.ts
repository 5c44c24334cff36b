/** Where an import of the large trace spends its time, by step: a CPU profile, read by the functions that stand on the stack. */

import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { importTrace } from '../src/recorder/import-trace.ts';
import { traceFile } from '../src/recorder/trace-source.ts';
import { openStore } from '../src/store/sqlite/store.ts';
import { LARGE_TRACE } from './trace.ts';

export interface Step {
  readonly step: string;
  readonly ms: number;
}

type Frame = Profiler.ProfileNode['callFrame'];

/** A sample belongs to the first of these that stands on its stack, seen from the innermost frame outwards. */
const STEPS: readonly (readonly [step: string, matches: (frame: Frame) => boolean])[] = [
  ['garbage collection', ({ functionName }) => functionName === '(garbage collector)'],
  ['waiting (the trace is decompressed in another thread)', ({ functionName }) => functionName === '(idle)'],
  ['address lists, by what differs', called('#value', 'address-list-parser.ts')],
  ['address lists, by what differs', called('#keep', 'address-list-parser.ts')],
  ['JSON.parse', called('parse', 'address-list-parser.ts')],
  ['JSON.parse', called('tryParse', 'watch-line.ts')],
  ['zstd of versions: a compressor for each', ({ functionName, url }) => functionName === 'Zstd' && url === 'node:zlib'],
  ['zstd of versions', called('compress', 'bodies.ts')],
  ['zstd of stored versions, decoded', called('decode', 'bodies.ts')],
  ['statements: insert body', called('#saveBody', 'writer.ts')],
  ['statements: insert event', called('#insertEvent', 'writer.ts')],
  ['statements: the last event of an object', called('lastEvent', 'writer.ts')],
  ['statements: the id of an object', called('#objectId', 'writer.ts')],
  ['statements: is the body the same', called('hasBody', 'writer.ts')],
  ['statements: cursor', called('saveCursor', 'writer.ts')],
  ['statements: repeats', called('appendObject', 'writer.ts')],
  ['statements: lifespan and slices', called('projectObject', 'projection-writes.ts')],
  ['statements: flips, backends and counts', called('projectService', 'projection-writes.ts')],
  ['statements: slices of a Service', called('servicesOfSlice', 'writer.ts')],
  ['statements: begin and commit', called('writeTogether', 'store.ts')],
  ['backends and flips of a list', called('follow', 'followed-list.ts')],
  ['backends and flips of a list', called('amongSlices', 'flips.ts')],
  ['who wrote a list', called('editorsOf', 'editors.ts')],
  ['counts of a list', called('countBackends', 'backends.ts')],
  ['bounds of flips', called('watchedFlipBounds', 'flips.ts')],
  ['reducing and checking objects', called('receiveParsed', 'received.ts')],
  ['lines and their envelopes', called('decodeTraceLine', 'trace-line.ts')],
  ['lines and their envelopes', called('traceLines', 'trace-source.ts')],
  ['recorder and projector, the rest', called('commit', 'recorder.ts')],
];

function called(name: string, file: string) {
  return ({ functionName, url }: Frame) => functionName === name && url.endsWith(`/${file}`);
}

/** @returns steps, longest first */
export async function profileImport(log: string): Promise<Step[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  const store = openStore(log);
  await session.post('Profiler.start');
  await importTrace({ store, trace: await traceFile(LARGE_TRACE), cluster: { name: 'large' } });
  store.close();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return stepsOf(profile);
}

function stepsOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Step[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parent = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const stepOf = (id: number): string => {
    for (let at: number | undefined = id; at !== undefined; at = parent.get(at)) {
      const frame = byId.get(at)?.callFrame;
      const found = frame && STEPS.find(([, matches]) => matches(frame));
      if (found) return found[0];
    }
    return 'everything else';
  };
  const steps = new Map<number, string>(nodes.map(({ id }) => [id, stepOf(id)]));
  const total = new Map<string, number>();
  samples.forEach((id, index) => {
    const step = steps.get(id) ?? 'everything else';
    total.set(step, (total.get(step) ?? 0) + (timeDeltas[index] ?? 0) / 1_000);
  });
  return [...total].map(([step, ms]) => ({ step, ms })).sort((a, b) => b.ms - a.ms);
}
