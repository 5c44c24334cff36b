/** Whether the state at T costs the same however long the log is. */
import { Random } from '../../src/demo/simulation/random.ts';
import { epochMs } from '../../src/domain/time.ts';
import type { History } from '../../src/history/history.ts';
import { localHistory } from '../../src/history/local-history.ts';
import { openReader } from '../../src/store/sqlite/store.ts';
import { type BenchOptions, count, type Figure, median, quantile, timed } from '../figure.ts';
import type { GeneratedLog } from './long-log.ts';

const BLOCK = 20;

export async function stateFigure({ quick, say }: BenchOptions, short: GeneratedLog, long: GeneratedLog): Promise<Figure> {
  say('asking for states');
  const random = new Random(2);
  const logs = [short, long].map((log) => ({ log, history: open(log), times: [] as number[] }));
  // In turns, so that both meet the same disturbances; the first turns warm up.
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
  const [shortMs, longMs] = logs.map(({ times }) => median(times)) as [number, number];
  const us = (ms: number) => `${(ms * 1_000).toFixed(0)} µs`;
  return {
    id: 'state',
    what: `state at T, ${count(long.events)} events in the log against ${count(short.events)}`,
    value: longMs / shortMs,
    unit: '×',
    goal: { most: 1.3 },
    from: `median ${us(longMs)} against ${us(shortMs)}`,
    details: {
      longEvents: long.events,
      longBytes: long.bytes,
      shortEvents: short.events,
      longMs,
      shortMs,
      longP95Ms: quantile(logs[1]?.times ?? [], 0.95),
      shortP95Ms: quantile(logs[0]?.times ?? [], 0.95),
    },
  };
}

function open({ file }: GeneratedLog): History {
  const { reader, close } = openReader(file);
  return localHistory(reader, close);
}
