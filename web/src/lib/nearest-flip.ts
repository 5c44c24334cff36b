/** The flip before or after an instant, of all that were recorded: the picture holds the lanes in sight, and merged. Pure. */

/** Instants of flips with from ≤ at < to, oldest first, at most `limit` of them; and whether there are more. */
export type AskFlips = (from: number, to: number, limit: number) => Promise<{ instants: readonly number[]; more: boolean }>;

/** The server's most. */
const LIMIT = 1_000;
/** How much wider or narrower the next look is. */
const STRIDE = 8;

/** The first flip after `at` and before `to`. */
export async function flipAfter(ask: AskFlips, at: number, to: number): Promise<number | undefined> {
  return at + 1 < to ? (await ask(at + 1, to, 1)).instants[0] : undefined;
}

/**
 * The last flip since `from` and before `at`. Answers begin with the oldest, so it is looked for in a span that ends at `at`,
 * wider where there is none and narrower where there are more than come at once.
 *
 * @param firstMs length of the first span
 */
export async function flipBefore(ask: AskFlips, at: number, from: number, firstMs: number): Promise<number | undefined> {
  let end = at;
  let width = Math.max(1, Math.round(firstMs));
  while (end > from) {
    const start = Math.max(from, end - width);
    const { instants, more } = await ask(start, end, LIMIT);
    if (instants.length === 0) {
      end = start;
      width *= STRIDE;
    } else if (more && end - start > 1) width = Math.ceil((end - start) / STRIDE);
    else return instants.at(-1);
  }
  return undefined;
}
