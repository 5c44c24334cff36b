/**
 * Bodies are stored like video: a keyframe whole, and the versions after it as their difference from what they stand on.
 * That is the keyframe, or a waypoint: a delta on which others stand. Reading any version costs at most {@link MOST_DECODES}
 * decodes, however long the history.
 */
import { LRUCache } from 'lru-cache';
import { CorruptLogError } from '../event-store.ts';
import { type BodyRow, decode, inOwnMemory, waypointDictionary } from './body-codec.ts';

export const MOST_DECODES = 4;

export type LoadBody = (position: number) => BodyRow | undefined;

/** What deltas stand on. */
interface Footing {
  /** What deltas on it are made from: of a keyframe its raw bytes, of a waypoint see `waypointDictionary`. */
  readonly dictionary: Buffer;
  /** Position; of a keyframe its own. */
  readonly keyframe: number;
}

/** Decodes bodies; keeps what deltas stand on, which most reads share. */
export class BodyReader {
  readonly #load: LoadBody;
  readonly #footings: LRUCache<number, Footing>;

  constructor(load: LoadBody, cacheBytes = 16 << 20) {
    this.#load = load;
    this.#footings = new LRUCache({ maxSize: cacheBytes, sizeCalculation: bytesOf });
  }

  /** @throws CorruptLogError when the body or what it stands on is missing, does not decode, or does not match its checksum. */
  read(position: number): Buffer {
    return this.#decoded(position, this.row(position));
  }

  /** Bodies of rows that were read together, by position. @throws CorruptLogError as {@link read} does */
  readTogether(rows: readonly (BodyRow & { readonly position: number })[]): Map<number, Buffer> {
    return new Map(rows.map((row) => [row.position, this.#decoded(row.position, row)]));
  }

  #decoded(position: number, row: BodyRow): Buffer {
    if (row.base === null) return this.#footing(position, row, MOST_DECODES).dictionary;
    return decode(position, row, this.#footing(row.base, undefined, MOST_DECODES - 1).dictionary);
  }

  row(position: number): BodyRow {
    const row = this.#load(position);
    if (row === undefined) throw new CorruptLogError(`the body at position ${position} is missing`);
    return row;
  }

  /** What deltas on this body are made from. @throws CorruptLogError as {@link read} does */
  dictionary(position: number): Buffer {
    return this.#footing(position, undefined, MOST_DECODES - 1).dictionary;
  }

  /** Takes note of a waypoint that stands on `base`, so that it need not be decoded. */
  keepWaypoint(position: number, base: number, raw: Buffer): void {
    this.#keepWaypoint(position, this.#footing(base, undefined, MOST_DECODES - 2), raw);
  }

  /** Nothing new will stand on this body. */
  release(position: number): void {
    this.#footings.delete(position);
  }

  clear(): void {
    this.#footings.clear();
  }

  /** @param decodes that it may take */
  #footing(position: number, row: BodyRow | undefined, decodes: number): Footing {
    const known = this.#footings.get(position);
    if (known) return known;
    if (decodes === 0)
      throw new CorruptLogError(`a body that stands on the one at position ${position} stands on more than it may`);
    const found = row ?? this.row(position);
    if (found.base === null) return this.#keep(position, position, inOwnMemory(decode(position, found, undefined)));
    const base = this.#footing(found.base, undefined, decodes - 1);
    return this.#keepWaypoint(position, base, decode(position, found, base.dictionary));
  }

  #keepWaypoint(position: number, base: Footing, raw: Buffer): Footing {
    const keyframe = this.#footing(base.keyframe, undefined, 1).dictionary;
    return this.#keep(position, base.keyframe, waypointDictionary(keyframe, raw));
  }

  #keep(position: number, keyframe: number, dictionary: Buffer): Footing {
    const footing = { dictionary, keyframe };
    this.#footings.set(position, footing);
    return footing;
  }
}

/** Not counted: the index of one that patches are made from, at most two thirds as long. */
const bytesOf = ({ dictionary }: Footing): number => dictionary.length + 1;
