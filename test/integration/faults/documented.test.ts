/** The page on faults names tests; they must exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const TEST = join(import.meta.dirname, '../..');
const page = readFileSync(join(TEST, '../docs/FAULTS.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (#|fault|rule) \|/.test(line));
const named = [...page.matchAll(/`((?:unit|integration|contract)\/[^`]+\.test\.ts)` “([^”]+)”/g)].map(
  ([, path, name]) => [path as string, name as string] as const,
);

describe('the page on faults', () => {
  it('names tests that exist', () => {
    expect(named.length).toBeGreaterThan(60);
    const missing = named.filter(([path, name]) => {
      const file = join(TEST, path);
      return !existsSync(file) || !readFileSync(file, 'utf8').includes(`'${name}'`);
    });
    expect(missing).toEqual([]);
  });

  it('has every rule of watching, and a test in every row', () => {
    const rules = new Set(rows.flatMap((row) => /^\| (\d+) \|/.exec(row)?.[1] ?? []).map(Number));
    expect([...rules].sort((a, b) => a - b)).toEqual(Array.from({ length: 18 }, (_, index) => index + 1));
    expect(rows.filter((row) => !/\.test\.ts` “/.test(row))).toEqual([]);
  });
});
