/** From an error to what a person reads and what a script gets: one line on stderr and an exit code. */
import { CommanderError } from 'commander';
import { InvalidSettingError } from '../config.ts';
import { InvalidTimeError } from '../domain/time.ts';
import { InvalidQuestionError } from '../history/history.ts';
import { OutputClosedError, printable } from './output.ts';

export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

/** The command line cannot be understood. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The work was given up because a signal said so; nothing of it was kept. */
export class InterruptedError extends Error {
  override name = 'InterruptedError';
  readonly signal: 'SIGINT' | 'SIGTERM';
  constructor(signal: 'SIGINT' | 'SIGTERM', message: string) {
    super(message);
    this.signal = signal;
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof OutputClosedError) return EXIT_OK;
  // As a shell reports a command that a signal ended: 128 + its number.
  if (error instanceof InterruptedError) return error.signal === 'SIGINT' ? 130 : 143;
  const isUsage =
    error instanceof UsageError ||
    error instanceof InvalidSettingError ||
    error instanceof InvalidTimeError ||
    error instanceof InvalidQuestionError;
  return isUsage ? EXIT_USAGE : EXIT_FAILURE;
}

/** One line for people; never a stack. */
export function messageOf(error: unknown): string {
  return printable(
    text(error)
      .trim()
      .replace(/\s*\n\s*/g, ' '),
  );
}

function text(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const what = path === undefined ? '' : `${path}: `;
  switch (code) {
    case 'ENOENT':
      return `${what}no such file`;
    case 'EISDIR':
      return `${what || 'that '}is a folder, not a file`;
    case 'EACCES':
      return path === undefined && port !== undefined
        ? `may not listen on ${address ?? ''}:${port}: choose another with --listen`
        : `${what}permission denied`;
    case 'ENOSPC':
      return `${what}no space left on the disk`;
    case 'EADDRINUSE':
      return `${address?.includes(':') ? `[${address}]` : (address ?? '')}:${port ?? ''} is in use already: choose another with --listen, or stop what listens there`;
    case 'EADDRNOTAVAIL':
      return `${address ?? 'that address'} is not an address of this machine: choose another with --listen`;
    case 'ENOTFOUND':
      return port === undefined && error.message.includes('getaddrinfo')
        ? `no such host: ${(error as { hostname?: string }).hostname ?? ''}`
        : error.message;
    default:
      return error.message || error.name;
  }
}
