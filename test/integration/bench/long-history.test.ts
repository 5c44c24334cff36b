/** The histories that the bench measures over are logs like any other: what it measures is what a recorder would have. */
import { expect, test } from 'vitest';
import { generateLog } from '../../../bench/generator/generate-log.ts';
import type { HistoryPlan } from '../../../bench/generator/long-history.ts';
import { LongHistory } from '../../../bench/generator/long-history.ts';
import { repeatCycle } from '../../../bench/generator/repeat-cycle.ts';
import { epochMs, MAX_INSTANT } from '../../../src/domain/time.ts';
import { localHistory } from '../../../src/history/local-history.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { openReader, openStore } from '../../../src/store/sqlite/store.ts';
import { type Damage, verifyLog } from '../../../src/store/sqlite/verify.ts';
import { newLogFile } from '../../support/log-folder.ts';

const plan: HistoryPlan = {
  seed: 7,
  services: 4,
  backendsPerService: 12,
  record: { endpoints: true, pods: true },
  wave: [1, 3],
  from: epochMs(Date.UTC(2026, 9, 1)),
  everyMs: 700,
};

function damages(file: string): Damage[] {
  const found: Damage[] = [];
  verifyLog(file, { rebuild: rebuild, onDamage: (damage) => found.push(damage) });
  return found;
}

async function recorded(file: string, events: number, cycleEvents: number) {
  const store = openStore(file);
  const history = new LongHistory(store, plan);
  await history.goOn({ events });
  const cycle = await history.cycle(cycleEvents);
  const { services, totals } = history;
  store.close();
  return { cycle, services, totals };
}

test('a log whose cycle was repeated is clean, down to its projections made anew', async () => {
  const file = newLogFile();
  const { cycle, totals } = await recorded(file, 400, 600);

  repeatCycle(file, cycle, { times: 5 });

  expect(damages(file)).toEqual([]);
  const { reader, close } = openReader(file);
  expect(reader.lastPosition()).toBe(totals.events + 5 * (cycle.last - cycle.after));
  const bodies = reader.events({ after: (reader.lastPosition() - 10) as never, limit: 20 });
  expect(bodies).toHaveLength(10);
  close();
});

test('every copy tells the same at its own time', async () => {
  const file = newLogFile();
  const { cycle, services } = await recorded(file, 100, 300);
  repeatCycle(file, cycle, { times: 3 });

  const { reader, close } = openReader(file);
  const history = localHistory(reader, close);
  for (const { namespace, name } of services) {
    for (const share of [0.1, 0.5, 0.9]) {
      const at = cycle.from + Math.round(cycle.ms * share);
      const [original, ...copies] = await Promise.all(
        [0, 1, 2, 3].map((times) => history.state({ namespace, name, at: epochMs(at + times * cycle.ms) })),
      );
      if (original === undefined) throw new Error('no answer');
      for (const [index, copy] of copies.entries()) {
        expect(copy.coverage).toBe('complete');
        expect([copy.ready, copy.notReady]).toEqual([original.ready, original.notReady]);
        expect(copy.position).toBe(original.position + (index + 1) * (cycle.last - cycle.after));
      }
    }
  }
  await history.close();
});

test('a repeated version carries its own resourceVersion and time', async () => {
  const file = newLogFile();
  const { cycle } = await recorded(file, 50, 100);
  repeatCycle(file, cycle, { times: 2 });

  const { reader, close } = openReader(file);
  const events = reader.events({ after: cycle.last as never, limit: 1_000 });
  expect(events.length).toBeGreaterThan(150);
  for (const event of events) {
    if (!('object' in event)) throw new Error('a cycle holds no ledger facts');
    const text = Buffer.from(reader.body(event)).toString();
    const times = text.match(/\d{4}-\d\d-\d\dT[\d:]+Z/g) ?? [];
    const newest = times.toSorted().at(-1) ?? '';
    expect(Math.abs(event.at - Date.parse(newest))).toBeLessThan(2_000);
    const { metadata } = JSON.parse(text) as { metadata: { resourceVersion?: string } };
    if (event.object.resource !== 'v1/pods') expect(metadata.resourceVersion).toBe(event.resourceVersion);
  }
  close();
});

test('a log of a given length has it, and the same plan gives the same log', async () => {
  const made = [newLogFile(), newLogFile()];
  const described = [];
  for (const file of made) described.push((await generateLog(file, plan, { events: 1_000 })).log);
  const [first, second] = described.map(({ events, flips, to, bytes }) => ({ events, flips, to, bytes }));
  expect(first).toEqual(second);
  expect(first?.events).toBeGreaterThanOrEqual(1_000);
  const { reader, close } = openReader(made[0] ?? '');
  expect(reader.lastPosition()).toBe(first?.events);
  const flips = (source: 'endpoints' | 'endpointslices') =>
    reader.flips({ source, from: plan.from, to: MAX_INSTANT, asOf: reader.lastPosition(), limit: 10_000 }).length;
  expect(flips('endpoints') + flips('endpointslices')).toBe(first?.flips);
  close();
});
