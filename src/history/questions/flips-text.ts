/** A page of flips as text to be exported: written where it was read, so that the asking thread only passes it on. */
import type { EventReader } from '../../store/event-store.ts';
import type { FlipAnswer, FlipsTextAnswer } from '../answers.ts';
import { csvRows } from '../flips-csv.ts';
import type { FlipsTextFormat, FlipsTextQuestion } from '../history.ts';
import { flipsAnswer } from './flips.ts';

export function flipsTextAnswer(reader: EventReader, { format, ...question }: FlipsTextQuestion): FlipsTextAnswer {
  const { items, gaps: _gaps, ...page } = flipsAnswer(reader, question);
  return { ...page, text: flipsText(items, format) };
}

/** CSV rows without the header row, or one JSON object a line. Empty for no flips. */
export function flipsText(flips: readonly FlipAnswer[], format: FlipsTextFormat): string {
  return format === 'csv' ? csvRows(flips) : flips.map((flip) => `${JSON.stringify(flip)}\n`).join('');
}
