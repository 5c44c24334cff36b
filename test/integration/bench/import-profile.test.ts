/** A function that was renamed would count as another step, without a word. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ownSteps } from '../../../bench/import-profile.ts';

it.each(ownSteps())('the step «%s» of an import is the function %s of %s', (_step, name, file) => {
  const source = readFileSync(join(import.meta.dirname, '../../../src', file), 'utf8');
  expect(source).toMatch(new RegExp(`^(export )?(  )?(async )?(function\\*? )?\\*?${name}[<(]`, 'm'));
});
