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

/** A sample belongs to the first of these that stands on its stack, seen from the innermost frame outwards. */
const STEPS: readonly (readonly [step: string, functionName: string, file: string])[] = [
  ['garbage collection', '(garbage collector)', ''],
  ['waiting (the trace is decompressed in another thread)', '(idle)', ''],
  ...ownSteps(),
];

/** Those that are functions of the project: a test holds that they still are. */
export function ownSteps(): [step: string, functionName: string, file: string][] {
  return [
    ['address lists, by what differs', '#value', 'kubernetes/address-list-parser.ts'],
    ['address lists, by what differs', '#keep', 'kubernetes/address-list-parser.ts'],
    ['JSON.parse', 'parse', 'kubernetes/address-list-parser.ts'],
    ['JSON.parse', 'tryParse', 'kubernetes/watch-line.ts'],
    ['patches of versions', 'makePatch', 'store/sqlite/patch.ts'],
    ['zstd of versions', 'pack', 'store/sqlite/body-codec.ts'],
    ['stored versions, decoded', 'decode', 'store/sqlite/body-codec.ts'],
    ['statements: insert body', '#saveBody', 'store/sqlite/writer.ts'],
    ['statements: insert event', '#insertEvent', 'store/sqlite/writer.ts'],
    ['statements: the last event of an object', 'lastEvent', 'store/sqlite/writer.ts'],
    ['statements: the id of an object', '#objectId', 'store/sqlite/writer.ts'],
    ['statements: is the body the same', 'hasBody', 'store/sqlite/writer.ts'],
    ['statements: cursor', 'saveCursor', 'store/sqlite/writer.ts'],
    ['statements: repeats', 'appendObject', 'store/sqlite/writer.ts'],
    ['statements: lifespan and slices', 'projectObject', 'store/sqlite/projection-writes.ts'],
    ['statements: flips, backends and counts', 'projectService', 'store/sqlite/projection-writes.ts'],
    ['statements: slices of a Service', 'servicesOfSlice', 'store/sqlite/writer.ts'],
    ['statements: begin and commit', 'writeTogether', 'store/sqlite/store.ts'],
    ['backends and flips of a list', 'follow', 'domain/followed-list.ts'],
    ['backends and flips of a list', 'amongSlices', 'domain/flips.ts'],
    ['who wrote a list', 'editorsOf', 'domain/causes/editors.ts'],
    ['counts of a list', 'countBackends', 'domain/backends.ts'],
    ['bounds of flips', 'watchedFlipBounds', 'domain/flips.ts'],
    ['reducing and checking objects', 'receiveParsed', 'kubernetes/received.ts'],
    ['lines and their envelopes', 'decodeTraceLine', 'kubernetes/trace-line.ts'],
    ['lines and their envelopes', 'traceLines', 'recorder/trace-source.ts'],
    ['recorder and projector, the rest', 'commit', 'recorder/recorder.ts'],
  ];
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
      const found = frame && STEPS.find(([, name, file]) => frame.functionName === name && frame.url.endsWith(file));
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
