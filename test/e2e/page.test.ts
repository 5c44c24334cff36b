/**
 * The page in a real Chromium over a mock of the API, under the content security policy of the server. Every page also
 * counts what must never happen: an error on the console, a dialog, a violation of the policy, a request to another host.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser } from '../support/browser.ts';
import { type MockApi, startMockApi } from '../support/mock-api.ts';
import { MARKUP_NAME, mockServices, RECORDED_FROM, RECORDED_TO } from '../support/mock-data.ts';
import { drawnTimeline } from '../support/mock-timeline.ts';
import { Visits } from '../support/visits.ts';

const choice = await findBrowser();
const skip = 'skip' in choice ? choice.skip : undefined;
const CHECKOUT = '?service=store/checkout';

describe.skipIf(skip !== undefined)(
  `the page in a browser${skip === undefined ? '' : ` (skipped: ${skip})`}`,
  { timeout: 60_000 },
  () => {
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

    const visit = (query: string, options: BrowserContextOptions = {}) => visits.visit(browser, mock.url, query, options);

    const facts = (page: Page) => page.locator('#facts').innerText();
    const settled = (page: Page) => page.locator('#facts').waitFor();
    const query = (page: Page) => new URL(page.url()).searchParams;

    /** X of an instant in the plot, in the page's pixels. */
    async function xOf(page: Page, time: string): Promise<number> {
      const plot = page.locator('.plot');
      const read = async (name: string) => Number(await plot.getAttribute(name));
      const [from, to, left, width] = [
        await read('data-from'),
        await read('data-to'),
        await read('data-plot-left'),
        await read('data-plot-width'),
      ];
      return left + ((Date.parse(time) - from) / (to - from)) * width;
    }

    /** Colours, as #rrggbb, of a column of the lanes' canvas: the row of a lane, top to bottom, without its padding. */
    async function laneColours(page: Page, lane: number, time: string): Promise<string[]> {
      const x = Math.floor(await xOf(page, time));
      return page.evaluate(`(() => {
      const canvas = document.querySelector('#lanes-canvas');
      const ratio = canvas.width / canvas.clientWidth;
      const { data } = canvas.getContext('2d').getImageData(Math.round(${x} * ratio), Math.round((${lane} * 18 + 2) * ratio), 1, Math.round(14 * ratio));
      const hex = (value) => value.toString(16).padStart(2, '0');
      return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3] === 0 ? 'none' : '#' + hex(data[4 * i]) + hex(data[4 * i + 1]) + hex(data[4 * i + 2]));
    })()`);
    }

    it('goes from the list to a timeline, zooms into the link, and shows the same facts after a reload and going back', async () => {
      const page = await visit('');
      await page.locator('#services tbody tr').first().waitFor();
      expect(await page.locator('#services tbody tr').first().innerText()).toContain('down');
      await page.keyboard.press('/');
      await page.keyboard.type('checkout');
      await page.getByRole('link', { name: 'store/checkout' }).click();
      await settled(page);
      const whole = await facts(page);
      expect(whole).toContain('4m12s in 1 window');

      const box = await page.locator('.plot').boundingBox();
      const y = (box?.y ?? 0) + 60;
      const left = box?.x ?? 0;
      await page.mouse.move(left + (await xOf(page, '2026-11-23T14:10:00Z')), y);
      await page.mouse.down();
      await page.mouse.move(left + (await xOf(page, '2026-11-23T14:18:00Z')), y, { steps: 4 });
      await page.mouse.up();
      await expect.poll(() => query(page).get('from')).toMatch(/^2026-11-23T14:(09:5|10:0)/);
      await expect.poll(() => facts(page)).not.toBe(whole);
      await expect.poll(() => facts(page)).toContain('4m12s in 1 window');
      const zoomed = await facts(page);

      await page.reload();
      await settled(page);
      expect(await facts(page)).toBe(zoomed);
      await page.goBack();
      await expect.poll(() => facts(page)).toBe(whole);
      await page.goForward();
      await expect.poll(() => facts(page)).toBe(zoomed);
    });

    it('draws each state in its own colour and shape, and never a gap as ready', async () => {
      const page = await visit(CHECKOUT, { colorScheme: 'light' });
      await settled(page);
      const row = await page.locator('.lane-row', { hasText: 'x28t5' }).getAttribute('aria-rowindex');
      const lane = Number(row) - 1;
      expect(new Set(await laneColours(page, lane, '2026-11-23T14:03:00Z'))).toEqual(new Set(['#1368a8']));

      const failing = await laneColours(page, lane, '2026-11-23T14:14:01Z');
      expect(failing.slice(7)).toContain('#c2410c');
      expect(failing.slice(0, 7)).not.toContain('#c2410c');
      expect(failing).not.toContain('#1368a8');

      // A hatch is lines on nothing: over its whole width there must be some of the first and no trace of ready.
      const gap: string[] = [];
      for (let second = 10; second < 150; second += 10) {
        gap.push(...(await laneColours(page, lane, new Date(Date.parse('2026-11-23T14:20:00Z') + second * 1_000).toISOString())));
      }
      expect(gap).not.toContain('#1368a8');
      expect(gap).toContain('#8a8a8a');
    });

    it('keeps a flip of one second visible in thirty days', async () => {
      const page = await visit(`${CHECKOUT}&from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z`, { colorScheme: 'light' });
      await settled(page);
      const row = await page.locator('.lane-row', { hasText: 'x2ex4' }).getAttribute('aria-rowindex');
      expect(await laneColours(page, Number(row) - 1, '2026-11-23T14:08:30.500Z')).toContain('#c2410c');
    });

    it('shows names that look like markup as text', async () => {
      const page = await visit(CHECKOUT);
      await page.locator('#flips tbody tr').first().waitFor();
      expect(await page.locator('.lane-row', { hasText: MARKUP_NAME }).count()).toBe(1);
      expect(await page.locator('#flips td', { hasText: MARKUP_NAME }).count()).toBeGreaterThan(0);
      expect(await page.locator('main img, main i').count()).toBe(0);
      await page.goto(`${mock.url}/?service=${encodeURIComponent(`ops/${MARKUP_NAME}`)}`);
      await settled(page);
      expect(await page.locator('h1').innerText()).toBe(`ops/${MARKUP_NAME}`);
    });

    it('is driven by keys alone, and tells each segment in words', async () => {
      const page = await visit(CHECKOUT);
      await settled(page);
      await page.getByRole('gridcell').first().focus();
      await page.keyboard.press('Enter');
      await page.locator('#drawer').waitFor();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await expect
        .poll(() => page.evaluate('document.activeElement.getAttribute("aria-label")'))
        .toMatch(/^\S+: (not )?ready 14:[\d:.–]+ UTC, (≥ )?[\dms.]+$/);
      const selected = await page.locator('#drawer').innerText();
      expect(selected).toContain('UTC');
      await page.reload();
      await page.locator('#drawer').waitFor();
      expect((await page.locator('#drawer').innerText()).split('Cause')[0]).toBe(selected.split('Cause')[0]);
      await page.keyboard.press('Escape');
      await page.locator('#drawer').waitFor({ state: 'detached' });

      await page.keyboard.press('w');
      await expect.poll(() => query(page).get('from')).toBe('2026-11-23T14:07:30.000Z');
      await page.keyboard.press('d');
      await expect.poll(() => query(page).get('from')).toBe('2026-11-23T14:11:15.000Z');
      // Panning replaced the entry of the zoom.
      await page.goBack();
      await expect.poll(() => query(page).get('from')).toBeNull();
      await page.keyboard.press('u');
      await expect.poll(() => query(page).get('tz')).toBe('local');
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
    });

    it('zooms by wheel and double-click with one entry in the history each, and takes a click for an instant', async () => {
      const page = await visit(CHECKOUT);
      await settled(page);
      const drawn = () => page.locator('.plot').getAttribute('data-from');
      const whole = await drawn();
      const box = await page.locator('#counts-canvas').boundingBox();
      const [x, y] = [(box?.x ?? 0) + 700, (box?.y ?? 0) + 60];
      await page.mouse.move(x, y);
      await page.keyboard.down('Control');
      for (let turn = 0; turn < 4; turn++) await page.mouse.wheel(0, -100);
      await page.keyboard.up('Control');
      const span = () => Date.parse(query(page).get('to') ?? '') - Date.parse(query(page).get('from') ?? '');
      await expect.poll(span).toBeLessThan(10 * 60_000);
      await page.goBack();
      await expect.poll(() => query(page).get('from')).toBeNull();
      // The old drawing stays until the new one has come, and pointers act on what is seen.
      await expect.poll(drawn).toBe(whole);

      await page.mouse.dblclick(x, y);
      await expect.poll(span).toBe(60 * 60_000);
      expect(query(page).get('at')).toBeNull();
      await page.goBack();
      await expect.poll(() => query(page).get('from')).toBeNull();

      await expect.poll(drawn).toBe(whole);
      await page.mouse.click(x, y);
      await expect.poll(() => query(page).get('at')).toMatch(/^2026-11-23T14:1/);
      await page.locator('#state-at').waitFor();
    });

    it('tells the state at an instant, in a gap only as last known, and compares two', async () => {
      const page = await visit(`${CHECKOUT}&tab=state&at=2026-11-23T14:13:00Z`);
      await page.locator('#state-at').waitFor();
      expect(await page.locator('#state-at').innerText()).toMatch(/0 ready[\s\S]*3 not ready/);
      await page.goto(`${mock.url}/${CHECKOUT}&tab=state&at=2026-11-23T14:21:00Z`);
      await page.locator('#state-at').waitFor();
      expect(await page.locator('#state-at').innerText()).toContain(
        'Unknown at this instant; last known at 2026-11-23 14:20:00.000 UTC',
      );
      await page.goto(`${mock.url}/${CHECKOUT}&tab=compare&at=2026-11-23T14:18:00Z&b=2026-11-23T14:10:00Z`);
      await page.locator('#compare').waitFor();
      expect(await page.locator('#compare').innerText()).toContain('1 added, 1 removed, 0 flipped, 2 unchanged');
    });

    it('pages through many flips and draws only the rows in sight', async () => {
      const page = await visit('?service=store/search');
      await page.locator('#flips tbody tr').first().waitFor();
      expect(await page.locator('#flips tbody tr').count()).toBe(200);
      const first = await page.locator('#flips tbody tr').first().innerText();
      await page.getByRole('button', { name: 'Next page' }).click();
      await expect.poll(() => page.locator('#flips tbody tr').first().innerText()).not.toBe(first);
      expect(await page.getByText('201–400').count()).toBe(1);
      expect(await page.locator('.lane-row').first().innerText()).toBe('200 ready throughout');
      expect(await page.locator('.lane-row').count()).toBeLessThan(60);
    });

    it('loads lanes as they are scrolled to, each once, and all on demand', async () => {
      const page = await visit('?service=store/search');
      await settled(page);
      expect(await page.getByText('100 of 300 lanes, the longest not ready first').count()).toBe(1);
      const pages = () => mock.asked.filter((path) => path.includes('search/timeline') && path.includes('lanesAfter=60')).length;
      const before = pages();
      const scroll = (top: number) => page.evaluate(`document.querySelector('.lanes').scrollTop = ${top}`);
      await scroll(100_000);
      const last = page.locator('.lane-row[aria-rowindex="101"]');
      await last.locator('.lane-cell').first().waitFor();
      expect(await last.innerText()).toMatch(/^search-/);
      await scroll(0);
      await scroll(100_000);
      await last.waitFor();
      expect(pages()).toBe(before + 1);

      await page.getByRole('button', { name: 'Show all' }).click();
      await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount')).toBe('300');
      await scroll(100_000);
      await page.locator('.lane-row[aria-rowindex="300"] .lane-cell').first().waitFor();
      await page.getByRole('button', { name: 'Only those that changed' }).click();
      await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount')).toBe('101');
    });

    it('keeps its place among the lanes when news comes, and loads them anew', async () => {
      const page = await visit('?service=store/search');
      await settled(page);
      await page.getByText('live', { exact: true }).waitFor();
      await page.evaluate(`document.querySelector('.lanes').scrollTop = 100_000`);
      const scrolled = () => page.evaluate<number>(`document.querySelector('.lanes').scrollTop`);
      const last = page.locator('.lane-row[aria-rowindex="101"]');
      await last.locator('.lane-cell').first().waitFor();
      const [told, top] = [await last.innerText(), await scrolled()];
      const asked = (part: (path: string) => boolean) =>
        mock.asked.filter((path) => path.includes('search/timeline') && part(path));
      const further = (path: string) => path.includes('lanesAfter=60');
      const before = [asked((path) => !further(path)).length, asked(further).length];
      mock.send('flips', { position: 5_000, items: [{ namespace: 'store', service: 'search' }] });
      await expect
        .poll(() => [asked((path) => !further(path)).length, asked(further).length], { timeout: 10_000 })
        .toEqual(before.map((count) => count + 1));
      await last.locator('.lane-cell').first().waitFor();
      expect(await last.innerText()).toBe(told);
      expect(await scrolled()).toBe(top);
      const ids = await page.evaluate<string[]>(
        `[...document.querySelectorAll('.lane-row .lane-head')].map((head) => head.title)`,
      );
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('tells how often a lane changed where the server merged it, and a click or Enter zooms to that', async () => {
      const page = await visit('', { colorScheme: 'light' });
      const whole = RECORDED_TO - RECORDED_FROM;
      const [from, length] = [RECORDED_FROM + 6 * 60_000, 12 * 60_000];
      const times: string[] = [];
      await page.route('**/services/checkout/timeline**', async (route) => {
        const answer = await (await route.fetch()).json();
        times.push(answer.from);
        const lane = answer.lanes.find(({ pod }: { pod?: { name: string } }) => pod?.name.includes('x28t5'));
        if (Date.parse(answer.to) - Date.parse(answer.from) === whole) {
          const ms = [from - RECORDED_FROM, length, RECORDED_TO - from - length];
          const edges = { opensBefore: [0], endsAfter: [2] };
          lane.runs = { ms, states: ['ready', 'notReady', 'ready'], ...edges, mixed: [{ run: 1, flips: 37 }] };
        }
        await route.fulfill({ json: answer });
      });
      await page.goto(`${mock.url}/${CHECKOUT}&from=2026-11-23T14:00:00Z&to=2026-11-23T14:30:00Z`);
      await settled(page);
      const row = page.locator('.lane-row', { hasText: 'x28t5' });
      const merged = row.locator('.lane-cell', { hasNot: page.locator('*') }).nth(1);
      await expect
        .poll(() => merged.getAttribute('aria-label'))
        .toMatch(/37 flips, worst not ready, 14:06:00\.000–14:18:00\.000 UTC; zoom in to tell them apart$/);
      const lane = Number(await row.getAttribute('aria-rowindex')) - 1;
      // Words stand on a plate at the run's start; its end shows the worst state.
      const box = await page.locator('#lanes-canvas').boundingBox();
      const [x0, x1] = [await xOf(page, new Date(from).toISOString()), await xOf(page, new Date(from + length).toISOString())];
      const perPx = length / (x1 - x0);
      const colours = (px: number) => laneColours(page, lane, new Date(from + px * perPx).toISOString());
      expect(await colours(6)).not.toContain('#c2410c');
      expect(await colours(x1 - x0 - 10)).toContain('#c2410c');

      const span = () => [query(page).get('from'), query(page).get('to')].map((text) => Date.parse(text ?? ''));
      const around = [from - length / 2, from + length * 1.5];
      const [x, y] = [(box?.x ?? 0) + (x0 + x1) / 2, (box?.y ?? 0) + lane * 18 + 9];
      await page.mouse.move(x, y);
      await page.getByText('(click)').waitFor();
      await page.mouse.click(x, y);
      await expect.poll(span).toEqual(around);
      await expect.poll(() => times.at(-1)).toBe(new Date(from - length / 2).toISOString());
      expect(query(page).get('lane')).toBeNull();
      await expect.poll(() => row.innerHTML()).not.toContain('zoom in');
      await page.goBack();
      await expect.poll(span).toEqual([RECORDED_FROM, RECORDED_TO]);
      await expect.poll(() => merged.getAttribute('aria-label')).toContain('37 flips');
      await merged.focus();
      await page.keyboard.press('Enter');
      await expect.poll(span).toEqual(around);
    });

    it('writes a drag into the link now and then, and where it ended for certain', async () => {
      const page = await visit(`${CHECKOUT}&from=2026-11-23T14:10:00Z&to=2026-11-23T14:20:00Z`);
      await settled(page);
      const moves = 200;
      const writes = await page.evaluate<number>(`(() => {
        let writes = 0;
        const replace = history.replaceState;
        history.replaceState = function (...given) { writes++; return replace.apply(this, given); };
        const plot = document.querySelector('.plot');
        plot.setPointerCapture = () => {};
        const { left, top } = plot.getBoundingClientRect();
        const at = (type, x) => plot.dispatchEvent(new PointerEvent(type, { bubbles: true, button: 0, shiftKey: true, clientX: left + x, clientY: top + 60 }));
        at('pointerdown', 700);
        for (let move = 1; move <= ${moves}; move++) at('pointermove', 700 - move);
        at('pointerup', 700 - ${moves});
        return writes;
      })()`);
      expect(writes).toBeLessThan(moves / 2);
      const perPx = 600_000 / Number(await page.locator('.plot').getAttribute('data-plot-width'));
      await expect
        .poll(() => Math.abs(Date.parse(query(page).get('from') ?? '') - Date.parse('2026-11-23T14:10:00Z') - moves * perPx))
        .toBeLessThan(2);
      await expect
        .poll(() => page.locator('.plot').getAttribute('data-from'))
        .toBe(String(Date.parse(query(page).get('from') ?? '')));
    });

    it('opens a link to a lane that is far from the worst, with the cause of its segment though the table does not show it', async () => {
      const search = mockServices().find(({ name }) => name === 'search');
      if (!search) throw new Error('the mock has no Service search');
      const { lanes } = drawnTimeline(search, RECORDED_FROM, RECORDED_TO, { lanes: 60, lanesAfter: 60 });
      const lane = lanes.at(-1);
      const [length = 0] = lane?.runs.ms ?? [];
      const began = new Date(RECORDED_FROM + length).toISOString();
      const page = await visit(`?service=store/search&lane=${encodeURIComponent(lane?.id ?? '')}&segment=${began}`);
      const drawer = page.locator('#drawer');
      await drawer.waitFor();
      expect(await drawer.innerText()).toContain(lane?.pod?.name ?? lane?.address);
      await expect.poll(() => drawer.innerText()).toContain('ReadinessProbeFailed');
      await page.locator('.lane-cell[aria-selected="true"]').waitFor();
    });

    it('shows a long list before the causes of its last flips have come, about the same instant', async () => {
      const page = await visit('');
      const all = Array.from({ length: 1_250 }, (_, n) => ({
        ...{ cluster: 'mock', namespace: 'many', name: `s-${String(n).padStart(4, '0')}`, source: 'endpoints', state: 'ok' },
        ...{ coverage: 'complete', ready: 1, notReady: 0, terminating: 0 },
        lastFlip: { at: '2026-11-23T14:10:00.000Z', address: '10.0.0.1', from: 'absent', to: 'ready', cause: 'ScaledUp' },
      }));
      const asked: string[] = [];
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      await page.route('**/api/v1/services?*', async (route) => {
        const { searchParams } = new URL(route.request().url());
        asked.push(['at', 'asof', 'causes', 'limit'].map((name) => searchParams.get(name) ?? '').join(' '));
        const [limit, start] = [Number(searchParams.get('limit')), Number(searchParams.get('cursor') ?? 0)];
        const bare = searchParams.get('causes') === 'false';
        if (limit === 1_000 && !bare) await released;
        const items = all.slice(start, start + limit).map((item) => {
          const { cause, ...lastFlip } = item.lastFlip;
          return bare ? { ...item, lastFlip } : { ...item, lastFlip: { ...lastFlip, cause } };
        });
        const next = start + limit < all.length ? { nextCursor: String(start + limit) } : {};
        const answer = { at: '2026-11-23T14:30:00.000Z', asOf: 77, coverage: 'complete', gaps: [], items, ...next };
        await route.fulfill({ json: answer });
      });
      await page.reload();
      await page.getByRole('button', { name: '1250 Services' }).waitFor();
      const row = page.locator('#services tbody tr').first();
      expect(await row.innerText()).toMatch(/s-0000[\s\S]*ready\s+…$/);
      release();
      await expect.poll(() => row.innerText()).toContain('ScaledUp');
      const instant = '2026-11-23T14:30:00.000Z 77';
      expect(asked).toEqual(['   200', ...[1, 2].map(() => `${instant} false 1000`), ...[1, 2].map(() => `${instant}  1000`)]);
    });

    it('asks again when news comes, and after a failure keeps what it had and offers to retry', async () => {
      const page = await visit(CHECKOUT);
      await settled(page);
      await page.getByText('live', { exact: true }).waitFor();
      const timelines = () => mock.asked.filter((path) => path.includes('checkout/timeline')).length;
      const before = timelines();
      mock.failOn(/timeline/);
      mock.send('flips', { position: 5_000, items: [{ namespace: 'store', service: 'checkout' }] });
      await expect.poll(timelines, { timeout: 10_000 }).toBeGreaterThan(before);
      const alert = page.getByRole('alert');
      await alert.waitFor();
      expect(await alert.innerText()).toContain('mock-0042');
      expect(await facts(page)).toContain('4m12s');
      mock.failOn(undefined);
      await alert.getByRole('button', { name: 'Retry' }).click();
      await alert.waitFor({ state: 'detached' });
      // A browser writes every answer of 500 to the console by itself; nothing else may stand there.
      expect(visits.surprises.splice(0).filter((text) => !text.includes('status of 500'))).toEqual([]);
    });

    it('says which parts of a link it did not understand', async () => {
      const page = await visit(`${CHECKOUT}&from=yesterday&tz=Mars/X`);
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').innerText()).toMatch(/from “yesterday”[\s\S]*tz “Mars\/X”/);
      await settled(page);
    });

    it.each([
      ['services', '', '#services'],
      ['timeline', `${CHECKOUT}&lane=10.100.0.0%7Cuid-checkout-0&segment=2026-11-23T14:12:04.012Z`, '#drawer'],
      ['state', `${CHECKOUT}&tab=state&at=2026-11-23T14:21:00Z`, '#state-at'],
      ['coverage', '?screen=coverage', '#gaps'],
    ])('gives axe nothing to say about %s, in light and dark', async (_name, search, ready) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await visit(search, { colorScheme });
        await page.locator(ready).waitFor();
        await page.evaluate(axe.source);
        const violations = await page.evaluate<string[]>(
          `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.html + ' ' + node.failureSummary).join(' | ')))`,
        );
        expect(violations).toEqual([]);
      }
    });
  },
);
