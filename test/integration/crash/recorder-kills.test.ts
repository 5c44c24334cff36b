/** A few kills on every run of the tests; `npm run test:crash` does hundreds. */
import { expect, test } from 'vitest';
import { killRecorder } from './recorder-kills.ts';

test('a recorder killed at any moment goes on without losing, doubling or inventing anything', async () => {
  const { problems, events, kills } = await killRecorder({ seed: 3, kills: 8 });
  expect(problems).toEqual([]);
  expect(Object.values(kills).reduce((a, b) => a + b)).toBe(8);
  expect(events).toBeGreaterThan(0);
}, 120_000);
