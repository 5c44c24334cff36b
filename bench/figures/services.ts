/** The list of every Service at one instant: now, and deep in a long history. */
import { Random } from '../../src/demo/simulation/random.ts';
import { type EpochMs, epochMs } from '../../src/domain/time.ts';
import type { History } from '../../src/history/history.ts';
import { localHistory } from '../../src/history/local-history.ts';
import { openReader } from '../../src/store/sqlite/store.ts';
import { type BenchOptions, count, type Figure, median, quantile, timed } from '../figure.ts';
import type { GeneratedLog } from './long-log.ts';

const PAGE = 1_000;

export async function servicesFigures({ quick, say }: BenchOptions, log: GeneratedLog): Promise<Figure[]> {
  say('listing Services');
  const { reader, close } = openReader(log.file);
  const history = localHistory(reader, close);
  const random = new Random(3);
  const [now, past]: [number[], number[]] = [[], []];
  for (let turn = -3; turn < (quick ? 10 : 40); turn++) {
    const at = epochMs(log.from + Math.round((log.to - log.from) * (0.1 + 0.8 * random.next())));
    const tookNow = await timed(() => listAll(history, log));
    const tookThen = await timed(() => listAll(history, log, at));
    if (turn < 0) continue;
    now.push(tookNow);
    past.push(tookThen);
  }
  await history.close();
  const what = `${count(log.services.length)} Services with counts, last flips and causes`;
  const events = `${count(log.events)} events in the log`;
  const ms = (times: readonly number[]) => `median ${median(times).toFixed(1)} ms, p95 ${quantile(times, 0.95).toFixed(1)} ms`;
  return [
    {
      id: 'services-now',
      what: `${what}, now`,
      value: median(now),
      unit: 'ms',
      goal: { most: 50 },
      from: `${ms(now)}, pages of ${count(PAGE)}; ${events}`,
      details: { nowMs: now, events: log.events },
    },
    {
      id: 'services-past',
      what: `${what}, at T`,
      value: median(past),
      unit: 'ms',
      goal: { most: 50 },
      from: `${ms(past)}, at random instants, ${(median(past) / median(now)).toFixed(2)}× of now; ${events}`,
      details: { pastMs: past, events: log.events },
    },
  ];
}

async function listAll(history: History, { services }: GeneratedLog, at?: EpochMs): Promise<void> {
  let found = 0;
  let cursor: string | undefined;
  do {
    const page = await history.services({ limit: PAGE, ...(at === undefined ? {} : { at }), ...(cursor ? { cursor } : {}) });
    found += page.items.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  if (found !== services.length) throw new Error(`${found} of ${services.length} Services were listed`);
}
