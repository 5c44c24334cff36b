/** Lets a test stand between a program and SQLite: every statement that runs in this thread passes here first. */
import Database from 'better-sqlite3';

export interface Step {
  readonly connection: Database.Database;
  readonly sql: string;
}

/** Calls `look` before every statement. What it throws, the statement throws. */
export function beforeEveryStep(look: (step: Step) => void): void {
  const exec = Database.prototype.exec;
  Database.prototype.exec = function (this: Database.Database, sql: string) {
    look({ connection: this, sql });
    return exec.call(this, sql);
  };
  const memory = new Database(':memory:');
  const statement = Object.getPrototypeOf(memory.prepare('SELECT 1')) as Record<string, (...args: unknown[]) => unknown>;
  memory.close();
  for (const name of ['run', 'get', 'all', 'iterate']) {
    const original = statement[name] as (...args: unknown[]) => unknown;
    statement[name] = function (this: Database.Statement, ...args: unknown[]) {
      look({ connection: this.database, sql: this.source });
      return original.apply(this, args);
    };
  }
}
