/** Durations as people read them. All in milliseconds. */

const two = (value: number) => String(value).padStart(2, '0');

/** `350ms`, `4.2s`, `52s`, `1m45s`, `3h02m`, `2d04h`. Cut off, never rounded up: a duration is not told longer than it was. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1_000) return `${Math.floor(ms)}ms`;
  if (ms < 10_000) return `${Math.floor(ms / 100) / 10}s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h${two(Math.floor(seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${two(Math.floor(seconds / 3_600) % 24)}h`;
}

/** A duration whose span touches a gap or an edge of the window is a lower bound, and says so. */
export function formatSpan(ms: number, lowerBound: boolean): string {
  return lowerBound ? `≥ ${formatDuration(ms)}` : formatDuration(ms);
}
