/**
 * Parses Endpoints and EndpointSlices by what differs. A version of 150 kB differs from the one before in a few addresses;
 * an address whose bytes are those of an address of the version before is the very object that was parsed then, so that
 * it costs a comparison of memory here, and one of identity to whoever looks for what changed.
 *
 * What comes out is what JSON.parse makes of the bytes. The lists of addresses are cut out of the text; what is left is
 * parsed as one text, and each address that is not known by its bytes as another. So everything is either parsed or equal
 * to something that was. Whatever is written otherwise than the API server does (white space between addresses, a member
 * twice, an escape in a key) is parsed whole.
 */
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  RawJsonError,
  skipSpace,
  skipString,
  skipValue,
} from './raw-json.ts';

/** What is cut out of an object: `items` is a list of addresses, a list of one shape stands for each of its items. */
type Shape = 'items' | readonly [Shape] | { readonly [member: string]: Shape };

const SHAPES: readonly (readonly [head: string, shape: Shape])[] = [
  ['{"kind":"Endpoints",', { subsets: [{ addresses: 'items', notReadyAddresses: 'items' }] }],
  ['{"kind":"EndpointSlice",', { endpoints: 'items' }],
];
const HEAD_BYTES = 24;
/** Shorter texts are parsed as quickly as they are compared. */
const MIN_BYTES = 4_096;
/** Name, namespace and uid stand before it, so what stands before it is the same in all versions of an object. */
const AFTER_IDENTITY = '"resourceVersion":"';
const IDENTITY_BYTES = 2_048;
/** Bytes of latest versions that are kept; what was parsed of them takes about three times as much. */
const KEPT_BYTES = 8 << 20;
/** Among how many addresses one is looked for that does not come next. */
const LOOK_AHEAD = 64;

/** A list of addresses in a text, written without space between them. */
interface Items {
  readonly values: readonly unknown[];
  /** Where each item begins, and one more: one byte (a comma or the bracket) after the end of the last. */
  readonly starts: readonly number[];
}

/** Where a list stands: `subsets`, 0, `addresses`. */
type Place = readonly (string | number)[];

interface Cut extends Items {
  readonly place: Place;
}

/** The latest version of an object. */
interface Known {
  readonly bytes: Buffer;
  /** By place. */
  readonly lists: ReadonlyMap<string, Items>;
}

const EMPTY: Known = { bytes: Buffer.alloc(0), lists: new Map() };

export class AddressListParser {
  /** Least recently seen first. */
  readonly #known = new Map<string, Known>();
  #keptBytes = 0;

  /**
   * JSON.parse of the bytes. Parts may be shared with what was returned for earlier versions: change nothing of it.
   *
   * @throws SyntaxError when they are not one JSON value
   */
  parse(raw: Uint8Array): unknown {
    const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
    const head = bytes.toString('latin1', 0, Math.min(HEAD_BYTES, bytes.length));
    const shape = bytes.length < MIN_BYTES ? undefined : SHAPES.find(([start]) => head.startsWith(start))?.[1];
    if (shape === undefined) return JSON.parse(bytes.toString());
    const end = bytes.subarray(0, IDENTITY_BYTES).indexOf(AFTER_IDENTITY, 0, 'latin1');
    if (end < 0) return JSON.parse(bytes.toString());
    const identity = bytes.toString('latin1', 0, end);
    const known = this.#take(identity);
    const text = new CutText(bytes, known ?? EMPTY);
    let value: unknown;
    try {
      value = text.parse(shape);
    } catch (error) {
      if (error instanceof RawJsonError || error instanceof SyntaxError) return JSON.parse(bytes.toString());
      throw error;
    }
    this.#keep(identity, { bytes: copyInto(known?.bytes, bytes), lists: text.lists });
    return value;
  }

  #take(identity: string): Known | undefined {
    const known = this.#known.get(identity);
    if (known === undefined) return undefined;
    this.#known.delete(identity);
    this.#keptBytes -= known.bytes.length;
    return known;
  }

  #keep(identity: string, known: Known): void {
    this.#known.set(identity, known);
    this.#keptBytes += known.bytes.length;
    for (const [oldest, { bytes }] of this.#known) {
      if (this.#keptBytes <= KEPT_BYTES) break;
      this.#known.delete(oldest);
      this.#keptBytes -= bytes.length;
    }
  }
}

