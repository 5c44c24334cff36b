/** `flipbook backup`: a copy of the log, also while it is being recorded. */
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import { formatDuration } from '../domain/time.ts';
import type { CommandContext } from './context.ts';
import { InterruptedError } from './errors.ts';
import { addSettings, settingsOf } from './options.ts';
import { printable } from './output.ts';
import { progressBar } from './progress.ts';

/** A write-ahead log that grew by more than this is worth a word: so much is left beside the log between two checkpoints. */
const WORTH_TELLING_BYTES = 64 << 20;

export function backupCommand(context: CommandContext): Command {
  const command = new Command('backup')
    .summary('copy the log to a file, also while it is being recorded')
    .description(
      'Writes a consistent copy of the log: everything up to one position, without free space. A recorder may go on meanwhile; it is not held up. The copy bears its name only once it is whole and on disk.',
    )
    .argument('<file>', 'the copy; its folder must exist')
    .option('--force', 'replace the file if it exists');
  addSettings(command, ['db', 'logLevel']);
  command.addHelpText(
    'after',
    `
To restore, start on the copy (or on a copy of it): \`flipbook record --db FILE\` goes on from where the copy ends; what
the API server has forgotten by then is a gap. Until the copy is made, what is recorded stays in the -wal file beside the
log, which grows by it and is brought in afterwards.

Exit code 0: the copy is there; 1: it is not, and nothing was changed; 130 or 143: interrupted, likewise.

Examples:
  flipbook backup /backup/flipbook-monday.db
  flipbook backup --db /data/flipbook.db --force /backup/flipbook.db && flipbook verify --db /backup/flipbook.db`,
  );
  return command.action(async (file: string, flags: SettingFlags & { force?: boolean }) => {
    const config = settingsOf(flags, context);
    const signal = context.stopSignal();
    const bar = progressBar(context.stderr, 'backup');
    const startedAt = performance.now();
    try {
      const { position, bytes, heldBack } = await context.wiring.backup(config.db, file, {
        force: flags.force === true,
        signal,
        onProgress: bar.update,
      });
      bar.stop();
      const took = formatDuration(performance.now() - startedAt);
      const beside = heldBack > WORTH_TELLING_BYTES ? `; ${megabytes(heldBack)} were recorded meanwhile, beside the log` : '';
      await context.stdout.write(
        printable(`${file}: the log up to position ${position}, ${megabytes(bytes)}${beside}; took ${took}`).concat('\n'),
      );
    } catch (error) {
      if (signal.aborted) throw new InterruptedError(signal.reason, `interrupted: ${file} was not written`);
      throw error;
    } finally {
      bar.stop();
    }
  });
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
