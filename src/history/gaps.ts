/**
 * From the spans in which streams were proven complete to what can be said of an instant or a window. Pure.
 *
 * An instant is one millisecond. A span is complete at its `from`, at its `provenAt` and at every instant between; the
 * first unknown instant is `provenAt` + 1 ms. Windows and their parts are half-open, [from, to), as everywhere.
 */
import type { CoverageSpan } from '../domain/ledger.ts';
import type { EndReason } from '../domain/stream-batch.ts';
import { type EpochMs, epochMs } from '../domain/time.ts';
import type { CoverageStatus } from './answers.ts';

/** Reason code of a gap at the end of a stream that is being watched: the proof has not come yet. */
export const NOT_PROVEN_YET = 'not-proven-yet';
/** Reason code of the piece of a window that lies before a stream's first span. */
export const BEFORE_RECORDING = 'before-recording';

/** A span and the name of the stream that it belongs to. */
export interface StreamSpan extends CoverageSpan {
  readonly stream: string;
  /** Why nothing is known of before, where history was shed; then `provenAt` may lie before `from`: see {@link KnownSpan}. */
  readonly shed?: string;
}

/**
 * A span in which at least one of several streams was complete; both ends are inside it. Where history was shed it begins at
 * the horizon, and when it had ended before that, nothing is left of it (`to` < `from`) but since when, and why, there is a gap.
 */
export interface KnownSpan {
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** The stream that knew last, and why it knew no further; no reason while it is being watched. */
  readonly stream: string;
  readonly end?: EndReason;
  /** Why nothing is known of before, where history was shed. */
  readonly shed?: string;
}

export interface Gap {
  readonly stream: string;
  /** Last instant known before it. Absent: nothing was recorded before. */
  readonly from?: EpochMs;
  /** First instant known after it. Absent: it lasts. */
  readonly to?: EpochMs;
  /** An `EndReasonCode`, {@link NOT_PROVEN_YET} or {@link BEFORE_RECORDING}. */
  readonly reason: string;
  readonly detail?: string;
}

/**
 * The spans in which at least one of the streams was complete, oldest first. Streams that watch the same objects (one
 * over all namespaces, one over the namespace) vouch for each other. Two spans of one stream that touch stay two:
 * between them changes may have gone unseen, however short the time.
 */
export function knownSpans(spans: readonly StreamSpan[]): KnownSpan[] {
  const sorted = [...spans].sort((a, b) => a.from - b.from || b.provenAt - a.provenAt);
  const known: KnownSpan[] = [];
  for (const { from, provenAt, stream, end, shed } of sorted) {
    const to = shed === undefined ? epochMs(Math.max(from, provenAt)) : provenAt;
    const span: KnownSpan = { from, to, stream, ...(end ? { end } : {}), ...(shed === undefined ? {} : { shed }) };
    const last = known.at(-1);
    const joins = last !== undefined && (span.from < last.to || (span.from === last.to && span.stream !== last.stream));
    if (!joins) known.push(span);
    else if (span.to > last.to || (span.to === last.to && !span.end)) known[known.length - 1] = { ...span, from: last.from };
  }
  return known;
}

/**
 * The spans in which all of several resources were known, each given by its known spans. Such a span is known no further,
 * and for the same reason, as the first of them to end.
 */
export function knownTogether(resources: readonly (readonly KnownSpan[])[]): KnownSpan[] {
  const [first = [], ...others] = resources;
  return others.reduce<KnownSpan[]>(
    (together, known) =>
      together.flatMap((a) =>
        known.flatMap((b) => {
          const from = epochMs(Math.max(a.from, b.from));
          const earlier = b.to < a.to ? b : a;
          const nothingIsLeft = earlier.to < earlier.from && from === earlier.from;
          return from <= earlier.to || nothingIsLeft ? [{ ...earlier, from }] : [];
        }),
      ),
    [...first],
  );
}

/** The gap that follows a known span. */
function gapAfter(span: KnownSpan, next: KnownSpan | undefined): Gap {
  return {
    stream: span.stream,
    from: span.to,
    ...(next ? { to: next.from } : {}),
    reason: span.end?.code ?? NOT_PROVEN_YET,
    ...(span.end?.detail !== undefined ? { detail: span.end.detail } : {}),
  };
}

export interface InstantCoverage {
  readonly status: CoverageStatus;
  /** Given when `status` is `gap`; and when it is `before-recording` because history was shed. */
  readonly gap?: Gap;
}

/** The time before the first known span, and why nothing is known of it, when that is told. */
function gapBefore(first: KnownSpan): Gap {
  const { stream, from, shed } = first;
  return { stream, to: from, reason: BEFORE_RECORDING, ...(shed === undefined ? {} : { detail: shed }) };
}

export function coverageAt(known: readonly KnownSpan[], at: EpochMs): InstantCoverage {
  const after = known.findIndex((span) => span.from > at);
  const last = after < 0 ? known.at(-1) : known[after - 1];
  if (last === undefined) {
    const [first] = known;
    return { status: 'before-recording', ...(first?.shed === undefined ? {} : { gap: gapBefore(first) }) };
  }
  if (at <= last.to) return { status: 'complete' };
  return { status: 'gap', gap: gapAfter(last, after < 0 ? undefined : known[after]) };
}

/** Gaps between the known spans, oldest first; the one after the last span is left out. */
export function gapsBetween(known: readonly KnownSpan[]): Gap[] {
  return known.slice(1).map((next, index) => gapAfter(known[index] as KnownSpan, next));
}

