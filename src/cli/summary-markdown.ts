/**
 * A postmortem's factual part as Markdown: figures, what happened when, how it was seen, and what was not. It tells what the
 * address lists held; what that meant for users is for its author to say.
 */
import { formatDuration } from '../domain/time.ts';
import type { GapAnswer, SummaryAnswer, ZeroReadyAnswer } from '../history/answers.ts';
import { escapeMarkdown, tableRow } from './markdown.ts';
import { atLeast, incidentFacts, utc, ZERO_READY } from './summary-text.ts';

const IMPACT = '- Impact on users: _to be filled in_';

export function summaryMarkdown(summary: SummaryAnswer): string {
  const { service, from, to, zeroReady, events, eventsLeftOut } = summary;
  const lines = [
    `## ${escapeMarkdown(`${service.namespace}/${service.name}`)}, ${utc(from)} to ${utc(to)} UTC`,
    '',
    IMPACT,
    ...incidentFacts(summary).flatMap(([label, text]) => [
      `- ${label}: ${escapeMarkdown(text)}`,
      ...(label === ZERO_READY ? zeroReady.map(spanLine) : []),
    ]),
    '',
    tableRow(['Time (UTC)', 'Event', 'Source']),
    '| --- | --- | --- |',
    ...events.map(({ at, text, source, evidence }) => tableRow([utc(at), text, sourceText(source, evidence)])),
    ...(eventsLeftOut > 0 ? ['', `${eventsLeftOut} later bursts of flips are not listed.`] : []),
    '',
    method(summary),
    '',
    ...gapLines(summary),
  ];
  return `${lines.join('\n')}\n`;
}

function spanLine({ from, to, opensBefore, endsAfter, durationMs }: ZeroReadyAnswer): string {
  return `  - from ${utc(from)} to ${utc(to)}: ${atLeast(durationMs, opensBefore || endsAfter)}`;
}

function sourceText(source: string, evidence: readonly number[]): string {
  return evidence.length === 0 ? source : `${source}, ${evidence.length === 1 ? 'event' : 'events'} ${evidence.join(', ')}`;
}

function method({ service, source, asOf }: SummaryAnswer): string {
  const kind = source === 'endpoints' ? 'v1 Endpoints' : 'EndpointSlices';
  return [
    `Method: recorded by Flipbook from the ${kind} of cluster ${escapeMarkdown(service.cluster)}, as of log position ${asOf}: asked again`,
    `with \`--asof ${asOf}\` it answers the same. Times are when the recorder received a change. The range includes its start and not its end.`,
    '“Event 42” is the event at position 42 of the log. ≥ marks a lower bound. A cause is observed where an event names it, inferred where',
    'timing and objects imply it. Flips that are alike and at most 5s apart are told in one line.',
  ].join('\n');
}

function gapLines({ gaps, evidenceGaps, unknownMs, coverage }: SummaryAnswer): string[] {
  const first =
    coverage === 'complete' && unknownMs === 0
      ? 'Gaps: none; the address list was recorded over the whole range.'
      : `Gaps: nothing is known of ${formatDuration(unknownMs)} of the range. Flips in there were not seen.`;
  const evidence =
    evidenceGaps.length > 0 ? ['', 'Causes, rollouts, scalings or edits may be missing where these were not recorded:'] : [];
  return [first, ...gaps.map(gapLine), ...evidence, ...evidenceGaps.map(gapLine)];
}

function gapLine({ stream, from, to, reason, detail }: GapAnswer): string {
  const begin = from === undefined ? 'before the recording' : utc(from);
  const end = to === undefined ? (from === undefined ? '' : ' on') : ` to ${utc(to)}`;
  return `- ${begin}${end}: ${escapeMarkdown(`${stream}, ${reason}${detail === undefined ? '' : `: ${detail}`}`)}`;
}
