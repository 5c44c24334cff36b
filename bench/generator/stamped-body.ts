/**
 * A version that is written again and again, differing only in its resourceVersion and in when it was written. Encoding
 * each anew would take most of the time that a long history takes. So it is encoded once with place holders that occur
 * nowhere else: a patch then leaves them as they are, and every copy is made by writing the new values there. Where that
 * fails (a keyframe; a patch that was packed), each copy is encoded by itself.
 */
import { crc32 } from 'node:zlib';
import { decode, encodeDelta, encodeKeyframe, waypointDictionary } from '../../src/store/sqlite/body-codec.ts';

/** What differs between two copies. All versions have as many digits; times are RFC 3339 in whole seconds, UTC. */
export interface Stamp {
  readonly version: string;
  readonly time: string;
}

export interface StampedCopy {
  /** As in the table. Written over by the next copy. */
  readonly data: Buffer;
  /** Of the raw bytes. */
  readonly crc: number;
}

const VERSION_DIGITS = 10;
const TIME_CHARACTERS = '2026-01-01T00:00:00Z'.length;

/** Place holders are bytes that JSON in ASCII does not hold; each byte only once, so that nothing in them repeats. */
const IN_BODY = holders(0x80);
const IN_BASE = holders(0xc0);

/** What copies stand on that is not copied. */
export interface StayingBase {
  /** What deltas on it are made from. */
  readonly dictionary: Buffer;
  /** The raw bytes of the keyframe below it, or its own. */
  readonly keyframe: Buffer;
}

/** The bytes of a version in one of its copies, or with place holders. */
type BytesOf<Copy> = (body: StampedBody<Copy>) => Buffer;

/** @typeParam Copy tells one copy from another */
export class StampedBody<Copy> {
  readonly #raw: Buffer;
  readonly #stampOf: (copy: Copy) => Stamp;
  readonly #places: Places;
  readonly #base: StampedBody<Copy> | StayingBase | undefined;
  readonly #frame: { readonly data: Buffer; readonly places: Places } | undefined;
  #stamped: Copy;

  /**
   * @param raw the original
   * @param original which copy that is
   * @param base what it is stored as the difference from: a version that is copied too, or one that stays
   */
  constructor(raw: Buffer, original: Copy, stampOf: (copy: Copy) => Stamp, base: StampedBody<Copy> | StayingBase | undefined) {
    const stamp = stampOf(original);
    this.#raw = Buffer.from(raw);
    this.#stampOf = stampOf;
    this.#places = { version: placesOf(raw, `"${stamp.version}"`, 1), time: placesOf(raw, stamp.time, 0) };
    this.#stamped = original;
    this.#base = base;
    this.#frame = this.#frameWithHolders(original);
  }

  copy(copy: Copy): StampedCopy {
    const raw = this.#rawOf(copy);
    const crc = crc32(raw);
    if (this.#frame === undefined) {
      const base = this.#baseDictionary((body) => body.#rawOf(copy));
      return { data: base ? encodeDelta(raw, base) : encodeKeyframe(raw), crc };
    }
    write(this.#frame.data, this.#frame.places, this.#stampOf(copy));
    return { data: this.#frame.data, crc };
  }

  #rawOf(copy: Copy): Buffer {
    if (this.#stamped !== copy) write(this.#raw, this.#places, this.#stampOf(copy));
    this.#stamped = copy;
    return this.#raw;
  }

  /** What the version is stored as the difference from. */
  #baseDictionary(bytesOf: BytesOf<Copy>): Buffer | undefined {
    return this.#base instanceof StampedBody ? this.#base.#dictionary(bytesOf) : this.#base?.dictionary;
  }

  /** What deltas on it are made from. */
  #dictionary(bytesOf: BytesOf<Copy>): Buffer {
    const raw = bytesOf(this);
    return this.#base === undefined ? raw : waypointDictionary(this.#keyframe(bytesOf), raw);
  }

  #keyframe(bytesOf: BytesOf<Copy>): Buffer {
    if (this.#base instanceof StampedBody) return this.#base.#keyframe(bytesOf);
    return this.#base?.keyframe ?? bytesOf(this);
  }

  #frameWithHolders(original: Copy): { data: Buffer; places: Places } | undefined {
    const withHolders = this.#baseDictionary((body) => body.#with(IN_BASE));
    const base = this.#baseDictionary((body) => body.#rawOf(original));
    if (withHolders === undefined || base === undefined) return undefined;
    const data = encodeDelta(this.#with(IN_BODY), withHolders);
    const places = { version: placesOf(data, IN_BODY.version), time: placesOf(data, IN_BODY.time) };
    write(data, places, this.#stampOf(original));
    // Whether the delta holds the place holders whole is seen by decoding one copy; the others differ from it in nothing else.
    return decodesTo(this.#raw, data, base) ? { data, places } : undefined;
  }

  #with(holder: Holders): Buffer {
    const held = Buffer.from(this.#raw);
    for (const at of this.#places.version) holder.version.copy(held, at);
    for (const at of this.#places.time) holder.time.copy(held, at);
    return held;
  }
}

interface Places {
  readonly version: readonly number[];
  readonly time: readonly number[];
}

interface Holders {
  readonly version: Buffer;
  readonly time: Buffer;
}

function holders(first: number): Holders {
  const bytes = (from: number, length: number) => Buffer.from(Array.from({ length }, (_, index) => from + index));
  return { version: bytes(first, VERSION_DIGITS), time: bytes(first + VERSION_DIGITS, TIME_CHARACTERS) };
}

function placesOf(bytes: Buffer, sought: string | Buffer, offset = 0): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(sought); at >= 0; at = bytes.indexOf(sought, at + 1)) places.push(at + offset);
  return places;
}

function write(bytes: Buffer, { version, time }: Places, stamp: Stamp): void {
  for (const at of version) bytes.write(stamp.version, at, 'latin1');
  for (const at of time) bytes.write(stamp.time, at, 'latin1');
}

function decodesTo(raw: Buffer, data: Buffer, dictionary: Buffer): boolean {
  try {
    decode(0, { base: 0, data, size: raw.length, crc: crc32(raw) }, dictionary);
    return true;
  } catch {
    return false;
  }
}
