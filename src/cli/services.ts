/** `flipbook services`: every Service with its counts at one instant. */
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import { parseRfc3339 } from '../domain/time.ts';
import type { ServiceSummaryAnswer, ServicesAnswer } from '../history/answers.ts';
import type { History, ServicesQuestion } from '../history/history.ts';
import { stateCell } from './cells.ts';
import type { CommandContext } from './context.ts';
import { coverageAt } from './coverage-text.ts';
import { addSettings, asOfOption, outputOption, settingsOf, TIME_HELP, timeFlag } from './options.ts';
import { jsonText, type Output } from './output.ts';
import { facts, Table } from './table.ts';

interface ServicesFlags extends SettingFlags {
  readonly at?: string;
  readonly output: 'table' | 'json';
  readonly asof?: number;
  readonly causes: boolean;
}

const PAGE = 1_000;

export function servicesCommand(context: CommandContext): Command {
  const command = new Command('services')
    .summary('every Service with its ready and notReady counts at one instant')
    .description('Every Service that was there at one instant, with its ready and notReady counts, its state and its last flip.')
    .option('--at <time>', 'the instant (default: the latest one up to which the recording is complete)')
    .addOption(outputOption(['table', 'json'], 'table for people; json: the answer of the API, all its pages in one document'))
    .option('--no-causes', 'without the cause of each last flip: a list of thousands comes sooner so')
    .addOption(asOfOption());
  addSettings(command, ['db', 'namespace', 'cluster', 'logLevel']);
  command.addHelpText(
    'after',
    `
${TIME_HELP}

States: ok (all backends ready), degraded (some), down (none), empty (no backends), unknown (not recorded then).

Examples:
  flipbook services
  flipbook services --at 2026-11-23T16:20:00Z --namespace store
  flipbook services --at now-1h -o json | jq -r '.items[] | select(.state == "down") | .name'`,
  );
  return command.action(async (flags: ServicesFlags) => {
    const config = settingsOf(flags, context);
    const at = timeFlag('--at', flags.at, context.now());
    const history = await context.wiring.openHistory(config.db);
    try {
      const answer = await allServices(history, config.namespace, {
        at,
        cluster: config.cluster,
        asOf: flags.asof,
        causes: flags.causes,
      });
      const text = flags.output === 'json' ? `${jsonText(answer, 2)}\n` : servicesTable(context.stdout, answer);
      await context.stdout.write(text);
    } finally {
      await history.close();
    }
  });
}

/** All pages of all these namespaces (none: of all there are) as one answer about one instant and one position. */
async function allServices(
  history: History,
  namespaces: readonly string[],
  question: Pick<ServicesQuestion, 'at' | 'cluster' | 'asOf' | 'causes'>,
): Promise<ServicesAnswer> {
  let whole: ServicesAnswer | undefined;
  for (const namespace of namespaces.length === 0 ? [undefined] : namespaces) {
    let cursor: string | undefined;
    do {
      const page: ServicesAnswer = await history.services({
        ...question,
        ...(whole ? { at: parseRfc3339(whole.at), asOf: whole.asOf } : {}),
        namespace,
        limit: PAGE,
        cursor,
      });
      if (whole === undefined) whole = { ...page, items: [...page.items] };
      else whole.items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
  const { nextCursor: _, ...answer } = whole as ServicesAnswer;
  return answer;
}

export function servicesTable(output: Output, { at, coverage, gaps, items }: ServicesAnswer): string {
  const heading = facts(output, [
    ['At', at],
    ['Coverage', coverageAt(coverage, gaps)],
    ['Services', items.length],
  ]);
  const clusters = new Set(items.map(({ cluster }) => cluster));
  const several = clusters.size > 1;
  const table = new Table(output, [
    ...(several ? [{ heading: 'CLUSTER' }] : []),
    { heading: 'NAMESPACE' },
    { heading: 'SERVICE' },
    { heading: 'STATE' },
    { heading: 'READY', align: 'right' },
    { heading: 'NOT READY', align: 'right' },
    { heading: 'TERMINATING', align: 'right' },
    { heading: 'SOURCE' },
    { heading: 'LAST FLIP' },
  ]);
  const rows = items.map((item) => [
    ...(several ? [item.cluster] : []),
    item.namespace,
    item.name,
    stateCell(item.state),
    ...countCells(item),
    item.source,
    lastFlipText(item),
  ]);
  return rows.length === 0 ? heading : `${heading}\n${table.lines(rows)}`;
}

/** An unknown count is shown as unknown, never as zero. */
function countCells({ coverage, ready, notReady, terminating }: ServiceSummaryAnswer) {
  if (coverage === 'before-recording') return ['?', '?', '?'];
  const lastKnown = coverage === 'gap' ? '?' : '';
  return [ready, notReady, terminating].map((count) => `${count}${lastKnown}`);
}

function lastFlipText({ lastFlip }: ServiceSummaryAnswer): string {
  if (lastFlip === undefined) return '';
  const { at, address, pod, from, to, cause } = lastFlip;
  return `${at} ${pod ?? address} ${from} → ${to}${cause === undefined || cause === 'unknown' ? '' : ` (${cause})`}`;
}
