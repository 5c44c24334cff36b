/** Chooses what each new version is stored as the difference from. */
import { LRUCache } from 'lru-cache';
import type { BodyReader } from './bodies.ts';
import { type BodyRow, bodyRow, encodeDelta, encodeKeyframe } from './body-codec.ts';

/** Below this a delta has nothing to win. */
const MIN_BASE_BYTES = 64;
const OPEN_BRACE = 0x7b;

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
  encode(
    position: number,
    objectId: number,
    lastBody: number | undefined,
    family: string | undefined,
    bytes: Uint8Array,
  ): BodyRow {
    const raw = asBuffer(bytes);
    const known = this.#chains.get(objectId);
    const chain = known && this.#holds((known.waypoint ?? known.keyframe).position) ? known : this.#resume(objectId, lastBody);
    if (chain?.waypoint !== undefined) {
      const delta = encodeDelta(raw, this.#reader.dictionary(chain.waypoint.position));
      if (carries(chain.waypoint, delta.length)) return bodyRow(raw, chain.waypoint.position, delta);
    }
    const keyframe = this.#familyKeyframe(family) ?? chain?.keyframe;
    const delta = keyframe && encodeDelta(raw, this.#reader.dictionary(keyframe.position));
    // Much less than half of what its keyframe took: it need not be known what this version would take.
    if (keyframe && delta && family !== undefined && delta.length < keyframe.cost / 4) {
      return this.#waypoint(position, objectId, keyframe, raw, delta);
    }
    const alone = encodeKeyframe(raw);
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

  #keyframe(position: number, objectId: number, family: string | undefined, raw: Buffer, alone: Buffer): BodyRow {
    if (!usableAsBase(raw)) {
      this.#chains.delete(objectId);
      return bodyRow(raw, null, alone);
    }
    const keyframe = footing(position, alone.length);
    const former = family === undefined ? this.#chains.get(objectId)?.keyframe : this.#families.get(family);
    if (former !== undefined) this.#reader.release(former.position);
    this.#chain(objectId, { keyframe, waypoint: undefined });
    if (family !== undefined) this.#families.set(family, keyframe);
    return bodyRow(raw, null, alone);
  }

  /** Stores the version on the keyframe; the next ones may stand on it. */
  #waypoint(position: number, objectId: number, keyframe: Footing, raw: Buffer, delta: Buffer): BodyRow {
    const waypoint = usableAsBase(raw) ? footing(position, delta.length) : undefined;
    this.#chain(objectId, { keyframe, waypoint });
    if (waypoint) this.#reader.keepWaypoint(position, keyframe.position, raw);
    return bodyRow(raw, keyframe.position, delta);
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
function usableAsBase(raw: Buffer): boolean {
  return raw.length >= MIN_BASE_BYTES && raw[0] === OPEN_BRACE;
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
