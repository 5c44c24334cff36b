/** Flips as CSV: RFC 4180, one header row, lines that end in CRLF. */
import { stringify } from 'csv-stringify/sync';
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

/**
 * Names and messages come from the cluster, and spreadsheets run cells that begin with = + - @ tab or CR: such a cell
 * gets an apostrophe in front (OWASP, "CSV Injection").
 */
const FORMAT = { record_delimiter: '\r\n', escape_formulas: true } as const;

export function csvHeader(): string {
  return stringify([CSV_HEADER], FORMAT);
}

/** Rows without the header; empty for no flips. */
export function csvRows(flips: readonly FlipAnswer[]): string {
  if (flips.length === 0) return '';
  return stringify(
    flips.map((flip) => COLUMNS.map(([, cell]) => cell(flip))),
    FORMAT,
  );
}