/** The bytes belong to a chunk that is larger. What the version before needed is used again: it is of the same size mostly. */
function copyInto(former: Buffer | undefined, bytes: Buffer): Buffer {
  const room = former?.buffer.byteLength ?? 0;
  const fits = former !== undefined && room >= bytes.length && room <= 2 * bytes.length;
  const memory = fits ? former.buffer : Buffer.allocUnsafeSlow(bytes.length + (bytes.length >> 3)).buffer;
  const copy = Buffer.from(memory, 0, bytes.length);
  bytes.copy(copy);
  return copy;
}

/** One text and the lists that are cut out of it. @throws RawJsonError from all methods, when it is not written as expected */
class CutText {
  readonly #bytes: Buffer;
  readonly #known: Known;
  readonly #cuts: Cut[] = [];
  readonly lists = new Map<string, Items>();

  constructor(bytes: Buffer, known: Known) {
    this.#bytes = bytes;
    this.#known = known;
  }

  /** @throws SyntaxError when the rest or an address is not JSON */
  parse(shape: Shape): unknown {
    this.#value(0, shape, []);
    const pieces: string[] = [];
    let from = 0;
    for (const { starts } of this.#cuts) {
      pieces.push(this.#bytes.toString('utf8', from, starts[0] as number));
      from = (starts.at(-1) as number) - 1;
    }
    const value: unknown = JSON.parse(pieces.join('') + this.#bytes.toString('utf8', from));
    for (const { place, values } of this.#cuts) put(value, place, values);
    return value;
  }

  /** @returns where the value ends */
  #value(at: number, shape: Shape, place: Place): number {
    const first = this.#bytes[at];
    if (shape === 'items') {
      if (first !== OPEN_BRACKET) return skipValue(this.#bytes, at);
      return this.#bytes[at + 1] === OPEN_BRACE ? this.#items(at + 1, place) : skipValue(this.#bytes, at);
    }
    if (isList(shape)) return first === OPEN_BRACKET ? this.#each(at, shape[0], place) : skipValue(this.#bytes, at);
    return first === OPEN_BRACE ? this.#members(at, shape, place) : skipValue(this.#bytes, at);
  }

  #each(start: number, shape: Shape, place: Place): number {
    const bytes = this.#bytes;
    let at = skipSpace(bytes, start + 1);
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    for (let index = 0; ; index++) {
      at = skipSpace(bytes, this.#value(at, shape, [...place, index]));
      if (bytes[at] === CLOSE_BRACKET) return at + 1;
      at = skipSpace(bytes, this.#expect(at, COMMA));
    }
  }

  #members(start: number, shape: { readonly [member: string]: Shape }, place: Place): number {
    const bytes = this.#bytes;
    const seen = new Set<string>();
    let at = skipSpace(bytes, start + 1);
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    for (;;) {
      const end = skipString(bytes, at);
      const key = bytes.toString('latin1', at + 1, end - 1);
      // Written with an escape it might be one of ours; of two members of one name the last would count.
      if (key.includes('\\') || seen.has(key)) throw new RawJsonError(`an unusual key at byte ${at}`);
      seen.add(key);
      at = skipSpace(bytes, this.#expect(skipSpace(bytes, end), COLON));
      const inner = Object.hasOwn(shape, key) ? shape[key] : undefined;
      at = skipSpace(bytes, inner === undefined ? skipValue(bytes, at) : this.#value(at, inner, [...place, key]));
      if (bytes[at] === CLOSE_BRACE) return at + 1;
      at = skipSpace(bytes, this.#expect(at, COMMA));
    }
  }

  /** @param from where the first item begins */
  #items(from: number, place: Place): number {
    const bytes = this.#bytes;
    const name = place.join('/');
    const known = new KnownItems(this.#known.bytes, this.#known.lists.get(name));
    const values: unknown[] = [];
    const starts: number[] = [];
    let at = from;
    while (at === from || bytes[at - 1] !== CLOSE_BRACKET) {
      if (at > from) this.#expect(at - 1, COMMA);
      let run = known.run(bytes, at);
      if (run === 0) {
        this.#expect(at, OPEN_BRACE);
        const end = skipValue(bytes, at);
        if (!known.skipTo(bytes, at, end)) {
          values.push(JSON.parse(bytes.toString('utf8', at, end)));
          starts.push(at);
          at = end + 1;
          continue;
        }
        run = known.run(bytes, at);
      }
      at = known.take(run, at, values, starts);
    }
    starts.push(at);
    const cut = { place, values, starts };
    this.#cuts.push(cut);
    this.lists.set(name, cut);
    return at;
  }

  #expect(at: number, byte: number): number {
    if (this.#bytes[at] !== byte) throw new RawJsonError(`expected ${String.fromCharCode(byte)} at byte ${at}`);
    return at + 1;
  }
}

/** The items of the version before, taken in their order. */
class KnownItems {
  readonly #bytes: Buffer;
  readonly #values: readonly unknown[];
  readonly #starts: readonly number[];
  /** The item that comes next, if nothing has changed. */
  #next = 0;
  /** Items in a row that were not found. */
  #missed = 0;

  constructor(bytes: Buffer, items: Items | undefined) {
    this.#bytes = bytes;
    this.#values = items?.values ?? [];
    this.#starts = items?.starts ?? [];
  }

  /** How many items stand at `at` just as they come next here. */
  run(bytes: Buffer, at: number): number {
    const left = this.#values.length - this.#next;
    let same = 0;
    let step = 1;
    // Twice as far while it goes well, then half as far until nothing more fits.
    while (same + step <= left && this.#isSame(bytes, at, same, step)) {
      same += step;
      step *= 2;
    }
    for (; step >= 1; step >>= 1) {
      if (same + step <= left && this.#isSame(bytes, at, same, step)) same += step;
    }
    return same;
  }

  /** Takes `count` items. @returns where the one after them would begin */
  take(count: number, at: number, values: unknown[], starts: number[]): number {
    const shift = at - (this.#starts[this.#next] as number);
    const end = this.#next + count;
    for (let item = this.#next; item < end; item++) {
      values.push(this.#values[item]);
      starts.push((this.#starts[item] as number) + shift);
    }
    this.#next = end;
    this.#missed = 0;
    return (this.#starts[end] as number) + shift;
  }

  /** Looks for the item at `at` among the next ones here; those before it have left. */
  skipTo(bytes: Buffer, at: number, end: number): boolean {
    const length = end - at;
    const last = Math.min(this.#values.length, this.#next + this.#missed + 8, this.#next + LOOK_AHEAD);
    for (let item = this.#next; item < last; item++) {
      const start = this.#starts[item] as number;
      if ((this.#starts[item + 1] as number) - 1 - start !== length) continue;
      // Spares most calls; addresses that were made together are of one length.
      if (this.#bytes[start + (length >> 1)] !== bytes[at + (length >> 1)]) continue;
      if (bytes.compare(this.#bytes, start, start + length, at, end) !== 0) continue;
      this.#next = item;
      return true;
    }
    this.#missed++;
    // All of those that were looked at may have changed in place: what stands where the next item does is looked at.
    if (this.#missed > LOOK_AHEAD / 2 && this.#next < this.#values.length) this.#next++;
    return false;
  }

  /** Whether the `count` items after `skipped` ones that do stand as far behind `at`, with the commas before and between them. */
  #isSame(bytes: Buffer, at: number, skipped: number, count: number): boolean {
    const first = this.#starts[this.#next] as number;
    const from = (this.#starts[this.#next + skipped] as number) - (skipped > 0 ? 1 : 0);
    const to = (this.#starts[this.#next + skipped + count] as number) - 1;
    const shift = at - first;
    if (to + shift > bytes.length) return false;
    return bytes.compare(this.#bytes, from, to, from + shift, to + shift) === 0;
  }
}

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

function put(value: unknown, place: Place, items: readonly unknown[]): void {
  let parent = value as Record<string | number, unknown>;
  for (const key of place.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
  parent[place.at(-1) as string | number] = items;
}
