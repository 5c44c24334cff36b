/** What `record`, `serve` and `demo` have in common: start, say where, run until told to stop, stop in order. */
import type { CommandContext, RunningServer } from './context.ts';
import { OutputClosedError, printable } from './output.ts';

/** Kubernetes and systemd kill what does not stop; well before that the recorder must have committed and closed. */
export const STOP_WITHIN_MS = 5_000;

/** The server did not stop in time. What was committed is on disk. The exit code is 1. */
export class StopTimeoutError extends Error {
  override name = 'StopTimeoutError';
}

/**
 * Runs a server until SIGINT or SIGTERM.
 *
 * @param banner lines for people, on stdout, once the server answers
 * @throws what it could not start for; {@link StopTimeoutError}
 */
export async function runServer(
  context: CommandContext,
  start: (signal: AbortSignal) => Promise<RunningServer>,
  banner: (server: RunningServer) => readonly string[],
  stopWithinMs = STOP_WITHIN_MS,
): Promise<void> {
  const signal = context.stopSignal();
  const server = await start(signal);
  try {
    if (!signal.aborted) await announce(context, banner(server));
    await aborted(signal);
  } finally {
    await within(server.close(), stopWithinMs);
  }
}

/** That nobody reads it is no reason to stop recording. */
async function announce({ stdout }: CommandContext, lines: readonly string[]): Promise<void> {
  try {
    await stdout.write(`${lines.map(printable).join('\n')}\n`);
  } catch (error) {
    if (!(error instanceof OutputClosedError)) throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StopTimeoutError(`did not stop within ${ms / 1_000} s; what was committed is kept`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
