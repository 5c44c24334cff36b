/** What Prometheus may know of a recording. Names are part of the contract with dashboards: extend, never rename. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { streamName } from '../domain/resources.ts';
import { isWatched, type Recording } from '../recorder/recording.ts';

/**
 * Registers the metrics of a recording. They are read from it when they are asked for; before the cluster was reached
 * there are none of its streams.
 */
export function registerRecordingMetrics(registry: Registry, recording: () => Recording | undefined): void {
  const counters = [
    ['events', 'Events appended to the log since the start, ledger facts included.'],
    ['flips', 'Flips that these events brought.'],
    ['repeats', 'Received versions that the log had already.'],
    ['unchanged', 'Received versions of reduced objects of which nothing changed that is stored.'],
  ] as const;
  for (const [name, help] of counters) {
    new Counter({
      name: `flipbook_recorder_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(recording()?.totals?.[name] ?? 0);
      },
    });
  }

  new Gauge({
    name: 'flipbook_stream_watched',
    help: '1 while the stream has a complete state and is being watched, else 0.',
    labelNames: ['stream'],
    registers: [registry],
    collect() {
      for (const status of recording()?.streams() ?? [])
        this.set({ stream: streamName(status.stream) }, isWatched(status) ? 1 : 0);
    },
  });
  new Gauge({
    name: 'flipbook_stream_proven_timestamp_seconds',
    help: 'Up to when the stream is proven complete, as Unix time. Absent before its first complete state.',
    labelNames: ['stream'],
    registers: [registry],
    collect() {
      for (const { stream, provenAt } of recording()?.streams() ?? []) {
        if (provenAt !== undefined) this.set({ stream: streamName(stream) }, provenAt / 1_000);
      }
    },
  });
  new Gauge({
    name: 'flipbook_stream_write_failed',
    help: '1 while the last commit of the stream failed: nothing of it is being recorded.',
    labelNames: ['stream'],
    registers: [registry],
    collect() {
      for (const { stream, notWritten } of recording()?.streams() ?? [])
        this.set({ stream: streamName(stream) }, notWritten ? 1 : 0);
    },
  });
}
