/** Lanes of the timeline in a real Chromium: their drawing, their loading, and what the pointer does over them. */
import { describe, expect, it } from 'vitest';
import { findBrowser } from '../support/browser.ts';
import { mockServices, RECORDED_FROM, RECORDED_TO } from '../support/mock-data.ts';
import { drawnTimeline } from '../support/mock-timeline.ts';
import { laneColours, pageInBrowser, query, settled, xOf } from '../support/page.ts';

const choice = await findBrowser();
const skip = 'skip' in choice ? choice.skip : undefined;
const CHECKOUT = '?service=store/checkout';

describe.skipIf(skip !== undefined)(
  `lanes in a browser${skip === undefined ? '' : ` (skipped: ${skip})`}`,
  { timeout: 60_000 },
  () => {
    const { visit, mock } = pageInBrowser(choice);

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

    it('loads lanes as they are scrolled to, each once, and all on demand', async () => {
      const page = await visit('?service=store/search');
      await settled(page);
      expect(await page.getByText('100 of 300 lanes, the longest not ready first').count()).toBe(1);
      const pages = () =>
        mock().asked.filter((path) => path.includes('search/timeline') && path.includes('lanesAfter=60')).length;
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
        mock().asked.filter((path) => path.includes('search/timeline') && part(path));
      const further = (path: string) => path.includes('lanesAfter=60');
      const before = [asked((path) => !further(path)).length, asked(further).length];
      mock().send('flips', { position: 5_000, items: [{ namespace: 'store', service: 'search' }] });
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
      await page.goto(`${mock().url}/${CHECKOUT}&from=2026-11-23T14:00:00Z&to=2026-11-23T14:30:00Z`);
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

    it('steps to changes of lanes that are not loaded too', async () => {
      const search = mockServices().find(({ name }) => name === 'search');
      if (!search) throw new Error('the mock has no Service search');
      const { lanes } = drawnTimeline(search, RECORDED_FROM, RECORDED_TO, { lanes: 60 });
      const loaded = new Set(lanes.map(({ pod }) => pod?.uid));
      const changes = search.backends
        .flatMap(({ backend, changes: list }) => list.map(({ at }) => ({ at, loaded: loaded.has(backend.pod?.uid) })))
        .filter(({ at }) => at >= RECORDED_FROM)
        .sort((a, b) => a.at - b.at);
      const index = changes.findIndex((change, i) => i > 50 && !change.loaded);
      const around = changes.slice(index - 1, index + 2).map(({ at }) => new Date(at).toISOString());
      expect(new Set(around).size).toBe(3);
      const page = await visit(`?service=store/search&tab=state&at=${around[0]}`);
      await page.locator('#state-at').waitFor();
      const next = page.getByRole('button', { name: 'next change →' });
      const at = () => query(page).get('at');
      await next.click();
      await expect.poll(at).toBe(around[1]);
      await next.click();
      await expect.poll(at).toBe(around[2]);
      await page.getByRole('button', { name: '← change before' }).dblclick();
      await expect.poll(at).toBe(around[0]);
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
  },
);
