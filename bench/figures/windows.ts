/** One page of flips in a window: whether it costs the same wherever it lies in a long history, of one Service and of all. */
import { Random } from '../../src/demo/simulation/random.ts';
import { epochMs } from '../../src/domain/time.ts';
import { type EventReader, LATEST } from '../../src/store/event-store.ts';
import { openReader } from '../../src/store/sqlite/store.ts';
import { type BenchOptions, count, type Figure, median, timed } from '../figure.ts';
import type { GeneratedLog } from './long-log.ts';

/** Fewer than a Service has in the shorter log: what is compared is finding them, not reading more of them. */
const PAGE = 20;

export async function windowFigures({ quick, say }: BenchOptions, short: GeneratedLog, long: GeneratedLog): Promise<Figure[]> {
  say('asking for pages of flips');
  const random = new Random(4);
  const logs = [short, long].map((log) => ({ log, ...openReader(log.file), one: [] as number[], all: [] as number[] }));
  const turns = quick ? 100 : 500;
  for (let turn = -turns / 5; turn < turns; turn++) {
    for (const { log, reader, one, all } of logs) {
      const from = epochMs(log.from + Math.round((log.to - log.from) * 0.5 * random.next()));
      const window = { from, to: log.to, asOf: LATEST, limit: PAGE, source: 'endpoints' } as const;
      const serviceId = serviceOf(reader, random.pick(log.services));
      const tookOne = await timed(() => reader.flips({ ...window, serviceId }));
      const tookAll = await timed(() => reader.flips(window));
      if (turn < 0) continue;
      one.push(tookOne);
      all.push(tookAll);
    }
  }
  for (const { close } of logs) close();
  const figure = (id: 'one' | 'all', whose: string): Figure => {
    const [shortMs, longMs] = logs.map((each) => median(each[id])) as [number, number];
    return {
      id: `window-${id}`,
      what: `first ${PAGE} flips of a window, ${whose}: ${count(long.events)} events against ${count(short.events)}`,
      value: longMs / shortMs,
      unit: '×',
      goal: { most: 1.3 },
      from: `median ${(longMs * 1_000).toFixed(0)} µs against ${(shortMs * 1_000).toFixed(0)} µs`,
      details: { shortMs, longMs },
    };
  };
  return [figure('one', 'one Service'), figure('all', 'all Services')];
}

function serviceOf(reader: EventReader, { namespace, name }: { namespace: string; name: string }) {
  const [cluster] = reader.clusters();
  const service = cluster && reader.service({ clusterId: cluster.id, namespace, name });
  if (!service) throw new Error(`the log has no Service ${namespace}/${name}`);
  return service.id;
}
