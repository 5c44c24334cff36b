/** Options and arguments that several commands share, and their reading. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Config, describeSetting, readConfig, type SettingFlags, type SettingName } from '../config.ts';
import { SOURCES } from '../domain/backends.ts';
import { type EpochMs, formatTime, InvalidTimeError, parseDuration, parseTime } from '../domain/time.ts';
import type { CommandContext } from './context.ts';
import { UsageError } from './errors.ts';

export const TIME_HELP = `A time is RFC 3339 with any offset (2026-11-23T16:20:00Z, 2026-11-23T17:20:00.5+01:00), epoch
milliseconds, or relative: now, now-15m, now-1h (units ms s m h d w).`;

const isRepeatable = (name: SettingName) => describeSetting(name).repeatable === true;

/**
 * Adds the flags of these settings, with variable and default in the help. They carry no default of their own:
 * {@link settingsOf} reads flag, variable and default together.
 */
export function addSettings(
  command: Command,
  names: readonly SettingName[],
  defaults: { readonly [Name in SettingName]?: string } = {},
): Command {
  command.optionsGroup('Common options:');
  for (const name of names) {
    const { flag, variable, description, defaultText } = describeSetting(name);
    const byDefault = defaults[name] ?? defaultText;
    const notes = [...(byDefault === undefined ? [] : [`default: ${byDefault}`]), `env: ${variable}`].join(', ');
    const option = new Option(flag, `${description} (${notes})`);
    if (isRepeatable(name)) option.argParser((value, previous: string[] | undefined) => [...(previous ?? []), value]);
    command.addOption(option);
  }
  return command;
}

/** @throws InvalidSettingError */
export function settingsOf(
  flags: SettingFlags,
  context: CommandContext,
  defaults: { readonly [Name in SettingName]?: string } = {},
): Config {
  return readConfig(flags, context.env, defaults);
}

/** @throws UsageError when the text is not `NAMESPACE/SERVICE` */
export function parseServiceName(text: string): { namespace: string; name: string } {
  const match = /^([^/\s]+)\/([^/\s]+)$/.exec(text);
  if (!match) throw new UsageError(`${JSON.stringify(text)} is not NAMESPACE/SERVICE, such as store/checkout`);
  return { namespace: match[1] as string, name: match[2] as string };
}

/** @throws InvalidTimeError that names the flag */
export function timeFlag(flag: string, text: string | undefined, now: EpochMs): EpochMs | undefined {
  if (text === undefined) return undefined;
  try {
    return parseTime(text, now);
  } catch (error) {
    if (error instanceof InvalidTimeError) throw new InvalidTimeError(`${flag} ${error.message}`);
    throw error;
  }
}

/** `--from` and `--to`. @throws InvalidTimeError, or UsageError for a window that is empty */
export function windowFlags(
  flags: { readonly from?: string; readonly to?: string },
  now: EpochMs,
): { from?: EpochMs; to?: EpochMs } {
  const from = timeFlag('--from', flags.from, now);
  const to = timeFlag('--to', flags.to, now);
  if (from !== undefined && to !== undefined && from >= to) {
    throw new UsageError(`--from ${formatTime(from)} is not before --to ${formatTime(to)}`);
  }
  return { from, to };
}

/** Milliseconds. @throws UsageError that names the flag */
export function durationFlag(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  if (duration === undefined) {
    throw new UsageError(`${flag} ${JSON.stringify(text)} is not a duration: write 500ms, 5s, 1m or 1h30m`);
  }
  return duration;
}

export const outputOption = (choices: readonly [string, ...string[]], description: string): Option =>
  new Option('-o, --output <format>', description).choices(choices).default(choices[0]);

export const sourceOption = (): Option =>
  new Option(
    '--source <source>',
    'answer from this kind of object (default: endpoints where there are any, else slices)',
  ).choices(SOURCES);

export const asOfOption = (): Option =>
  new Option('--asof <position>', 'answer as the log stood when it had grown to this position').argParser((text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
      throw new InvalidArgumentError('A position is a whole number from 0.');
    return value;
  });
