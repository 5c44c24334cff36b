/**
 * Bodies are stored like video: a keyframe whole, and the versions after it as zstd of the new body with the keyframe's
 * raw bytes as the dictionary. Reading any version costs at most two decodes, however long the history.
 */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import { CorruptLogError } from '../event-store.ts';

export interface BodyRow {
  /** `null`: a keyframe. */
  readonly base: number | null;
  readonly size: number;
  readonly crc: number;
  readonly data: Buffer;
}

export type LoadBody = (position: number) => BodyRow | undefined;

/** Level 3: measured on 176 MB of a real cluster, higher levels cost twice the time for 4 % less. */
const LEVEL = 3;
/** Below this a delta has nothing to win. */
const MIN_BASE_BYTES = 64;
const OPEN_BRACE = 0x7b;
const DELTA_CHUNK_BYTES = 1 << 10;

const params = { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_contentSizeFlag]: 0 };

/** Decodes bodies; keeps recent keyframes, which most reads share. */
export class BodyReader {
  readonly #load: LoadBody;
  readonly #keyframes: LRUCache<number, Buffer>;

  constructor(load: LoadBody, cacheBytes = 16 << 20) {
    this.#load = load;
    this.#keyframes = new LRUCache({ maxSize: cacheBytes, sizeCalculation: (raw) => raw.length + 1 });
  }

  /** @throws CorruptLogError when the body or its keyframe is missing, does not decode, or does not match its checksum. */
  read(position: number): Buffer {
    const row = this.row(position);
    return row.base === null ? this.keyframe(position, row) : decode(position, row, this.keyframe(row.base));
  }

  row(position: number): BodyRow {
    const row = this.#load(position);
    if (row === undefined) throw new CorruptLogError(`the body at position ${position} is missing`);
    return row;
  }

  keyframe(position: number, row: BodyRow | undefined = undefined): Buffer {
    const cached = this.#keyframes.get(position);
    if (cached) return cached;
    const { base, ...found } = row ?? this.row(position);
    if (base !== null) throw new CorruptLogError(`the body at position ${position} is used as a keyframe but is a delta`);
    const raw = decode(position, { base, ...found }, undefined);
    this.#keyframes.set(position, raw);
    return raw;
  }

  clear(): void {
    this.#keyframes.clear();
  }
}

/** Where the next version of an object finds its base. */
interface Chain {
  base: number;
  /** Compressed bytes of a keyframe of this object: what a new one would cost. */
  keyframeBytes: number;
  smallestDelta: number;
  /** Bytes that deltas took beyond the smallest one since the keyframe. */
  excess: number;
}

/**
 * Chooses between keyframe and delta. A keyframe is cut once the deltas since the last one have together cost as much
 * more than the best of them as a keyframe would have: never more than twice the best possible choice, whatever comes.
 */
export class BodyWriter {
  readonly #reader: BodyReader;
  readonly #chains = new LRUCache<number, Chain>({ max: 200_000 });
  /** Last keyframe of each family of objects that resemble each other. */
  readonly #families = new LRUCache<string, number>({ max: 20_000 });

  constructor(reader: BodyReader) {
    this.#reader = reader;
  }

  /**
   * @param lastBody position of the body that the object's last event carries; `undefined` for a new object
   */
  encode(position: number, objectId: number, lastBody: number | undefined, family: string | undefined, raw: Uint8Array): BodyRow {
    const chain = this.#chains.get(objectId) ?? this.#resume(objectId, lastBody);
    return chain ? this.#next(position, chain, family, raw) : this.#first(position, objectId, family, raw);
  }

  clear(): void {
    this.#chains.clear();
    this.#families.clear();
  }

  #next(position: number, chain: Chain, family: string | undefined, raw: Uint8Array): BodyRow {
    const data = compress(raw, this.#reader.keyframe(chain.base));
    chain.smallestDelta = Math.min(chain.smallestDelta, data.length);
    chain.excess += data.length - chain.smallestDelta;
    if (chain.excess <= chain.keyframeBytes) return row(raw, chain.base, data);
    const keyframe = compress(raw, undefined);
    // The object may have grown since its keyframe: what counts is what a new one costs now.
    chain.keyframeBytes = keyframe.length;
    if (chain.excess <= chain.keyframeBytes) return row(raw, chain.base, data);
    return this.#rebase(position, chain, family, raw, keyframe);
  }

  #first(position: number, objectId: number, family: string | undefined, raw: Uint8Array): BodyRow {
    const keyframe = compress(raw, undefined);
    const chain = { base: position, keyframeBytes: keyframe.length, smallestDelta: keyframe.length, excess: 0 };
    if (usableAsBase(raw)) this.#chains.set(objectId, chain);
    return this.#rebase(position, chain, family, raw, keyframe);
  }

  /** Puts the chain on the keyframe of a sibling that is much like this version, else on this version as a keyframe. */
  #rebase(position: number, chain: Chain, family: string | undefined, raw: Uint8Array, keyframe: Buffer): BodyRow {
    const sibling = family === undefined ? undefined : this.#families.get(family);
    if (sibling !== undefined && sibling !== chain.base) {
      const data = compress(raw, this.#reader.keyframe(sibling));
      if (data.length < keyframe.length / 2) {
        Object.assign(chain, { base: sibling, smallestDelta: data.length, excess: 0 });
        return row(raw, sibling, data);
      }
    }
    if (!usableAsBase(raw)) return row(raw, null, keyframe);
    if (family !== undefined) this.#families.set(family, position);
    Object.assign(chain, { base: position, smallestDelta: keyframe.length, excess: 0 });
    return row(raw, null, keyframe);
  }

  /** After a restart: goes on from the base that the object's last version used. */
  #resume(objectId: number, lastBody: number | undefined): Chain | undefined {
    if (lastBody === undefined) return undefined;
    const last = this.#reader.row(lastBody);
    const base = last.base ?? lastBody;
    const keyframe = last.base === null ? last : this.#reader.row(base);
    if (!usableAsBase(this.#reader.keyframe(base))) return undefined;
    const chain = { base, keyframeBytes: keyframe.data.length, smallestDelta: last.data.length, excess: 0 };
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
function compress(raw: Uint8Array, dictionary: Buffer | undefined): Buffer {
  const size = { pledgedSrcSize: raw.length };
  return zstdCompressSync(raw, dictionary ? { params, dictionary, ...size, chunkSize: DELTA_CHUNK_BYTES } : { params, ...size });
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
