/** `flipbook summary NS/SERVICE`: the facts of an incident, for a terminal, a script or a postmortem. */
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import type { Source } from '../domain/backends.ts';
import type { SummaryAnswer } from '../history/answers.ts';
import type { CommandContext } from './context.ts';
import { coverageOver } from './coverage-text.ts';
import {
  addSettings,
  asOfOption,
  outputOption,
  parseServiceName,
  settingsOf,
  sourceOption,
  TIME_HELP,
  windowFlags,
} from './options.ts';
import { jsonText, type Output } from './output.ts';
import { summaryMarkdown } from './summary-markdown.ts';
import { atLeast, incidentFacts } from './summary-text.ts';
import { facts, Table } from './table.ts';

interface SummaryFlags extends SettingFlags {
  readonly from?: string;
  readonly to?: string;
  readonly output: 'table' | 'json' | 'markdown';
  readonly source?: Source;
  readonly asof?: number;
}

export function summaryCommand(context: CommandContext): Command {
  const command = new Command('summary')
    .summary('the facts of an incident, ready for a postmortem')
    .description(
      'What was seen of a Service in a window: spans with zero ready backends, the least that were ready, flips by cause, rollouts, scalings, edits of the Service, and gaps of the recording.',
    )
    .argument('<namespace/service>', 'the Service, such as store/checkout')
    .option('--from <time>', 'start of the window, inclusive (default: the beginning of the recording)')
    .option('--to <time>', 'end of the window, exclusive (default: the present end of the recording)')
    .addOption(
      outputOption(
        ['table', 'json', 'markdown'],
        'table for people; json: the answer of the API; markdown: to paste into a postmortem, its times in UTC',
      ),
    )
    .addOption(sourceOption())
    .addOption(asOfOption());
  addSettings(command, ['db', 'cluster', 'logLevel']);
  command.addHelpText(
    'after',
    `
${TIME_HELP}

Durations that may have been longer print ≥. What zero ready backends meant for users is not in the log.

Examples:
  flipbook summary store/checkout --from 2026-11-23T16:18:00Z --to 2026-11-23T16:25:00Z
  flipbook summary store/checkout --from now-1h -o markdown > facts.md
  flipbook summary store/checkout --from now-1d -o json | jq .zeroReadyMs`,
  );
  return command.action(async (service: string, flags: SummaryFlags) => {
    const config = settingsOf(flags, context);
    const window = windowFlags(flags, context.now());
    const { source, asof: asOf, output } = flags;
    const question = { ...parseServiceName(service), ...window, cluster: config.cluster, asOf, source };
    const history = await context.wiring.openHistory(config.db);
    try {
      await context.stdout.write(FORMATS[output](await history.summary(question), context.stdout));
    } finally {
      await history.close();
    }
  });
}

const FORMATS: Record<SummaryFlags['output'], (summary: SummaryAnswer, output: Output) => string> = {
  json: (summary) => `${jsonText(summary, 2)}\n`,
  markdown: summaryMarkdown,
  table: summaryTable,
};

function summaryTable(summary: SummaryAnswer, output: Output): string {
  const { service, from, to, source, coverage, gaps, evidenceGaps, zeroReady, asOf, events, eventsLeftOut } = summary;
  const heading = facts(output, [
    ['Service', { text: `${service.namespace}/${service.name}`, colour: 'bold' }],
    ['Cluster', service.cluster],
    ['From', from],
    ['To', `${to} (exclusive)`],
    ['Source', source === 'endpoints' ? 'v1 Endpoints' : 'EndpointSlices'],
    ['Coverage', coverageOver(coverage, gaps)],
    ...(evidenceGaps.length > 0 ? [['Evidence', coverageOver('gap', evidenceGaps)] as const] : []),
    ['As of', `position ${asOf}`],
  ]);
  const figures = facts(output, incidentFacts(summary));
  const spans = new Table(output, [{ heading: 'ZERO READY FROM' }, { heading: 'TO' }, { heading: 'FOR' }]).lines(
    zeroReady.map((span) => [span.from, span.to, atLeast(span.durationMs, span.opensBefore || span.endsAfter)]),
  );
  const story = new Table(output, [{ heading: 'TIME' }, { heading: 'SOURCE' }, { heading: 'EVENT' }]).lines(
    events.map(({ at, text, source }) => [at, source, text]),
  );
  const cut = eventsLeftOut > 0 ? `${output.paint(`and ${eventsLeftOut} later bursts of flips`, 'dim')}\n` : '';
  return [heading, figures, spans, `${story}${cut}`].filter((part) => part !== '').join('\n');
}
