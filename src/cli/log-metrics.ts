/** What Prometheus may know of the log and of what is shed of it. Names are part of the contract: extend, never rename. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { RetentionStatus } from '../recorder/retention.ts';

/** Registers the metrics of the log; they are read when they are asked for. None while `status` gives nothing. */
export function registerLogMetrics(registry: Registry, status: () => RetentionStatus | undefined): void {
  const registers = [registry];
  new Gauge({
    name: 'flipbook_log_bytes',
    help: 'Size of the log. part="file": the file; "used": of it in use; "pending": written but not yet in the file.',
    labelNames: ['part'],
    registers,
    collect() {
      const size = status()?.size;
      if (size === undefined) return;
      for (const part of ['file', 'used', 'pending'] as const) this.set({ part }, size[part]);
    },
  });
  new Gauge({
    name: 'flipbook_disk_free_bytes',
    help: 'Free on the file system of the log. Absent where it cannot be told.',
    labelNames: [],
    registers,
    collect() {
      const disk = status()?.disk;
      this.reset();
      if (disk === undefined) this.remove();
      else this.set(disk.free);
    },
  });
  new Gauge({
    name: 'flipbook_history_horizon_timestamp_seconds',
    help: 'From when on history is still known, as Unix time, by cluster. Absent while nothing was shed.',
    labelNames: ['cluster'],
    registers,
    collect() {
      for (const { cluster, at } of status()?.horizons ?? []) this.set({ cluster }, at / 1_000);
    },
  });
  new Counter({
    name: 'flipbook_history_shed_events_total',
    help: 'Events taken out of the log since the start, by reason: retain, max-size, low-disk.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, events] of Object.entries(status()?.shed ?? {})) this.inc({ reason }, events);
    },
  });
  new Gauge({
    name: 'flipbook_history_shed_longest_step_seconds',
    help: 'The longest that recording was held up by a step of shedding since the start.',
    registers,
    collect() {
      this.set((status()?.longestStepMs ?? 0) / 1_000);
    },
  });
}
