/** `flipbook serve`: API and page over an existing log. */
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import type { CommandContext } from './context.ts';
import { addSettings, settingsOf } from './options.ts';
import { runServer } from './server.ts';

export function serveCommand(context: CommandContext): Command {
  const command = new Command('serve')
    .summary('API and page over an existing log, read-only')
    .description(
      'Serves API and page over an existing log and writes nothing to it. A recorder may go on writing the same log; its news are shown live. Runs until SIGINT or SIGTERM.',
    );
  addSettings(command, ['db', 'listen', 'logLevel']);
  command.addHelpText(
    'after',
    `
Examples:
  flipbook serve
  flipbook serve --db incident.db --listen '[::1]:9000'
  flipbook serve --listen 127.0.0.1:0    (any free port; the page's address is printed)`,
  );
  return command.action(async (flags: SettingFlags) => {
    const config = settingsOf(flags, context);
    await runServer(
      context,
      (signal) => context.wiring.serve(config, signal),
      ({ url }) => ['Serving', `  log   ${config.db} (read-only)`, `  page  ${url}`],
    );
  });
}
