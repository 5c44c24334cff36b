/** The bytes of a trace, decompressed, as whole lines. */
import { access, constants, open, stat } from 'node:fs/promises';
import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress, constants as zlib } from 'node:zlib';

export interface TraceBytes {
  /** For messages: the file's path, or `<stdin>`. */
  readonly name: string;
  /** Compressed size where it is known, for progress. */
  readonly size?: number;
  /** Each need stay as it is only until the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The trace cannot be read: no such file, cut off, damaged. `message` is for people and names the file. */
export class TraceUnreadableError extends Error {
  override name = 'TraceUnreadableError';
}

/** A file of a trace: plain, gzip or zstd, told by its first bytes. */
export async function traceFile(path: string): Promise<TraceBytes> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new TraceUnreadableError(`${path}: it is a folder`);
    await access(path, constants.R_OK);
    return { name: path, chunks: chunksOf(path), ...(found.isFile() ? { size: found.size } : {}) };
  } catch (error) {
    if (error instanceof TraceUnreadableError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'not readable by this user' : String(error);
    throw new TraceUnreadableError(`${path}: ${why}`, { cause: error });
  }
}

const READ_BYTES = 256 << 10;

/** All in the same memory: made anew for each, it would be most of what an import takes. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(path);
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(memory, 0, READ_BYTES);
      if (bytesRead === 0) return;
      yield memory.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

const NEWLINE = 0x0a;
/** A line longer than this is no object of a cluster: etcd takes 1.5 MiB, and a list of 150,000 Pods is below. */
const MAX_LINE_BYTES = 1 << 30;

/**
 * The lines of a trace, without their newlines; the last one may lack it. Each stays as it is until the next one is asked for.
 *
 * @param onBytes told how many compressed bytes have been read, as they are
 * @throws TraceUnreadableError
 */
export async function* traceLines({ name, chunks }: TraceBytes, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const begun = new BegunLine(name);
  try {
    for await (const chunk of await decompressed(counting(chunks, onBytes))) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        const tail = chunk.subarray(start, end);
        yield begun.isEmpty ? tail : begun.end(tail);
        start = end + 1;
      }
      if (start < chunk.length) begun.add(chunk.subarray(start));
    }
  } catch (error) {
    throw error instanceof TraceUnreadableError ? error : unreadable(name, error);
  }
  if (!begun.isEmpty) yield begun.end(Buffer.alloc(0));
}

/** The beginning of a line that ends in a later chunk, in memory that is used for all such lines. */
class BegunLine {
  readonly #name: string;
  #memory = Buffer.alloc(0);
  #length = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** @throws TraceUnreadableError when the line gets too long */
  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > MAX_LINE_BYTES) throw new TraceUnreadableError(`${this.#name}: a line is longer than 1 GiB: not a trace`);
    if (length > this.#memory.length) {
      const memory = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#memory.length));
      this.#memory.copy(memory, 0, 0, this.#length);
      this.#memory = memory;
    }
    this.#memory.set(piece, this.#length);
    this.#length = length;
  }

  end(tail: Uint8Array): Uint8Array {
    this.add(tail);
    const line = this.#memory.subarray(0, this.#length);
    this.#length = 0;
    return line;
  }
}

async function* counting(chunks: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}

/** Puts the decompressor in front that the first bytes ask for. */
async function decompressed(source: AsyncGenerator<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  let head = Buffer.alloc(0);
  while (head.length < 4) {
    const { value, done } = await source.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const transform = decompressor(head);
  if (transform === undefined) return continued(head, source);
  // A stream reads ahead, so it gets copies. The error, if any, is thrown where the transform is read.
  const copies = Readable.from(
    continued(head, source, (chunk) => Buffer.from(chunk)),
    { objectMode: false },
  );
  return pipeline(copies, transform, () => undefined);
}

async function* continued(
  head: Uint8Array,
  source: AsyncGenerator<Uint8Array>,
  taken: (chunk: Uint8Array) => Uint8Array = (chunk) => chunk,
): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for await (const chunk of source) yield taken(chunk);
  } finally {
    await source.return(undefined);
  }
}

function decompressor(head: Buffer): Transform | undefined {
  if (head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528) {
    // Traces are compressed with a long window (zstd --long=27).
    return createZstdDecompress({ chunkSize: 1 << 20, params: { [zlib.ZSTD_d_windowLogMax]: 27 } }) as Transform;
  }
  if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return createGunzip({ chunkSize: 1 << 20 });
  return undefined;
}

function unreadable(name: string, error: unknown): Error {
  if (!(error instanceof Error)) return new TraceUnreadableError(`${name}: ${error}`);
  if (error.name === 'AbortError') return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR' || /unexpected end of file/i.test(error.message)) {
    return new TraceUnreadableError(`${name}: the file is cut off: its compressed data ends too early`, { cause: error });
  }
  if (/^(Z_|ZSTD_)/.test(code)) {
    return new TraceUnreadableError(`${name}: its compressed data is damaged (${error.message})`, { cause: error });
  }
  return new TraceUnreadableError(`${name}: ${error.message}`, { cause: error });
}
