/** All flips of a question, however many, in constant memory. */
import type { FlipAnswer, FlipsAnswer, FlipsTextAnswer } from './answers.ts';
import type { FlipsQuestion, FlipsTextFormat, History } from './history.ts';

const PAGE = 1_000;
/** Of text: nothing but its length has to be held by whoever asks, and what is looked up once a page is shared by more flips. */
export const TEXT_PAGE = 5_000;

/** Page after page, all as of the first one's position. At least one page comes. `limit` and `cursor` do not count. */
export function flipPages(history: History, question: FlipsQuestion): AsyncGenerator<FlipsAnswer, void, undefined> {
  return allPages(question, PAGE, (page) => history.flips(page));
}

/** The same as text, each page written by the thread that read it. The header row of CSV is not among it. */
export function flipTextPages(
  history: History,
  question: FlipsQuestion,
  format: FlipsTextFormat,
): AsyncGenerator<FlipsTextAnswer, void, undefined> {
  return allPages(question, TEXT_PAGE, (page) => history.flipsText({ ...page, format }));
}

/** Once a second page is wanted, the one after each is read while it is taken: never more than one ahead. */
async function* allPages<Page extends { readonly asOf: number; readonly nextCursor?: string }>(
  { limit: _limit, cursor: _cursor, ...all }: FlipsQuestion,
  limit: number,
  ask: (question: FlipsQuestion) => Promise<Page>,
): AsyncGenerator<Page, void, undefined> {
  const after = ({ asOf, nextCursor }: Page) =>
    nextCursor === undefined ? undefined : ask({ ...all, asOf, limit, cursor: nextCursor });
  const first = await ask({ ...all, limit });
  yield first;
  for (let next = after(first); next !== undefined; ) {
    const page: Page = await next;
    next = after(page);
    // Whoever stops reading meets no error of a page that was not asked for.
    next?.catch(() => {});
    yield page;
  }
}

/** Flip after flip, oldest first, all as of one position. */
export async function* allFlips(history: History, question: FlipsQuestion): AsyncGenerator<FlipAnswer, void, undefined> {
  for await (const { items } of flipPages(history, question)) yield* items;
}
