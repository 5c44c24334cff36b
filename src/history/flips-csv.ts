/** Flips as CSV: RFC 4180, one header row, lines that end in CRLF. */
import { type Backend, formatPorts, type Source } from '../domain/backends.ts';
import { formatTime } from '../domain/time.ts';
import type { ClusterId, ServiceRecord } from '../store/event-store.ts';
import type { FlipAnswer } from './answers.ts';
import type { ExplainedFlip } from './causes/causes.ts';
import { confidenceOf } from './to-answer.ts';

/** Column names, in order. Scripts read them by name and by place: never change one. */
export const CSV_COLUMNS = [
  'time',
  // What the Service and the backend give: the same in every row of the backend.
  'cluster',
  'namespace',
  'service',
  'source',
  'address',
  'ports',
  'pod',
  'pod_uid',
  'node',
  'zone',
  // What the flip gives.
  'from',
  'to',
  'ready_after',
  'not_ready_after',
  'cause',
  'detail',
  'confidence',
  'not_before',
  'not_after',
  'position',
] as const;

/** RFC 4180: what separates cells and rows, and the quote itself, stands only between quotes. */
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * Names and messages come from the cluster, and spreadsheets run cells that begin with = + - @ tab or CR, or with the
 * wide forms that they take for the same: such a cell gets an apostrophe in front (OWASP, "CSV Injection").
 */
const RUNS_AS_FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

function cellText(value: string): string {
  const harmless = RUNS_AS_FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(value) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function csvHeader(): string {
  return `${CSV_COLUMNS.map(cellText).join(',')}\r\n`;
}

/** The columns from `cluster` to `zone`. */
function backendCells(
  { cluster, namespace, service, source }: Pick<FlipAnswer, 'cluster' | 'namespace' | 'service' | 'source'>,
  { address, ports, pod, node = '', zone = '' }: Backend,
): string {
  const { name = '', uid = '' } = pod ?? {};
  return [cluster, namespace, service, source, address, formatPorts(ports), name, uid, node, zone].map(cellText).join(',');
}

type OwnCells = Pick<
  FlipAnswer,
  | 'at'
  | 'from'
  | 'to'
  | 'readyAfter'
  | 'notReadyAfter'
  | 'cause'
  | 'detail'
  | 'confidence'
  | 'notBefore'
  | 'notAfter'
  | 'position'
>;

/** Times, states, causes and numbers are our own words: nothing in them needs quoting, and a negative number is no formula. */
function row(backend: string, flip: OwnCells): string {
  const { at, from, to, readyAfter, notReadyAfter, cause, detail, confidence, notBefore, notAfter, position } = flip;
  const why = detail === undefined ? '' : cellText(detail);
  return `${at},${backend},${from},${to},${readyAfter},${notReadyAfter},${cause},${why},${confidence},${notBefore},${notAfter},${position}\r\n`;
}

/** Rows without the header; empty for no flips. */
export function csvRows(flips: readonly FlipAnswer[]): string {
  let rows = '';
  for (const flip of flips) {
    const ports = flip.ports.map(({ name, port, protocol }) => ({ name, port, protocol }));
    rows += row(backendCells(flip, { ...flip, ports }), flip);
  }
  return rows;
}

/** The same of flips as they were read: what a backend gives to its rows is written once, however many they are. */
export function csvRowsOf(flips: readonly ExplainedFlip[], clusterName: (id: ClusterId) => string): string {
  const known = new Map<Backend, { readonly service: ServiceRecord; readonly source: Source; readonly cells: string }>();
  let rows = '';
  for (const { flip, cause } of flips) {
    const { backend, service, source } = flip;
    let of = known.get(backend);
    if (of?.service !== service || of.source !== source) {
      const names = { cluster: clusterName(service.clusterId), namespace: service.namespace, service: service.name, source };
      of = { service, source, cells: backendCells(names, backend) };
      known.set(backend, of);
    }
    const { from, to, readyAfter, notReadyAfter, position } = flip;
    const at = formatTime(flip.at);
    const notBefore = flip.notBefore === flip.at ? at : formatTime(flip.notBefore);
    const confidence = confidenceOf(flip, cause);
    const { name, detail } = cause;
    rows += row(of.cells, {
      at,
      from,
      to,
      readyAfter,
      notReadyAfter,
      cause: name,
      ...(detail === undefined ? {} : { detail }),
      confidence,
      notBefore,
      notAfter: at,
      position,
    });
  }
  return rows;
}
