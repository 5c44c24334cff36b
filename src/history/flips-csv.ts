/** Flips as CSV: RFC 4180, one header row, lines that end in CRLF. */
import { formatPorts } from '../domain/backends.ts';
import type { FlipAnswer } from './answers.ts';

/** Column names, in order, and what stands in each. Scripts read them by name and by place: never change one. */
const COLUMNS: readonly (readonly [name: string, cell: (flip: FlipAnswer) => string | number])[] = [
  ['time', (flip) => flip.at],
  ['cluster', (flip) => flip.cluster],
  ['namespace', (flip) => flip.namespace],
  ['service', (flip) => flip.service],
  ['source', (flip) => flip.source],
  ['address', (flip) => flip.address],
  ['ports', (flip) => formatPorts(flip.ports.map(({ name, port, protocol }) => ({ name, port, protocol })))],
  ['pod', (flip) => flip.pod?.name ?? ''],
  ['pod_uid', (flip) => flip.pod?.uid ?? ''],
  ['node', (flip) => flip.node ?? ''],
  ['zone', (flip) => flip.zone ?? ''],
  ['from', (flip) => flip.from],
  ['to', (flip) => flip.to],
  ['ready_after', (flip) => flip.readyAfter],
  ['not_ready_after', (flip) => flip.notReadyAfter],
  ['cause', (flip) => flip.cause],
  ['detail', (flip) => flip.detail ?? ''],
  ['confidence', (flip) => flip.confidence],
  ['not_before', (flip) => flip.notBefore],
  ['not_after', (flip) => flip.notAfter],
  ['position', (flip) => flip.position],
];

export const CSV_HEADER: readonly string[] = COLUMNS.map(([name]) => name);

/** RFC 4180: what separates cells and rows, and the quote itself, stands only between quotes. */
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * Names and messages come from the cluster, and spreadsheets run cells that begin with = + - @ tab or CR, or with the
 * wide forms that they take for the same: such a cell gets an apostrophe in front (OWASP, "CSV Injection").
 */
const RUNS_AS_FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/** Numbers are our own, and a negative one is no formula. */
function cellText(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const harmless = RUNS_AS_FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(value) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function csvHeader(): string {
  return `${CSV_HEADER.map(cellText).join(',')}\r\n`;
}

/** Rows without the header; empty for no flips. */
export function csvRows(flips: readonly FlipAnswer[]): string {
  let rows = '';
  for (const flip of flips) {
    let separator = '';
    for (const [, cell] of COLUMNS) {
      rows += separator + cellText(cell(flip));
      separator = ',';
    }
    rows += '\r\n';
  }
  return rows;
}
