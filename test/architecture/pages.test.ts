import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import openapi from '../../docs/openapi.json' with { type: 'json' };
import packageJson from '../../package.json' with { type: 'json' };
import { registerLogMetrics } from '../../src/cli/log-metrics.ts';
import { registerRecordingMetrics } from '../../src/cli/recording-metrics.ts';
import { Config, describeSetting, type SettingName } from '../../src/config.ts';
import { CSV_COLUMNS } from '../../src/history/flips-csv.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { filesBelow, isSource, modules, ROOT, read } from './project.ts';

/** The text below a heading, up to the next one of the same or a higher level. */
function section(page: string, heading: string): string {
  const lines = read(page).split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  expect(start, `${page} has no section “${heading}”`).toBeGreaterThanOrEqual(0);
  const levelOf = (line = '') => /^#+(?= )/.exec(line)?.[0].length ?? 9;
  const end = lines.findIndex((line, index) => index > start && levelOf(line) <= levelOf(lines[start]));
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

/** First cells of table rows, without the head. */
const firstCells = (text: string) =>
  [...text.matchAll(/^\|([^|]+)\|/gm)].map(([, cell]) => cell?.trim() ?? '').filter((cell) => cell.startsWith('`'));
const codesIn = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string);

describe('the map of the code', () => {
  const PAGE = 'docs/ARCHITECTURE.md';
  const folders = [...read(PAGE).matchAll(/^### `(src\/[^`]*)`$/gm)].map(([, folder]) => folder as string);
  const named = folders.flatMap((folder) =>
    firstCells(section(PAGE, `\`${folder}\``)).map((cell) => posix.join(folder, cell.replaceAll('`', ''))),
  );

  it('names every file of the server once, and no other', () => {
    expect(named.toSorted()).toEqual(modules().filter((file) => file.startsWith('src/')));
  });

  it('names every folder of the page', () => {
    const inPage = new Set(
      filesBelow('web/src').flatMap((file) => (file.split('/').length > 3 ? [`${file.split('/')[2]}/`] : [])),
    );
    expect(new Set(codesIn(firstCells(section(PAGE, '`web/src/`')).join()))).toEqual(inPage);
  });

  it('names every table of the log', () => {
    const sql = filesBelow('migrations/sqlite').map(read).join('\n');
    const tables = [...sql.matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name]) => name as string);
    const told = codesIn(section(PAGE, 'The log'));
    expect(tables.filter((name) => !told.includes(name))).toEqual([]);
  });
});

describe('the README', () => {
  it('names every route that the server describes, and no other', () => {
    const told = codesIn(section('README.md', 'HTTP')).filter((code) => code.startsWith('GET '));
    const paths = told.map((code) => code.slice(4).replace(/\?.*/, ''));
    expect(paths.toSorted()).toEqual(Object.keys(openapi.paths).toSorted());
  });

  it('names parameters that the routes have', () => {
    for (const code of codesIn(section('README.md', 'HTTP')).filter((each) => /^GET .*\?/.test(each))) {
      const [path = '', parameters = ''] = code.slice(4).split('?');
      const described =
        (openapi.paths as Record<string, { get: { parameters?: { name: string }[] } }>)[path]?.get.parameters ?? [];
      expect(
        described.map(({ name }) => name),
        path,
      ).toEqual(expect.arrayContaining(parameters.split('&')));
    }
  });

  it('names the CSV columns in their order', () => {
    expect(codesIn(firstCells(section('README.md', 'CSV columns')).join())).toEqual([...CSV_COLUMNS]);
  });

  it('names every metric, and no other', async () => {
    const { registry } = createMetrics({ processMetrics: false });
    registerRecordingMetrics(registry, () => undefined);
    registerLogMetrics(registry, () => undefined);
    const names = (await registry.getMetricsAsJSON()).map(({ name }) => name);
    expect(codesIn(firstCells(section('README.md', 'Metrics')).join()).toSorted()).toEqual(names.toSorted());
  });

  it('names every setting with its flag, its variable and its default', () => {
    const rows = section('README.md', 'Configuration')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
    const told = new Map(rows.map(([, flag, variable, text]) => [flag, { variable, text }]));
    for (const name of Object.keys(Config.shape) as SettingName[]) {
      const { flag, variable, defaultText } = describeSetting(name);
      const row = told.get(flag.split(' ')[0]);
      expect(row?.variable, flag).toBe(variable);
      if (defaultText !== undefined && !defaultText.includes('its ')) expect(row?.text, flag).toBe(defaultText);
    }
    expect(told.size).toBe(Object.keys(Config.shape).length);
  });

  it('shows the commands of package.json', () => {
    const told = [...read('README.md').matchAll(/npm (?:run )?(?:-s )?(start|test|demo|flipbook)\b/g)].map(
      ([, name]) => name as string,
    );
    expect(new Set(told)).toEqual(new Set(['start', 'test', 'demo', 'flipbook']));
    expect(Object.keys(packageJson.scripts)).toEqual(expect.arrayContaining([...new Set(told)]));
  });
});

describe('links of the pages', () => {
  const pages = filesBelow('').filter((file) => file.endsWith('.md'));

  it('lead to files and headings that exist', () => {
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-');
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link]) => link as string)
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [path = '', anchor] = link.split('#');
          const target = path === '' ? page : posix.join(dirname(page), path);
          if (!existsSync(join(ROOT, target))) return true;
          const headings = target.endsWith('.md')
            ? [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, text]) => slug(text as string))
            : [];
          return anchor !== undefined && !headings.includes(anchor);
        })
        .map((link) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('name source files that exist', () => {
    const named = pages
      .filter((page) => !page.startsWith('docs/ARCHITECTURE') && page !== 'CHANGELOG.md')
      .flatMap((page) => codesIn(read(page)).filter((code) => /^(src|web|test|scripts|migrations)\/[\w./-]+$/.test(code)));
    expect(named.filter((path) => !existsSync(join(ROOT, path)) && isSource(path))).toEqual([]);
  });
});
