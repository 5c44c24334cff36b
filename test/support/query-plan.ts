/** What SQLite says of how it will run a statement, and whether that takes longer as the log grows. */
import type { Connection } from '../../src/store/sqlite/connection.ts';
import { withoutPeeking } from '../../src/store/sqlite/statements.ts';

/** Rows are added to these as long as the recorder runs. The others grow with the cluster, not with time. */
export const GROWING = [
  'event',
  'body',
  'footing',
  'object',
  'lifespan',
  'backend',
  'flip',
  'counts',
  'note',
  'coverage',
] as const;

type GrowingTable = (typeof GROWING)[number];

export interface GoesOver {
  readonly table: GrowingTable;
  /** SQLite's own words. */
  readonly plan: string;
  readonly sql: string;
}

/** Statements that may, each with the reason. */
const MAY: readonly (readonly [statement: RegExp, reason: string])[] = [
  [/^SELECT max\(position\) AS last FROM event$/, 'the largest rowid is one seek'],
  [/^DELETE FROM \w+$/, 'rebuild empties the projections'],
  [/^SELECT DISTINCT service_id, source FROM counts$/, 'rebuild comes to the horizon, with a few rows of each Service so far'],
  [
    /^SELECT (position|at) FROM event WHERE stream_id IN \(SELECT stream_id FROM stream WHERE cluster_id = \?\) ORDER BY position (ASC|DESC) LIMIT 1$/,
    'steps from the end of the log to the first event of the cluster, which is there while it is recorded',
  ],
];

/** Indexes of growing tables that hold no more than what exists now. */
const OF_WHAT_EXISTS = ['lifespan_open'];

/** Indexes of growing tables whose first columns are the same for half of the log: a search must name this column too. */
const NARROWED_BY: readonly (readonly [index: string, column: string, unless: RegExp])[] = [
  // Whether there is any is one seek.
  ['object_by_name', 'name', /^SELECT 1 FROM object WHERE .* LIMIT 1$/],
];

export function growingTablesRead(connection: Connection, sql: string, parameters: readonly unknown[]): GoesOver[] {
  const text = sql.replaceAll(/\s+/g, ' ').trim();
  if (MAY.some(([statement]) => statement.test(text))) return [];
  const plan = connection.prepare(`EXPLAIN QUERY PLAN ${withoutPeeking(sql)}`).all(...parameters) as { detail: string }[];
  return plan.flatMap(({ detail }) => {
    const table = scannedTable(detail, text) ?? wideSearch(detail, text);
    return table === undefined ? [] : [{ table, plan: detail, sql: text }];
  });
}

/** An automatic index is made of the whole table, for this one run; a bare SEARCH looks for the least or the largest in all rows. */
function scannedTable(detail: string, sql: string): GrowingTable | undefined {
  if (OF_WHAT_EXISTS.some((index) => detail.endsWith(` USING INDEX ${index}`))) return undefined;
  const scanned = /^SCAN (\w+)|^SEARCH (\w+)(?: USING AUTOMATIC .*)?$/
    .exec(detail)
    ?.slice(1)
    .find((name) => name !== undefined);
  return scanned === undefined ? undefined : growing(scanned, sql);
}

/** By its own name, or by the one that the statement gives it. */
function growing(name: string, sql: string): GrowingTable | undefined {
  return GROWING.find((table) => table === name || new RegExp(`\\b${table} (AS )?${name}\\b`).test(sql));
}

function wideSearch(detail: string, sql: string): GrowingTable | undefined {
  const [, name = '', index, columns = ''] = /^SEARCH (\w+) USING (?:COVERING )?INDEX (\w+) \((.*?)\)/.exec(detail) ?? [];
  const narrowed = NARROWED_BY.find(([narrow]) => narrow === index);
  if (narrowed === undefined) return undefined;
  const [, column, unless] = narrowed;
  return new RegExp(`\\b${column}[=<>]`).test(columns) || unless.test(sql) ? undefined : growing(name, sql);
}
