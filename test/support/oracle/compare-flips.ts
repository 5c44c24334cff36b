/** Holds the program's flips, as JSON or as CSV, against the oracle. */
import { CSV_COLUMNS } from '../../../src/history/flips-csv.ts';
import type { Flip } from '../../../src/http/contract.ts';
import { type OracleSource, portsText } from './backends.ts';
import type { OracleFlip, Truth } from './fold.ts';

/** Which flips were asked for. */
export interface FlipSelection {
  readonly namespace?: string;
  readonly service?: string;
  readonly source?: OracleSource;
  /** Inclusive. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
}

/** What the trace and an answer can both tell of a flip. Positions are the log's own: only their order is told. */
interface FlipText {
  /** Everything but the position. */
  readonly text: string;
  /** Equal for flips of one event, growing from event to event. */
  readonly event: number;
}

export function selectFlips(truth: Truth, selection: FlipSelection): OracleFlip[] {
  const { namespace, service, source, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = selection;
  return truth.flips.filter(
    (one) =>
      (namespace === undefined || one.namespace === namespace) &&
      (service === undefined || one.service === service) &&
      (source === undefined || one.source === source) &&
      one.at >= from &&
      one.at < to,
  );
}

function ofOracle(one: OracleFlip): FlipText {
  const { backend, after } = one;
  const who = `${one.namespace}/${one.service} by ${one.source} ${backend.key}`;
  const where = `pod=${backend.podName} node=${backend.node} zone=${backend.zone}`;
  const text = `${new Date(one.at).toISOString()} ${who} ${where} ${one.from}>${one.to} leaving ${after.ready}+${after.notReady}`;
  return { text, event: one.line };
}

function ofAnswer(one: Flip): FlipText {
  const who = `${one.namespace}/${one.service} by ${one.source} ${one.address} ${one.pod?.uid ?? ''} ${portsText(one.ports)}`;
  const where = `pod=${one.pod?.name ?? ''} node=${one.node ?? ''} zone=${one.zone ?? ''}`;
  const text = `${one.at} ${who} ${where} ${one.from}>${one.to} leaving ${one.readyAfter}+${one.notReadyAfter}`;
  return { text, event: one.position };
}

function ofCsv(row: Readonly<Record<(typeof CSV_COLUMNS)[number], string>>): FlipText {
  const ports = row.ports.split(/[\s,;]+/).filter((one) => one !== '');
  const who = `${row.namespace}/${row.service} by ${row.source} ${row.address} ${row.pod_uid} ${ports.sort().join(',')}`;
  const where = `pod=${row.pod} node=${row.node} zone=${row.zone}`;
  const text = `${row.time} ${who} ${where} ${row.from}>${row.to} leaving ${row.ready_after}+${row.not_ready_after}`;
  return { text, event: Number(row.position) };
}

/** Same flips, in the same order, each event's together; empty when so. */
function compareTexts(expected: readonly FlipText[], actual: readonly FlipText[]): string[] {
  const differences: string[] = [];
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    const want = expected[i];
    const got = actual[i];
    if (want?.text !== got?.text)
      differences.push(`flip ${i}: expected ${want?.text ?? 'none'}, answered ${got?.text ?? 'none'}`);
    const before = actual[i - 1];
    if (want === undefined || got === undefined || before === undefined) continue;
    const newEvent = want.event !== expected[i - 1]?.event;
    if (newEvent !== got.event > before.event) {
      const relation = newEvent ? 'is not after' : 'is not';
      differences.push(`flip ${i}: position ${got.event} ${relation} that of the flip before, ${before.event}`);
    }
  }
  return differences;
}

/** All pages of the answer, joined. */
export function compareFlips(truth: Truth, selection: FlipSelection, flips: readonly Flip[]): string[] {
  const differences = compareTexts(selectFlips(truth, selection).map(ofOracle), flips.map(ofAnswer));
  for (const [i, flip] of flips.entries()) {
    if (!(flip.notBefore <= flip.notAfter && flip.notAfter <= flip.at)) {
      differences.push(`flip ${i}: bounds ${flip.notBefore} to ${flip.notAfter}, seen at ${flip.at}`);
    }
  }
  return differences;
}

export function compareFlipsCsv(truth: Truth, selection: FlipSelection, csv: string): string[] {
  const [header, ...rows] = parseCsv(csv);
  if (header?.join() !== CSV_COLUMNS.join()) return [`header is ${header?.join() ?? 'missing'}`];
  const odd = rows.findIndex((row) => row.length !== CSV_COLUMNS.length);
  if (odd >= 0) return [`row ${odd} has ${rows[odd]?.length} fields, not ${CSV_COLUMNS.length}`];
  const named = rows.map((row) => Object.fromEntries(CSV_COLUMNS.map((column, i) => [column, row[i] ?? ''])));
  return compareTexts(
    selectFlips(truth, selection).map(ofOracle),
    named.map((row) => ofCsv(row as Parameters<typeof ofCsv>[0])),
  );
}

/** RFC 4180: quoted fields, doubled quotes, CRLF or LF. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const match = field.exec(text);
    if (match === null) throw new Error(`not RFC 4180 at character ${at}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',' && field.lastIndex < text.length) continue;
    if (match[3] === ',') row.push('');
    rows.push(row);
    row = [];
  }
  return rows;
}

/**
 * Flips whose bounds shut out the write that made them. The server tells that write in whole seconds (the latest time in
 * `managedFields`), so it was within the second after it. Not judged is the end of a list: a deleted object tells no time
 * of its deletion, and a write that only takes fields away does not move the time (incident-1, line 463: 6 s behind).
 *
 * @param flips those of the selection, as {@link compareFlips} found them right
 */
export function compareBounds(
  truth: Truth,
  selection: FlipSelection,
  flips: readonly Flip[],
): { judged: number; differences: string[] } {
  const events = new Map(truth.versions.map((one) => [one.line, one]));
  const differences: string[] = [];
  let judged = 0;
  for (const [i, expected] of selectFlips(truth, selection).entries()) {
    const { type, writtenAt } = events.get(expected.line) ?? {};
    const flip = flips[i];
    const { ready, notReady, terminating } = expected.after;
    if (writtenAt === undefined || flip === undefined || type === 'DELETED' || ready + notReady + terminating === 0) continue;
    judged++;
    if (Date.parse(flip.notBefore) > writtenAt + 999 || Date.parse(flip.notAfter) < writtenAt) {
      const second = new Date(writtenAt).toISOString();
      differences.push(`flip ${i}: written in the second of ${second}, not between ${flip.notBefore} and ${flip.notAfter}`);
    }
  }
  return { judged, differences };
}
