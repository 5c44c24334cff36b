/** How one body is made bytes of the log and back: the format of the column `data`. */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CorruptLogError } from '../event-store.ts';
import { applyPatch, makePatch, PATCH } from './patch.ts';

export interface BodyRow {
  /** What the delta stands on: a keyframe or a waypoint. `null`: it is a keyframe. */
  readonly base: number | null;
  readonly size: number;
  readonly crc: number;
  readonly data: Buffer;
}

/** Measured on 176 MB of a real cluster: for large bodies higher levels cost twice the time for 4 % less. */
const LEVEL = 3;
/** For small ones level 6 costs a tenth more time for 6 % less. */
const LEVEL_SMALL = 6;
/** Together with its dictionary. */
const SMALL_BYTES = 16 << 10;
/**
 * Up to this size together, the dictionary of a delta on a waypoint is the keyframe followed by the waypoint. A Pod's keyframe is
 * often a sibling's: that knows the texts of the state, the waypoint the names and times of the Pod. Larger bodies hold
 * little in the one that is not in the other. Part of the format: it must not be changed.
 */
const JOINED_BYTES = 16 << 10;
const DELTA_CHUNK_BYTES = 1 << 10;
/** A patch up to this size is taken without asking what zstd would make of it. */
const SHORT_PATCH_BYTES = 128;
/** A longer one is worth so much more than zstd's bytes: it is read and written in a tenth of the time. */
const PATCH_WORTH = 1.25;

const paramsOf = (level: number) => ({
  [constants.ZSTD_c_compressionLevel]: level,
  [constants.ZSTD_c_contentSizeFlag]: 0,
});
const params = paramsOf(LEVEL);
const paramsOfSmall = paramsOf(LEVEL_SMALL);

/** A version as its difference from the dictionary: for a small one a patch, where that is short, else a zstd frame. */
export function encodeDelta(raw: Buffer, dictionary: Buffer): Buffer {
  const isSmall = raw.length + dictionary.length <= SMALL_BYTES;
  const patch = isSmall ? makePatch(dictionary, raw, raw.length >> 1) : undefined;
  if (patch !== undefined && patch.length <= SHORT_PATCH_BYTES) return patch;
  // The size is told before: else the compressor makes tables for megabytes, once for every version. With room for what a
  // delta usually takes instead of 16 KiB, both halve the time of a small body; the bytes are the same.
  const options = { params: isSmall ? paramsOfSmall : params, pledgedSrcSize: raw.length, chunkSize: DELTA_CHUNK_BYTES };
  const frame = zstdCompressSync(raw, { ...options, dictionary });
  return patch !== undefined && patch.length <= frame.length * PATCH_WORTH ? patch : frame;
}

/** A version whole, as a zstd frame. */
export function encodeKeyframe(raw: Buffer): Buffer {
  return zstdCompressSync(raw, { params: raw.length <= SMALL_BYTES ? paramsOfSmall : params, pledgedSrcSize: raw.length });
}

export function bodyRow(raw: Buffer, base: number | null, data: Buffer): BodyRow {
  return { base, size: raw.length, crc: crc32(raw), data };
}

/**
 * @param dictionary of a delta: of what it stands on
 * @throws CorruptLogError when the body does not decode, or does not match its checksum
 */
export function decode(position: number, { data, size, crc }: BodyRow, dictionary: Buffer | undefined): Buffer {
  let raw: Buffer;
  try {
    raw = data[0] === PATCH && dictionary !== undefined ? applyPatch(dictionary, data, size) : unpack(data, size, dictionary);
  } catch (error) {
    throw new CorruptLogError(
      `the body at position ${position} does not decode: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (raw.length !== size || crc32(raw) !== crc)
    throw new CorruptLogError(`the body at position ${position} does not match its checksum`);
  return raw;
}

function unpack(frame: Buffer, size: number, dictionary: Buffer | undefined): Buffer {
  // A buffer of the right size: the default one of 16 KiB costs more than the decoding of a small body.
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, size);
  return zstdDecompressSync(frame, { maxOutputLength: Math.max(1, size), chunkSize, ...(dictionary ? { dictionary } : {}) });
}

/** What deltas on a waypoint are made with. @returns bytes of its own */
export function waypointDictionary(keyframe: Uint8Array, waypoint: Uint8Array): Buffer {
  const isJoined = keyframe.length + waypoint.length <= JOINED_BYTES;
  return ownBytes(isJoined ? [keyframe, waypoint] : [waypoint]);
}

/** Joined in memory of their own: a small buffer is a part of a larger one, which would stay as long as it does. */
export function ownBytes(parts: readonly Uint8Array[]): Buffer {
  const joined = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
