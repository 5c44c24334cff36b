/** `flipbook state NS/SERVICE`: the backends of a Service at one instant. */
import { Command } from 'commander';
import { stringify } from 'yaml';
import type { SettingFlags } from '../config.ts';
import type { Source } from '../domain/backends.ts';
import type { BackendAnswer, StateAnswer } from '../history/answers.ts';
import type { History } from '../history/history.ts';
import { portsText, stateCell } from './cells.ts';
import type { CommandContext } from './context.ts';
import { coverageAt } from './coverage-text.ts';
import { UsageError } from './errors.ts';
import {
  addSettings,
  asOfOption,
  outputOption,
  parseServiceName,
  settingsOf,
  sourceOption,
  TIME_HELP,
  timeFlag,
} from './options.ts';
import { jsonText, type Output } from './output.ts';
import { facts, Table } from './table.ts';

interface StateFlags extends SettingFlags {
  readonly at?: string;
  readonly output: 'table' | 'json' | 'yaml' | 'endpoints';
  readonly source?: Source;
  readonly asof?: number;
}

export function stateCommand(context: CommandContext): Command {
  const command = new Command('state')
    .summary('the backends of a Service at one instant')
    .description('Which backends a Service had at one instant: which were ready, which were not, and how sure that is.')
    .argument('<namespace/service>', 'the Service, such as store/checkout')
    .option('--at <time>', 'the instant (default: the latest one up to which the recording is complete)')
    .addOption(
      outputOption(
        ['table', 'json', 'yaml', 'endpoints'],
        'table for people; json: the answer of the API; yaml or endpoints: the v1 Endpoints object exactly as it was, as YAML or as its recorded JSON bytes',
      ),
    )
    .addOption(sourceOption())
    .addOption(asOfOption());
  addSettings(command, ['db', 'cluster', 'logLevel']);
  command.addHelpText(
    'after',
    `
${TIME_HELP}

Examples:
  flipbook state store/checkout --at 2026-11-23T16:20:00Z
  flipbook state store/checkout --at now-15m -o json | jq '.ready | length'
  flipbook state store/checkout --at 2026-11-23T16:20:00Z -o yaml`,
  );
  return command.action(async (service: string, flags: StateFlags) => {
    const config = settingsOf(flags, context);
    const at = timeFlag('--at', flags.at, context.now());
    const { cluster } = config;
    const question = { ...parseServiceName(service), at, cluster, asOf: flags.asof };
    const wantsObject = flags.output === 'yaml' || flags.output === 'endpoints';
    if (wantsObject && flags.source === 'endpointslices') {
      throw new UsageError(`-o ${flags.output} shows the v1 Endpoints object: it cannot go with --source endpointslices`);
    }
    const history = await context.wiring.openHistory(config.db);
    try {
      if (wantsObject) {
        await writeObject(context, history, question, flags.output);
        return;
      }
      const answer = await history.state({ ...question, source: flags.source });
      const text = flags.output === 'json' ? `${jsonText(answer, 2)}\n` : stateTable(context.stdout, answer);
      await context.stdout.write(text);
    } finally {
      await history.close();
    }
  });
}

async function writeObject(
  { stdout, stderr }: CommandContext,
  history: History,
  question: Omit<Parameters<History['object']>[0], 'resource'>,
  format: StateFlags['output'],
): Promise<void> {
  const { body, coverage } = await history.object({ ...question, resource: 'v1/endpoints' });
  if (coverage !== 'complete') {
    await stderr.write('flipbook: unknown: the recorder did not watch v1/endpoints then; this is the object as last known\n');
  }
  if (format === 'endpoints') {
    await stdout.write(body);
    if (stdout.isTerminal) await stdout.write('\n');
  } else {
    await stdout.write(endpointsYaml(body));
  }
}

/**
 * The recorded JSON as YAML in the same order. Written as YAML 1.1, as Kubernetes tools read it, so that a text such as
 * `yes` or `0123` keeps its quotes and stays a text in readers of either version.
 */
export function endpointsYaml(json: Uint8Array): string {
  return stringify(JSON.parse(Buffer.from(json).toString('utf8')), {
    version: '1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

export function stateTable(output: Output, answer: StateAnswer): string {
  const { service, at, position, asOf, source, coverage, gap, lastKnownAt, ready, notReady, terminating } = answer;
  const heading = facts(output, [
    ['Service', { text: `${service.namespace}/${service.name}`, colour: 'bold' }],
    ['Cluster', service.cluster],
    ['At', at],
    ['Source', source === 'endpoints' ? 'v1 Endpoints' : 'EndpointSlices'],
    ['Coverage', coverageAt(coverage, gap ? [gap] : [], lastKnownAt)],
    ...(answer.truncated
      ? ([
          [
            'Truncated',
            { text: 'Endpoints was cut at 1,000 addresses; --source endpointslices tells them all', colour: 'yellow' },
          ],
        ] as const)
      : []),
    ['Backends', countsText(answer)],
    ['Position', `${position}, as of ${asOf}`],
  ]);
  const table = new Table(output, [
    { heading: 'STATE' },
    { heading: 'ADDRESS' },
    { heading: 'PORTS' },
    { heading: 'POD' },
    { heading: 'NODE' },
    { heading: 'ZONE' },
  ]);
  const rows = [
    ...ready.map((backend) => row('ready', backend)),
    ...notReady.map((backend) => row('notReady', backend)),
    ...terminating.map((backend) => row(backend.state, backend)),
  ];
  return rows.length === 0 ? heading : `${heading}\n${table.lines(rows)}`;
}

function countsText({ coverage, ready, notReady, terminating }: StateAnswer): string {
  if (coverage === 'before-recording') return 'unknown';
  const counts = `${ready.length} ready, ${notReady.length} not ready${terminating.length > 0 ? `, ${terminating.length} terminating` : ''}`;
  return coverage === 'gap' ? `${counts} (last known)` : counts;
}

function row(state: Parameters<typeof stateCell>[0], { address, ports, pod, node, zone }: BackendAnswer) {
  return [stateCell(state), address, portsText(ports), pod?.name, node, zone];
}
