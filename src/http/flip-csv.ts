/** Flips as CSV (RFC 4180): the columns that scripts rely on, and no cell that a spreadsheet would run. */
import { formatPorts } from '../domain/backends.ts';
import type { FlipAnswer } from '../history/answers.ts';
import { CSV_COLUMNS } from './contract.ts';

export const flipCsvHeader = (): string => `${CSV_COLUMNS.join(',')}\r\n`;

export const flipCsvRows = (flips: readonly FlipAnswer[]): string => flips.map(row).join('');

function row(flip: FlipAnswer): string {
  const cells: Record<(typeof CSV_COLUMNS)[number], string | number | undefined> = {
    time: flip.at,
    cluster: flip.cluster,
    namespace: flip.namespace,
    service: flip.service,
    source: flip.source,
    address: flip.address,
    ports: formatPorts(flip.ports.map(({ name, port, protocol }) => ({ name, port, protocol }))),
    pod: flip.pod?.name,
    pod_uid: flip.pod?.uid,
    node: flip.node,
    zone: flip.zone,
    from: flip.from,
    to: flip.to,
    ready_after: flip.readyAfter,
    not_ready_after: flip.notReadyAfter,
    cause: flip.cause,
    detail: flip.detail,
    confidence: flip.confidence,
    not_before: flip.notBefore,
    not_after: flip.notAfter,
    position: flip.position,
  };
  return `${CSV_COLUMNS.map((column) => cell(cells[column])).join(',')}\r\n`;
}

/** A text that begins like a formula gets an apostrophe before it, which spreadsheets show as text (OWASP, "CSV Injection"). */
function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
