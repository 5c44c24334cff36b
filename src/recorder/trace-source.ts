/** The bytes of a trace, decompressed, as whole lines. */
import { open } from 'node:fs/promises';
import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';

export interface TraceBytes {
  /** For messages: the file's path, or `<stdin>`. */
  readonly name: string;
  /** Compressed size where it is known, for progress. */
  readonly size?: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The trace cannot be read: no such file, cut off, damaged. `message` is for people and names the file. */
export class TraceUnreadableError extends Error {
  override name = 'TraceUnreadableError';
}

/** A file of a trace: plain, gzip or zstd, told by its first bytes. */
export async function traceFile(path: string): Promise<TraceBytes> {
  try {
    const handle = await open(path);
    const stat = await handle.stat();
    if (stat.isDirectory()) {
      await handle.close();
      throw new TraceUnreadableError(`${path}: it is a folder`);
    }
    return {
      name: path,
      chunks: handle.createReadStream({ highWaterMark: 1 << 20 }),
      ...(stat.isFile() ? { size: stat.size } : {}),
    };
  } catch (error) {
    if (error instanceof TraceUnreadableError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'not readable by this user' : String(error);
    throw new TraceUnreadableError(`${path}: ${why}`, { cause: error });
  }
}

const NEWLINE = 0x0a;
/** A line longer than this is no object of a cluster: etcd takes 1.5 MiB, and a list of 150,000 Pods is below. */
const MAX_LINE_BYTES = 1 << 30;

/**
 * The lines of a trace, without their newlines; the last one may lack it.
 *
 * @param onBytes told how many compressed bytes have been read, as they are
 * @throws TraceUnreadableError
 */
export async function* traceLines({ name, chunks }: TraceBytes, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const counted = Readable.from(counting(chunks, onBytes), { objectMode: false });
  let rest: Buffer[] = [];
  let restBytes = 0;
  try {
    for await (const chunk of (await decompressed(counted)) as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        const tail = chunk.subarray(start, end);
        yield rest.length === 0 ? tail : Buffer.concat([...rest, tail]);
        rest = [];
        restBytes = 0;
        start = end + 1;
      }
      if (start < chunk.length) {
        rest.push(chunk.subarray(start));
        restBytes += chunk.length - start;
        if (restBytes > MAX_LINE_BYTES) throw new TraceUnreadableError(`${name}: a line is longer than 1 GiB: not a trace`);
      }
    }
  } catch (error) {
    throw error instanceof TraceUnreadableError ? error : unreadable(name, error);
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

async function* counting(chunks: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}

/** Puts the decompressor in front that the first bytes ask for. */
async function decompressed(source: Readable): Promise<AsyncIterable<Uint8Array>> {
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  while (head.length < 4) {
    const { value, done } = await iterator.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const whole = Readable.from(
    (async function* () {
      if (head.length > 0) yield head;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    })(),
    { objectMode: false },
  );
  const transform = decompressor(head);
  // The error, if any, is thrown where the transform is read.
  return transform ? pipeline(whole, transform, () => undefined) : whole;
}

function decompressor(head: Buffer): Transform | undefined {
  if (head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528) {
    // Traces are compressed with a long window (zstd --long=27).
    return createZstdDecompress({ chunkSize: 1 << 20, params: { [constants.ZSTD_d_windowLogMax]: 27 } }) as Transform;
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
