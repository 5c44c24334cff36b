/** `flipbook import FILE…`: appends traces to the log, each whole or not at all. */
import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import { formatDuration, formatTime } from '../domain/time.ts';
import type { CommandContext, Importer, ImportSummary } from './context.ts';
import { InterruptedError, UsageError } from './errors.ts';
import { addSettings, settingsOf } from './options.ts';
import { printable } from './output.ts';
import { type Progress, progressBar } from './progress.ts';

const STDIN = '-';

export function importCommand(context: CommandContext): Command {
  const command = new Command('import')
    .summary('append a trace to the log')
    .description(
      'Appends traces (raw list and watch answers, one JSON object a line; plain, gzip or zstd) at their own times. Each file is taken whole or not at all; a trace that the log has already changes nothing.',
    )
    .argument('<file...>', 'trace files in order of time; - is stdin');
  addSettings(command, ['db', 'cluster', 'logLevel']);
  command.addHelpText(
    'after',
    `
Examples:
  flipbook import incident-1.jsonl.zst
  flipbook import --cluster production monday.jsonl.gz tuesday.jsonl.gz
  zcat trace.jsonl.gz | flipbook import --db /tmp/incident.db -`,
  );
  return command.action(async (files: string[], flags: SettingFlags) => {
    const config = settingsOf(flags, context);
    if (files.filter((file) => file === STDIN).length > 1) throw new UsageError('- (stdin) can be read only once');
    // Before the log is opened: a wrong file name must not leave an empty log behind.
    const sizes = await Promise.all(files.map((file) => (file === STDIN ? undefined : sizeOf(file))));
    const signal = context.stopSignal();
    const importer = await context.wiring.openImporter(config.db);
    try {
      for (const [index, file] of files.entries())
        await importFile(context, importer, file, sizes[index], config.cluster, signal);
    } finally {
      importer.close();
    }
  });
}

async function importFile(
  context: CommandContext,
  importer: Importer,
  file: string,
  size: number | undefined,
  cluster: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const name = file === STDIN ? 'stdin' : file;
  const bar: Progress = progressBar(context.stderr, name);
  const startedAt = performance.now();
  try {
    const summary = await importer.importTrace({
      source: file === STDIN ? { name, bytes: context.stdin } : file,
      cluster,
      onProgress: (bytesRead) => {
        if (size !== undefined) bar.update(Math.min(bytesRead, size), size);
      },
      signal,
    });
    bar.stop();
    await context.stdout.write(`${summaryLine(name, summary, performance.now() - startedAt)}\n`);
  } catch (error) {
    if (signal.aborted) throw new InterruptedError(signal.reason, `interrupted: nothing of ${name} was kept`);
    throw error;
  } finally {
    bar.stop();
  }
}

export function summaryLine(name: string, { cluster, events, flips, repeats, span }: ImportSummary, tookMs: number): string {
  const times = span === undefined ? 'no lines' : `${formatTime(span.from)} to ${formatTime(span.to)}`;
  const counts = `${counted(events, 'event')}, ${counted(flips, 'flip')}, ${counted(repeats, 'repeat')} skipped`;
  return printable(`${name}: cluster ${cluster}: ${counts}; ${times}; took ${formatDuration(tookMs)}`);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

async function sizeOf(file: string): Promise<number> {
  const stats = await stat(file);
  if (stats.isDirectory()) throw new UsageError(`${file} is a folder, not a trace file`);
  return stats.size;
}
