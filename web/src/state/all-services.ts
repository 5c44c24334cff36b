/** The whole list of Services, so that filter and sorting see every one. */
import type { ServicesAnswer } from '../../../src/http/contract-services.ts';
import { getJson } from './api.ts';

/** As many as there mostly are: then one question is all. */
const FIRST_PAGE = 200;
/** The most that one answer holds. */
const PAGE = 1_000;

/**
 * What takes longest of a long list are the causes of last flips. They come last: until then it is shown without them.
 *
 * @param url the question without `limit`
 * @param show takes the list without causes; absent where the list is on the page already and is only asked for again
 */
export async function allServices(
  url: string,
  abort: AbortSignal,
  show?: (answer: ServicesAnswer) => void,
): Promise<ServicesAnswer> {
  const first = await getJson<ServicesAnswer>(asking(url, { limit: FIRST_PAGE }), abort);
  if (first.nextCursor === undefined) return first;
  // All of it about one instant, as the log said at one position.
  const whole = asking(url, { at: first.at, asof: first.asOf, limit: PAGE });
  show?.(await allPages(asking(whole, { causes: 'false' }), abort));
  return allPages(whole, abort);
}

async function allPages(url: string, abort: AbortSignal): Promise<ServicesAnswer> {
  let answer = await getJson<ServicesAnswer>(url, abort);
  const items = [...answer.items];
  while (answer.nextCursor !== undefined) {
    answer = await getJson<ServicesAnswer>(asking(url, { cursor: answer.nextCursor }), abort);
    items.push(...answer.items);
  }
  return { ...answer, items };
}

function asking(url: string, parameters: Readonly<Record<string, string | number>>): string {
  const next = new URL(url, window.location.href);
  for (const [name, value] of Object.entries(parameters)) next.searchParams.set(name, String(value));
  return next.href;
}
