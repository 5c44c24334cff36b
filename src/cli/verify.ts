/** `flipbook verify`: is the log what was written? */
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import type { CommandContext } from './context.ts';
import { InterruptedError } from './errors.ts';
import { addSettings, settingsOf } from './options.ts';
import { printable } from './output.ts';
import { progressBar } from './progress.ts';

/** Damage was found. What and where is already on stdout. The exit code is 1. */
export class LogDamagedError extends Error {
  override name = 'LogDamagedError';
}

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
    const signal = context.stopSignal();
    const bar = progressBar(context.stderr, 'verify');
    try {
      const report = await context.wiring.verify(config.db, { onProgress: bar.update, signal });
      bar.stop();
      const { events, flips, problems } = report;
      if (problems.length === 0) {
        await context.stdout.write(`ok: ${events} events, ${flips} flips\n`);
        return;
      }
      await context.stdout.write(
        problems
          .map(({ where, what }) => printable(`${where}: ${what}`))
          .join('\n')
          .concat('\n'),
      );
      const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
      throw new LogDamagedError(`${count} in ${config.db} (${events} events, ${flips} flips)`);
    } catch (error) {
      if (signal.aborted) throw new InterruptedError(signal.reason, 'interrupted: not all of the log was checked');
      throw error;
    } finally {
      bar.stop();
    }
  });
}
