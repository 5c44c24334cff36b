/** `flipbook demo`: the recorder on an embedded demo cluster with an incident already in its past. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import type { CommandContext } from './context.ts';
import { addSettings, settingsOf } from './options.ts';
import { runServer } from './server.ts';

/** Fewer lines between what people should read; and a log of its own: each start is another cluster with another past. */
const DEFAULTS = { db: 'a temporary file, removed at the end', cluster: 'demo', logLevel: 'error' } as const;

export function demoCommand(context: CommandContext): Command {
  const command = new Command('demo')
    .summary('the same as record, on an embedded demo cluster')
    .description(
      'Records an embedded demo cluster: a Kubernetes API inside this process whose past holds a real incident (a rollout, failing probes, an OOM kill, a silent node, a selector typo and more) and whose Pods go on flipping. Needs no cluster. Runs until SIGINT or SIGTERM.',
    );
  addSettings(command, ['db', 'listen', 'cluster', 'retain', 'maxSize', 'minFree', 'logLevel'], DEFAULTS);
  command.addHelpText(
    'after',
    `
Examples:
  flipbook demo
  flipbook demo --listen 127.0.0.1:0 --db /tmp/demo.db`,
  );
  return command.action(async (flags: SettingFlags) => {
    const folder = await mkdtemp(join(tmpdir(), 'flipbook-demo-'));
    const temporary = join(folder, 'flipbook.db');
    try {
      const config = settingsOf(flags, context, { ...DEFAULTS, db: temporary });
      await runServer(
        context,
        (signal) => context.wiring.demo(config, signal),
        ({ url, cluster }) => [
          `Recording the embedded demo cluster ${cluster ?? ''}`.trimEnd(),
          `  page  ${url}`,
          `  log   ${config.db}${config.db === temporary ? ' (temporary: removed at the end; keep it with --db FILE)' : ''}`,
          'Press Ctrl-C to stop.',
        ],
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}
