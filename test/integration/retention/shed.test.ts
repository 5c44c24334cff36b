/** What is left of a log when its oldest history is shed: every answer about later times, and nothing that seems to be one about earlier. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SOURCES } from '../../../src/domain/backends.ts';
import type { ChangeType } from '../../../src/domain/stream-batch.ts';
import { type EpochMs, epochMs } from '../../../src/domain/time.ts';
import type { FlipAnswer } from '../../../src/history/answers.ts';
import { HistoryShedError, NotFoundError } from '../../../src/history/history.ts';
import { localHistory } from '../../../src/history/local-history.ts';
import { type SyncHistory, syncHistory } from '../../../src/history/sync-history.ts';
import { rebuild } from '../../../src/recorder/rebuild.ts';
import { type EventReader, type EventStore, position } from '../../../src/store/event-store.ts';
import { PROJECTIONS } from '../../../src/store/sqlite/projection-writes.ts';
import { openReader, openStore } from '../../../src/store/sqlite/store.ts';
import { type Damage, verifyLog } from '../../../src/store/sqlite/verify.ts';
import { started } from '../../contract/event-store.contract.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { projectionRows } from '../../support/projection-rows.ts';
import { at, START } from '../history/recorded-log.ts';
import { NAMES, randomLog } from './random-log.ts';

const NEVER_TOO_YOUNG = epochMs(START + 1e9);

function damagesOf(file: string): Damage[] {
  const damages: Damage[] = [];
  verifyLog(file, { rebuild, onDamage: (damage) => damages.push(damage) });
  return damages;
}

function shed(store: EventStore, until: EpochMs, events: number): void {
  while (store.shed({ olderThan: until, events, reason: 'retain' }).passed > 0);
}

/** An answer, or the error in its place. */
function outcome(ask: () => unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(ask(), (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value)));
  } catch (error) {
    if (error instanceof NotFoundError) return `not found: ${error.name}`;
    throw error;
  }
}

/** Evidence of a cause may lie below the horizon: then the flip is told without it. */
const withoutCause = ({ cause: _c, detail: _d, confidence: _f, evidence: _e, ...flip }: FlipAnswer) => flip;

/** Everything that can be asked of one instant. */
function instantAnswers(history: SyncHistory, T: EpochMs, asOf: number): Record<string, unknown> {
  const answers: Record<string, unknown> = {};
  for (const name of NAMES) {
    for (const source of SOURCES) {
      answers[`state of ${name} in ${source}`] = outcome(() => history.state({ namespace: 'store', name, at: T, asOf, source }));
    }
    for (const resource of ['v1/endpoints', 'v1/services'] as const) {
      answers[`${resource} ${name}`] = outcome(() => history.object({ resource, namespace: 'store', name, at: T, asOf }));
    }
  }
  for (let number = 1; number <= 4; number++) {
    const object = { resource: 'discovery.k8s.io/v1/endpointslices', namespace: 'store', name: `slice-${number}` } as const;
    answers[`slice ${number}`] = outcome(() => history.object({ ...object, at: T, asOf }));
  }
  return answers;
}

function windowAnswers(history: SyncHistory, from: EpochMs, to: EpochMs, asOf: number): Record<string, unknown> {
  const answers: Record<string, unknown> = {};
  for (const name of NAMES) {
    for (const source of SOURCES) {
      const question = { namespace: 'store', name, from, to, asOf, source };
      answers[`timeline of ${name} in ${source}`] = outcome(() => history.timeline(question));
      answers[`flips of ${name} in ${source}`] = outcome(() => {
        const { items, ...rest } = history.flips({ ...question, service: name, limit: 1_000 });
        return { ...rest, items: items.map(withoutCause) };
      });
      answers[`diff of ${name} in ${source}`] = outcome(() => history.diff(question));
    }
  }
  return answers;
}

/** Of a Service that is not told of any more: nothing was left of it at the horizon. Then it also had nothing after. */
function sameOrGone(reader: EventReader, answersNow: Record<string, unknown>, answersThen: Record<string, unknown>): void {
  const horizon = reader.horizons()[0]?.position ?? 0;
  // The newest event that an answer rests on may be the end of an object, of which nothing is left.
  const comparable = (answers: Record<string, unknown>) =>
    JSON.parse(JSON.stringify(answers, (key, value) => (key === 'position' && value <= horizon ? 'at the horizon' : value)));
  const now = comparable(answersNow);
  for (const [question, answer] of Object.entries<Record<string, unknown[]>>(comparable(answersThen))) {
    if (now[question] === 'not found: NotFoundError' && JSON.stringify(answer) !== JSON.stringify(now[question])) {
      const { ready, notReady, terminating, lanes, items, added, removed, flipped } = answer;
      const told = [ready, notReady, terminating, items, added, removed, flipped].flatMap((list) => list ?? []);
      expect(told, question).toEqual([]);
      expect(lanes ?? [], question).toEqual([]);
    } else expect(now[question], question).toEqual(answer);
  }
}

