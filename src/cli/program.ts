/** The command line as a whole: commands, help, version, and how each ending becomes an exit code. */
import { Command, CommanderError } from 'commander';
import { backupCommand } from './backup.ts';
import type { CommandContext } from './context.ts';
import { demoCommand } from './demo.ts';
import { disagreementsCommand } from './disagreements.ts';
import { EXIT_OK, EXIT_USAGE, exitCodeOf, InterruptedError, messageOf } from './errors.ts';
import { flipsCommand } from './flips.ts';
import { importCommand } from './import.ts';
import { OutputClosedError } from './output.ts';
import { rebuildCommand } from './rebuild.ts';
import { recordCommand } from './record.ts';
import { serveCommand } from './serve.ts';
import { servicesCommand } from './services.ts';
import { stateCommand } from './state.ts';
import { summaryCommand } from './summary.ts';
import { verifyCommand } from './verify.ts';

const COMMANDS = [
  recordCommand,
  serveCommand,
  demoCommand,
  importCommand,
  stateCommand,
  flipsCommand,
  servicesCommand,
  summaryCommand,
  disagreementsCommand,
  verifyCommand,
  rebuildCommand,
  backupCommand,
];

export function createProgram(context: CommandContext): Command {
  const program = new Command('flipbook')
    .description(
      'A flight recorder for Kubernetes Services: which backends did this Service have, which were ready, when did each one flip, why, and how sure are we.',
    )
    .version(context.version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText(
      'after',
      `
Exit codes: 0 ok, 1 failure, 2 the command line cannot be understood.

Examples:
  flipbook demo                                        see it at work, without a cluster
  flipbook record                                      record the current kubeconfig context
  flipbook state store/checkout --at now-15m           the backends 15 minutes ago
  flipbook flips store/checkout --from now-1h -o csv   what flipped in the last hour`,
    );
  for (const make of COMMANDS) program.addCommand(make(context));
  return program;
}

/**
 * Runs one command line (without the interpreter and the script) to its end.
 *
 * @returns the exit code: 0 ok, 1 failure, 2 usage, 130 or 143 when a signal interrupted the work
 */
export async function runCommandLine(argv: readonly string[], context: CommandContext): Promise<number> {
  let help = '';
  let complaint = '';
  const program = createProgram(context);
  for (const command of [program, ...program.commands]) {
    command
      .helpOption('-h, --help', 'explain the command')
      .exitOverride()
      .configureOutput({
        // Help is written after parsing, with back-pressure and an eye on a closed pipe like all other output.
        writeOut: (text) => {
          help += text;
        },
        writeErr: (text) => {
          complaint += text;
        },
        getOutHelpWidth: () => Math.min(context.stdout.stream.columns ?? 100, 120),
        getErrHelpWidth: () => Math.min(context.stderr.stream.columns ?? 100, 120),
      })
      .configureHelp({ helpWidth: Math.min(context.stdout.stream.columns ?? 100, 120) });
  }
  try {
    if (argv.length === 0) {
      await context.stderr.write(program.helpInformation());
      return EXIT_USAGE;
    }
    await program.parseAsync(argv, { from: 'user' });
    return EXIT_OK;
  } catch (error) {
    return await report(error, { help, complaint }, argv, context);
  }
}

async function report(
  error: unknown,
  printed: { readonly help: string; readonly complaint: string },
  argv: readonly string[],
  context: CommandContext,
): Promise<number> {
  try {
    if (error instanceof CommanderError) {
      await context.stdout.write(printed.help);
      if (error.exitCode !== 0) await context.stderr.write(`flipbook: ${usageMessage(printed.complaint, argv)}\n`);
    } else if (!(error instanceof OutputClosedError)) {
      await context.stderr.write(`flipbook: ${messageOf(error)}\n`);
      if (wantsStack(argv, context) && error instanceof Error && !(error instanceof InterruptedError)) {
        await context.stderr.write(`${error.stack ?? ''}\n`);
      }
    }
  } catch (unwritable) {
    // Nobody reads any more; the exit code still tells how it went.
    if (!(unwritable instanceof OutputClosedError)) throw unwritable;
  }
  return exitCodeOf(error);
}

/** Commander's complaint, which may come with a suggestion on a second line, as one line with a pointer to help. */
function usageMessage(complaint: string, argv: readonly string[]): string {
  const text = messageOf(complaint).replace(/^error: /, '');
  const command = argv.find((each) => COMMAND_NAMES.has(each));
  return `${text} (see flipbook ${command === undefined ? '' : `${command} `}--help)`;
}

const COMMAND_NAMES = new Set([
  'record',
  'serve',
  'demo',
  'import',
  'state',
  'flips',
  'services',
  'summary',
  'disagreements',
  'verify',
  'rebuild',
  'backup',
]);

/** Whether debugging was asked for; looked up by hand because the error may be that the settings could not be read. */
function wantsStack(argv: readonly string[], { env }: CommandContext): boolean {
  const index = argv.findLastIndex((each) => each === '--log-level' || each.startsWith('--log-level='));
  const flag = argv[index]?.split('=')[1] ?? argv[index + 1];
  const level = index < 0 ? env.FLIPBOOK_LOG_LEVEL : flag;
  return level === 'debug' || level === 'trace';
}
