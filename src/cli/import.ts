/** `flipbook import FILE…`: appends traces to the log, each whole or not at all. */
import { access, constants } from 'node:fs/promises';
import { basename } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import { formatDuration, formatTime } from '../domain/time.ts';
import { type ImportSummary, importTrace } from '../recorder/import-trace.ts';
import { type TraceBytes, traceFile } from '../recorder/trace-source.ts';
import type { EventStore } from '../store/event-store.ts';
import type { CommandContext } from './context.ts';
import { InterruptedError, UsageError } from './errors.ts';
import { addSettings, settingsOf } from './options.ts';
import { printable } from './output.ts';
import { progressBar } from './progress.ts';

const STDIN = '-';

export function importCommand(context: CommandContext): Command {
  const command = new Command('import')
    .summary('append a trace to the log')
    .description(
      'Appends traces (raw list and watch answers, one JSON object a line; plain, gzip or zstd) at their own times. Each file is taken whole or not at all; a trace that the log has already changes nothing.',
    )
    .argument('<file...>', 'trace files, oldest first; - is stdin');
  addSettings(command, ['db', 'cluster', 'logLevel'], { cluster: 'the name of the file' });
  command.addHelpText(
    'after',
    `
A trace does not say which cluster it comes from. Each file is taken for a cluster of its own, called after the file;
with --cluster the files continue each other as one.

Examples:
  flipbook import incident-1.jsonl.zst
  flipbook import --cluster production monday.jsonl.gz tuesday.jsonl.gz
  kubectl exec recorder -- cat trace.jsonl | flipbook import --db /tmp/incident.db -`,
  );
  return command.action(async (files: string[], flags: SettingFlags) => {
    const config = settingsOf(flags, context);
    if (files.filter((file) => file === STDIN).length > 1) throw new UsageError('- (stdin) can be read only once');
    // All are looked at before the log is opened: a wrong file name must not leave an empty log behind.
    for (const file of files) if (file !== STDIN) await access(file, constants.R_OK);
    const signal = context.stopSignal();
    const store = await context.wiring.openStore(config.db, { create: true });
    try {
      for (const file of files) {
        const trace =
          file === STDIN
            ? // A pipe may fall silent for ever: the signal must end the waiting too.
              { name: '<stdin>', chunks: addAbortSignal(signal, context.stdin) }
            : await traceFile(file);
        await importOne(context, store, trace, config.cluster ?? clusterNameOf(trace.name), signal);
      }
    } finally {
      store.close();
    }
  });
}

/**
 * `incident-1` for `traces/incident-1.jsonl.zst`. Two traces under one name would be read as one history, and what the
 * second lacks as deleted: so files do not share a name unless they are told to.
 */
export function clusterNameOf(file: string): string {
  const name = basename(file).replace(/(\.jsonl?)?(\.gz|\.zst)?$/, '');
  return name.replace(/[<>]/g, '') || 'imported';
}

async function importOne(
  { stdout, stderr }: CommandContext,
  store: EventStore,
  trace: TraceBytes,
  cluster: string,
  signal: AbortSignal,
): Promise<void> {
  const bar = progressBar(stderr, trace.name);
  const startedAt = performance.now();
  try {
    const summary = await importTrace({
      store,
      trace,
      cluster: { name: cluster },
      onProgress: ({ bytes }) => {
        if (trace.size !== undefined) bar.update(bytes, trace.size);
      },
      signal,
    });
    bar.stop();
    await stdout.write(`${summaryLine(trace.name, summary, performance.now() - startedAt)}\n`);
  } catch (error) {
    if (signal.aborted) throw new InterruptedError(signal.reason, `interrupted: nothing of ${trace.name} was kept`);
    throw error;
  } finally {
    bar.stop();
  }
}

/** `trace.jsonl: 637 lines: 530 events, 120 flips; 2 lines recorded already; … to …; took 0.4s` */
export function summaryLine(name: string, summary: ImportSummary, tookMs: number): string {
  const { lines, events, flips, alreadyRecorded, otherResources, from, to } = summary;
  const parts = [
    `${counted(lines, 'line')}: ${counted(events, 'event')}, ${counted(flips, 'flip')}`,
    `${counted(alreadyRecorded, 'line')} recorded already`,
    ...(otherResources > 0 ? [`${counted(otherResources, 'line')} of resources that are not recorded`] : []),
    ...(from !== undefined && to !== undefined ? [`${formatTime(from)} to ${formatTime(to)}`] : []),
    `took ${formatDuration(tookMs)}`,
  ];
  return printable(`${name}: ${parts.join('; ')}`);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
