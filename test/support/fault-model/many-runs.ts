/**
 * Lives through many random histories and holds each log to the truth. A history that ends with a wrong log is shrunk and
 * printed, and so is what gives it again.
 *
 *   node test/support/fault-model/many-runs.ts [--runs 1000] [--seed N] [--minutes 15]
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { live, story } from './run.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    /** Shrinking included. A run that has begun is ended. */
    minutes: { type: 'string', default: '15' },
  },
});
const [runs, seed, minutes] = [Number(values.runs), Number(values.seed), Number(values.minutes)];
if (![runs, seed, minutes].every((each) => Number.isFinite(each) && each >= 0)) {
  console.error('--runs, --seed and --minutes take numbers');
  process.exit(2);
}

const sums = { commands: 0, kills: 0, watched: 0, missed: 0, gaps: 0 };
let done = 0;
const count = (each: number) => each.toLocaleString('en');
const began = performance.now();
console.log(`${count(runs)} random histories, seed ${seed}`);

const result = await fc.check(
  fc.asyncProperty(story, async (each) => {
    const summary = await live(each);
    for (const what of Object.keys(sums) as (keyof typeof sums)[]) sums[what] += summary[what];
    if (++done % 100 === 0) console.log(`${count(done)} …`);
  }),
  { numRuns: runs, seed, interruptAfterTimeLimit: minutes * 60_000, markInterruptAsFailure: true },
);

const seconds = Math.round((performance.now() - began) / 1_000);
const { commands, kills, watched, missed, gaps } = sums;
console.log(
  `${count(done)} logs are right after ${count(commands)} commands and ${count(kills)} kills: ${count(watched)} changes as watched, ${count(missed)} not seen, each of them in one of ${count(gaps)} gaps (${seconds} s)`,
);
if (result.failed) {
  if (result.counterexample) {
    console.error(`a wrong log: ${(result.errorInstance as Error | null)?.message}`);
    console.error(JSON.stringify(result.counterexample[0]));
    console.error(`again: --seed ${seed}, at ${result.counterexamplePath}`);
  } else console.error(`not done within ${minutes} minutes`);
}
console.log(`${result.failed ? 'FAILED' : 'passed'}: ${count(done)} runs, seed ${seed}`);
process.exit(result.failed ? 1 : 0);
