/**
 * The page in a real Chromium over a mock of the API, under the content security policy of the server. Every page also
 * counts what must never happen: an error on the console, a dialog, a violation of the policy, a request to another host.
 */
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import { findBrowser } from '../support/browser.ts';
import { MARKUP_NAME } from '../support/mock-data.ts';
import { facts, pageInBrowser, query, settled, xOf } from '../support/page.ts';

const choice = await findBrowser();
const skip = 'skip' in choice ? choice.skip : undefined;
const CHECKOUT = '?service=store/checkout';

describe.skipIf(skip !== undefined)(
  `the page in a browser${skip === undefined ? '' : ` (skipped: ${skip})`}`,
  { timeout: 60_000 },
  () => {
    const { visit, mock, visits } = pageInBrowser(choice);

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

    it('shows names that look like markup as text', async () => {
      const page = await visit(CHECKOUT);
      await page.locator('#flips tbody tr').first().waitFor();
      expect(await page.locator('.lane-row', { hasText: MARKUP_NAME }).count()).toBe(1);
      expect(await page.locator('#flips td', { hasText: MARKUP_NAME }).count()).toBeGreaterThan(0);
      expect(await page.locator('main img, main i').count()).toBe(0);
      await page.goto(`${mock().url}/?service=${encodeURIComponent(`ops/${MARKUP_NAME}`)}`);
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
      await page.goto(`${mock().url}/${CHECKOUT}&tab=state&at=2026-11-23T14:21:00Z`);
      await page.locator('#state-at').waitFor();
      expect(await page.locator('#state-at').innerText()).toContain(
        'Unknown at this instant; last known at 2026-11-23 14:20:00.000 UTC',
      );
      await page.goto(`${mock().url}/${CHECKOUT}&tab=compare&at=2026-11-23T14:18:00Z&b=2026-11-23T14:10:00Z`);
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
      const timelines = () => mock().asked.filter((path) => path.includes('checkout/timeline')).length;
      const before = timelines();
      mock().failOn(/timeline/);
      mock().send('flips', { position: 5_000, items: [{ namespace: 'store', service: 'checkout' }] });
      await expect.poll(timelines, { timeout: 10_000 }).toBeGreaterThan(before);
      const alert = page.getByRole('alert');
      await alert.waitFor();
      expect(await alert.innerText()).toContain('mock-0042');
      expect(await facts(page)).toContain('4m12s');
      mock().failOn(undefined);
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
