/** Checks a log: the file, every event and body against its checksum, and the projections against the log. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorruptLogError, type EventStore } from '../event-store.ts';
import { BodyReader } from './bodies.ts';
import type { BodyRow } from './body-codec.ts';
import { type Connection, openForReading } from './connection.ts';
import { horizonPosition } from './horizons.ts';
import { requireCurrent } from './migrate.ts';
import { CONTENTS } from './projection-contents.ts';
import { PROJECTIONS } from './projection-writes.ts';
import { brokenReferences } from './references.ts';
import { type EventRow, eventChecksum, identityText, isLedgerRow, type JoinedEventRow } from './rows.ts';
import { Statements } from './statements.ts';
import { openStore } from './store.ts';

/** Something that is not as it should be, and where. */
export interface Damage {
  /** `file`, `position 4711`, `projection flip` … */
  readonly where: string;
  readonly what: string;
}

export interface VerifyOptions {
  /** Makes the projections of a copy again; given from above, because the store does not know how they are made. */
  readonly rebuild: (store: EventStore) => void;
  /** Called for each damage as it is found. */
  readonly onDamage: (damage: Damage) => void;
  readonly onProgress?: (progress: {
    readonly step: 'events' | 'projections';
    readonly done: number;
    readonly of: number;
  }) => void;
  /** Where the copy with its projections made anew may stand meanwhile; as large as the log. Default: the system's folder for such. */
  readonly scratchFolder?: string;
}

export interface VerifySummary {
  readonly events: number;
  readonly damages: number;
}

/**
 * Reads the whole log. It may be recorded to meanwhile: what is checked is the log as it was at the start.
 * @throws LogUnusableError when the file is not a log at all
 */
export function verifyLog(file: string, { rebuild, onDamage, onProgress, scratchFolder }: VerifyOptions): VerifySummary {
  const connection = openForReading(file);
  let damages = 0;
  const report = (where: string, what: string) => {
    damages++;
    onDamage({ where, what });
  };
  try {
    requireCurrent(connection);
    // One read transaction: the recorder may append meanwhile.
    connection.exec('BEGIN');
    for (const problem of integrityProblems(connection)) report('file', problem);
    const events = checkEvents(connection, report, onProgress);
    connection.exec('COMMIT');
    // Projections of a log that is itself damaged would differ, and tell nothing new.
    if (damages === 0) {
      onProgress?.({ step: 'projections', done: 0, of: 1 });
      checkProjections(connection, scratchFolder ?? tmpdir(), rebuild, report);
      onProgress?.({ step: 'projections', done: 1, of: 1 });
    }
    return { events, damages };
  } catch (error) {
    if (!isSqliteDamage(error)) throw error;
    report('file', error.message);
    return { events: 0, damages };
  } finally {
    connection.close();
  }
}

function integrityProblems(connection: Connection): string[] {
  const rows = connection.pragma('integrity_check(20)') as { integrity_check: string }[];
  return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
}

type Report = (where: string, what: string) => void;

function checkEvents(connection: Connection, report: Report, onProgress: VerifyOptions['onProgress']): number {
  const { last } = connection.prepare('SELECT ifnull(max(position), 0) AS last FROM event').get() as { last: number };
  const loadBody = connection.prepare('SELECT base, size, crc, data FROM body WHERE position = ?');
  const bodies = new BodyReader((position) => loadBody.get(position) as BodyRow | undefined);
  const rows = connection
    .prepare(
      `SELECT e.*, o.cluster_id, o.resource, o.namespace, o.name, o.uid
       FROM event e LEFT JOIN object o ON o.object_id = e.object_id ORDER BY e.position`,
    )
    .iterate() as IterableIterator<JoinedEventRow>;
  const shedUntil = horizonPosition(new Statements(connection));
  let events = 0;
  let expected = shedUntil + 1;
  for (const row of rows) {
    // At and below the horizon only the events stay that tell what there was.
    if (row.position > shedUntil && row.position !== expected) {
      report(
        `position ${expected}`,
        row.position === expected + 1 ? 'the event is missing' : `the events up to ${row.position - 1} are missing`,
      );
    }
    expected = Math.max(expected, row.position + 1);
    for (const problem of problemsOf(row, bodies)) report(`position ${row.position}`, problem);
    if (++events % 10_000 === 0) onProgress?.({ step: 'events', done: row.position, of: last });
  }
  for (const { position, what } of brokenReferences(connection)) report(`position ${position}`, what);
  onProgress?.({ step: 'events', done: last, of: last });
  return events;
}

function problemsOf(row: JoinedEventRow, bodies: BodyReader): string[] {
  try {
    const { crc } = bodies.row(row.body);
    bodies.read(row.body);
    const identity = isLedgerRow(row) ? '' : identityText(row);
    const matches = eventChecksum(row satisfies EventRow, identity, crc) === row.checksum;
    return matches ? [] : ['the event does not match its checksum'];
  } catch (error) {
    if (error instanceof CorruptLogError) return [error.message];
    throw error;
  }
}

/** Makes the projections again on a copy, and compares them row for row with what they were. */
function checkProjections(
  connection: Connection,
  scratchFolder: string,
  rebuild: VerifyOptions['rebuild'],
  report: Report,
): void {
  const folder = mkdtempSync(join(scratchFolder, 'flipbook-verify-'));
  try {
    const kept = join(folder, 'kept.db');
    const rebuilt = join(folder, 'rebuilt.db');
    connection.prepare('VACUUM INTO ?').run(kept);
    copyFileSync(kept, rebuilt);
    const store = openStore(rebuilt);
    try {
      rebuild(store);
    } finally {
      store.close();
    }
    compareProjections(rebuilt, kept, report);
  } catch (error) {
    if (!(error instanceof CorruptLogError)) throw error;
    report('projections', `they cannot be made again: ${error.message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rows named in a report; the rest is counted. */
const MAX_NAMED = 3;

function compareProjections(rebuilt: string, kept: string, report: Report): void {
  const connection = openForReading(rebuilt);
  try {
    connection.prepare('ATTACH ? AS kept').run(kept);
    // A log that nothing was shed of gives every row as it was. Once something was, Services and backends are numbered anew.
    const wasShed = horizonPosition(new Statements(connection)) > 0;
    for (const table of PROJECTIONS) {
      const rows = (schema: string) => (wasShed ? CONTENTS[table](schema) : `SELECT * FROM ${schema}.${table}`);
      const only = (has: string, lacks: string) => connection.prepare(`${rows(has)} EXCEPT ${rows(lacks)}`).all();
      tell(table, 'a row that the log does not give', only('kept', 'main'), report);
      tell(table, 'a row that the log gives is missing', only('main', 'kept'), report);
    }
  } finally {
    connection.close();
  }
}

function tell(table: string, what: string, rows: unknown[], report: Report): void {
  for (const row of rows.slice(0, MAX_NAMED)) report(`projection ${table}`, `${what}: ${JSON.stringify(row)}`);
  if (rows.length > MAX_NAMED) report(`projection ${table}`, `${what}: ${rows.length - MAX_NAMED} more`);
}

function isSqliteDamage(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(String(error.code));
}
