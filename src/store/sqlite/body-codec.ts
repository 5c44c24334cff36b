/** How one body is made bytes of the log and back: the format of the column `data`. */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CorruptLogError } from '../event-store.ts';
import { applyPatch, makePatch, mostPatchBytes, PATCH } from './patch.ts';

export interface EncodedBody {
  /** What the delta stands on. `null`: it is a keyframe. */
  readonly base: number | null;
  readonly data: Buffer;
}

export interface BodyRow extends EncodedBody {
  /** Raw bytes. */
  readonly size: number;
  /** CRC-32 of the raw bytes. */
  readonly crc: number;
}

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
/** A shorter patch is not packed: setting up a compressor takes longer than making the patch, for a few bytes. */
const LONG_PATCH_BYTES = 256;
const CHUNK_BYTES = 1 << 10;
const PATCH_CHUNK_BYTES = 4 << 10;

/** A version as its difference from the dictionary: a patch, or a zstd frame of one. */
export function encodeDelta(raw: Buffer, dictionary: Buffer): Buffer {
  const patch = makePatch(dictionary, raw);
  if (patch.length < LONG_PATCH_BYTES) return patch;
  const packed = pack(patch);
  return packed.length < patch.length ? packed : patch;
}

/** A version whole, as a zstd frame. */
export function encodeKeyframe(raw: Buffer): Buffer {
  return pack(raw);
}

/**
 * @param dictionary of a delta: of what it stands on
 * @throws CorruptLogError when the body does not decode, or does not match its checksum
 */
export function decode(position: number, { data, size, crc }: BodyRow, dictionary: Buffer | undefined): Buffer {
  let raw: Buffer;
  try {
    if (dictionary === undefined) raw = unpack(data, size, size);
    else raw = applyPatch(dictionary, data[0] === PATCH ? data : unpack(data, mostPatchBytes(size), PATCH_CHUNK_BYTES), size);
  } catch (error) {
    throw new CorruptLogError(
      `the body at position ${position} does not decode: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (raw.length !== size || crc32(raw) !== crc)
    throw new CorruptLogError(`the body at position ${position} does not match its checksum`);
  return raw;
}

function pack(bytes: Buffer): Buffer {
  const level = bytes.length <= SMALL_BYTES ? LEVEL_SMALL : LEVEL;
  return zstdCompressSync(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_contentSizeFlag]: 0 },
    // The size is told before: else the compressor makes tables for megabytes, once for every version.
    pledgedSrcSize: bytes.length,
    // With room for what is usual instead of 16 KiB half the time of a small body goes; the bytes are the same.
    chunkSize: CHUNK_BYTES,
  });
}

/** @param chunk bytes that are made room for at once: too much or too little takes longer than decoding a small body */
function unpack(frame: Buffer, most: number, chunk: number): Buffer {
  return zstdDecompressSync(frame, { maxOutputLength: Math.max(1, most), chunkSize: Math.max(constants.Z_MIN_CHUNK, chunk) });
}

/** What deltas on a waypoint are made from. @returns bytes in memory of their own */
export function waypointDictionary(keyframe: Buffer, waypoint: Buffer): Buffer {
  const isJoined = keyframe.length + waypoint.length <= JOINED_BYTES;
  return isJoined ? ownBytes(keyframe, waypoint) : inOwnMemory(waypoint);
}

/** A small buffer is a part of a larger one, which stays in memory as long as it does. */
export function inOwnMemory(bytes: Buffer): Buffer {
  return bytes.length === bytes.buffer.byteLength ? bytes : ownBytes(bytes);
}

function ownBytes(...parts: readonly Buffer[]): Buffer {
  const joined = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) at += part.copy(joined, at);
  return joined;
}
