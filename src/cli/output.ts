/** Writing to stdout and stderr: with back-pressure, quietly when the reader has gone, in colour only where it helps. */
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

/** The reader of our output has closed it (`flipbook flips … | head`). Nothing went wrong: the exit code is 0. */
export class OutputClosedError extends Error {
  override name = 'OutputClosedError';
}

export type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'dim' | 'bold';

export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export class Output {
  readonly stream: OutputStream;
  readonly isTerminal: boolean;
  readonly #colours: boolean;

  /** @param env `NO_COLOR` (any value but empty, no-color.org) and `TERM=dumb` switch colours off */
  constructor(stream: OutputStream, env: Readonly<Record<string, string | undefined>>) {
    this.stream = stream;
    this.isTerminal = stream.isTTY === true;
    this.#colours = this.isTerminal && !env.NO_COLOR && env.TERM !== 'dumb';
    // Each write is told of its own error; without a listener the stream's `error` event would end the process.
    stream.on('error', () => {});
  }

  /**
   * Resolves when the stream has taken the text, so that a slow reader slows the writer and memory stays flat.
   *
   * @throws OutputClosedError when the reader has gone
   */
  write(text: string | Uint8Array): Promise<void> {
    if (text.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.stream.write(text, (error) => {
        if (!error) resolve();
        else if (isClosed(error)) reject(new OutputClosedError());
        else reject(error);
      });
    });
  }

  paint(text: string, colour: Colour | undefined): string {
    return this.#colours && colour !== undefined ? styleText(colour, text, { validateStream: false }) : text;
  }
}

function isClosed(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || error.code === 'ECONNRESET';
}

/**
 * Control characters (C0, DEL, C1), halves of surrogate pairs, line separators and the marks that reorder text: what object content could use to
 * move the cursor, recolour the screen or show itself as something else.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text that is safe to show on a terminal, on one line: each unsafe character becomes U+FFFD. */
export function printable(text: string): string {
  return text.replace(UNSAFE, '\ufffd');
}

/** JSON that is safe to show on a terminal: the same document, with DEL and C1 controls written as escapes. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
