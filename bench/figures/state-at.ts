/** Whether the state at T costs the same however long the log is. */
import { Random } from '../../src/demo/simulation/random.ts';
import { epochMs } from '../../src/domain/time.ts';
import type { History } from '../../src/history/history.ts';
import { localHistory } from '../../src/history/local-history.ts';
import { openReader } from '../../src/store/sqlite/store.ts';
import { type BenchOptions, count, type Figure, median, quantile, timed } from '../figure.ts';
import type { GeneratedLog } from './long-log.ts';

const BLOCK = 20;

interface Logs {
  readonly short: GeneratedLog;
  /** A tenth of the long one. */
  readonly grown: GeneratedLog;
  readonly long: GeneratedLog;
}

export async function stateFigures({ quick, say }: BenchOptions, { short, grown, long }: Logs): Promise<Figure[]> {
  say('asking for states');
  const random = new Random(2);
  const [ofShort, ofGrown, ofLong] = [asked(short), asked(grown), asked(long)];
  const logs = [ofShort, ofGrown, ofLong];
  // In turns, so that all meet the same disturbances; the first turns warm up.
  const turns = quick ? 25 : 100;
  for (let turn = -turns / 5; turn < turns; turn++) {
    for (const { log, history, times } of logs) {
      for (let question = 0; question < BLOCK; question++) {
        const { namespace, name } = random.pick(log.services);
        const at = epochMs(log.from + (log.to - log.from) * (0.02 + 0.98 * random.next()));
        const took = await timed(() => history.state({ namespace, name, at }));
        if (turn >= 0) times.push(took);
      }
    }
  }
  await Promise.all(logs.map(({ history }) => history.close()));
  return [
    { id: 'state', goal: { most: 1.3 }, ...comparison(ofLong, ofShort) },
    { id: 'state-grown', ...comparison(ofLong, ofGrown) },
  ];
}

interface Asked {
  readonly log: GeneratedLog;
  readonly history: History;
  /** Milliseconds of each question. */
  readonly times: number[];
}

const asked = (log: GeneratedLog): Asked => ({ log, history: open(log), times: [] });

function comparison(long: Asked, short: Asked): Omit<Figure, 'id' | 'goal'> {
  const [longMs, shortMs] = [median(long.times), median(short.times)];
  const us = (ms: number) => `${(ms * 1_000).toFixed(0)} µs`;
  return {
    what: `state at T, ${count(long.log.events)} events in the log against ${count(short.log.events)}`,
    value: longMs / shortMs,
    unit: '×',
    from: `median ${us(longMs)} against ${us(shortMs)}`,
    details: {
      longEvents: long.log.events,
      longBytes: long.log.bytes,
      shortEvents: short.log.events,
      shortBytes: short.log.bytes,
      longMs,
      shortMs,
      longP95Ms: quantile(long.times, 0.95),
      shortP95Ms: quantile(short.times, 0.95),
    },
  };
}

function open({ file }: GeneratedLog): History {
  const { reader, close } = openReader(file);
  return localHistory(reader, close);
}
