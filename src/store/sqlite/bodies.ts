/**
 * Bodies are stored like video: a keyframe whole, and the versions after it as zstd of the new body with the raw bytes of
 * what it stands on as the dictionary. That is a keyframe, or a waypoint: a delta that itself stands on a keyframe. Reading
 * any version costs at most three decodes, however long the history.
 */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import { CorruptLogError } from '../event-store.ts';

export interface BodyRow {
  /** What the delta stands on: a keyframe or a waypoint. `null`: it is a keyframe. */
  readonly base: number | null;
  readonly size: number;
  readonly crc: number;
  readonly data: Buffer;
}

export type LoadBody = (position: number) => BodyRow | undefined;

/** Measured on 176 MB of a real cluster: for large bodies higher levels cost twice the time for 4 % less. */
const LEVEL = 3;
/** For small ones level 6 costs a tenth more time for 6 % less. */
const LEVEL_SMALL = 6;
const SMALL_BYTES = 16 << 10;
/**
 * Up to this size together, the dictionary of a delta on a waypoint is the keyframe followed by the waypoint. A Pod's keyframe is
 * often a sibling's: that knows the texts of the state, the waypoint the names and times of the Pod. Larger bodies hold
 * little in the one that is not in the other. Part of the format: it must not be changed.
 */
const JOINED_BYTES = 16 << 10;
/** Below this a delta has nothing to win. */
const MIN_BASE_BYTES = 64;
const OPEN_BRACE = 0x7b;
const DELTA_CHUNK_BYTES = 1 << 10;

const paramsOf = (level: number) => ({
  [constants.ZSTD_c_compressionLevel]: level,
  [constants.ZSTD_c_contentSizeFlag]: 0,
});
const params = paramsOf(LEVEL);
const paramsOfSmall = paramsOf(LEVEL_SMALL);

/** Decodes bodies; keeps recent dictionaries, which most reads share. */
export class BodyReader {
  readonly #load: LoadBody;
  readonly #dictionaries: LRUCache<number, Buffer>;

  constructor(load: LoadBody, cacheBytes = 16 << 20) {
    this.#load = load;
    this.#dictionaries = new LRUCache({ maxSize: cacheBytes, sizeCalculation: (raw) => raw.length + 1 });
  }

  /** @throws CorruptLogError when the body or what it stands on is missing, does not decode, or does not match its checksum. */
  read(position: number): Buffer {
    return this.#decoded(position, this.row(position));
  }

  /**
   * Bodies by position, those that stand on the same body decoded in one go: zstd takes frames one after the other for one
   * text, and setting a decoder up costs several times what decoding a small body does.
   *
   * @throws CorruptLogError as {@link read} does
   */
  readTogether(rows: readonly (BodyRow & { readonly position: number })[]): Map<number, Buffer> {
    const read = new Map<number, Buffer>();
    for (const [base, ofBase] of Map.groupBy(rows, (row) => row.base)) {
      const isOneGo = base !== null && ofBase.length > 1;
      const raws = isOneGo ? decodeTogether(ofBase, this.dictionary(base)) : undefined;
      for (const [index, row] of ofBase.entries()) read.set(row.position, raws?.[index] ?? this.#decoded(row.position, row));
    }
    return read;
  }

  #decoded(position: number, row: BodyRow): Buffer {
    return row.base === null ? this.dictionary(position, row) : decode(position, row, this.dictionary(row.base));
  }

  row(position: number): BodyRow {
    const row = this.#load(position);
    if (row === undefined) throw new CorruptLogError(`the body at position ${position} is missing`);
    return row;
  }

  /** What deltas on this body are compressed with: of a keyframe its raw bytes, of a waypoint see {@link JOINED_BYTES}. */
  dictionary(position: number, row: BodyRow | undefined = undefined): Buffer {
    const cached = this.#dictionaries.get(position);
    if (cached) return cached;
    const found = row ?? this.row(position);
    const { base } = found;
    if (base === null) return this.#keep(position, alone([decode(position, found, undefined)]));
    const standsOn = this.row(base);
    if (standsOn.base !== null) {
      throw new CorruptLogError(`the body at position ${position} is used as a waypoint but does not stand on a keyframe`);
    }
    const keyframe = this.dictionary(base, standsOn);
    return this.#keep(position, waypointDictionary(keyframe, decode(position, found, keyframe)));
  }

  /** Takes note of a waypoint on the keyframe `base`, so that it need not be decoded. @returns its dictionary */
  keepWaypoint(position: number, base: number, raw: Uint8Array): Buffer {
    return this.#keep(position, waypointDictionary(this.dictionary(base), raw));
  }

  /** Nothing new will stand on this body. */
  release(position: number): void {
    this.#dictionaries.delete(position);
  }

  clear(): void {
    this.#dictionaries.clear();
  }

