/** Counts over time, and the spans with zero ready backends. */
import type { Source } from '../domain/backends.ts';
import { type EpochMs, epochMs, formatTime } from '../domain/time.ts';
import type { ListChange } from '../store/event-store.ts';
import type { TimelineAnswer } from './answers.ts';
import type { CountsPoint, Span } from './count-facts.ts';
import type { WindowPart } from './gaps.ts';
import type { ChangesOfPart } from './list-changes.ts';
import type { LogView } from './log-view.ts';
import type { SeenService } from './resolve.ts';

/** Counts from `at` on. */
type Step = Pick<ListChange, 'at' | 'ready' | 'notReady' | 'terminating' | 'listed'>;

/** What stands for a Service that the source, though complete, had told nothing of. */
const NONE = { ready: 0, notReady: 0, terminating: 0, listed: false };

/** A span in which the source listed the Service with no ready backend. */
export interface ZeroSpan extends Span {
  readonly opensBefore: boolean;
  readonly endsAfter: boolean;
}

export interface CountedWindow {
  readonly points: readonly CountsPoint[];
  readonly zeroReady: readonly ZeroSpan[];
}

/**
 * Counts as steps, beginning with those in force at the start of the window, with a point without counts where a part
 * that is not known begins; and the spans in which the source listed the Service with no ready backend.
 */
export function countsOver(
  { reader, asOf }: LogView,
  { record }: SeenService,
  source: Source,
  told: readonly ChangesOfPart[],
): CountedWindow {
  const inForceAt = (at: EpochMs): Step => {
    const counts = record && reader.countsAt({ serviceId: record.id, source, at, asOf });
    return { ...(counts ?? NONE), at };
  };
  const points: CountsPoint[] = [];
  const zeroReady: ZeroSpan[] = [];
  for (const { part, changes } of told) {
    if (part.kind !== 'known') {
      points.push({ at: part.from });
      continue;
    }
    const steps = [inForceAt(part.from), ...lastingAfter(part.from, changes)];
    steps.forEach((step, index) => {
      if (index === 0 || !isAlike(step, steps[index - 1] as Step)) points.push(step);
    });
    zeroReady.push(
      ...zeroSpans(steps, part, {
        before: part.opensAtEdge || isZero(inForceAt(epochMs(part.from - 1))),
        after: !part.endIsKnown || isZero(inForceAt(part.to)),
      }),
    );
  }
  return { points, zeroReady };
}

export const countsAnswer = (points: readonly CountsPoint[]): TimelineAnswer['counts'] =>
  points.map(({ at, ready, notReady, terminating }) =>
    ready === undefined ? { at: formatTime(at) } : { at: formatTime(at), ready, notReady, terminating },
  );

export const zeroReadyAnswer = (spans: readonly ZeroSpan[]): TimelineAnswer['zeroReady'] =>
  spans.map(({ from, to, ...edges }) => ({ from: formatTime(from), to: formatTime(to), ...edges }));

/** Of several events in one millisecond only the last left counts that lasted. */
const lastingAfter = (at: EpochMs, changes: readonly ListChange[]): ListChange[] =>
  changes.filter((change, index) => change.at > at && changes[index + 1]?.at !== change.at);

const isAlike = (a: Step, b: Step): boolean =>
  a.ready === b.ready && a.notReady === b.notReady && a.terminating === b.terminating;

const isZero = ({ listed, ready }: Step): boolean => listed && ready === 0;

/** @param touching whether a zero at the first instant of the part, or at its last, may have lasted beyond it */
function zeroSpans(steps: readonly Step[], part: WindowPart, touching: { before: boolean; after: boolean }): ZeroSpan[] {
  const spans: ZeroSpan[] = [];
  let since: EpochMs | undefined;
  const close = (to: EpochMs, endsAfter: boolean) => {
    if (since !== undefined && since < to) {
      const opensBefore = since === part.from && touching.before;
      spans.push({ from: since, to, opensBefore, endsAfter });
    }
    since = undefined;
  };
  for (const step of steps) {
    if (!isZero(step)) close(step.at, false);
    else since ??= step.at;
  }
  close(part.to, touching.after);
  return spans;
}
