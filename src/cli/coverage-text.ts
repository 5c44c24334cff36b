/** How sure an answer is, in sentences: where the recorder was blind it says so first. */
import type { CoverageStatus, GapAnswer } from '../history/answers.ts';
import type { Cell } from './table.ts';

/** Of one gap: `unknown: the recorder did not watch v1/endpoints from … to … (expired: 410 …)`. */
export function gapSentence(gap: GapAnswer): string {
  if (isBeforeRecording(gap) && gap.detail !== undefined) return `unknown: ${gap.stream} ${spanOf(gap)}: ${gap.detail}`;
  const because = gap.detail ? `${gap.reason}: ${gap.detail}` : gap.reason;
  return `unknown: the recorder did not watch ${gap.stream} ${spanOf(gap)} (${because})`;
}

/** The time before the first that is known. */
const isBeforeRecording = ({ from, to }: GapAnswer): boolean => from === undefined && to !== undefined;

/** The coverage of an answer about an instant. */
export function coverageAt(coverage: CoverageStatus, gaps: readonly GapAnswer[], lastKnownAt?: string): Cell[] {
  if (coverage === 'complete') return [{ text: 'complete', colour: 'green' }];
  const before = gaps.find(isBeforeRecording);
  const first =
    coverage === 'before-recording'
      ? [
          `unknown: ${before?.detail ?? `nothing was recorded yet${before === undefined ? '' : `; recording began at ${before.to}`}`}`,
        ]
      : gaps.length > 0
        ? gaps.map(gapSentence)
        : ['unknown: the recorder was not watching then'];
  const last = lastKnownAt === undefined ? [] : [`what follows is last known, at ${lastKnownAt}`];
  return [...first, ...last].map((text) => ({ text, colour: 'yellow' }) as const);
}

const GAPS_SHOWN = 20;

/** The coverage of an answer about a window. */
export function coverageOver(coverage: CoverageStatus, gaps: readonly GapAnswer[]): Cell[] {
  if (coverage === 'complete' && gaps.length === 0) return [{ text: 'complete', colour: 'green' }];
  const shown = gaps.slice(0, GAPS_SHOWN).map(gapSentence);
  if (gaps.length > GAPS_SHOWN) shown.push(`and ${gaps.length - GAPS_SHOWN} more gaps: -o json lists them all`);
  const before = gaps.find(isBeforeRecording);
  if (coverage === 'before-recording') shown.unshift(`unknown: ${before?.detail ?? 'nothing was recorded yet'}`);
  if (shown.length === 0) shown.push('unknown: the recorder was not watching all the time');
  return shown.map((text) => ({ text, colour: 'yellow' }) as const);
}

function spanOf({ from, to }: GapAnswer): string {
  if (from !== undefined && to !== undefined) return `from ${from} to ${to}`;
  if (from !== undefined) return `from ${from} on`;
  return to === undefined ? 'at all' : `before ${to}`;
}
