/** Every flip of a window as CSV or as NDJSON, page by page. */
import type { FlipsTextAnswer } from '../history/answers.ts';
import { csvHeader } from '../history/flips-csv.ts';
import type { FlipsTextFormat } from '../history/history.ts';

export type ExportFormat = 'text/csv' | 'application/x-ndjson';

export const TEXT_FORMAT: Readonly<Record<ExportFormat, FlipsTextFormat>> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
};

/** One piece a page. The first piece of a CSV begins with the header row, however few flips follow. */
export async function* exportFlips(
  pages: AsyncIterable<{ text: string }>,
  format: ExportFormat,
): AsyncGenerator<string, void, void> {
  let header = format === 'text/csv' ? csvHeader() : '';
  for await (const { text } of pages) {
    yield header + text;
    header = '';
  }
}

/** A file name that every system takes: `flips_store_web_20261123T161800Z_20261123T163000Z.csv`. */
export function exportFileName(
  names: readonly (string | undefined)[],
  page: Pick<FlipsTextAnswer, 'from' | 'to'>,
  format: ExportFormat,
): string {
  const compact = (time: string) => time.replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  const parts = ['flips', ...names, compact(page.from), compact(page.to)].filter((part) => part !== undefined);
  const name = parts.map((part) => part.slice(0, 63).replaceAll(/[^A-Za-z0-9-]/g, '-')).join('_');
  return `${name}.${format === 'text/csv' ? 'csv' : 'ndjson'}`;
}
