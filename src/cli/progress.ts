/** A progress bar on a terminal; nothing anywhere else, so that logs and pipes stay clean. */
import { Presets, SingleBar } from 'cli-progress';
import { type Output, printable } from './output.ts';

export interface Progress {
  update(done: number, total: number): void;
  /** Takes the bar away. May be called twice. */
  stop(): void;
}

const NONE: Progress = { update: () => {}, stop: () => {} };

export function progressBar(output: Output, title: string): Progress {
  if (!output.isTerminal) return NONE;
  const bar = new SingleBar(
    {
      stream: output.stream,
      format: `${printable(title).replaceAll('{', '(').replaceAll('}', ')')} {bar} {percentage}%  {eta_formatted} left`,
      clearOnComplete: true,
      // Work that does not wait is ended by a signal at once; a hidden cursor would then stay hidden.
      hideCursor: false,
      barsize: 30,
      // The command itself decides what a signal does.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total) {
      if (!started) bar.start(total, done);
      else {
        bar.setTotal(total);
        bar.update(done);
      }
      started = true;
    },
    stop() {
      if (started) bar.stop();
      started = false;
    },
  };
}