  #keep(position: number, dictionary: Buffer): Buffer {
    const own = dictionary.length === dictionary.buffer.byteLength ? dictionary : alone([dictionary]);
    this.#dictionaries.set(position, own);
    return own;
  }
}

/** What deltas on a waypoint are compressed with. @returns bytes of its own */
export function waypointDictionary(keyframe: Uint8Array, waypoint: Uint8Array): Buffer {
  const isJoined = keyframe.length + waypoint.length <= JOINED_BYTES;
  return alone(isJoined ? [keyframe, waypoint] : [waypoint]);
}

/** Joined in memory of their own: a small buffer is a part of a larger one, which would stay as long as it does. */
function alone(parts: readonly Uint8Array[]): Buffer {
  const joined = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** What the next version of an object stands on, and what deltas have cost so far. All sizes are compressed bytes. */
interface Chain {
  readonly keyframe: Footing;
  readonly waypoint: Footing | undefined;
}

/**
 * A body that deltas stand on. It is given up once the deltas on it have together cost as much more than the best of them
 * as a new one would: never more than twice the best possible choice, whatever comes.
 */
interface Footing {
  readonly position: number;
  /** What a new one costs. */
  cost: number;
  smallest: number;
  /** Bytes that deltas took beyond the smallest one. */
  excess: number;
}

const footing = (position: number, cost: number): Footing => ({ position, cost, smallest: Number.POSITIVE_INFINITY, excess: 0 });

/** @returns whether the footing still pays for deltas of this size */
function carries(footing: Footing, delta: number): boolean {
  footing.smallest = Math.min(footing.smallest, delta);
  footing.excess += delta - footing.smallest;
  return footing.excess <= footing.cost;
}

/** Chooses what each version stands on: the object's waypoint, its keyframe, one of its family, or nothing. */
export class BodyWriter {
  readonly #reader: BodyReader;
  readonly #isStored: (position: number) => boolean;
  /** Bodies up to here may have been shed. */
  #horizon = 0;
  readonly #chains = new LRUCache<number, Chain>({ max: 50_000 });
  /** Newest keyframe of each family of objects that resemble each other. */
  readonly #families = new LRUCache<string, Footing>({ max: 20_000 });

  /** @param isStored whether there still is a body */
  constructor(reader: BodyReader, isStored: (position: number) => boolean = () => true) {
    this.#reader = reader;
    this.#isStored = isStored;
  }

  /**
   * @param lastBody position of the body that the object's last event carries; `undefined` for a new object
   */
  encode(position: number, objectId: number, lastBody: number | undefined, family: string | undefined, raw: Uint8Array): BodyRow {
    const known = this.#chains.get(objectId);
    const chain = known && this.#holds((known.waypoint ?? known.keyframe).position) ? known : this.#resume(objectId, lastBody);
    if (chain?.waypoint !== undefined) {
      const delta = compress(raw, this.#reader.dictionary(chain.waypoint.position));
      if (carries(chain.waypoint, delta.length)) return row(raw, chain.waypoint.position, delta);
    }
    const keyframe = this.#familyKeyframe(family) ?? chain?.keyframe;
    const delta = keyframe && compress(raw, this.#reader.dictionary(keyframe.position));
    // Much less than half of what its keyframe took: it need not be known what this version would take.
    if (keyframe && delta && family !== undefined && delta.length < keyframe.cost / 4) {
      return this.#waypoint(position, objectId, keyframe, raw, delta);
    }
    const alone = compress(raw, undefined);
    if (keyframe && delta) {
      // The object may have grown since its keyframe: what counts is what a new one costs now.
      keyframe.cost = alone.length;
      const pays = family === undefined ? carries(keyframe, delta.length) : delta.length < alone.length / 2;
      if (pays) return this.#waypoint(position, objectId, keyframe, raw, delta);
    }
    return this.#keyframe(position, objectId, family, raw, alone);
  }

  clear(): void {
    this.#chains.clear();
    this.#families.clear();
  }

  /** @param objects whose ids may be given to others from now on */
  shed(horizon: number, objects: readonly number[]): void {
    this.#horizon = horizon;
    for (const object of objects) this.#chains.delete(object);
  }

  /** A body that was shed may still be known here, but nothing may stand on it any more. */
  #holds(base: number): boolean {
    return base > this.#horizon || this.#isStored(base);
  }

  #familyKeyframe(family: string | undefined): Footing | undefined {
    const keyframe = family === undefined ? undefined : this.#families.get(family);
    return keyframe && this.#holds(keyframe.position) ? keyframe : undefined;
  }

  #keyframe(position: number, objectId: number, family: string | undefined, raw: Uint8Array, alone: Buffer): BodyRow {
    if (!usableAsBase(raw)) {
      this.#chains.delete(objectId);
      return row(raw, null, alone);
    }
    const keyframe = footing(position, alone.length);
    const former = family === undefined ? this.#chains.get(objectId)?.keyframe : this.#families.get(family);
    if (former !== undefined) this.#reader.release(former.position);
    this.#chain(objectId, { keyframe, waypoint: undefined });
    if (family !== undefined) this.#families.set(family, keyframe);
    return row(raw, null, alone);
  }

  /** Stores the version on the keyframe; the next ones may stand on it. */
  #waypoint(position: number, objectId: number, keyframe: Footing, raw: Uint8Array, delta: Buffer): BodyRow {
    const waypoint = usableAsBase(raw) ? footing(position, delta.length) : undefined;
    this.#chain(objectId, { keyframe, waypoint });
    if (waypoint) this.#reader.keepWaypoint(position, keyframe.position, raw);
    return row(raw, keyframe.position, delta);
  }

  #chain(objectId: number, chain: Chain): void {
    const former = this.#chains.get(objectId)?.waypoint;
    if (former !== undefined) this.#reader.release(former.position);
    this.#chains.set(objectId, chain);
  }

  /** After a restart: goes on from what the object's last version stands on; that version itself may be a waypoint. */
  #resume(objectId: number, lastBody: number | undefined): Chain | undefined {
    if (lastBody === undefined) return undefined;
    const { base } = this.#reader.row(lastBody);
    if (base === null) return this.#chainOn(objectId, lastBody, undefined);
    const keyframe = this.#reader.row(base).base;
    return keyframe === null ? this.#chainOn(objectId, base, lastBody) : this.#chainOn(objectId, keyframe, base);
  }

  #chainOn(objectId: number, keyframe: number, waypoint: number | undefined): Chain | undefined {
    const usable = (position: number | undefined) => position !== undefined && usableAsBase(this.#reader.read(position));
    const paid = (position: number) => footing(position, this.#reader.row(position).data.length);
    if (!usable(keyframe)) return undefined;
    const chain = { keyframe: paid(keyframe), waypoint: waypoint && usable(waypoint) ? paid(waypoint) : undefined };
    this.#chains.set(objectId, chain);
    return chain;
  }
}

