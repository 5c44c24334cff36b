import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatTime } from '../../../src/domain/time.ts';
import { ImportError, importTrace } from '../../../src/recorder/import-trace.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { TraceUnreadableError, traceFile } from '../../../src/recorder/trace-source.ts';
import { type EventStore, isLedgerEvent, LATEST, position } from '../../../src/store/event-store.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { projectionRows } from '../../support/projection-rows.ts';

const INCIDENT = new URL('../../fixtures/traces/incident-1.jsonl.zst', import.meta.url);
const compressed = readFileSync(INCIDENT);
const raw = zstdDecompressSync(compressed);
const lines = raw.toString().trimEnd().split('\n');

function log(): { store: EventStore; file: string } {
  const file = newLogFile();
  const store = openStore(file);
  onTestFinished(() => store.close());
  return { store, file };
}

function importBytes(store: EventStore, bytes: string | Buffer, cluster = 'incident', signal?: AbortSignal) {
  // In odd pieces, as a pipe gives them: lines, characters and the first bytes are cut anywhere.
  const whole = Buffer.from(bytes);
  const pieces = Array.from({ length: Math.ceil(whole.length / 4_099) }, (_, i) => whole.subarray(i * 4_099, (i + 1) * 4_099));
  const trace = {
    name: 'trace.jsonl',
    chunks: Readable.from([whole.subarray(0, 1), ...pieces.map((p, i) => (i === 0 ? p.subarray(1) : p))]),
  };
  return importTrace({ store, trace, cluster: { name: cluster }, ...(signal ? { signal } : {}) });
}

const dump = (file: string, store: EventStore) => ({
  events: store.reader.events({ after: position(0), limit: 100_000 }),
  projections: projectionRows(file),
  cursors: store.reader.streams(),
});

describe('an import', () => {
  test('reads plain, gzip and zstd alike, told by their first bytes', async () => {
    const summaries = [];
    for (const bytes of [raw, gzipSync(raw), compressed, zstdCompressSync(raw)]) {
      const { store } = log();
      summaries.push(await importBytes(store, bytes));
    }
    for (const summary of summaries) expect(summary).toEqual(summaries[0]);
    expect(summaries[0]).toMatchObject({ lines: 637, otherResources: 0, alreadyRecorded: 0 });
  });

  test('run twice adds nothing the second time, not even to the ledger', async () => {
    const { store, file } = log();
    await importBytes(store, raw);
    const before = dump(file, store);
    const second = await importBytes(store, raw);
    expect(second).toMatchObject({ events: 0, flips: 0, alreadyRecorded: 637 });
    expect(dump(file, store)).toEqual(before);
  });

  test('of a trace that has grown gives the log that the whole trace gives, wherever it was cut before', async () => {
    const whole = log();
    await importBytes(whole.store, raw);
    const objects = (store: EventStore) =>
      store.reader
        .events({ after: position(0), limit: 100_000 })
        .flatMap((event) =>
          isLedgerEvent(event)
            ? []
            : [{ at: event.at, type: event.type, origin: event.origin, version: event.resourceVersion, object: event.object }],
        );
    const flips = (store: EventStore) => {
      const window = { from: 0 as never, to: Number.MAX_SAFE_INTEGER as never, asOf: LATEST, limit: 10_000 };
      return (['endpoints', 'endpointslices'] as const).map((source) =>
        store.reader
          .flips({ ...window, source })
          .map(({ at, service, backend, from, to, readyAfter }) => ({ at, name: service.name, backend, from, to, readyAfter })),
      );
    };
    for (const cut of [9, 60, 200, 333, 500, 636]) {
      const { store } = log();
      await importBytes(store, `${lines.slice(0, cut).join('\n')}\n`);
      const rest = await importBytes(store, raw);
      expect(rest.alreadyRecorded).toBeGreaterThan(0);
      expect(objects(store)).toEqual(objects(whole.store));
      expect(flips(store)).toEqual(flips(whole.store));
      for (const { spans } of store.reader.coverage({ asOf: LATEST })) expect(spans).toHaveLength(1);
    }
  });

  test('of a trace that starts after what is known closes the gap with inferred events', async () => {
    const { store } = log();
    await importBytes(store, `${lines.slice(0, 200).join('\n')}\n`);
    const emptyList = JSON.parse(lines.find((line) => line.includes('"path":"/api/v1/endpoints","type":"LIST"')) ?? '{}');
    emptyList.at = '2026-11-23T17:00:00.000Z';
    emptyList.object.metadata.resourceVersion = '99999999';
    await importBytes(store, `${JSON.stringify(emptyList)}\n`);
    const flips = store.reader.flips({
      from: 0 as never,
      to: Number.MAX_SAFE_INTEGER as never,
      asOf: LATEST,
      limit: 1_000,
      source: 'endpoints',
    });
    const inferred = flips.filter(({ origin }) => origin === 'relist');
    expect(inferred.length).toBeGreaterThan(0);
    const spans = store.reader.coverage({ asOf: LATEST }).find(({ stream }) => stream.key.resource === 'v1/endpoints')?.spans;
    expect(spans).toHaveLength(2);
    for (const flip of inferred) {
      expect(flip.to).toBe('absent');
      expect([flip.notBefore, flip.at]).toEqual([spans?.[0]?.provenAt, spans?.[1]?.from]);
    }
  });

  test('ends its coverage where the trace ends', async () => {
    const { store } = log();
    await importBytes(store, raw);
    for (const { spans } of store.reader.coverage({ asOf: LATEST })) {
      expect(spans).toHaveLength(1);
      expect(spans[0]?.end).toEqual({ code: 'trace-ended' });
    }
  });

  test('reports its progress in bytes of the file', async () => {
    const { store } = log();
    const trace = await traceFile(INCIDENT.pathname);
    let last = 0;
    await importTrace({
      store,
      trace,
      cluster: { name: 'incident' },
      onProgress: ({ bytes }) => {
        expect(bytes).toBeGreaterThanOrEqual(last);
        last = bytes;
      },
    });
    expect(last).toBe(trace.size);
  });
});

