/**
 * Patches: a body as what it copies from another one and what it adds. Part of the log's format.
 *
 * A patch is the byte {@link PATCH}, then by turns: how many bytes are added, these bytes, from where in the base bytes are copied, and how
 * many. Numbers are little-endian base 128. Where a copy begins is told as the distance (zigzag) from where it would begin had
 * as many bytes been replaced as were added since the last one. The last turn may end after its added bytes.
 *
 * Made because zstd is too heavy here: for each version it would be set up and read the whole dictionary, which takes longer than finding
 * the little that changed.
 */

/** First byte of every patch. A zstd frame begins with 0x28. */
export const PATCH = 0x01;

/** Bytes that a copy found by the index has at least. Shorter ones cost more than they save. */
const BLOCK = 12;
/** The same of one that goes on where the last copy would have, of which the place costs one byte. */
const SHORTEST_IN_PLACE = 6;
/** From here on bytes are compared by the memory, not one by one. */
const LONG_MATCH = 64;
const MEMORY_STEP = 256;

const indexes = new WeakMap<Buffer, BlockIndex>();

/** The most that a patch to something of that size takes: a copy costs at most a little more than the bytes that it stands for. */
export const mostPatchBytes = (size: number): number => size + (size >> 2) + 64;

/** @returns what makes `next` of `base` */
export function makePatch(base: Buffer, next: Buffer): Buffer {
  const index = indexOf(base);
  const words = wordsOf(next);
  const patch = new PatchWriter(mostPatchBytes(next.length));
  /** Of the base: where bytes would be copied from if they only went on, or were replaced by as many others. */
  let expected = 0;
  let addedFrom = 0;
  for (let at = 0; at < next.length; ) {
    const inPlace = expected + at - addedFrom;
    let from = inPlace;
    let length = matchLength(base, from, next, at);
    if (length < SHORTEST_IN_PLACE) {
      from = blockLike(index, words, at);
      length = from < 0 ? 0 : matchLength(base, from, next, at);
      if (length < BLOCK) {
        at++;
        continue;
      }
      for (; from > 0 && at > addedFrom && base[from - 1] === next[at - 1]; from--, at--) length++;
    }
    const added = at - addedFrom;
    patch.add(next, addedFrom, at);
    patch.number(zigzag(from - expected - added));
    patch.number(length);
    at += length;
    addedFrom = at;
    expected = from + length;
  }
  if (addedFrom < next.length) patch.add(next, addedFrom, next.length);
  return patch.finish();
}

/**
 * @param size of what comes out
 * @throws RangeError when it is no patch of this base to something of this size
 */
export function applyPatch(base: Buffer, patch: Buffer, size: number): Buffer {
  const next = Buffer.allocUnsafe(size);
  const reader = new PatchReader(patch);
  let at = 0;
  let expected = 0;
  while (!reader.isAtEnd) {
    const added = reader.number();
    if (added > reader.left || added > size - at) throw new RangeError('the patch adds more than there is');
    patch.copy(next, at, reader.at, reader.at + added);
    reader.at += added;
    at += added;
    if (reader.isAtEnd) break;
    const from = expected + added + unzigzag(reader.number());
    const length = reader.number();
    if (from < 0 || length > base.length - from || length > size - at) throw new RangeError('the patch copies what is not there');
    base.copy(next, at, from, from + length);
    at += length;
    expected = from + length;
  }
  if (at !== size) throw new RangeError(`the patch makes ${at} bytes instead of ${size}`);
  return next;
}

class PatchWriter {
  readonly #bytes: Buffer;
  #length = 1;

  constructor(most: number) {
    this.#bytes = Buffer.allocUnsafe(most);
    this.#bytes[0] = PATCH;
  }

  add(bytes: Buffer, from: number, to: number): void {
    this.number(to - from);
    bytes.copy(this.#bytes, this.#length, from, to);
    this.#length += to - from;
  }

  number(value: number): void {
    for (; value > 0x7f; value = Math.floor(value / 0x80)) this.#bytes[this.#length++] = (value & 0x7f) | 0x80;
    this.#bytes[this.#length++] = value;
  }

  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }
}

class PatchReader {
  readonly #patch: Buffer;
  at = 1;

  constructor(patch: Buffer) {
    this.#patch = patch;
  }

  get left(): number {
    return this.#patch.length - this.at;
  }

  get isAtEnd(): boolean {
    return this.left <= 0;
  }

  number(): number {
    let value = 0;
    for (let weight = 1; ; weight *= 0x80) {
      const byte = this.#patch[this.at++];
      if (byte === undefined || weight > 2 ** 42) throw new RangeError('the patch ends inside a number');
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
  }
}

/** By the hash of each block of the base: the first one with that hash, counted from 1; 0 for none. Its length is a power of two. */
type BlockIndex = Uint16Array | Uint32Array;

function indexOf(base: Buffer): BlockIndex {
  const known = indexes.get(base);
  if (known) return known;
  const blocks = Math.floor(base.length / BLOCK);
  let size = 16;
  while (size < 2 * blocks) size *= 2;
  const words = wordsOf(base);
  const index = blocks < 2 ** 16 ? new Uint16Array(size) : new Uint32Array(size);
  for (let block = 0; block < blocks; block++) {
    const slot = hashOf(words, block * BLOCK) & (size - 1);
    if (index[slot] === 0) index[slot] = block + 1;
  }
  indexes.set(base, index);
  return index;
}

/** @returns where the base may hold the bytes at `at`, or a number below 0 */
function blockLike(index: BlockIndex, next: DataView, at: number): number {
  if (at + BLOCK > next.byteLength) return -1;
  return ((index[hashOf(next, at) & (index.length - 1)] as number) - 1) * BLOCK;
}

/** Words are read through it two and a half times as fast as through a Buffer. */
const wordsOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);

/** Of a block, which is three words. */
function hashOf(words: DataView, at: number): number {
  let hash = Math.imul(words.getInt32(at, true), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ words.getInt32(at + 4, true), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ words.getInt32(at + 8, true), 0x9e3779b1);
  return hash ^ (hash >>> 15);
}

function matchLength(a: Buffer, from: number, b: Buffer, at: number): number {
  const most = Math.min(a.length - from, b.length - at);
  let length = 0;
  for (const end = Math.min(most, LONG_MATCH); length < end; length++) if (a[from + length] !== b[at + length]) return length;
  for (let step = MEMORY_STEP; length + step <= most && step >= MEMORY_STEP; ) {
    const isSame = a.compare(b, at + length, at + length + step, from + length, from + length + step) === 0;
    if (isSame) length += step;
    step = isSame ? Math.min(step * 4, most - length) : step >> 4;
  }
  while (length < most && a[from + length] === b[at + length]) length++;
  return length;
}

/** Small numbers for distances in both directions. */
const zigzag = (distance: number): number => (distance < 0 ? -2 * distance - 1 : 2 * distance);
const unzigzag = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2);
