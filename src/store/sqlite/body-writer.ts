/** Chooses what each new version is stored as the difference from. */
import { LRUCache } from 'lru-cache';
import { type BodyReader, MOST_DECODES } from './bodies.ts';
import { type BodyRow, type EncodedBody, encodeDelta, encodeKeyframe } from './body-codec.ts';

/** What the next version of an object may stand on: a keyframe, then waypoints, each of which stands on the one before. */
type Chain = Footing[];

/** With a delta on the last one, a version takes as many decodes as it may. */
const MOST_FOOTINGS = MOST_DECODES - 1;

/**
 * A body that deltas stand on. It is given up once the deltas on it have together cost as much more than they should as a new
 * one would: never more than twice the best possible choice, whatever comes. All sizes are those in the log.
 */
interface Footing {
  readonly position: number;
  /** What a new one costs. */
  cost: number;
  /**
   * What a delta on it should take: of an object's own, as little as the smallest one. Members of a family differ by more than
   * versions of one object do, and some of them hardly: there it is a share of the cost.
   */
  fair: number;
  readonly isShared: boolean;
  /** Bytes that deltas took beyond that. */
  excess: number;
}

/** Of the versions of Pods whose family has seen their state before, less than one in a hundred takes more. */
const FAIR_SHARE = 1 / 4;

const own = (position: number, cost: number): Footing => ({
  position,
  cost,
  fair: Number.POSITIVE_INFINITY,
  isShared: false,
  excess: 0,
});
const shared = (position: number, cost: number): Footing => ({
  position,
  cost,
  fair: cost * FAIR_SHARE,
  isShared: true,
  excess: 0,
});

/** @returns whether the footing still pays for deltas of this size */
function carries(footing: Footing, delta: number): boolean {
  if (!footing.isShared) footing.fair = Math.min(footing.fair, delta);
  footing.excess += Math.max(0, delta - footing.fair);
  return footing.excess <= footing.cost;
}

/** A version as the difference from a footing. */
interface Delta {
  readonly base: Footing;
  readonly data: Buffer;
}

const shorter = (one: Delta | undefined, other: Delta | undefined): Delta | undefined =>
  one && other ? (one.data.length <= other.data.length ? one : other) : (one ?? other);

/** Chooses what each version stands on: the object's newest waypoint that pays, its keyframe, one of its family, or nothing. */
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
  ): EncodedBody {
    const raw = asBuffer(bytes);
    const chain = this.#chain(objectId, lastBody);
    const keyframe = family === undefined ? chain[0] : this.#familyKeyframe(family);
    const onWaypoint = this.#onWaypoint(chain, raw);
    if (onWaypoint && !isUnfair(onWaypoint, keyframe)) return this.#delta(position, objectId, onWaypoint, raw);
    const best = shorter(onWaypoint, keyframe && this.#deltaOn(keyframe, raw));
    if (best && keyframe?.isShared && !isUnfair(best, keyframe)) return this.#delta(position, objectId, best, raw);
    const alone = encodeKeyframe(raw);
    // The object may have grown since its keyframe: what counts is what a new one costs now.
    if (keyframe?.isShared === false) keyframe.cost = alone.length;
    const pays = best && keyframe && best.data.length < alone.length && carries(keyframe, best.data.length);
    return pays ? this.#delta(position, objectId, best, raw) : this.#keyframe(position, objectId, family, alone);
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

  /** On the object's newest waypoint that pays; those that do not are given up. */
  #onWaypoint(chain: Chain, raw: Buffer): Delta | undefined {
    for (let top = chain.at(-1); top !== undefined && chain.length > 1; top = chain.at(-1)) {
      const delta = this.#deltaOn(top, raw);
      if (carries(top, delta.data.length)) return delta;
      chain.pop();
      this.#reader.release(top.position);
    }
    return undefined;
  }

  #deltaOn(base: Footing, raw: Buffer): Delta {
    return { base, data: encodeDelta(raw, this.#reader.dictionary(base.position)) };
  }

  #keyframe(position: number, objectId: number, family: string | undefined, alone: Buffer): EncodedBody {
    const former = family === undefined ? this.#chains.get(objectId)?.[0] : this.#families.get(family);
    if (former !== undefined) this.#reader.release(former.position);
    const keyframe = (family === undefined ? own : shared)(position, alone.length);
    this.#begin(objectId, keyframe);
    if (family !== undefined) this.#families.set(family, keyframe);
    return { base: null, data: alone };
  }

  /** The next versions may stand on this one. */
  #delta(position: number, objectId: number, { base, data }: Delta, raw: Buffer): EncodedBody {
    const known = this.#chains.get(objectId);
    const chain = known?.at(-1) === base ? known : this.#begin(objectId, base);
    if (chain.length < MOST_FOOTINGS) {
      chain.push(own(position, data.length));
      this.#reader.keepWaypoint(position, base.position, raw);
    }
    return { base: base.position, data };
  }

  /** What the object stands on from now on. */
  #begin(objectId: number, keyframe: Footing): Chain {
    for (const waypoint of this.#chains.get(objectId)?.slice(1) ?? []) this.#reader.release(waypoint.position);
    const chain = [keyframe];
    this.#chains.set(objectId, chain);
    return chain;
  }

  #chain(objectId: number, lastBody: number | undefined): Chain {
    const known = this.#chains.get(objectId);
    const top = known?.at(-1);
    // What a footing stands on is stored as long as it is itself.
    if (known && top && this.#holds(top.position)) return known;
    const chain = lastBody === undefined ? [] : this.#resume(lastBody);
    this.#chains.set(objectId, chain);
    return chain;
  }

  /** After a restart: goes on from the object's last version. If that is a delta, it may have been a waypoint, or be one now. */
  #resume(lastBody: number): Chain {
    const chain: Chain = [];
    for (let position: number | null = lastBody; position !== null; ) {
      const { base, data }: BodyRow = this.#reader.row(position);
      chain.unshift(own(position, data.length));
      position = base;
    }
    return chain.slice(0, MOST_FOOTINGS);
  }
}

/** Whether the family should know better: a keyframe like this version would make such deltas short. */
const isUnfair = ({ data }: Delta, keyframe: Footing | undefined): boolean =>
  keyframe?.isShared === true && data.length > keyframe.fair;

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
