/**
 * Objects of a state that is not complete yet. A cluster may have hundreds of thousands, and all of them wait in memory for
 * the last. So only their bytes wait, a page of a list packed together, and are unpacked and parsed once more when it is
 * their turn: of 150,000 Pods that is 20 MB instead of 700.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { KubeObject } from '../domain/objects.ts';
import type { ReceivedObject } from '../domain/stream-batch.ts';
import { textOf } from './raw-json.ts';

/** Below this there is little to win. */
const MIN_PACKED_BYTES = 64 << 10;
/** Objects of one page are much alike: the fastest level finds that as well. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 };

/** The bodies of several objects, one after the other. */
class Pack {
  readonly #packed: Buffer;
  readonly #length: number;
  /** The one that was read last, unpacked: objects come in the order of their list. */
  static #open: { readonly pack: Pack; readonly bytes: Buffer } | undefined;

  constructor(bytes: Buffer) {
    this.#length = bytes.length;
    // In memory of its own: what the compressor answers with is a piece of something larger.
    const packed = zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length });
    this.#packed = Buffer.allocUnsafeSlow(packed.length);
    packed.copy(this.#packed);
  }

  get bytes(): Buffer {
    if (Pack.#open?.pack !== this) {
      Pack.#open = {
        pack: this,
        bytes: zstdDecompressSync(this.#packed, { maxOutputLength: this.#length, chunkSize: this.#length }),
      };
    }
    return Pack.#open.bytes;
  }
}

class WaitingObject implements ReceivedObject {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly #bytes: Uint8Array | Pack;
  readonly #start: number;
  readonly #end: number;

  constructor({ uid, namespace, name, resourceVersion }: ReceivedObject, bytes: Uint8Array | Pack, start: number, end: number) {
    this.uid = uid;
    this.namespace = namespace;
    this.name = name;
    this.resourceVersion = resourceVersion;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get body(): Uint8Array {
    return (this.#bytes instanceof Pack ? this.#bytes.bytes : this.#bytes).subarray(this.#start, this.#end);
  }

  /** Parsed anew each time. */
  get value(): KubeObject {
    return JSON.parse(textOf(this.body)) as KubeObject;
  }
}

/** The same objects, which keep nothing alive but their own bytes where there are many. */
export function waiting(objects: readonly ReceivedObject[]): ReceivedObject[] {
  const bodies = objects.map(({ body }) => body);
  const length = bodies.reduce((sum, body) => sum + body.length, 0);
  if (length < MIN_PACKED_BYTES) return objects.map(waitingAlone);
  const pack = new Pack(Buffer.concat(bodies, length));
  let end = 0;
  return objects.map((object, index) => {
    const start = end;
    end += bodies[index]?.length ?? 0;
    return new WaitingObject(object, pack, start, end);
  });
}

/** The same object as its bytes alone, not packed: what was parsed of it can go, and is parsed anew when it is asked for. */
export function waitingAlone(object: ReceivedObject): ReceivedObject {
  return new WaitingObject(object, object.body, 0, object.body.length);
}
