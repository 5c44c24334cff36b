/** `flipbook disagreements NS/SERVICE`: where Pods and the Service's address list contradicted each other. */
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import type { Source } from '../domain/backends.ts';
import type { DisagreementAnswer, DisagreementsAnswer } from '../history/answers.ts';
import { stateCell } from './cells.ts';
import type { CommandContext } from './context.ts';
import { coverageOver } from './coverage-text.ts';
import { UsageError } from './errors.ts';
import {
  addSettings,
  asOfOption,
  durationFlag,
  outputOption,
  parseServiceName,
  settingsOf,
  sourceOption,
  TIME_HELP,
  timeFlag,
  windowFlags,
} from './options.ts';
import { jsonText, type Output } from './output.ts';
import { type Cell, facts, Table } from './table.ts';

interface DisagreementsFlags extends SettingFlags {
  readonly from?: string;
  readonly to?: string;
  readonly at?: string;
  readonly longerThan?: string;
  readonly output: 'table' | 'json';
  readonly source?: Source;
  readonly asof?: number;
}

export function disagreementsCommand(context: CommandContext): Command {
  const command = new Command('disagreements')
    .summary('where Pods and the Service did not agree on who is ready, and for how long')
    .description(
      'Backends whose Pod was ready while the Service listed it as not ready or not at all, or the reverse, and how long the Service took to follow its Pods.',
    )
    .argument('<namespace/service>', 'the Service, such as store/checkout')
    .option('--from <time>', 'start of the window, inclusive (default: the beginning of the recording)')
    .option('--to <time>', 'end of the window, exclusive (default: the present end of the recording)')
    .option('--at <time>', 'what disagreed at one instant, instead of in a window')
    .option('--longer-than <duration>', 'only what lasted longer, such as 500ms, 5s or 1m (default: 3s)')
    .addOption(outputOption(['table', 'json'], 'table for people; json: the answer of the API'))
    .addOption(sourceOption())
    .addOption(asOfOption());
  addSettings(command, ['db', 'cluster', 'logLevel']);
  command.addHelpText(
    'after',
    `
${TIME_HELP}

Both sides are timed by when the recorder received them. Pods that are terminating do not count, nor does what Endpoints
leaves out because it was cut at 1,000 addresses (slices are read then). Durations that may have been longer print ≥.

Examples:
  flipbook disagreements store/checkout --from now-1h
  flipbook disagreements store/checkout --at 2026-11-23T16:20:00Z --longer-than 0
  flipbook disagreements store/checkout --from now-1d --longer-than 1m -o json | jq -r '.items[].pod.name'`,
  );
  return command.action(async (service: string, flags: DisagreementsFlags) => {
    const config = settingsOf(flags, context);
    const now = context.now();
    const at = timeFlag('--at', flags.at, now);
    if (at !== undefined && (flags.from ?? flags.to) !== undefined) {
      throw new UsageError('--at asks about one instant: leave out --from and --to');
    }
    const longerThanMs = durationFlag('--longer-than', flags.longerThan);
    const { source, asof: asOf, output } = flags;
    const window = windowFlags(flags, now);
    const question = { ...parseServiceName(service), ...window, at, longerThanMs, cluster: config.cluster, asOf, source };
    const history = await context.wiring.openHistory(config.db);
    try {
      const answer = await history.disagreements(question);
      const text = output === 'json' ? `${jsonText(answer, 2)}\n` : disagreementsTable(context.stdout, answer);
      await context.stdout.write(text);
    } finally {
      await history.close();
    }
  });
}

function disagreementsTable(output: Output, answer: DisagreementsAnswer): string {
  const { service, from, to, source, truncated, coverage, gaps, lag, longerThanMs, asOf, items, leftOut } = answer;
  const kind = source === 'endpoints' ? 'v1 Endpoints' : 'EndpointSlices';
  const heading = facts(output, [
    ['Service', { text: `${service.namespace}/${service.name}`, colour: 'bold' }],
    ['Cluster', service.cluster],
    ['From', from],
    ['To', `${to} (exclusive)`],
    ['Source', truncated ? `${kind}, cut at 1,000 addresses: what it left out is not told` : kind],
    ['Coverage', coverageOver(coverage, gaps)],
    ['Lag', lagText(lag)],
    ['As of', `position ${asOf}`],
  ]);
  const table = new Table(output, [
    { heading: 'FROM' },
    { heading: 'TO' },
    { heading: 'FOR', align: 'right' },
    { heading: 'ADDRESS' },
    { heading: 'POD' },
    { heading: 'POD SAID' },
    { heading: 'SINCE' },
    { heading: 'SERVICE SAID' },
    { heading: 'SINCE' },
    { heading: 'EVENTS' },
  ]);
  const count = items.length + leftOut;
  const what = `${count === 0 ? 'no' : count} ${count === 1 ? 'disagreement' : 'disagreements'} longer than ${seconds(longerThanMs)}`;
  const cut = leftOut > 0 ? `; the ${items.length} longest are shown` : '';
  return `${heading}\n${table.lines(items.map(row))}${output.paint(`${what}${cut}`, 'dim')}\n`;
}

function row({ address, pod, podSaid, serviceSaid, durationMs, evidence, ...span }: DisagreementAnswer): Cell[] {
  const { from, to, opensBefore, endsAfter } = span;
  return [
    bound(from, opensBefore, '≤'),
    bound(to, endsAfter, '≥'),
    bound(seconds(durationMs), opensBefore || endsAfter, '≥'),
    address,
    pod?.name,
    stateCell(podSaid.state),
    bound(podSaid.since, podSaid.opensBefore, '≤'),
    stateCell(serviceSaid.state),
    bound(serviceSaid.since, serviceSaid.opensBefore, '≤'),
    evidence.join(','),
  ];
}

const bound = (text: string, isOpen: boolean, sign: '≤' | '≥') => (isOpen ? `${sign} ${text}` : text);

/** To the millisecond: lags are short. */
const seconds = (ms: number) => `${ms / 1_000}s`;

function lagText({ flips, medianMs, p95Ms, greatestMs }: DisagreementsAnswer['lag']): string {
  if (medianMs === undefined || p95Ms === undefined || greatestMs === undefined)
    return 'not known: no turn of a Pod was followed';
  return `median ${medianMs}ms, p95 ${p95Ms}ms, greatest ${greatestMs}ms, over ${flips} ${flips === 1 ? 'flip' : 'flips'}`;
}
