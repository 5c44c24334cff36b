/**
 * The end of a long history: a cycle that the real recorder wrote, written again and again straight into the tables. Every
 * copy has its own positions, times, versions, bodies and checksums, and brings the flips and counts that the recorder would
 * make of it: `flipbook verify` finds the log as it should be (test/integration/bench). What does not grow: Pods are the same
 * all the time, and so are the backends.
 */
import Database from 'better-sqlite3';
import { BodyReader } from '../../src/store/sqlite/bodies.ts';
import type { BodyRow } from '../../src/store/sqlite/body-codec.ts';
import { type EventRow, eventChecksum, identityText, type JoinedEventRow } from '../../src/store/sqlite/rows.ts';
import type { Cycle } from './long-history.ts';
import { type Stamp, StampedBody, type StayingBase } from './stamped-body.ts';

/** How far a copy is from the original. */
interface Shift {
  readonly positions: number;
  readonly ms: number;
  readonly versions: number;
}

interface CycleEvent {
  readonly original: EventRow;
  readonly stored: BodyRow;
  /** Of the object, as checksums have it. */
  readonly identity: string;
  readonly body: StampedBody<Shift>;
  /** What a copy of the version tells of itself. */
  readonly stamp: (shift: Shift) => Stamp;
  /** The version that it differs from, when that is in the cycle too. */
  readonly base: CycleEvent | undefined;
}

const ORIGINAL: Shift = { positions: 0, ms: 0, versions: 0 };

/** Written at a time; more would only make the cache larger that they need until then. */
const CYCLES_TOGETHER = 4;

export interface RepeatOptions {
  readonly times: number;
  /** `performance.now()` at which to stop with what there is. */
  readonly deadline?: number;
  readonly onProgress?: (share: number) => void;
}

/**
 * @param file of a log that nobody has open, and that ends with the cycle
 * @returns how often it was written
 */
export function repeatCycle(file: string, cycle: Cycle, { times, deadline = Infinity, onProgress }: RepeatOptions): number {
  const db = new Database(file);
  try {
    // A log of the bench that is lost with the power is made again.
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('foreign_keys = OFF');
    db.pragma('cache_size = -524288');
    db.pragma('temp_store = MEMORY');
    const copyEvents = eventCopier(db, cycle);
    const copyFlips = rowCopier(db, 'flip', cycle, 'service_id, source, at, position, ordinal');
    const copyCounts = rowCopier(db, 'counts', cycle, 'service_id, source, at, position');
    let done = 0;
    while (done < times && performance.now() < deadline) {
      db.exec('BEGIN');
      for (const end = Math.min(times, done + CYCLES_TOGETHER); done < end; ) {
        const shift = shiftOf(cycle, ++done);
        copyEvents(shift);
        copyFlips(shift);
        copyCounts(shift);
      }
      db.exec('COMMIT');
      onProgress?.(done / times);
    }
    moveEnds(db, cycle, shiftOf(cycle, done));
    db.exec('DELETE FROM footing');
    db.exec('INSERT INTO footing (position, deltas) SELECT base, count(*) FROM body WHERE base IS NOT NULL GROUP BY base');
    db.pragma('journal_mode = WAL');
    return done;
  } finally {
    db.close();
  }
}

function shiftOf({ after, last, ms, versions }: Cycle, times: number): Shift {
  return { positions: (last - after) * times, ms: ms * times, versions: versions * times };
}

function eventCopier(db: Database.Database, cycle: Cycle): (shift: Shift) => void {
  const events = readCycle(db, cycle);
  const insertEvent = inserter<EventRow>(db, 'event');
  const insertBody = inserter<BodyRow & { position: number }>(db, 'body');
  return (shift) => {
    for (const { original, stored, identity, body, stamp, base } of events) {
      const { data, crc } = body.copy(shift);
      const position = original.position + shift.positions;
      insertBody({ position, base: base ? base.original.position + shift.positions : stored.base, size: stored.size, crc, data });
      const row = { ...original, position, body: position, at: original.at + shift.ms, resource_version: stamp(shift).version };
      row.checksum = eventChecksum(row, identity, crc);
      insertEvent(row);
    }
  };
}