const counts = (reader: EventReader, T: EpochMs, asOf: number) => {
  const { items } = syncHistory(reader).services({ at: T, asOf, limit: 1_000 });
  // A Service without address lists has no source; that it once had some is history.
  return items.map(({ lastFlip: _, source, ...rest }) => ({
    ...rest,
    ...(rest.state === 'empty' || rest.state === 'unknown' ? {} : { source }),
  }));
};

const story = fc.record({
  seed: fc.nat(),
  steps: fc.integer({ min: 1, max: 120 }),
  cut: fc.double({ min: 0, max: 1.1, noNaN: true }),
  events: fc.integer({ min: 1, max: 40 }),
});

describe('history that is shed', () => {
  test('property: answers about the horizon and after stay as they were, and the log is whole', () => {
    fc.assert(
      fc.property(story, ({ seed, steps, cut, events }) => {
        const { file, store, reader, end, random } = randomLog({ seed, steps });
        const history = syncHistory(reader);
        const asOf = reader.lastPosition();
        const until = at(1_000 + Math.floor((end - 1_000) * cut));
        const instants = Array.from({ length: 4 }, () => epochMs(until + random.between(0, Math.max(1, end - (until - START)))));
        const [a, b] = [epochMs(until + random.between(1, 20)), epochMs(until + random.between(21, 90))];
        const before = instants.map((T) => instantAnswers(history, T, asOf));
        const countsBefore = instants.map((T) => counts(reader, T, asOf));
        const window = windowAnswers(history, a, b, asOf);

        shed(store, until, events);

        expect(damagesOf(file)).toEqual([]);
        const horizon = reader.horizons()[0];
        if (horizon) expect(horizon.at).toBeLessThanOrEqual(until);
        instants.forEach((T, index) => {
          sameOrGone(reader, instantAnswers(history, T, asOf), before[index] as Record<string, unknown>);
          expect(counts(reader, T, asOf)).toEqual(countsBefore[index]);
        });
        sameOrGone(reader, windowAnswers(history, a, b, asOf), window);
        store.close();
      }),
      { numRuns: 40 },
    );
  });

  test('property: of an instant before the horizon nothing is told, and no window that begins there passes for complete', () => {
    fc.assert(
      fc.property(story, ({ seed, steps, cut, events }) => {
        const { store, reader, end } = randomLog({ seed, steps });
        shed(store, at(1_000 + Math.floor((end - 1_000) * cut)), events);
        const horizon = reader.horizons()[0];
        if (horizon === undefined) return;
        const history = syncHistory(reader);
        const T = epochMs(horizon.at - 1);
        for (const name of NAMES) {
          for (const source of SOURCES) {
            try {
              const state = history.state({ namespace: 'store', name, source, at: T });
              expect(state).toMatchObject({ coverage: 'before-recording', ready: [], notReady: [], terminating: [] });
              expect(state.gap?.detail).toMatch(/^history before .* was shed \(retain/);
              const timeline = history.timeline({ namespace: 'store', name, source, from: T, to: epochMs(T + 50) });
              expect(timeline.coverage).not.toBe('complete');
              expect(timeline.gaps[0]).toMatchObject({ reason: 'before-recording', to: new Date(horizon.at).toISOString() });
              for (const { segments } of timeline.lanes)
                for (const segment of segments.filter(({ from }) => Date.parse(from) < horizon.at))
                  expect(segment.state).toBe('before-recording');
            } catch (error) {
              expect(error).toBeInstanceOf(NotFoundError);
            }
          }
          const object = () => history.object({ resource: 'v1/endpoints', namespace: 'store', name, at: T });
          expect(object).toThrow(/history before .* was shed|never/);
        }
        expect(history.services({ at: T }).coverage).toBe('before-recording');
        if (horizon.position > 1) expect(() => history.services({ asOf: horizon.position - 1 })).toThrow(HistoryShedError);
        store.close();
      }),
      { numRuns: 20 },
    );
  });

  test('property: a log of two clusters, with times that go back as imports bring them, is whole whatever is shed of it', () => {
    fc.assert(
      fc.property(story, ({ seed, steps, cut, events }) => {
        const { file, store, end } = randomLog({ seed, steps, twoClusters: true, timesGoBack: true });
        shed(store, at(1_000 + Math.floor((end - 1_000) * cut)), events);
        expect(damagesOf(file)).toEqual([]);
        store.close();
      }),
      { numRuns: 15 },
    );
  });

  test('every projection loses rows, so that none grows for ever', () => {
    const { file, store } = randomLog({ seed: 7, steps: 600 });
    const before = projectionRows(file);
    shed(store, NEVER_TOO_YOUNG, 100);
    const after = projectionRows(file);
    for (const table of PROJECTIONS.filter((each) => each !== 'service')) {
      expect(after[table]?.length, table).toBeLessThan(before[table]?.length ?? 0);
    }
    expect(damagesOf(file)).toEqual([]);
    store.close();
  });

  test('recording goes on over what was shed, and a rebuild gives the same again', () => {
    const log = randomLog({ seed: 11, steps: 300 });
    shed(log.store, at(1_000 + (log.end - 1_000) / 2), 50);
    for (let ms = 1; ms < 30; ms++) {
      log.snapshot(log.end + ms, 'v1/endpoints', [{ name: 'cart', uid: `again-${ms}`, body: { subsets: [] } }]);
      shed(log.store, at(log.end - 100 + ms * 3), 7);
    }
    expect(damagesOf(log.file)).toEqual([]);
    log.store.close();
  });

  test('what the writer remembers of objects that are gone does not get into what it writes next', () => {
    const file = newLogFile();
    const store = openStore(file);
    const begun = started(store);
    const filling = Array.from({ length: 80 }, (_, index) => `line ${index} that all of them share`);
    let version = 0;
    const tell = (name: string, type: ChangeType) =>
      store.write((log) => {
        const object = {
          clusterId: begun.cluster.id,
          resource: 'v1/pods',
          namespace: 'store',
          name,
          uid: `uid-${name}`,
        } as const;
        // As the recorder does: what is known of the name is looked up, and remembered.
        log.lastEvent(object);
        version++;
        const event = log.appendObject({
          at: epochMs(START + version),
          type,
          origin: 'watch',
          streamId: begun.stream.id,
          epoch: 1,
          resourceVersion: String(version),
          object,
          body: Buffer.from(JSON.stringify({ name, version, filling })),
          family: 'of one ReplicaSet',
        });
        if (event) log.projectObject(event, undefined);
        log.lastEvent(object);
      });
    for (let round = 0; round < 3; round++) {
      for (const type of ['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED'] as const) tell('cart', type);
      for (const type of ['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED'] as const) tell(`other-${round}`, type);
      // The newest event always stays: of an object it would keep what others stand on.
      store.write((log) => {
        const fact = { type: 'CLOCK_STEPPED', byMs: -1 } as const;
        log.projectLedger(log.appendLedger({ at: epochMs(START + ++version), streamId: begun.stream.id, epoch: 1, fact }));
      });
      shed(store, NEVER_TOO_YOUNG, 50);
      expect(store.reader.events({ after: position(0), limit: 100 })).toHaveLength(1);
      // Under the same name and uid, and under the id of another: neither may stand on what is gone.
      tell('cart', 'ADDED');
      tell(`new-${round}`, 'ADDED');
      expect(damagesOf(file)).toEqual([]);
      tell('cart', 'DELETED');
      tell(`new-${round}`, 'DELETED');
    }
    store.close();
  });

  test('reads made consistently see nothing of what is shed between them', () => {
    const { file, store } = randomLog({ seed: 5, steps: 100 });
    const { reader, close } = openReader(file);
    const read = () => [reader.horizons().length, reader.events({ after: position(0), limit: 1_000 }).length];
    const before = read();
    const [first, second] = reader.consistently(() => {
      const then = read();
      shed(store, NEVER_TOO_YOUNG, 50);
      return [then, read()];
    });
    expect([first, second]).toEqual([before, before]);
    expect(read()).not.toEqual(before);
    close();
    store.close();
  });

  test('an export that is overtaken ends with an error, not with fewer flips', async () => {
    const { file, store, reader } = randomLog({ seed: 3, steps: 400 });
    const history = localHistory(reader);
    const first = await history.flips({ limit: 2 });
    expect(first.nextCursor).toBeDefined();
    const next = { cursor: first.nextCursor as string, limit: 2 };
    await expect(history.flips(next)).resolves.toMatchObject({ items: [{}, {}] });
    shed(store, epochMs(Date.parse(first.items[1]?.at as string) + 20), 10);
    await expect(history.flips(next)).rejects.toThrow(HistoryShedError);
    const other = openReader(file);
    expect(syncHistory(other.reader).clusters().items[0]?.horizon?.reason).toBe('retain');
    other.close();
    store.close();
  });
});
