/**
 * Cuts a stream of bytes into lines at 0x0A alone: inside JSON a newline is always escaped, while U+2028 and U+2029 may
 * stand there as they are (readline would cut there). Bytes, not text, so a character split over two chunks is whole again.
 */
import { UndecodableError } from './undecodable.ts';

export class LineSplitter {
  readonly #maxBytes: number;
  /** Pieces of the line that has not ended yet; joined once, so a long line costs its length and not its square. */
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The lines that end in this chunk, without their newlines. They may share memory with the chunk.
   *
   * @throws UndecodableError when a line is longer than allowed.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      yield this.#line(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  get hasRest(): boolean {
    return this.#pieces.length > 0;
  }

  /** What came after the last newline. */
  rest(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }

  #line(tail: Uint8Array): Uint8Array {
    if (this.#pieces.length === 0) return tail;
    this.#keep(tail);
    const line = this.rest();
    this.#pieces = [];
    this.#bytes = 0;
    return line;
  }

  #keep(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) throw new UndecodableError('unexpected', `a line is longer than ${this.#maxBytes} bytes`);
    this.#pieces.push(piece);
  }
}