/** The whole cycle, decoded: a cycle is some ten thousand events. */
function readCycle(db: Database.Database, { after, last, from }: Cycle): CycleEvent[] {
  const load = db.prepare('SELECT * FROM body WHERE position = ?');
  const bodies = new BodyReader((position) => load.get(position) as BodyRow | undefined);
  const originals = db.prepare('SELECT * FROM event WHERE position > ? ORDER BY position').all(after) as EventRow[];
  const object = db.prepare('SELECT resource, namespace, name, uid FROM object WHERE object_id = ?');
  if (originals.length !== last - after) throw new Error('the log does not end with the cycle');
  const events = new Map<number, CycleEvent>();
  return originals.map((original) => {
    const { position, body: bodyAt, object_id } = original;
    const stored = bodies.row(bodyAt);
    const raw = bodies.read(bodyAt);
    const time = newestTime(raw);
    if (bodyAt !== position || !(Date.parse(time) >= from)) {
      throw new Error(`the version at position ${position} is older than the cycle, or a ledger fact`);
    }
    const stamp = stamper(Number(original.resource_version), Date.parse(time));
    const base = stored.base === null ? undefined : events.get(stored.base);
    const standsOn = base?.body ?? (stored.base === null ? undefined : staying(bodies, stored.base));
    const body = new StampedBody(raw, ORIGINAL, stamp, standsOn);
    const identity = identityText(object.get(object_id) as JoinedEventRow);
    const event: CycleEvent = { original, stored, identity, body, stamp, base };
    events.set(position, event);
    return event;
  });
}

function staying(bodies: BodyReader, position: number): StayingBase {
  let keyframe = position;
  for (let { base } = bodies.row(keyframe); base !== null; base = bodies.row(base).base) keyframe = base;
  return { dictionary: bodies.dictionary(position), keyframe: bodies.read(keyframe) };
}

/** A version tells one instant in its cycle; whatever else it tells is older. */
function newestTime(raw: Buffer): string {
  const times = raw.toString('latin1').match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g) ?? [];
  return times.reduce((newest, time) => (time > newest ? time : newest), '');
}

function stamper(version: number, writtenAt: number): CycleEvent['stamp'] {
  let last: { readonly shift: Shift; readonly stamp: Stamp } | undefined;
  return (shift) => {
    if (last?.shift !== shift)
      last = { shift, stamp: { version: String(version + shift.versions), time: second(writtenAt + shift.ms) } };
    return last.stamp;
  };
}

let formatted = { at: Number.NaN, text: '' };

/** Many versions in a row are of the same second. */
function second(at: number): string {
  if (formatted.at !== at) formatted = { at, text: `${new Date(at).toISOString().slice(0, 19)}Z` };
  return formatted.text;
}

/** Copies the rows of a projection that belong to the cycle. */
function rowCopier(db: Database.Database, table: string, { after }: Cycle, order: string): (shift: Shift) => void {
  db.exec(`CREATE TEMP TABLE cycle_${table} AS SELECT * FROM ${table} WHERE position > ${after} ORDER BY ${order}`);
  const columns = columnsOf(db, table);
  const values = columns.map((name) => (name === 'position' || name === 'at' ? `${name} + @${name}` : name));
  const copy = db.prepare(`INSERT INTO ${table} (${columns}) SELECT ${values} FROM cycle_${table} ORDER BY rowid`);
  return ({ positions, ms }) => copy.run({ position: positions, at: ms });
}

/** What tells where objects and streams are now. */
function moveEnds(db: Database.Database, { after, from }: Cycle, { positions, ms, versions }: Shift): void {
  for (const table of ['lifespan', 'service_slice', 'backend']) {
    db.prepare(`UPDATE ${table} SET last_position = last_position + ? WHERE last_position > ?`).run(positions, after);
  }
  db.prepare(
    'UPDATE cursor SET resource_version = CAST(resource_version + ? AS TEXT), proven_at = proven_at + ? WHERE proven_at >= ?',
  ).run(versions, ms, from);
}

function inserter<Row extends object>(db: Database.Database, table: string): (row: Row) => void {
  const columns = columnsOf(db, table) as (keyof Row & string)[];
  const statement = db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`);
  return (row) => statement.run(columns.map((column) => row[column]));
}

const columnsOf = (db: Database.Database, table: string): string[] =>
  (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
