/** `flipbook rebuild`: makes the projections again from the log. */
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import { formatDuration } from '../domain/time.ts';
import { rebuild } from '../recorder/rebuild.ts';
import type { CommandContext } from './context.ts';
import { addSettings, settingsOf } from './options.ts';
import { progressBar } from './progress.ts';

export function rebuildCommand(context: CommandContext): Command {
  const command = new Command('rebuild')
    .summary('make the projections again from the log')
    .description(
      'Throws away everything that is derived from the log (flips, counts, current objects, coverage) and makes it again. The log itself is not touched, the result is identical, and all of it happens in one transaction: when interrupted, everything stays as it was.',
    );
  addSettings(command, ['db', 'logLevel']);
  command.addHelpText(
    'after',
    `
The log must not be recorded into meanwhile: stop the recorder first.

Examples:
  flipbook rebuild
  flipbook rebuild --db /data/flipbook.db && flipbook verify --db /data/flipbook.db`,
  );
  return command.action(async (flags: SettingFlags) => {
    const config = settingsOf(flags, context);
    const store = await context.wiring.openStore(config.db, { create: false });
    const bar = progressBar(context.stderr, 'rebuild');
    const startedAt = performance.now();
    try {
      const { events, flips } = rebuild(store, ({ position, lastPosition }) => bar.update(position, lastPosition));
      bar.stop();
      const took = formatDuration(performance.now() - startedAt);
      await context.stdout.write(`rebuilt from ${events} events: ${flips} flips; took ${took}\n`);
    } finally {
      bar.stop();
      store.close();
    }
  });
}
