/**
 * Lets the real `flipbook record` take in a large cluster over HTTP and then watch it change; tells how much memory that took:
 * `node known-state.ts LOG paged|streamed SERVICES PODS-PER-SERVICE NODES FLIPS`. The API server runs in this process, the recorder in one of its own.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openReader } from '../../src/store/sqlite/store.ts';
import { openKubeconfig, record } from '../../test/support/recorder-process.ts';
import { LargeCluster } from '../generator/large-cluster.ts';

export interface KnownState {
  readonly objects: number;
  readonly flips: number;
  /** From the start of the process until the whole state was in the log. */
  readonly listedMs: number;
  /** The most that was ever resident, up to there and in all. */
  readonly listedPeakBytes: number;
  readonly peakBytes: number;
  /** Resident at the end, after some quiet. */
  readonly restBytes: number;
  /** What the recorder's threads used for one flip: a Pod, its Endpoints and its slice. */
  readonly processorMsPerFlip: number;
  readonly logBytesListed: number;
  readonly logBytes: number;
}

const [db = '', first = 'paged', services = '5000', podsPerService = '30', nodes = '5000', flips = '5000'] =
  process.argv.slice(2);

await using cluster = new LargeCluster({
  seed: 1,
  services: Number(services),
  podsPerService: Number(podsPerService),
  nodes: Number(nodes),
  streamsFirstState: first === 'streamed',
});
const kubeconfig = `${db}.kubeconfig`;
writeFileSync(kubeconfig, openKubeconfig(await cluster.start()));
const startedAt = performance.now();
// As the image sets them (see the Dockerfile), and with the flags of Node that this process was given.
const NODE_OPTIONS = [process.env.NODE_OPTIONS, ...process.execArgv].join(' ');
const env = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', NODE_OPTIONS };
const recorder = record({ kubeconfig, db, env });
try {
  const url = await recorder.url();
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  const metric = async (name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(await metrics())?.[1]);
  const events = () => {
    const { reader, close } = openReader(db);
    const last = reader.lastPosition();
    close();
    return last;
  };
  const reaches = async (position: number) => {
    for (let seen = -1, still = performance.now(); events() < position; await sleep(200)) {
      if (events() !== seen) still = performance.now();
      seen = events();
      if (performance.now() - still > 300_000) throw new Error(`the log stays at ${seen} events of ${position}`);
    }
  };
  // One ledger fact a stream, eight streams.
  await reaches(cluster.objects + 8);
  const listedMs = performance.now() - startedAt;
  const listedPeakBytes = peakOf(recorder.pid);
  const logBytesListed = sizeOf(db);
  const used = await metric('process_cpu_seconds_total');
  for (let done = 0; done < Number(flips); ) {
    for (const end = Math.min(Number(flips), done + 20); done < end; done++) cluster.flip();
    await sleep(20);
  }
  await reaches(cluster.objects + 8 + 3 * Number(flips));
  const processorMsPerFlip = (((await metric('process_cpu_seconds_total')) - used) * 1_000) / Number(flips);
  await sleep(3_000);
  const restBytes = await metric('process_resident_memory_bytes');
  const result: KnownState = {
    objects: cluster.objects,
    flips: Number(flips),
    listedMs,
    listedPeakBytes,
    peakBytes: peakOf(recorder.pid),
    restBytes,
    processorMsPerFlip,
    logBytesListed,
    logBytes: sizeOf(db),
  };
  process.stdout.write(JSON.stringify(result));
} finally {
  await recorder.end('SIGTERM');
}

/** As the kernel counted it. Elsewhere than on Linux the figure is missing. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
  } catch {
    return Number.NaN;
  }
}

function sizeOf(file: string): number {
  return [file, `${file}-wal`].reduce((sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0), 0);
}
