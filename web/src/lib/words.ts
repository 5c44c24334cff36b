/** The page's sentences about facts. Times carry their zone, durations say `≥` where they are lower bounds. */
import { formatDuration, formatSpan } from './duration.ts';
import { flipsIn, type Piece, type Run, type RunState } from './runs.ts';
import { type CountsStep, type Facts, facts, type LaneModel, type TimelineModel } from './timeline-model.ts';
import { formatInstant, zoneLabel } from './zone.ts';

export const STATE_WORDS: Record<RunState, string> = {
  ready: 'ready',
  notReady: 'not ready',
  serving: 'terminating, still serving',
  terminating: 'terminating',
  absent: 'absent',
  gap: 'no data',
  'before-recording': 'not recorded yet',
};

/** Unknown states always render: a newer server may tell of one that this page does not know. */
export const stateWord = (state: string): string => (STATE_WORDS as Record<string, string>)[state] ?? state;

const dayOf = (instant: string) => instant.slice(0, 10);
const clockOf = (instant: string) => instant.slice(11);

/** `14:02:10.000–14:03:55.120 UTC`, with dates where the two ends fall on different days. */
export function spanText(from: number, to: number, zone: string): string {
  const [first, last] = [formatInstant(from, zone), formatInstant(to, zone)];
  const sameDay = dayOf(first) === dayOf(last);
  return `${sameDay ? clockOf(first) : first}–${sameDay ? clockOf(last) : last} ${zoneLabel(zone, from)}`;
}

export function pieceText(piece: Piece, zone: string): string {
  const length = formatSpan(piece.to - piece.from, piece.opensBefore || piece.endsAfter);
  return `${stateWord(piece.state)} ${spanText(piece.from, piece.to, zone)}, ${length}`;
}

export function runText(lane: LaneModel, run: Run, zone: string): string {
  const first = lane.pieces[run.first];
  const last = lane.pieces[run.last];
  if (!first || !last) return '';
  if (!run.mixed) return pieceText(first, zone);
  return `${flipsText(lane, run)}, worst ${stateWord(run.state)}, ${spanText(first.from, last.to, zone)}; zoom in to tell them apart`;
}

/** `3 ready, 1 not ready`; of a bucket `1,843–1,850 ready, up to 12 not ready, 37 flips`. */
export function countsText({ ready = 0, mostReady = ready, notReady = 0, terminating = 0, flips }: CountsStep): string {
  const number = (value: number) => value.toLocaleString('en');
  const upTo = flips === undefined ? '' : 'up to ';
  const parts = [
    `${mostReady > ready ? `${number(ready)}–${number(mostReady)}` : number(ready)} ready`,
    `${notReady > 0 ? upTo : ''}${number(notReady)} not ready`,
    ...(terminating > 0 ? [`${upTo}${number(terminating)} terminating`] : []),
    ...(flips ? [`${number(flips)} ${flips === 1 ? 'flip' : 'flips'}`] : []),
  ];
  return parts.join(', ');
}

/** `37 flips` of a mixed run. */
export function flipsText(lane: LaneModel, run: Run): string {
  const flips = lane.pieces.slice(run.first, run.last + 1).reduce((sum, piece) => sum + flipsIn(piece), 0);
  return `${flips.toLocaleString('en')} ${flips === 1 ? 'flip' : 'flips'}`;
}

/** One paragraph that says what the drawing shows. */
export function summary(model: TimelineModel, zone: string): string {
  const { service } = model.answer;
  const told = facts(model);
  const parts = [
    `Service ${service.namespace}/${service.name}, ${spanText(model.range.from, model.range.to, zone)}:`,
    `${model.answer.laneCount} ${model.answer.laneCount === 1 ? 'backend' : 'backends'}, ${told.flips} ${told.flips === 1 ? 'flip' : 'flips'}.`,
  ];
  if (told.least) parts.push(`Least ready: ${told.least.ready} of ${told.least.of}.`);
  parts.push(
    told.zeroWindows === 0
      ? `Zero ready: ${neverText(told)}.`
      : `Zero ready for ${formatSpan(told.zeroMs, told.zeroIsLowerBound)} in ${told.zeroWindows} ${told.zeroWindows === 1 ? 'window' : 'windows'}.`,
  );
  if (told.unknownMs > 0) parts.push(`No data for ${formatDuration(told.unknownMs)}.`);
  return parts.join(' ');
}

/** “Never” is only as good as the recording: what was not recorded may hold what is denied here. */
export function neverText({ knownMs, unknownMs }: Facts): string {
  if (knownMs === 0) return 'not known';
  return unknownMs > 0 ? 'never, where recorded' : 'never';
}
