/** `flipbook flips NS/SERVICE`: when each backend changed state. Streams page by page: memory stays flat. */
import { Command } from 'commander';
import type { SettingFlags } from '../config.ts';
import type { Source } from '../domain/backends.ts';
import { formatTime } from '../domain/time.ts';
import { flipPages } from '../history/all-flips.ts';
import type { FlipAnswer, FlipsAnswer } from '../history/answers.ts';
import { csvHeader, csvRows } from '../history/flips-csv.ts';
import { portsText, stateCell } from './cells.ts';
import type { CommandContext } from './context.ts';
import { coverageOver } from './coverage-text.ts';
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
import { type Cell, facts, Table } from './table.ts';

interface FlipsFlags extends SettingFlags {
  readonly from?: string;
  readonly to?: string;
  readonly output: 'table' | 'csv' | 'json';
  readonly source?: Source;
  readonly pod?: string;
  readonly node?: string;
  readonly cause?: string;
  readonly asof?: number;
}

export function flipsCommand(context: CommandContext): Command {
  const command = new Command('flips')
    .summary('when each backend of a Service changed state, and why')
    .description('When each backend of a Service changed state, oldest first, with the counts after it and how sure that is.')
    .argument('<namespace/service>', 'the Service, such as store/checkout')
    .option('--from <time>', 'start of the window, inclusive (default: the beginning of the recording)')
    .option('--to <time>', 'end of the window, exclusive (default: the present end of the recording)')
    .addOption(
      outputOption(
        ['table', 'csv', 'json'],
        'table for people; csv: RFC 4180 with a header row; json: one document as the API answers, {from, to, asOf, coverage, gaps, items: […]}, all its pages in one, one flip a line',
      ),
    )
    .addOption(sourceOption())
    .option('--pod <name>', 'only flips of this Pod')
    .option('--node <name>', 'only flips of backends on this node')
    .option('--cause <cause>', 'only flips with this cause, such as ReadinessProbeFailed')
    .addOption(asOfOption());
  addSettings(command, ['db', 'cluster', 'logLevel']);
  command.addHelpText(
    'after',
    `
${TIME_HELP}

Examples:
  flipbook flips store/checkout --from 2026-11-23T16:18:00Z --to 2026-11-23T16:25:00Z
  flipbook flips store/checkout --from now-1h -o csv > flips.csv
  flipbook flips store/checkout --node node-3 -o json | jq -c '.items[]'`,
  );
  return command.action(async (service: string, flags: FlipsFlags) => {
    const config = settingsOf(flags, context);
    const now = context.now();
    const from = timeFlag('--from', flags.from, now);
    const to = timeFlag('--to', flags.to, now);
    if (from !== undefined && to !== undefined && from >= to) {
      throw new UsageError(`--from ${formatTime(from)} is not before --to ${formatTime(to)}`);
    }
    const { namespace, name } = parseServiceName(service);
    const { source, pod, node, cause, asof: asOf } = flags;
    const question = { namespace, service: name, from, to, cluster: config.cluster, asOf, source, pod, node, cause };
    const history = await context.wiring.openHistory(config.db);
    try {
      for await (const text of FORMATS[flags.output](context, flipPages(history, question), service))
        await context.stdout.write(text);
    } finally {
      await history.close();
    }
  });
}

type Format = (context: CommandContext, pages: AsyncIterable<FlipsAnswer>, service: string) => AsyncGenerator<string>;

const FORMATS: Record<FlipsFlags['output'], Format> = {
  async *json(_, pages) {
    let headed = false;
    let separator = '\n';
    for await (const { items, nextCursor: _next, ...answer } of pages) {
      let text = headed ? '' : `${jsonText(answer).slice(0, -1)},"items":[`;
      headed = true;
      for (const flip of items) {
        text += `${separator}${jsonText(flip)}`;
        separator = ',\n';
      }
      yield text;
    }
    yield '\n]}\n';
  },

  async *csv(_, pages) {
    let header = csvHeader();
    for await (const { items } of pages) {
      yield header + csvRows(items);
      header = '';
    }
  },

  async *table({ stdout }, pages, service) {
    let table: FlipsTable | undefined;
    for await (const page of pages) {
      if (table === undefined) {
        table = new FlipsTable(stdout);
        yield table.heading(service, page);
      }
      yield table.rows(page.items);
    }
    yield table?.summary() ?? '';
  },
};

/** Flips for people, in batches. */
export class FlipsTable {
  readonly #output: Output;
  readonly #table: Table;
  #count = 0;

  constructor(output: Output) {
    this.#output = output;
    this.#table = new Table(output, [
      { heading: 'TIME' },
      { heading: 'ADDRESS' },
      { heading: 'PORTS' },
      { heading: 'POD' },
      { heading: 'NODE' },
      { heading: 'FROM' },
      { heading: 'TO' },
      { heading: 'READY', align: 'right' },
      { heading: 'NOT READY', align: 'right' },
      { heading: 'CAUSE' },
    ]);
  }

  heading(service: string, { from, to, asOf, coverage, gaps }: FlipsAnswer): string {
    return `${facts(this.#output, [
      ['Service', { text: service, colour: 'bold' }],
      ['From', from],
      ['To', `${to} (exclusive)`],
      ['Coverage', coverageOver(coverage, gaps)],
      ['As of', `position ${asOf}`],
    ])}\n`;
  }

  rows(flips: readonly FlipAnswer[]): string {
    this.#count += flips.length;
    return this.#table.lines(flips.map(row));
  }

  summary(): string {
    const text = this.#count === 0 ? 'no flips' : this.#count === 1 ? '1 flip' : `${this.#count} flips`;
    return `${this.#output.paint(text, 'dim')}\n`;
  }
}

function row(flip: FlipAnswer): Cell[] {
  return [
    flip.at,
    flip.address,
    portsText(flip.ports),
    flip.pod?.name,
    flip.node,
    stateCell(flip.from),
    stateCell(flip.to),
    flip.readyAfter,
    flip.notReadyAfter,
    causeText(flip),
  ];
}

/** A flip that a relist revealed happened at some time in the gap: its time alone would claim too much. */
function causeText({ cause, detail, confidence, origin, notBefore, notAfter }: FlipAnswer): string {
  const certainty = confidence === 'inferred' && cause !== 'unknown' ? ' (inferred)' : '';
  const window = origin === 'relist' ? ` [between ${notBefore} and ${notAfter}]` : '';
  return `${cause}${certainty}${detail ? `: ${detail}` : ''}${window}`;
}
