/** The timeline of a busy day, as the page asks for it: for its pixels, with the worst lanes. */
import { formatTime } from '../../src/domain/time.ts';
import { serve } from '../children/server.ts';
import { type BenchOptions, count, type Figure, median, quantile, seconds, timed } from '../figure.ts';
import { readFlipRows } from './bare-rows.ts';
import type { GeneratedLog } from './long-log.ts';

const PIXELS = 1_600;

export async function timelineFigures({ quick, say }: BenchOptions, log: GeneratedLog): Promise<Figure[]> {
  say('asking for timelines');
  await using server = await serve(log.file);
  const service = log.services[0];
  if (service === undefined) throw new Error('the log has no Service');
  const window = new URLSearchParams({ from: formatTime(log.from), to: formatTime(log.to), px: String(PIXELS) });
  const path = `/api/v1/namespaces/${service.namespace}/services/${service.name}/timeline?${window}`;
  const [answers, rows]: [number[], number[]] = [[], []];
  let bytes = 0;
  let flips = 0;
  await server.read(path, { 'accept-encoding': 'gzip' });
  for (let turn = 0; turn < (quick ? 5 : 25); turn++) {
    answers.push(
      await timed(async () => {
        bytes = (await server.read(path, { 'accept-encoding': 'gzip' })).length;
      }),
    );
    rows.push(
      await timed(() => {
        flips = readFlipRows(log.file, 'endpointslices', log.to);
      }),
    );
  }
  const [p95, rowsMs] = [quantile(answers, 0.95), median(rows)];
  const what = `timeline of 24 h, ${count(flips)} flips, ${count(service.slices.flatMap(({ backends }) => backends).length)} backends`;
  const details = { flips, answersMs: answers, medianMs: median(answers), rowsMs, bytes };
  const times = (p95 / rowsMs).toFixed(1);
  return [
    {
      id: 'timeline-time',
      what: `${what}: p95`,
      value: p95,
      unit: 'ms',
      goal: { most: 80 },
      from: `request to last byte, median ${seconds(median(answers))}; its rows alone ${seconds(rowsMs)} (p95 is ${times}×)`,
      details,
    },
    {
      id: 'timeline-size',
      what: `${what}: gzipped`,
      value: bytes / 1_000,
      unit: 'kB',
      goal: { most: 40 },
      from: `the worst lanes and all counts at ${count(PIXELS)} px; ${(bytes / flips).toFixed(2)} bytes a flip`,
      details,
    },
  ];
}
