/** Counts over time, and the spans with zero ready backends. */
import type { Source } from '../domain/backends.ts';
import { type EpochMs, epochMs, formatTime } from '../domain/time.ts';
import type { CountsRecord } from '../store/event-store.ts';
import type { TimelineAnswer } from './answers.ts';
import type { CountsPoint, Span } from './count-facts.ts';
import type { WindowPart } from './gaps.ts';
import type { LogView } from './log-view.ts';
import type { SeenService } from './resolve.ts';

/** Counts from `at` on. Without counts: not known. */
interface Step {
  readonly at: EpochMs;
  readonly counts?: CountsRecord;
}

/** What stands for a Service that the source, though complete, had told nothing of. */
const NONE = { ready: 0, notReady: 0, terminating: 0 };

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
export function countsOver(view: LogView, service: SeenService, source: Source, parts: readonly WindowPart[]): CountedWindow {
  const points: CountsPoint[] = [];
  const zeroReady: ZeroSpan[] = [];
  for (const part of parts) {
    if (part.kind !== 'known') {
      points.push({ at: part.from });
      continue;
    }
    const steps = stepsOf(view, service, source, part);
    let shown: typeof NONE | undefined;
    for (const step of steps) {
      const { ready, notReady, terminating } = step.counts ?? NONE;
      if (shown?.ready === ready && shown.notReady === notReady && shown.terminating === terminating) continue;
      shown = { ready, notReady, terminating };
      points.push({ at: step.at, ready, notReady, terminating });
    }
    const at = (instant: number) => inForceAt(view, service, source, epochMs(instant));
    zeroReady.push(
      ...zeroSpans(steps, part, {
        before: part.opensAtEdge || isZero(at(part.from - 1)),
        after: !part.endIsKnown || isZero(at(part.to)),
      }),
    );
  }
  return { points, zeroReady };
}

export const countsAnswer = (points: readonly CountsPoint[]): TimelineAnswer['counts'] =>
  points.map(({ at, ...counts }) => ({ at: formatTime(at), ...counts }));

export const zeroReadyAnswer = (spans: readonly ZeroSpan[]): TimelineAnswer['zeroReady'] =>
  spans.map(({ from, to, ...edges }) => ({ from: formatTime(from), to: formatTime(to), ...edges }));

/** The last step of each instant: of several events in one millisecond only the last left a state that lasted. */
function stepsOf(view: LogView, service: SeenService, source: Source, { from, to }: WindowPart): Step[] {
  const first = inForceAt(view, service, source, from);
  const steps: Step[] = [{ at: from, ...(first ? { counts: first } : {}) }];
  if (!service.record) return steps;
  for (const counts of view.reader.counts({ serviceId: service.record.id, source, from, to, asOf: view.asOf })) {
    if (steps.at(-1)?.at === counts.at) steps.pop();
    steps.push({ at: counts.at, counts });
  }
  return steps;
}

function inForceAt({ reader, asOf }: LogView, { record }: SeenService, source: Source, at: EpochMs): CountsRecord | undefined {
  return record && reader.countsAt({ serviceId: record.id, source, at, asOf });
}

function isZero(counts: CountsRecord | undefined): boolean {
  return counts?.listed === true && counts.ready === 0;
}

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
  for (const { at, counts } of steps) {
    if (!isZero(counts)) close(at, false);
    else since ??= at;
  }
  close(part.to, touching.after);
  return spans;
}
