/** `flipbook verify`: is the log what was written? */
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import type { CommandContext } from './context.ts';
import { addSettings, settingsOf } from './options.ts';
import { printable } from './output.ts';
import { progressBar } from './progress.ts';

/** Damage was found. What and where is already on stdout. The exit code is 1. */
export class LogDamagedError extends Error {
  override name = 'LogDamagedError';
}

/** Damages that are told one by one: a file that was overwritten has as many as events. */
const SHOWN = 1_000;

export function verifyCommand(context: CommandContext): Command {
  const command = new Command('verify')
    .summary('check the log: checksums, positions, bases, projections')
    .description(
      'Reads the whole log and checks it: the checksum of every body, positions without holes, the keyframes that deltas need, and projections equal to what the log gives. Says what is wrong and where; changes nothing.',
    );
  addSettings(command, ['db', 'logLevel']);
  command.addHelpText(
    'after',
    `
Exit code 0: the log is as it was written; 1: it is damaged, or cannot be read. Damaged projections alone are made
again from the log by \`flipbook rebuild\`.

Examples:
  flipbook verify
  flipbook verify --db /backup/flipbook.db`,
  );
  return command.action(async (flags: SettingFlags) => {
    const config = settingsOf(flags, context);
    const bar = progressBar(context.stderr, 'verify');
    const shown: string[] = [];
    try {
      const { events, damages } = await context.wiring.verify(config.db, {
        onProgress: bar.update,
        onDamage: ({ where, what }) => {
          if (shown.length < SHOWN) shown.push(printable(`${where}: ${what}`));
        },
      });
      bar.stop();
      if (damages === 0) {
        await context.stdout.write(`ok: ${events} events, every one as it was written, and all that is derived from them\n`);
        return;
      }
      if (damages > shown.length) shown.push(`and ${damages - shown.length} more`);
      await context.stdout.write(`${shown.join('\n')}\n`);
      throw new LogDamagedError(`${damages === 1 ? '1 damage' : `${damages} damages`} found in ${config.db} (${events} events)`);
    } finally {
      bar.stop();
    }
  });
}
