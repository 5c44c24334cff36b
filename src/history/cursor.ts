/**
 * Where a page ended, as opaque text for the next question. A cursor also carries what the first page had taken for
 * granted (its `asOf` and its window), so that pages asked for one after the other fit together while the log grows.
 * It comes back from outside: everything in it is checked.
 */
import { type EpochMs, MAX_INSTANT } from '../domain/time.ts';
import type { FlipKey, Position } from '../store/event-store.ts';
import { InvalidQuestionError } from './history.ts';

export interface FlipsCursor {
  readonly after: FlipKey;
  readonly asOf: Position;
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** The horizon of the log at the first page; 0: none. */
  readonly horizon: Position;
}

export interface ServicesCursor {
  readonly after: { readonly cluster: string; readonly namespace: string; readonly name: string };
  readonly asOf: Position;
  readonly at: EpochMs;
}

export function writeFlipsCursor({ after, asOf, from, to, horizon }: FlipsCursor): string {
  return encode(['flips', after.at, after.position, after.ordinal, asOf, from, to, horizon]);
}

/** @throws InvalidQuestionError naming `cursor`, for text that no answer of this question gave. */
export function readFlipsCursor(text: string): FlipsCursor {
  const [at, position, ordinal, asOf, from, to, horizon, ...rest] = decode(text, 'flips');
  const positions = whole(position) && whole(ordinal) && whole(asOf) && whole(horizon);
  if (!instant(at) || !positions || !instant(from) || !instant(to) || rest.length > 0) {
    throw notACursor();
  }
  return {
    after: { at, position: position as Position, ordinal },
    asOf: asOf as Position,
    from,
    to,
    horizon: horizon as Position,
  };
}

export function writeServicesCursor({ after, asOf, at }: ServicesCursor): string {
  return encode(['services', after.cluster, after.namespace, after.name, asOf, at]);
}

/** @throws InvalidQuestionError naming `cursor`, for text that no answer of this question gave. */
export function readServicesCursor(text: string): ServicesCursor {
  const [cluster, namespace, name, asOf, at, ...rest] = decode(text, 'services');
  if (typeof cluster !== 'string' || typeof namespace !== 'string' || typeof name !== 'string') throw notACursor();
  if (!whole(asOf) || !instant(at) || rest.length > 0) throw notACursor();
  return { after: { cluster, namespace, name }, asOf: asOf as Position, at };
}

function encode(fields: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

function decode(text: string, kind: string): unknown[] {
  // Buffer skips what is not base64url; only text that it would write again is a cursor.
  const bytes = Buffer.from(text, 'base64url');
  if (text === '' || bytes.toString('base64url') !== text) throw notACursor();
  let fields: unknown;
  try {
    fields = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw notACursor();
  }
  if (!Array.isArray(fields) || fields[0] !== kind) throw notACursor();
  return fields.slice(1);
}

const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const instant = (value: unknown): value is EpochMs => whole(value) && value <= MAX_INSTANT + 1;

function notACursor(): InvalidQuestionError {
  return new InvalidQuestionError(
    'cursor',
    'the cursor is not one that an answer to this question gave; ask without it for the first page',
  );
}
