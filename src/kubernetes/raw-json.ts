/**
 * Where a value stands in the raw bytes of a JSON text. Bodies are stored byte for byte as received, so the bytes of
 * one member or item are cut out of the text instead of being parsed and written again.
 *
 * The scanner trusts the inside of values (it balances brackets and skips strings; whoever needs the value parses the
 * span, and that finds the rest), but never runs past the end. UTF-8 needs no decoding here: every byte of a
 * multi-byte character is ≥ 0x80, so it is never mistaken for a quote, a brace or a backslash.
 */

/** Half open: the bytes `start` to `end - 1`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The bytes are not JSON, or not the kind of JSON value that was asked for. */
export class RawJsonError extends Error {
  override name = 'RawJsonError';
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const COMMA = 0x2c;
export const COLON = 0x3a;

/** UTF-8 text of a part of `raw`. */
export function textOf(raw: Uint8Array, start = 0, end = raw.length): string {
  return Buffer.from(raw.buffer, raw.byteOffset + start, end - start).toString('utf8');
}

export interface ObjectSpans<Name extends string> {
  /** The object itself, from brace to brace. */
  readonly whole: Span;
  /** The values of the members that were asked for and are there. */
  readonly members: ReadonlyMap<Name, Span>;
}

/**
 * The spans of the named members' values in the object that begins at `from` (white space before it is skipped).
 * Of a member that occurs twice the last counts, as in JSON.parse.
 *
 * @throws RawJsonError when there is no complete object at `from`.
 */
export function memberSpans<Name extends string>(raw: Uint8Array, names: readonly Name[], from = 0): ObjectSpans<Name> {
  const start = skipSpace(raw, from);
  if (raw[start] !== OPEN_BRACE) throw new RawJsonError(`expected { at byte ${start}`);
  const members = new Map<Name, Span>();
  let at = skipSpace(raw, start + 1);
  if (raw[at] !== CLOSE_BRACE) {
    for (;;) {
      const keyStart = at;
      at = skipString(raw, at);
      const key = keyText(raw, keyStart, at);
      const name = names.find((each) => each === key);
      at = skipSpace(raw, at);
      if (raw[at] !== COLON) throw new RawJsonError(`expected : at byte ${at}`);
      const value = skipSpace(raw, at + 1);
      at = skipValue(raw, value);
      if (name !== undefined) members.set(name, { start: value, end: at });
      at = skipSpace(raw, at);
      if (raw[at] === CLOSE_BRACE) break;
      if (raw[at] !== COMMA) throw new RawJsonError(`expected , or } at byte ${at}`);
      at = skipSpace(raw, at + 1);
    }
  }
  return { whole: { start, end: at + 1 }, members };
}

/**
 * The spans of the items of the array that begins at `from` (white space before it is skipped).
 *
 * @throws RawJsonError when there is no complete array at `from`.
 */
export function itemSpans(raw: Uint8Array, from = 0): Span[] {
  let at = skipSpace(raw, from);
  if (raw[at] !== OPEN_BRACKET) throw new RawJsonError(`expected [ at byte ${at}`);
  at = skipSpace(raw, at + 1);
  const items: Span[] = [];
  if (raw[at] === CLOSE_BRACKET) return items;
  for (;;) {
    const end = skipValue(raw, at);
    items.push({ start: at, end });
    at = skipSpace(raw, end);
    if (raw[at] === CLOSE_BRACKET) return items;
    if (raw[at] !== COMMA) throw new RawJsonError(`expected , or ] at byte ${at}`);
    at = skipSpace(raw, at + 1);
  }
}

/** The first byte from `at` on that is not JSON's white space. */
export function skipSpace(raw: Uint8Array, at: number): number {
  let next = at;
  for (;;) {
    const byte = raw[next];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return next;
    next++;
  }
}

function keyText(raw: Uint8Array, start: number, end: number): string {
  const inside = textOf(raw, start + 1, end - 1);
  if (!inside.includes('\\')) return inside;
  try {
    return JSON.parse(`"${inside}"`) as string;
  } catch {
    throw new RawJsonError(`bad escape in the key at byte ${start}`);
  }
}

/** Past the value that begins at `start`, without space before it. @throws RawJsonError when it does not end. */
export function skipValue(raw: Uint8Array, start: number): number {
  const first = raw[start];
  if (first === QUOTE) return skipString(raw, start);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(raw, start);
  let at = start;
  while (at < raw.length && !endsScalar(raw[at] as number)) at++;
  if (at === start) throw new RawJsonError(`expected a value at byte ${start}`);
  return at;
}

/** A number or one of the three words goes on until the next bracket, comma or white space. */
function endsScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= 0x20;
}

/** Past the bracket that closes the one at `start`; kinds of brackets are left to the parser. */
function skipNested(raw: Uint8Array, start: number): number {
  let depth = 0;
  let at = start;
  while (at < raw.length) {
    const byte = raw[at];
    if (byte === QUOTE) {
      at = skipString(raw, at);
      continue;
    }
    at++;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
      if (depth === 0) return at;
    }
  }
  throw new RawJsonError(`the value at byte ${start} does not end`);
}

/** Past the string that begins at `start`. @throws RawJsonError when none does, or it does not end. */
export function skipString(raw: Uint8Array, start: number): number {
  if (raw[start] !== QUOTE) throw new RawJsonError(`expected " at byte ${start}`);
  let at = start + 1;
  while (at < raw.length) {
    const byte = raw[at];
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  throw new RawJsonError(`the string at byte ${start} does not end`);
}