/** Too short helps nothing; and zstd would take bytes that begin with its own magic number for a trained dictionary. */
function usableAsBase(raw: Uint8Array): boolean {
  return raw.length >= MIN_BASE_BYTES && raw[0] === OPEN_BRACE;
}

function row(raw: Uint8Array, base: number | null, data: Buffer): BodyRow {
  return { base, size: raw.length, crc: crc32(raw), data };
}

/**
 * The size is told before: else the compressor makes tables for megabytes, once for every version. With room for what a
 * delta usually takes instead of 16 KiB, both halve the time of a small body; the bytes are the same.
 */
export function compress(raw: Uint8Array, dictionary: Buffer | undefined): Buffer {
  const isSmall = raw.length + (dictionary?.length ?? 0) <= SMALL_BYTES;
  const options = { params: isSmall ? paramsOfSmall : params, pledgedSrcSize: raw.length };
  return zstdCompressSync(raw, dictionary ? { ...options, dictionary, chunkSize: DELTA_CHUNK_BYTES } : options);
}

/** @returns `undefined` when one of them is not what it should be: which, decoding them one by one tells */
function decodeTogether(rows: readonly BodyRow[], dictionary: Buffer): Buffer[] | undefined {
  const sum = rows.reduce((total, { size }) => total + size, 0);
  let all: Buffer;
  try {
    const frames = Buffer.concat(rows.map(({ data }) => data));
    const chunkSize = Math.max(constants.Z_MIN_CHUNK, sum);
    all = zstdDecompressSync(frames, { maxOutputLength: Math.max(1, sum), chunkSize, dictionary });
  } catch {
    return undefined;
  }
  if (all.length !== sum) return undefined;
  let end = 0;
  const raws = rows.map(({ size }) => {
    end += size;
    return all.subarray(end - size, end);
  });
  return raws.every((raw, index) => crc32(raw) === rows[index]?.crc) ? raws : undefined;
}

function decode(position: number, { data, size, crc }: BodyRow, dictionary: Buffer | undefined): Buffer {
  let raw: Buffer;
  try {
    // A buffer of the right size: the default one of 16 KiB costs more than the decoding of a small body.
    const chunkSize = Math.max(constants.Z_MIN_CHUNK, size);
    raw = zstdDecompressSync(data, { maxOutputLength: Math.max(1, size), chunkSize, ...(dictionary ? { dictionary } : {}) });
  } catch (error) {
    throw new CorruptLogError(
      `the body at position ${position} does not decode: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (raw.length !== size || crc32(raw) !== crc)
    throw new CorruptLogError(`the body at position ${position} does not match its checksum`);
  return raw;
}
