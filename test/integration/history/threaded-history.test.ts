/** Reader threads answer as the asking thread does, and fail as it does. */
import { writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InvalidQuestionError, NotFoundError } from '../../../src/history/history.ts';
import { ReaderThreadError, threadedHistory } from '../../../src/history/threaded-history.ts';
import { LogUnusableError } from '../../../src/store/event-store.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { at, ENDPOINTS, endpoints, recordedLog } from './recorded-log.ts';

const MODULE = new URL('../../../src/reader-thread.ts', import.meta.url);

async function logInThreads(threads = 2) {
  const log = recordedLog();
  log.snapshot(1_000, ENDPOINTS, [endpoints('cart', [{ ip: '10.0.0.1', pod: 'a' }])]);
  log.change(2_000, ENDPOINTS, 'MODIFIED', endpoints('cart', []));
  const history = await threadedHistory({ module: MODULE, data: { db: log.file }, threads });
  onTestFinished(() => history.close());
  return { log, history };
}
const CART = { namespace: 'store', name: 'cart' };

describe('history from reader threads', () => {
  test('gives the answers of the asking thread, many at once', async () => {
    const { log, history } = await logInThreads();
    for (let turn = 0; turn < 5; turn++) {
      const [state, timeline, flips, clusters] = await Promise.all([
        history.state(CART),
        history.timeline(CART),
        history.flips({}),
        history.clusters(),
      ]);
      expect(state).toEqual(await log.history.state(CART));
      expect(timeline).toEqual(await log.history.timeline(CART));
      expect(flips).toEqual(await log.history.flips({}));
      expect(clusters).toEqual(await log.history.clusters());
    }
    const question = { resource: ENDPOINTS, ...CART, at: at(1_500) } as const;
    expect(Buffer.from((await history.object(question)).body)).toEqual(Buffer.from((await log.history.object(question)).body));
  });

  test('sees what the recorder appends meanwhile', async () => {
    const { log, history } = await logInThreads();
    const before = await history.lastPosition();
    log.change(3_000, ENDPOINTS, 'MODIFIED', endpoints('cart', [{ ip: '10.0.0.2', pod: 'b' }]));
    expect(await history.lastPosition()).toBe(before + 1);
    expect((await history.news({ after: before })).flips).toHaveLength(1);
  });

  test('keeps the class of errors and the parameter at fault', async () => {
    const { history } = await logInThreads(1);
    await expect(history.state({ namespace: 'store', name: 'no' })).rejects.toThrow(NotFoundError);
    const bad = history.flips({ cursor: 'nonsense' });
    await expect(bad).rejects.toThrow(InvalidQuestionError);
    await expect(bad).rejects.toThrow(expect.objectContaining({ parameter: 'cursor' }));
    expect(await history.lastPosition()).toBeGreaterThan(0);
  });

  test('does not start over a file that is no log', async () => {
    const file = newLogFile();
    writeFileSync(file, 'not a database, whatever its name says'.repeat(50));
    await expect(threadedHistory({ module: MODULE, data: { db: file } })).rejects.toThrow(LogUnusableError);
  });

  test('a thread that dies fails its question, and another takes its place', async () => {
    const module = new URL('./dying-thread.ts', import.meta.url);
    const log = recordedLog();
    log.snapshot(1_000, ENDPOINTS, [endpoints('cart', [])]);
    const history = await threadedHistory({ module, data: { file: log.file, diesOf: 'clusters' }, threads: 1 });
    onTestFinished(() => history.close());
    await expect(history.clusters()).rejects.toThrow(ReaderThreadError);
    expect(await history.lastPosition()).toBe(2);
  });

  test('closing waits for the answers under way; afterwards nothing is answered', async () => {
    const { history } = await logInThreads();
    const asked = history.state(CART);
    await history.close();
    expect(await asked).toMatchObject({ coverage: 'complete' });
    await expect(history.lastPosition()).rejects.toThrow(ReaderThreadError);
    await history.close();
  });
});
