import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CAUSES } from '../../../src/domain/causes/index.ts';
import * as contract from '../../../src/http/contract.ts';

test('the contract names every cause', () => {
  expect(contract.CAUSES).toEqual(CAUSES);
});

test('the page of causes tells of every cause, and of no other', () => {
  const page = readFileSync(new URL('../../../docs/CAUSES.md', import.meta.url), 'utf8');
  const rows = page.split('## The causes')[1]?.split('\n## ')[0] ?? '';
  const told = [...rows.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(told.toSorted()).toEqual(CAUSES.toSorted());
});
