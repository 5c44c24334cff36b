/**
 * A postmortem's factual part as Markdown: figures, what happened when, and how sure all that is. It tells what the
 * address lists held; what that meant for users is for its author to say.
 */
import type { Flip } from '../../../src/http/contract.ts';
import { formatDuration, formatSpan } from './duration.ts';
import { facts, type TimelineModel } from './timeline-model.ts';
import { neverText, stateWord } from './words.ts';
import { formatInstant } from './zone.ts';

export interface Report {
  readonly model: TimelineModel;
  /** Oldest first. */
  readonly flips: readonly Flip[];
  /** The range holds more flips than are told. */
  readonly cut: boolean;
  readonly link: string;
}

/** Object content as plain words: no markup, no cell or line break of it comes through. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\\`*_[\]<>#|~&$]/g, '\\$&')
    .trim();
}

const utc = (at: number | string) => formatInstant(typeof at === 'number' ? at : Date.parse(at), 'UTC');

export function markdownReport({ model, flips, cut, link }: Report): string {
  const { answer, range } = model;
  const { namespace, name, cluster } = answer.service;
  const told = facts(model);
  const source = answer.source === 'endpoints' ? 'Endpoints' : 'EndpointSlices';
  const lines = [
    `## ${escapeMarkdown(`${namespace}/${name}`)}, ${utc(range.from)} to ${utc(range.to)} UTC`,
    '',
    `- Zero ready backends: ${told.zeroWindows === 0 ? neverText(told) : `${formatSpan(told.zeroMs, told.zeroIsLowerBound)} in ${told.zeroWindows} ${told.zeroWindows === 1 ? 'window' : 'windows'}`}`,
    `- Least ready: ${told.least ? `${told.least.ready} of ${told.least.of} at ${utc(told.least.at)} UTC` : 'not known'}`,
    `- Some backend not ready: ${told.notAllReadyMs === 0 ? neverText(told) : formatSpan(told.notAllReadyMs, told.unknownMs > 0)}`,
    ...(told.unlistedMs > 0 ? [`- No address list at all: ${formatDuration(told.unlistedMs)}`] : []),
    `- Flips: ${told.flips}`,
    `- Impact on users: `,
    '',
    '| Time (UTC) | Event | Source |',
    '| --- | --- | --- |',
    ...events(model, flips).map(({ at, text, from }) => `| ${utc(at)} | ${text} | ${from} |`),
    ...(cut ? ['', `Only the first ${flips.length} flips are listed; the CSV export has them all.`] : []),
    '',
    `Method: recorded by Flipbook from the ${source} of cluster ${escapeMarkdown(cluster)}, as of log position ${answer.asOf}. Times are when the recorder saw a change; ≥ marks a lower bound.`,
    '',
    told.unknownMs === 0
      ? 'Gaps: none; the whole range was recorded.'
      : `Gaps: nothing is known of ${formatDuration(told.unknownMs)} of the range. Flips in there were not seen.`,
    ...answer.gaps.map(
      (gap) =>
        `- ${gap.from ? `${utc(gap.from)} UTC` : 'before the recording'} to ${gap.to ? `${utc(gap.to)} UTC` : 'now'}: ${escapeMarkdown(`${gap.stream}, ${gap.reason}${gap.detail ? `: ${gap.detail}` : ''}`)}`,
    ),
    '',
    `Link: <${link}>`,
    '',
  ];
  return lines.join('\n');
}

interface Line {
  readonly at: number;
  readonly text: string;
  readonly from: string;
}

function events({ zero, range }: TimelineModel, flips: readonly Flip[]): Line[] {
  const list = flips.map((flip): Line => {
    const who = escapeMarkdown(flip.pod ? `${flip.pod.name} (${flip.address})` : flip.address);
    const cause =
      flip.cause === 'unknown'
        ? ''
        : `; ${escapeMarkdown(flip.cause)} (${flip.confidence})${flip.detail ? `: ${escapeMarkdown(flip.detail)}` : ''}`;
    return {
      at: Date.parse(flip.at),
      text: `${who}: ${stateWord(flip.from)} → ${stateWord(flip.to)}; ${flip.readyAfter} ready, ${flip.notReadyAfter} not ready${cause}`,
      from: `event ${[flip.position, ...flip.evidence].join(', ')}`,
    };
  });
  for (const window of zero) {
    const length = formatSpan(window.to - window.from, window.opensBefore || window.endsAfter);
    if (window.from > range.from)
      list.push({ at: window.from, text: `**Zero ready backends begin** (${length})`, from: 'counts' });
    if (window.to < range.to && !window.endsAfter)
      list.push({ at: window.to, text: '**Zero ready backends end**', from: 'counts' });
  }
  return list.sort((a, b) => a.at - b.at);
}
