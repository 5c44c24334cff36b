/** Everything that a written report needs, asked for when it is wanted. */
import type { FlipsAnswer } from '../../../src/http/contract.ts';
import { markdownReport } from '../lib/markdown.ts';
import type { TimelineModel } from '../lib/timeline-model.ts';
import { address, getJson, servicePath } from './api.ts';

/** A report is for people: beyond so many flips it says that there are more. */
const MOST_FLIPS = 2_000;
const PAGE = 1_000;

/** @throws ApiError */
export async function reportOf(model: TimelineModel, link: string): Promise<string> {
  const { answer } = model;
  const { namespace, name, cluster } = answer.service;
  const abort = new AbortController();
  const flips: FlipsAnswer['items'] = [];
  let cursor: string | undefined;
  do {
    const query = { from: answer.from, to: answer.to, source: answer.source, asof: answer.asOf, cluster, limit: PAGE, cursor };
    const page = await getJson<FlipsAnswer>(address(`${servicePath(namespace, name)}/flips`, query), abort.signal);
    flips.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && flips.length < MOST_FLIPS);
  return markdownReport({ model, flips, cut: cursor !== undefined, link });
}
