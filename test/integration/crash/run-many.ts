/**
 * `npm run test:crash`: hundreds of kills, and what came of them. Exit code 1 when a log is not what it must be.
 *
 *   node test/integration/crash/run-many.ts [--recorder-kills 300] [--writer-kills 400] [--seed N]
 */
import { parseArgs } from 'node:util';
import { killRecorder } from './recorder-kills.ts';
import { killWriter } from './writer-kills.ts';

/** Kills of one log: a longer one would mostly be read again and again. */
const KILLS_A_RUN = 30;
const AT_ONCE = 2;

const { values } = parseArgs({
  options: {
    'recorder-kills': { type: 'string', default: '300' },
    'writer-kills': { type: 'string', default: '400' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const seed = Number(values.seed);
const startedAt = performance.now();
const problems: string[] = [];

function tell(what: string, result: { problems: readonly string[]; file: string }, counts: Record<string, unknown>): void {
  const shown = Object.entries(counts).map(
    ([name, count]) => `${name} ${typeof count === 'object' ? JSON.stringify(count) : count}`,
  );
  console.log(`${what}: ${shown.join(', ')}${result.problems.length === 0 ? '' : `; WRONG, kept as ${result.file}`}`);
  for (const problem of result.problems.slice(0, 10)) console.log(`  ${problem}`);
  problems.push(...result.problems);
}

console.log(`seed ${seed}`);
const writerKills = Number(values['writer-kills']);
if (writerKills > 0) {
  const result = await killWriter({ seed, kills: writerKills });
  const { kills, acknowledged } = result;
  tell('writer', result, { kills: kills.step + kills.moment, by: kills, 'batches durable': acknowledged });
}

const due = Number(values['recorder-kills']);
const runs = Array.from({ length: Math.ceil(due / KILLS_A_RUN) }, (_, index) => ({
  seed: seed + 1_000 * (index + 1),
  kills: Math.min(KILLS_A_RUN, due - index * KILLS_A_RUN),
}));
let killed = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let run = runs.shift(); run !== undefined; run = runs.shift()) {
      const result = await killRecorder(run);
      killed += Object.values(result.kills).reduce((a, b) => a + b);
      const { kills, changes, events, gaps, unseen } = result;
      tell(`recorder, seed ${run.seed}`, result, {
        kills,
        changes,
        events,
        gaps,
        'changes inside gaps': unseen,
        'kills so far': killed,
      });
    }
  }),
);
console.log(`${killed} recorders and ${writerKills} writers killed in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
console.log(problems.length === 0 ? 'nothing lost, doubled or invented' : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
