/**
 * Does shedding hold up the recorder? Half of a long log is shed as `record` does it, and how late the thread comes round
 * meanwhile is measured, beside the same thread with nothing to do. Printed with it: the longest step, what an event costs,
 * and how much of the file goes back to the file system.
 *
 *   node bench/shedding.ts [--events 200000] [--services 500] [--json]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SILENT_LOG } from '../src/domain/log.ts';
import { epochMs } from '../src/domain/time.ts';
import { Retention } from '../src/recorder/retention.ts';
import { openStore } from '../src/store/sqlite/store.ts';
import { generateLog } from './generator/generate-log.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);
/** The histogram counts the timer that it measures with. */
const TIMER_MS = 5;
const IDLE_MS = 3_000;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    services: { type: 'string', default: '500' },
    json: { type: 'boolean', default: false },
  },
});

/** How late the thread comes round while `work` goes on, in milliseconds. */
async function lateness(work: () => Promise<unknown>) {
  const delays = monitorEventLoopDelay({ resolution: TIMER_MS });
  delays.enable();
  await work();
  delays.disable();
  const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - TIMER_MS);
  return { p50: ms(delays.percentile(50)), p99: ms(delays.percentile(99)), max: ms(delays.max) };
}

async function measure(file: string) {
  const plan = {
    seed: 1,
    services: Number(values.services),
    backendsPerService: 10,
    record: { endpoints: true, pods: true },
    wave: [1, 2],
    from: epochMs(START),
    everyMs: 1_000,
  } as const;
  const { log } = await generateLog(file, plan, { events: Number(values.events) });
  const store = openStore(file);
  store.settle();
  const before = statSync(file).size;
  const middle = epochMs((log.from + log.to) / 2);
  const idle = await lateness(() => sleep(IDLE_MS));
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const everyMs = 3_600_000;
  let busyMs = 0;
  const cpu = process.cpuUsage();
  const shedding = await lateness(async () => {
    const retention = Retention.start({
      store,
      settings: { retainMs: HOUR },
      log: SILENT_LOG,
      now: () => epochMs(middle + HOUR),
      disk: () => undefined,
      tell: () => {},
      wait: async (ms, signal) => {
        if (ms === everyMs) resolve();
        await sleep(ms, undefined, { signal }).catch(() => {});
      },
      clock: () => performance.now(),
      everyMs,
    });
    await done;
    await retention.stop();
    const { longestStepMs, shed } = retention.status();
    Object.assign(result, { longestStepMs, removed: shed.retain });
  });
  const { user, system } = process.cpuUsage(cpu);
  busyMs = (user + system) / 1_000;
  const passed = store.reader.horizons()[0]?.position ?? 0;
  const after = statSync(file).size;
  store.close();
  return { ...result, events: log.events, passed, microsecondsAnEvent: (busyMs * 1_000) / passed, idle, shedding, before, after };
}

const result = { longestStepMs: 0, removed: 0 };
const folder = mkdtempSync(join(tmpdir(), 'flipbook-bench-'));
try {
  const measured = await measure(join(folder, 'flipbook.db'));
  if (values.json) console.log(JSON.stringify(measured));
  else {
    const { idle, shedding, events, passed, removed } = measured;
    const times = ({ p50, p99, max }: typeof idle) => `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, most ${max.toFixed(1)} ms`;
    const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    console.log(`log            ${events} events, ${mb(measured.before)}`);
    console.log(
      `shed           ${passed} passed, ${removed} taken away, ${measured.microsecondsAnEvent.toFixed(0)} µs of processor time each`,
    );
    console.log(`longest step   ${measured.longestStepMs.toFixed(1)} ms`);
    console.log(`thread late    ${times(shedding)}`);
    console.log(`  when idle    ${times(idle)}`);
    console.log(`file           ${mb(measured.before)} before, ${mb(measured.after)} after`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
