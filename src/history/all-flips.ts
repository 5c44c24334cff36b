/** All flips of a question, however many, in constant memory. */
import type { FlipAnswer, FlipsAnswer } from './answers.ts';
import type { FlipsQuestion, History } from './history.ts';

const PAGE = 1_000;

/** Page after page, all as of the first one's position. At least one page comes. `limit` and `cursor` do not count. */
export async function* flipPages(history: History, question: FlipsQuestion): AsyncGenerator<FlipsAnswer, void, undefined> {
  const { limit: _limit, cursor: _cursor, ...all } = question;
  let page = await history.flips({ ...all, limit: PAGE });
  yield page;
  while (page.nextCursor !== undefined) {
    page = await history.flips({ ...all, asOf: page.asOf, limit: PAGE, cursor: page.nextCursor });
    yield page;
  }
}

/** Flip after flip, oldest first, all as of one position. */
export async function* allFlips(history: History, question: FlipsQuestion): AsyncGenerator<FlipAnswer, void, undefined> {
  for await (const { items } of flipPages(history, question)) yield* items;
}
