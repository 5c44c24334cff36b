/** All flips of a question, however many, in constant memory. */
import type { FlipAnswer, FlipsAnswer, FlipsTextAnswer } from './answers.ts';
import type { FlipsQuestion, FlipsTextFormat, History } from './history.ts';

const PAGE = 1_000;

/** Page after page, all as of the first one's position. At least one page comes. `limit` and `cursor` do not count. */
export function flipPages(history: History, question: FlipsQuestion): AsyncGenerator<FlipsAnswer, void, undefined> {
  return allPages(question, (page) => history.flips(page));
}

/** The same as text, each page written by the thread that read it. The header row of CSV is not among it. */
export function flipTextPages(
  history: History,
  question: FlipsQuestion,
  format: FlipsTextFormat,
): AsyncGenerator<FlipsTextAnswer, void, undefined> {
  return allPages(question, (page) => history.flipsText({ ...page, format }));
}

async function* allPages<Page extends { readonly asOf: number; readonly nextCursor?: string }>(
  { limit: _limit, cursor: _cursor, ...all }: FlipsQuestion,
  ask: (question: FlipsQuestion) => Promise<Page>,
): AsyncGenerator<Page, void, undefined> {
  let page = await ask({ ...all, limit: PAGE });
  yield page;
  while (page.nextCursor !== undefined) {
    page = await ask({ ...all, asOf: page.asOf, limit: PAGE, cursor: page.nextCursor });
    yield page;
  }
}

/** Flip after flip, oldest first, all as of one position. */
export async function* allFlips(history: History, question: FlipsQuestion): AsyncGenerator<FlipAnswer, void, undefined> {
  for await (const { items } of flipPages(history, question)) yield* items;
}
