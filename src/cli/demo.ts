/** `flipbook demo`: the recorder on an embedded demo cluster with an incident already in its past. */
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import type { CommandContext } from './context.ts';
import { addSettings, settingsOf } from './options.ts';
import { runServer } from './server.ts';

/** A log of its own, so that a demo never writes into a real one; and fewer lines between what people should read. */
const DEFAULTS = { db: './flipbook-demo.db', cluster: 'demo', logLevel: 'warn' } as const;

export function demoCommand(context: CommandContext): Command {
  const command = new Command('demo')
    .summary('the same as record, on an embedded demo cluster')
    .description(
      'Records an embedded demo cluster: a Kubernetes API inside this process whose past holds a real incident (a rollout, failing probes, an OOM kill, a silent node, a selector typo and more) and whose Pods go on flipping. Needs no cluster. Runs until SIGINT or SIGTERM.',
    );
  addSettings(command, ['db', 'listen', 'cluster', 'logLevel'], DEFAULTS);
  command.addHelpText(
    'after',
    `
Examples:
  flipbook demo
  flipbook demo --listen 127.0.0.1:0 --db /tmp/demo.db`,
  );
  return command.action(async (flags: SettingFlags) => {
    const config = settingsOf(flags, context, DEFAULTS);
    await runServer(
      context,
      () => context.wiring.demo(config),
      ({ url, cluster }) => [
        `Recording the embedded demo cluster ${cluster ?? config.cluster}`,
        `  log   ${config.db}`,
        `  page  ${url}`,
        'Press Ctrl-C to stop.',
      ],
    );
  });
}
