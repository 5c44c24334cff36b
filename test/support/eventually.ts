/** Waits for what other processes do, which nobody tells us of. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Looks again and again until the condition holds.
 *
 * @throws when it does not within `withinMs` (default 30 s: longer than anything takes on a busy machine)
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { withinMs = 30_000, everyMs = 15 } = {},
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(everyMs);
  }
}
