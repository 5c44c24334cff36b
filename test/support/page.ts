/** The built page in a browser over the mock of the API, for one file of tests, and what tests read of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type findBrowser, launchBrowser } from './browser.ts';
import { type MockApi, startMockApi } from './mock-api.ts';
import { Visits } from './visits.ts';

/** Builds the page and opens the browser before the tests of a `describe`; after each of them no surprise may be left. */
export function pageInBrowser(choice: Awaited<ReturnType<typeof findBrowser>>) {
  let dist: string;
  let mock: MockApi;
  let browser: Browser;
  const visits = new Visits();

  beforeAll(async () => {
    if ('skip' in choice) return;
    dist = await mkdtemp(join(tmpdir(), 'flipbook-page-'));
    await build({
      configFile: join(import.meta.dirname, '../../vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: dist, emptyOutDir: true },
    });
    mock = await startMockApi({ dist });
    browser = await launchBrowser(choice);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await mock?.close();
    if (dist) await rm(dist, { recursive: true });
  });

  afterEach(async () => {
    mock.failOn(undefined);
    expect(await visits.end()).toEqual([]);
  });

  const visit = (search: string, options: BrowserContextOptions = {}) => visits.visit(browser, mock.url, search, options);
  return { visit, visits, mock: () => mock };
}

export const facts = (page: Page) => page.locator('#facts').innerText();
export const settled = (page: Page) => page.locator('#facts').waitFor();
export const query = (page: Page) => new URL(page.url()).searchParams;

/** X of an instant in the plot, in the page's pixels. */
export async function xOf(page: Page, time: string): Promise<number> {
  const plot = page.locator('.plot');
  const read = async (name: string) => Number(await plot.getAttribute(name));
  const [from, to] = [await read('data-from'), await read('data-to')];
  const [left, width] = [await read('data-plot-left'), await read('data-plot-width')];
  return left + ((Date.parse(time) - from) / (to - from)) * width;
}

/** Colours, as #rrggbb, of a column of the lanes' canvas: the row of a lane, top to bottom, without its padding. */
export async function laneColours(page: Page, lane: number, time: string): Promise<string[]> {
  const x = Math.floor(await xOf(page, time));
  return page.evaluate(`(() => {
    const canvas = document.querySelector('#lanes-canvas');
    const ratio = canvas.width / canvas.clientWidth;
    const { data } = canvas.getContext('2d').getImageData(Math.round(${x} * ratio), Math.round((${lane} * 18 + 2) * ratio), 1, Math.round(14 * ratio));
    const hex = (value) => value.toString(16).padStart(2, '0');
    return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3] === 0 ? 'none' : '#' + hex(data[4 * i]) + hex(data[4 * i + 1]) + hex(data[4 * i + 2]));
  })()`);
}
