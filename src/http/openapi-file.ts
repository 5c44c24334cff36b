/** docs/openapi.json: the committed copy of the description, for readers and generators that run no server. */
import { fileURLToPath } from 'node:url';
import { SILENT_LOG } from '../domain/log.ts';
import type { History } from '../history/history.ts';
import { createApp } from './app.ts';
import { createMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';

export const OPENAPI_FILE = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));

/** The text of the file as the routes now are. */
export function describeApi(): string {
  const { router } = createApp({
    // Nothing is asked: routes are only described.
    history: {} as History,
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: createMetrics({ processMetrics: false }),
    log: SILENT_LOG,
  });
  return `${JSON.stringify(openApiDocument(router), undefined, 2)}\n`;
}
