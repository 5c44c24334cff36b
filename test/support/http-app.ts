/** The HTTP side over a fake history, without a port, at a fixed present. */
import { SILENT_LOG } from '../../src/domain/log.ts';
import { type EpochMs, parseRfc3339 } from '../../src/domain/time.ts';
import { type App, type AppOptions, createApp } from '../../src/http/app.ts';
import type { Problem } from '../../src/http/contract.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { type FakeHistory, fakeHistory } from './fake-history.ts';

export const PRESENT = parseRfc3339('2026-11-23T17:00:00Z') as EpochMs;

export interface TestApp extends App {
  readonly history: FakeHistory;
  metricsText(): Promise<string>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The problem document at a path. */
  problem(path: string, headers?: Record<string, string>): Promise<Problem>;
}

export function testApp(options: Partial<Omit<AppOptions, 'history'>> & { history?: FakeHistory } = {}): TestApp {
  const history = options.history ?? fakeHistory();
  const metrics = options.metrics ?? createMetrics({ processMetrics: false });
  const app = createApp({
    readiness: () => ({ ready: true, reasons: [] }),
    log: SILENT_LOG,
    clock: () => PRESENT,
    ...options,
    metrics,
    history,
  });
  const get = async (path: string, headers: Record<string, string> = {}) => app.router.request(path, { headers });
  const problem = async (path: string, headers?: Record<string, string>) => {
    const response = await get(path, headers);
    if (response.headers.get('Content-Type') !== 'application/problem+json') {
      throw new Error(`${path} answered ${response.status} ${response.headers.get('Content-Type')}, not a problem`);
    }
    return (await response.json()) as Problem;
  };
  return { ...app, history, metricsText: () => metrics.registry.metrics(), get, problem };
}
