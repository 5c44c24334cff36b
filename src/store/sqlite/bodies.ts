/**
 * Bodies are stored like video: a keyframe whole, and the versions after it as their difference from what they stand on.
 * That is a keyframe, or a waypoint: a delta that itself stands on a keyframe. Reading any version costs at most three
 * decodes, however long the history.
 */
import { LRUCache } from 'lru-cache';
import { CorruptLogError } from '../event-store.ts';
import { type BodyRow, decode, ownBytes, waypointDictionary } from './body-codec.ts';

export type LoadBody = (position: number) => BodyRow | undefined;

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

  /** Bodies of rows that were read together, by position. @throws CorruptLogError as {@link read} does */
  readTogether(rows: readonly (BodyRow & { readonly position: number })[]): Map<number, Buffer> {
    return new Map(rows.map((row) => [row.position, this.#decoded(row.position, row)]));
  }

  #decoded(position: number, row: BodyRow): Buffer {
    return row.base === null ? this.dictionary(position, row) : decode(position, row, this.dictionary(row.base));
  }

  row(position: number): BodyRow {
    const row = this.#load(position);
    if (row === undefined) throw new CorruptLogError(`the body at position ${position} is missing`);
    return row;
  }

  /** What deltas on this body are compressed with: of a keyframe its raw bytes, of a waypoint keyframe and waypoint, see `waypointDictionary`. */
  dictionary(position: number, row: BodyRow | undefined = undefined): Buffer {
    const cached = this.#dictionaries.get(position);
    if (cached) return cached;
    const found = row ?? this.row(position);
    const { base } = found;
    if (base === null) return this.#keep(position, ownBytes([decode(position, found, undefined)]));
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
    const own = dictionary.length === dictionary.buffer.byteLength ? dictionary : ownBytes([dictionary]);
    this.#dictionaries.set(position, own);
    return own;
  }
}
