/**
 * Set up before every test file: each statement that the store runs in it is explained by SQLite, and one that goes over a
 * table that grows with the history fails the test that ran it, and the file. What is watched is what is run: a new
 * statement is among them as soon as a test asks for what it is for. (Processes and threads of their own are not watched;
 * what they run is run in the test's own thread by others.)
 */
import { afterAll } from 'vitest';
import { Statements } from '../../src/store/sqlite/statements.ts';
import { type GoesOver, growingTablesRead } from './query-plan.ts';

const found: GoesOver[] = [];
const watched = ['get', 'all', 'arrays', 'run', 'insert'] as const;
const seen = new WeakMap<Statements, Set<string>>();

for (const name of watched) {
  const original = Statements.prototype[name] as (this: Statements, sql: string, ...parameters: never[]) => unknown;
  const explained = function (this: Statements, sql: string, ...parameters: never[]): unknown {
    const known = seen.get(this) ?? new Set();
    seen.set(this, known);
    if (!known.has(sql)) {
      known.add(sql);
      const over = growingTablesRead(this.connection, sql, parameters);
      found.push(...over);
      if (over.length > 0) throw new Error(textOf(over));
    }
    return original.call(this, sql, ...parameters);
  };
  Object.defineProperty(Statements.prototype, name, { value: explained, configurable: true, writable: true });
}

// Whoever called may have swallowed the error.
afterAll(() => {
  if (found.length > 0) throw new Error(textOf(found));
});

function textOf(all: readonly GoesOver[]): string {
  return all.map(({ table, plan, sql }) => `goes over the table ${table}, which grows: ${plan}\n${sql}`).join('\n\n');
}

/** For the test of this: what was found so far is taken away, and told. */
export function takeFound(): GoesOver[] {
  return found.splice(0);
}