/**
 * Gaps that touch the window [from, to): those between known spans, and the one after the last. A piece of the window
 * before the first span is not among them.
 */
export function gapsWithin(known: readonly KnownSpan[], from: EpochMs, to: EpochMs): Gap[] {
  return known
    .map((span, index) => gapAfter(span, known[index + 1]))
    .filter((gap) => (gap.from as EpochMs) + 1 < to && (gap.to === undefined || gap.to > from));
}

export interface WindowCoverage {
  /** `before-recording`: all of the window is; `gap`: any part of it is not known. */
  readonly status: CoverageStatus;
  /** A piece before the first recording is a gap without `from`. */
  readonly gaps: readonly Gap[];
}

/** What is known of the window [from, to). `stream` names what would have been watched, were it never recorded. */
export function coverageWithin(known: readonly KnownSpan[], from: EpochMs, to: EpochMs, stream: string): WindowCoverage {
  const first = known[0];
  if (first === undefined || to <= first.from) {
    const gap = first ? gapBefore(first) : { stream, reason: BEFORE_RECORDING };
    return { status: 'before-recording', gaps: [gap] };
  }
  const gaps = gapsWithin(known, from, to);
  if (from < first.from) gaps.unshift(gapBefore(first));
  return { status: gaps.length > 0 ? 'gap' : 'complete', gaps };
}

/** A part of a window of which one thing can be said. Parts follow each other without a hole: `to` is the next `from`. */
export type WindowPart =
  | {
      readonly kind: 'known';
      readonly from: EpochMs;
      readonly to: EpochMs;
      /** The recording begins here, at first or after a gap: how long its first state had lasted is not known. */
      readonly opensAtEdge: boolean;
      /** The instant `to` is known too, and belongs to the same span: what ended there can be told. */
      readonly endIsKnown: boolean;
    }
  | {
      readonly kind: 'gap' | 'before-recording';
      readonly from: EpochMs;
      readonly to: EpochMs;
      readonly opensBefore: boolean;
      readonly endsAfter: boolean;
    };

/** Cuts the window [from, to) into what is known and what is not, oldest first. */
export function partsOfWindow(known: readonly KnownSpan[], from: EpochMs, to: EpochMs): WindowPart[] {
  const parts: WindowPart[] = [];
  const blank = (kind: 'gap' | 'before-recording', start: number, end: number, shownFrom = start) => {
    const part = { from: epochMs(Math.max(shownFrom, from)), to: epochMs(Math.min(end, to)) };
    if (part.from < part.to) parts.push({ kind, ...part, opensBefore: start < part.from, endsAfter: end > to });
  };
  blank('before-recording', Number.NEGATIVE_INFINITY, known[0]?.from ?? Number.POSITIVE_INFINITY);
  known.forEach((span, index) => {
    const next = known[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const end = Math.min(span.to + 1, next);
    const part = { from: epochMs(Math.max(span.from, from)), to: epochMs(Math.min(end, to)) };
    if (part.from < part.to) {
      parts.push({ kind: 'known', ...part, opensAtEdge: span.from >= from, endIsKnown: part.to < end });
    }
    blank('gap', end, next, Math.max(end, span.from));
  });
  return parts;
}

/** Streams that ended only because the recorder, or the trace, did: they were well until then. */
export const STOPPED: ReadonlySet<string> = new Set(['recorder-stopped', 'trace-ended']);

/** Whether a span is still open, or ended only with the recording itself. */
export function lastedToTheEnd(span: KnownSpan | undefined): boolean {
  return span !== undefined && (span.end === undefined || STOPPED.has(span.end.code));
}

/**
 * The latest instant of which the most can be said. Each member of `resources` holds the known spans of one resource, one
 * list a scope (all namespaces, or each one that is watched alone).
 *
 * Resources being watched decide: the earliest of their proofs, so that all are complete there. A resource that was lost
 * long ago (403, 404) does not hold it back. Where nothing is watched, as in a log that is only an import, the
 * resources that were well until the end decide in the same way; where none was, the latest proof of all.
 *
 * @returns `undefined` when nothing was ever recorded
 */
export function latestKnownInstant(resources: readonly (readonly (readonly KnownSpan[])[])[]): EpochMs | undefined {
  const ends = resources.flatMap((scopes) => endOfResource(scopes) ?? []);
  for (const kind of ['watched', 'stopped'] as const) {
    const those = ends.filter((end) => end.kind === kind);
    if (those.length > 0) return epochMs(Math.min(...those.map(({ at }) => at)));
  }
  return ends.length > 0 ? epochMs(Math.max(...ends.map(({ at }) => at))) : undefined;
}

function endOfResource(
  scopes: readonly (readonly KnownSpan[])[],
): { kind: 'watched' | 'stopped' | 'lost'; at: number } | undefined {
  const last = scopes.flatMap((known) => known.at(-1) ?? []);
  if (last.length === 0) return undefined;
  const watched = last.filter((span) => span.end === undefined);
  if (watched.length > 0) return { kind: 'watched', at: Math.min(...watched.map(endOf)) };
  const stopped = last.some(lastedToTheEnd);
  return { kind: stopped ? 'stopped' : 'lost', at: Math.max(...last.map(endOf)) };
}

/** Of a span of which nothing is left, the horizon. */
const endOf = ({ from, to }: KnownSpan): number => Math.max(from, to);
