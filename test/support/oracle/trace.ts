/**
 * Reads a recorded trace as text, so that a test can say what stood in it byte for byte. Part of the oracle: it shares no
 * code with the program, and is slow and plain on purpose.
 */
import { readFileSync } from 'node:fs';
import { constants, zstdDecompressSync } from 'node:zlib';

export interface TraceLine {
  /** Number of the line, from 1: the order of arrival. */
  readonly line: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** As in the trace: `/api/v1/endpoints`. */
  readonly path: string;
  readonly type: 'LIST' | 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** Text of `object`, exactly as in the trace. */
  readonly text: string;
}

/** Lines of a trace file, plain or `.zst`, without the empty one after the last newline. */
export function readTraceFile(file: string | URL): string[] {
  const bytes = readFileSync(file);
  const zstd = String(file).endsWith('.zst');
  const plain = zstd ? zstdDecompressSync(bytes, { params: { [constants.ZSTD_d_windowLogMax]: 27 } }) : bytes;
  return plain
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

const ENVELOPE = /^\{"at":"([^"]+)","path":"([^"]+)","type":"([A-Z]+)","object":/;

/** @throws Error for a line that does not begin and end as the traces' lines do. */
export function parseTraceLine(text: string, line: number): TraceLine {
  const envelope = ENVELOPE.exec(text);
  const [start, at, path, type] = envelope ?? [];
  if (start === undefined || at === undefined || path === undefined || !text.endsWith('}')) {
    throw new Error(`line ${line} is not a line of a trace: ${text.slice(0, 80)}`);
  }
  return { line, at: Date.parse(at), path, type: type as TraceLine['type'], text: text.slice(start.length, -1) };
}

/**
 * The items of a List, each exactly as in the trace. Counts braces outside strings; a List's own members before `items`
 * (kind, apiVersion, metadata with versions) hold no text that could be taken for it.
 */
export function listItems(listText: string): string[] {
  const opening = '"items":[';
  const start = listText.indexOf(opening);
  if (start < 0) return [];
  const items: string[] = [];
  let depth = 0;
  let itemStart = 0;
  let inString = false;
  for (let i = start + opening.length; i < listText.length; i++) {
    const char = listText[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') {
      inString = true;
    } else if (char === '{') {
      if (depth === 0) itemStart = i;
      depth++;
    } else if (char === '}') {
      depth--;
      if (depth === 0) items.push(listText.slice(itemStart, i + 1));
    } else if (char === ']' && depth === 0) {
      return items;
    }
  }
  throw new Error('a List without an end');
}

/** A list item as an object that came alone would have looked: with the kind and apiVersion that lists leave out. */
export function completeItem(item: string, kind: string, apiVersion: string): string {
  return `{"kind":"${kind}","apiVersion":"${apiVersion}",${item.slice(1)}`;
}
