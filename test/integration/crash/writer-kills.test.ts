/** A few kills on every run of the tests; `npm run test:crash` does hundreds. */
import { expect, test } from 'vitest';
import { killWriter } from './writer-kills.ts';

test('a commit that is cut off anywhere leaves what was said to be durable, and nothing of itself', async () => {
  const { problems, acknowledged, kills } = await killWriter({ seed: 2, kills: 12 });
  expect(problems).toEqual([]);
  expect(kills.step + kills.moment).toBe(12);
  expect(acknowledged).toBeGreaterThan(0);
}, 120_000);
