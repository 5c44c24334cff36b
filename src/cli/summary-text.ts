/** The figures of an incident in words, the same on a terminal and in a postmortem. Texts from the cluster are left as they are. */
import { formatDuration } from '../domain/time.ts';
import type { SummaryAnswer } from '../history/answers.ts';

/** `2026-11-23 16:20:26.814`, as postmortems write it; the zone stands beside it. */
export function utc(time: string): string {
  return time.replace('T', ' ').replace('Z', '');
}

/** A duration that may have been longer says so. */
export function atLeast(ms: number, isLowerBound: boolean): string {
  return `${isLowerBound ? '≥ ' : ''}${formatDuration(ms)}`;
}

/** Label of the fact that its spans follow. */
export const ZERO_READY = 'Zero ready backends';

/** Label and sentence of each fact. None of them says what it meant for users: that is not to be seen here. */
export function incidentFacts(summary: SummaryAnswer): (readonly [label: string, text: string])[] {
  const { leastReady, someNotReadyMs, unlistedMs, unknownMs, firstCause } = summary;
  const isPartial = unknownMs > 0;
  return [
    [ZERO_READY, zeroReadyText(summary)],
    [
      'Least ready',
      leastReady ? `${leastReady.ready} of ${leastReady.ready + leastReady.notReady} at ${utc(leastReady.at)}` : 'not known',
    ],
    ['Some not ready', someNotReadyMs > 0 ? atLeast(someNotReadyMs, isPartial) : neverText(summary)],
    ...(unlistedMs > 0 ? [['No address list', atLeast(unlistedMs, isPartial)] as const] : []),
    ['Flips', flipsText(summary)],
    ...(firstCause ? [['First cause', firstCauseText(firstCause)] as const] : []),
    ['Rollouts', changesText(summary, summary.rollouts.length, ['apps/v1/deployments'])],
    ['Scalings', changesText(summary, summary.scalings.length, ['apps/v1/deployments', 'apps/v1/replicasets'])],
    ['Service edits', changesText(summary, summary.serviceEdits.length, ['v1/services'])],
    ['Not recorded', unknownMs === 0 ? 'nothing; the whole range was recorded' : formatDuration(unknownMs)],
  ];
}

function zeroReadyText(summary: SummaryAnswer): string {
  const { zeroReady, zeroReadyMs, unknownMs } = summary;
  if (zeroReady.length === 0) return neverText(summary);
  const isLowerBound = unknownMs > 0 || zeroReady.some(({ opensBefore, endsAfter }) => opensBefore || endsAfter);
  return `${atLeast(zeroReadyMs, isLowerBound)} in ${zeroReady.length === 1 ? '1 span' : `${zeroReady.length} spans`}`;
}

/** “Never” is only as good as the recording. */
function neverText({ knownMs, unknownMs }: SummaryAnswer): string {
  if (knownMs === 0) return 'not known';
  return unknownMs > 0 ? 'never, where recorded' : 'never';
}

function flipsText({ flips, causes, unknownMs }: SummaryAnswer): string {
  const parts = causes.map((each) => `${each.flips} ${each.cause === 'unknown' ? 'of unknown cause' : each.cause}`);
  return `${unknownMs > 0 ? '≥ ' : ''}${flips}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`;
}

function firstCauseText({ cause, detail, confidence, at }: NonNullable<SummaryAnswer['firstCause']>): string {
  const told = cause === 'unknown' ? 'unknown' : `${cause} (${confidence})${detail === undefined ? '' : `: ${detail}`}`;
  return `${told}, at ${utc(at)}`;
}

/** What was not recorded cannot be denied. */
function changesText({ evidenceGaps }: SummaryAnswer, seen: number, resources: readonly string[]): string {
  const isBlind = evidenceGaps.some(({ stream }) =>
    resources.some((each) => stream === each || stream.startsWith(`${each} in `)),
  );
  if (!isBlind) return seen === 0 ? 'none' : String(seen);
  return seen === 0 ? 'none seen, but not all was recorded' : `≥ ${seen}, not all was recorded`;
}
