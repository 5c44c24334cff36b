/** Every flip of a window as CSV or as NDJSON, page by page. */
import type { FlipAnswer, FlipsAnswer } from '../history/answers.ts';
import { csvHeader, csvRows } from '../history/flips-csv.ts';

export type ExportFormat = 'text/csv' | 'application/x-ndjson';

/** The pages as text, one piece a page. The first piece of a CSV begins with the header row, however few flips follow. */
export async function* exportFlips(
  pages: AsyncIterable<{ items: FlipAnswer[] }>,
  format: ExportFormat,
): AsyncGenerator<string, void, void> {
  if (format === 'application/x-ndjson') {
    for await (const { items } of pages) yield items.map((flip) => `${JSON.stringify(flip)}\n`).join('');
    return;
  }
  let header = csvHeader();
  for await (const { items } of pages) {
    yield header + csvRows(items);
    header = '';
  }
}

/** A file name that every system takes: `flips_store_web_20261123T161800Z_20261123T163000Z.csv`. */
export function exportFileName(names: readonly (string | undefined)[], page: FlipsAnswer, format: ExportFormat): string {
  const compact = (time: string) => time.replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  const parts = ['flips', ...names, compact(page.from), compact(page.to)].filter((part) => part !== undefined);
  const name = parts.map((part) => part.slice(0, 63).replaceAll(/[^A-Za-z0-9-]/g, '-')).join('_');
  return `${name}.${format === 'text/csv' ? 'csv' : 'ndjson'}`;
}