describe('a trace that cannot be imported is refused with file and line, and nothing is half-written', () => {
  const change = (line: number, text: (line: string) => string) =>
    lines.map((each, index) => (index === line - 1 ? text(each) : each)).join('\n');
  const withoutField = (field: string) => (line: string) => {
    const { [field]: _, ...rest } = JSON.parse(line);
    return JSON.stringify(rest);
  };
  const cases: [why: string, trace: () => string | Buffer, message: RegExp][] = [
    ['a line that is not JSON', () => change(50, () => 'hello'), /^trace\.jsonl:50: not JSON/],
    ['a plain file that was cut off', () => raw.subarray(0, raw.length - 200), /^trace\.jsonl:637: not JSON/],
    ['a missing time', () => change(51, withoutField('at')), /^trace\.jsonl:51: "at" is missing/],
    ['a missing path', () => change(52, withoutField('path')), /^trace\.jsonl:52: "path" is missing/],
    ['a missing object', () => change(53, withoutField('object')), /^trace\.jsonl:53: "object" is missing/],
    [
      'an unknown type',
      () => change(54, (line) => line.replace(/"type":"[A-Z]+"/, '"type":"RENAMED"')),
      /^trace\.jsonl:54: .*RENAMED/,
    ],
    [
      'a time that runs backwards',
      () => change(300, (line) => line.replace(/"at":"[^"]+"/, '"at":"2026-11-23T16:18:09.000Z"')),
      /^trace\.jsonl:300: time runs backwards: 2026-11-23T16:18:09\.000Z comes after /,
    ],
    [
      'a stream that does not begin with its list',
      () => lines.slice(8).join('\n'),
      /^trace\.jsonl:1: the first line of apps\/v1\/deployments is not its LIST/,
    ],
    ['a zstd file that was cut off', () => compressed.subarray(0, compressed.length - 100), /^trace\.jsonl: the file is cut off/],
    ['a gzip file that was cut off', () => gzipSync(raw).subarray(0, 20_000), /^trace\.jsonl: the file is cut off/],
    [
      'a zstd file that is damaged',
      () => Buffer.concat([compressed.subarray(0, 9_000), Buffer.alloc(50), compressed.subarray(9_050)]),
      /^trace\.jsonl(:\d+)?: /,
    ],
  ];
  for (const [why, trace, message] of cases) {
    test(why, async () => {
      const { store, file } = log();
      const before = dump(file, store);
      const failure = await importBytes(store, trace()).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toSatisfy((error) => error instanceof ImportError || error instanceof TraceUnreadableError);
      expect((failure as Error).message).toMatch(message);
      expect(dump(file, store)).toEqual(before);
      // And the log goes on working.
      expect(await importBytes(store, raw)).toMatchObject({ lines: 637 });
    });
  }

  test('a trace older than what is known of its cluster', async () => {
    const { store, file } = log();
    const later = raw.toString().replace(/"at":"2026-11-23T16/g, '"at":"2026-11-23T17');
    await importBytes(store, later);
    const before = dump(file, store);
    await expect(importBytes(store, raw)).rejects.toThrow(/trace\.jsonl:1: .* is older than what the log holds of this cluster/);
    expect(dump(file, store)).toEqual(before);
    // As another cluster it is welcome: positions grow although times are older.
    await importBytes(store, raw, 'another');
    const [first, second] = store.reader.clusters().map(({ id }) => store.reader.extent(id));
    expect((second?.first.position ?? 0) > (first?.last.position ?? 0)).toBe(true);
    expect(formatTime(second?.first.at ?? (0 as never)) < formatTime(first?.first.at ?? (0 as never))).toBe(true);
  });

  test('a file that does not exist', async () => {
    await expect(traceFile('/nowhere/trace.jsonl')).rejects.toThrow('/nowhere/trace.jsonl: no such file');
  });

  test('an import that is interrupted', async () => {
    const { store, file } = log();
    const before = dump(file, store);
    const controller = new AbortController();
    const importing = importTrace({
      store,
      trace: await traceFile(INCIDENT.pathname),
      cluster: { name: 'incident' },
      signal: controller.signal,
      onProgress: ({ lines: done }) => done === 100 && controller.abort(),
    });
    await expect(importing).rejects.toThrow(/abort/i);
    expect(dump(file, store)).toEqual(before);
  });
});

describe('secrets', () => {
  test('what stands in the env, args, volumes and annotations of Pods never reaches the file', async () => {
    const secret = 's3cr3t-7f1d';
    const { store, file } = log();
    const seen: string[] = [];
    const poisoned = lines.map((line) => {
      const entry = JSON.parse(line);
      if (!entry.path.match(/pods|replicasets|deployments|nodes/)) return line;
      for (const object of entry.object.items ?? [entry.object]) {
        if (entry.type === 'BOOKMARK') continue;
        object.metadata.annotations = { ...object.metadata.annotations, note: `${secret}-annotation` };
        const specs = [object.spec, object.spec?.template?.spec].filter((spec) => spec?.containers);
        for (const spec of specs) {
          spec.volumes = [{ name: 'v', csi: { volumeAttributes: { password: `${secret}-volume` } } }];
          for (const container of spec.containers) {
            container.env = [{ name: 'DB_PASSWORD', value: `${secret}-env` }];
            container.args = [`--token=${secret}-args`];
            container.command = [`${secret}-command`];
            container.lifecycle = { preStop: { exec: { command: [`${secret}-hook`] } } };
            container.readinessProbe = {
              exec: { command: [`${secret}-probe`] },
              httpGet: { port: 1, httpHeaders: [{ name: 'Authorization', value: `${secret}-header` }] },
            };
          }
          seen.push(entry.type);
        }
      }
      return JSON.stringify(entry);
    });
    expect(seen.length).toBeGreaterThan(100);
    await importBytes(store, poisoned.join('\n'));
    // Compressed bodies hide text: each is read back, and the file itself searched too.
    for (const event of store.reader.events({ after: position(0), limit: 100_000 })) {
      if (!isLedgerEvent(event)) expect(Buffer.from(store.reader.body(event)).toString()).not.toContain(secret);
    }
    for (const suffix of ['', '-wal']) expect(readFileSync(file + suffix).includes(secret)).toBe(false);
  });
});

// The import follows address lists by what differs from version to version; a rebuild parses each whole.
test('a Service of 1,200 Pods has the projections that a rebuild makes of its log', async () => {
  const { store, file } = log();
  const trace = await traceFile(fileURLToPath(new URL('../../fixtures/traces/large.jsonl.zst', import.meta.url)));
  const { flips } = await importTrace({ store, trace, cluster: { name: 'large' } });
  const imported = projectionRows(file);
  expect(imported.flip).toHaveLength(flips);
  rebuild(store);
  expect(projectionRows(file)).toEqual(imported);
});
