/** `flipbook record`: the main job. */
import { Command } from 'commander';
import type { SettingFlags, SettingName } from '../config.ts';
import type { CommandContext } from './context.ts';
import { addSettings, settingsOf } from './options.ts';
import { runServer } from './server.ts';

const SETTINGS: readonly SettingName[] = [
  'db',
  'listen',
  'kubeconfig',
  'context',
  'namespace',
  'cluster',
  'retain',
  'maxSize',
  'minFree',
  'logLevel',
];

export function recordCommand(context: CommandContext): Command {
  const command = new Command('record')
    .summary('watch the cluster, write the log, serve API and page')
    .description(
      'Watches the cluster of the current kubeconfig context (or the one it runs in), appends every change to the log, and serves API and page. Goes on where it stopped; where it could not, the log says so. Runs until SIGINT or SIGTERM.',
    );
  addSettings(command, SETTINGS, { cluster: 'as the log calls it, else the context or the server’s host' });
  command.addHelpText(
    'after',
    `
The account needs get, list and watch on endpoints, services, pods, nodes, events, endpointslices.discovery.k8s.io,
replicasets.apps and deployments.apps. What it may not read is a gap in the log, not a failure.

History is shed by age, by size, or because the disk is nearly full, whichever comes first; the last hour always stays.
What was shed is not known any more, and answers say so.

Examples:
  flipbook record
  flipbook record --context production --namespace store --namespace shop
  flipbook record --db /data/flipbook.db --listen 0.0.0.0:8080 --cluster production --retain 90d --max-size 10GiB`,
  );
  return command.action(async (flags: SettingFlags) => {
    const config = settingsOf(flags, context);
    await runServer(
      context,
      (signal) => context.wiring.record(config, signal),
      ({ url, cluster }) => [
        `${cluster === undefined ? 'The cluster does not answer yet; recording begins when it does' : `Recording cluster ${cluster}`}${of(config.namespace)}`,
        `  log   ${config.db}`,
        `  page  ${url}`,
      ],
    );
  });
}

function of(namespaces: readonly string[]): string {
  return namespaces.length === 0 ? '' : ` (namespace ${namespaces.join(', ')})`;
}
