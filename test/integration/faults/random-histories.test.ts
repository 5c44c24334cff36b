/**
 * Random histories of a cluster, random faults of its API server, the network and the disk, random kills of the recorder:
 * the log that is left holds every change once, or names the gap in which it was not seen. `npm run test:faults` does
 * the same many more times.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../support/fault-model/commands.ts';
import { live, type Story, story } from '../../support/fault-model/run.ts';

describe('whatever happens', () => {
  it('the log is what happened, or says where it is not', async () => {
    const sums = { kills: 0, watched: 0, missed: 0, gaps: 0 };
    await fc.assert(
      fc.asyncProperty(story, async (each) => {
        const summary = await live(each);
        for (const what of Object.keys(sums) as (keyof typeof sums)[]) sums[what] += summary[what];
      }),
      { numRuns: 25, seed: 2026 },
    );
    // Histories in which nothing goes wrong would prove nothing.
    for (const sum of Object.values(sums)) expect(sum).toBeGreaterThan(5);
  });
});

/** Histories that once ended in a wrong log, as they were shrunk. */
const FOUND: Record<string, Pick<Story, 'resources'> & { commands: Command[] }> = {
  'a watch that lags behind brings a line that is not understood before a change that happened long ago': {
    resources: ['v1/endpoints'],
    commands: [
      { do: 'lag', of: 0, ms: 700 },
      { do: 'put', of: 0, name: 'a', what: 0 },
      { do: 'fault', of: 0, fault: 'table' },
      { do: 'put', of: 0, name: 'a', what: 0 },
      { do: 'put', of: 0, name: 'a', what: 0 },
      { do: 'forbid', of: 0 },
      { do: 'remove', of: 0, name: 'a' },
      { do: 'forbid', of: 0 },
    ],
  },
  'a watch that lags behind brings an error before a change that happened long ago': {
    resources: ['v1/endpoints'],
    commands: [
      { do: 'lag', of: 0, ms: 700 },
      { do: 'put', of: 0, name: 'a', what: 0 },
      { do: 'fault', of: 0, fault: 'gone' },
      { do: 'put', of: 0, name: 'a', what: 1 },
    ],
  },
  'a backup is restored while a relist is due': {
    resources: ['v1/endpoints'],
    commands: [
      { do: 'fault', of: 0, fault: 'garbage' },
      { do: 'meanwhile', of: 0, kind: 'watch', name: 'a', alsoCompact: false },
      { do: 'pass', ms: 130_000 },
      { do: 'put', of: 0, name: 'a', what: 0 },
      { do: 'fault', of: 0, fault: 'expired' },
      { do: 'restore', back: 1 },
      { do: 'remove', of: 0, name: 'a' },
      { do: 'put', of: 0, name: 'a', what: 0 },
      { do: 'pass', ms: 1 },
    ],
  },
  'after a restore a name belongs to an object with a smaller version': {
    resources: ['v1/endpoints'],
    commands: [
      { do: 'put', of: 0, name: 'a', what: 0 },
      { do: 'put', of: 0, name: 'a', what: 0 },
      { do: 'restore', back: 2 },
      { do: 'put', of: 0, name: 'a', what: 0 },
      { do: 'put', of: 0, name: 'a', what: 0 },
    ],
  },
  'after a restore an object lives again whose name another one had': {
    resources: ['v1/endpoints'],
    commands: [
      { do: 'put', of: 0, name: 'e', what: 2 },
      { do: 'put', of: 0, name: 'd', what: 2 },
      { do: 'recreate', of: 0, name: 'e' },
      { do: 'put', of: 0, name: 'd', what: 4 },
      { do: 'restore', back: 3 },
      { do: 'pass', ms: 130_000 },
      { do: 'kill' },
      { do: 'start' },
      { do: 'put', of: 0, name: 'e', what: 2 },
    ],
  },
};

describe('a history that was once recorded wrongly', () => {
  it.each(Object.entries(FOUND))('is recorded rightly: %s', async (_, each) => {
    await live({ seed: 0, ...each });
  });
});
