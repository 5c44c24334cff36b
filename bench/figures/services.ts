/** The list of every Service at one instant: now, and deep in a long history. */
import { Random } from '../../src/demo/simulation/random.ts';
import { type EpochMs, epochMs } from '../../src/domain/time.ts';
import type { History } from '../../src/history/history.ts';
import { localHistory } from '../../src/history/local-history.ts';
import { openReader } from '../../src/store/sqlite/store.ts';
import { type BenchOptions, count, type Figure, median, quantile, timed } from '../figure.ts';
import type { GeneratedLog } from './long-log.ts';

const PAGE = 1_000;
/** What is asked for when nothing else is said. */
const DEFAULT_PAGE = 100;

export async function servicesFigures({ quick, say }: BenchOptions, log: GeneratedLog): Promise<Figure[]> {
  say('listing Services');
  const { reader, close } = openReader(log.file);
  const history = localHistory(reader, close);
  const random = new Random(3);
  const instant = () => epochMs(log.from + Math.round((log.to - log.from) * (0.1 + 0.8 * random.next())));
  // One after the other and not in turns: causes leave garbage behind that is not the bare list's.
  const now = await repeated(quick, () => listAll(history, log, { causes: false }));
  const past = await repeated(quick, () => listAll(history, log, { causes: false, at: instant() }));
  const explained = await repeated(quick, () => listAll(history, log, { at: instant() }));
  const page = await repeated(quick, () => history.services({ at: instant(), limit: DEFAULT_PAGE }));
  await history.close();
  const all = `${count(log.services.length)} Services with counts and last flips`;
  const ms = (times: readonly number[]) => `median ${median(times).toFixed(1)} ms, p95 ${quantile(times, 0.95).toFixed(1)} ms`;
  const pages = `pages of ${count(PAGE)}; ${count(log.events)} events in the log, Pods among them`;
  const figure = (id: string, what: string, times: readonly number[], from: string): Figure => ({
    ...{ id, what, value: median(times), unit: 'ms', goal: { most: 50 } },
    from: `${ms(times)}, ${from}`,
    details: { ms: times, events: log.events },
  });
  const anywhere = 'at random instants';
  const slower = (median(past) / median(now)).toFixed(2);
  return [
    figure('services-now', `${all}, now`, now, pages),
    figure('services-past', `${all}, at T`, past, `${anywhere}, ${slower}× of now; ${pages}`),
    figure('services-causes', `${all} and their causes, at T`, explained, `${anywhere}; ${pages}`),
    figure('services-page', `one page of ${DEFAULT_PAGE} of them, with causes, at T`, page, anywhere),
  ];
}

/** Milliseconds of each time, without the first few. */
async function repeated(quick: boolean, list: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let turn = -3; turn < (quick ? 10 : 40); turn++) {
    const took = await timed(list);
    if (turn >= 0) times.push(took);
  }
  return times;
}

type Asked = { readonly at?: EpochMs; readonly causes?: false };

async function listAll(history: History, { services }: GeneratedLog, asked: Asked): Promise<void> {
  let [found, flipped] = [0, 0];
  let cursor: string | undefined;
  do {
    const page = await history.services({ ...asked, limit: PAGE, ...(cursor ? { cursor } : {}) });
    found += page.items.length;
    flipped += page.items.filter(({ lastFlip }) => lastFlip !== undefined).length;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  if (found !== services.length) throw new Error(`${found} of ${services.length} Services were listed`);
  if (flipped < services.length / 10) throw new Error(`only ${flipped} of ${services.length} Services have a last flip`);
}
