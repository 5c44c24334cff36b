/** Why a segment began, as far as the flips at hand tell: those of the table's page, and those where the selected one begins. */
import { computed } from '@preact/signals';
import type { Flip } from '../../../src/http/contract.ts';
import type { Piece } from '../lib/runs.ts';
import type { LaneModel } from '../lib/timeline-model.ts';
import { chosenFlips, flips } from './data.ts';

const startKey = (at: number, ip: string, uid: string | undefined) => `${at}|${ip}|${uid ?? ''}`;

const byStart = computed(
  () =>
    new Map<string, Flip>(
      [...(flips.data.value?.items ?? []), ...(chosenFlips.data.value?.items ?? [])].map((flip) => [
        startKey(Date.parse(flip.at), flip.address, flip.pod?.uid),
        flip,
      ]),
    ),
);

/** The flip that the segment, or an absence, began with. */
export function flipThatBegan({ lane }: LaneModel, piece: Piece): Flip | undefined {
  return byStart.value.get(startKey(piece.from, lane.address, lane.pod?.uid));
}

/** `node node-1 stopped reporting (observed)`; `undefined` where nothing tells. */
export function causeText(lane: LaneModel, piece: Piece | undefined): string | undefined {
  const flip = piece && flipThatBegan(lane, piece);
  if (!flip || flip.cause === 'unknown') return undefined;
  return `${flip.detail ?? flip.cause} (${flip.confidence})`;
}
