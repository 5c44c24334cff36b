/** Memory of a recorder that knows a cluster as large as Kubernetes says that one may be. */
import { join } from 'node:path';
import type { KnownState } from '../children/known-state.ts';
import { runChild } from '../children/run.ts';
import { type BenchOptions, count, type Figure, seconds } from '../figure.ts';

const MB = 1_000_000;

export async function knownStateFigures({ quick, folder, say }: BenchOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  const [services, nodes, flips] = quick ? [500, 500, 500] : [5_000, 5_000, 3_000];
  for (const first of quick ? (['paged'] as const) : (['paged', 'streamed'] as const)) {
    say(`recording a cluster of ${count(services * 30)} Pods, its first state ${first}`);
    const sizes = [services, 30, nodes, flips].map(String);
    const measured = await runChild<KnownState>('known-state.ts', join(folder, `known-${first}.db`), first, ...sizes);
    const { objects, listedMs, listedPeakBytes, peakBytes, restBytes, processorMsPerFlip } = measured;
    figures.push({
      id: `known-state-${first}`,
      what: `memory of a recorder of ${count(services * 30)} Pods and ${count(services)} Services, first state ${first}`,
      value: peakBytes / MB,
      unit: 'MB',
      goal: { most: 600 },
      from:
        `most resident, with the image's settings of malloc; ${(listedPeakBytes / MB).toFixed(0)} MB up to the end of the first lists (${count(objects)} objects in ${seconds(listedMs)}), ` +
        `${(restBytes / MB).toFixed(0)} MB at rest after ${count(flips)} changes of ${processorMsPerFlip.toFixed(2)} ms of processor time each`,
      details: { ...measured },
    });
  }
  return figures;
}
