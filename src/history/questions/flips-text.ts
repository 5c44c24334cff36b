/** A page of flips as text to be exported: written where it was read, so that the asking thread only passes it on. */
import type { EventReader } from '../../store/event-store.ts';
import type { FlipAnswer, FlipsTextAnswer } from '../answers.ts';
import { csvRows, csvRowsOf } from '../flips-csv.ts';
import type { FlipsTextFormat, FlipsTextQuestion } from '../history.ts';
import { flipAnswer } from '../to-answer.ts';
import { flipsPage } from './flips.ts';

/** More than a page of JSON has: an export is read to its end, and what is done once a page counts less. */
const MOST_FLIPS = 5_000;

export function flipsTextAnswer(reader: EventReader, { format, ...question }: FlipsTextQuestion): FlipsTextAnswer {
  const { head, items, nextCursor, clusterName } = flipsPage(reader, question, MOST_FLIPS);
  const { gaps: _gaps, ...page } = head;
  const text =
    format === 'csv'
      ? csvRowsOf(items, clusterName)
      : jsonLines(items.map((each) => flipAnswer(each, clusterName(each.flip.service.clusterId))));
  return { ...page, text, ...(nextCursor === undefined ? {} : { nextCursor }) };
}

/** CSV rows without the header row, or one JSON object a line. Empty for no flips. */
export function flipsText(flips: readonly FlipAnswer[], format: FlipsTextFormat): string {
  return format === 'csv' ? csvRows(flips) : jsonLines(flips);
}

function jsonLines(flips: readonly FlipAnswer[]): string {
  return flips.map((flip) => `${JSON.stringify(flip)}\n`).join('');
}
