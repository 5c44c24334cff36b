/**
 * The whole path as a user walks it: `flipbook import` of a real incident, `flipbook serve`, and the page in a real
 * Chromium. What the page shows is held against the oracle, which reads the trace on its own.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser } from '../support/browser.ts';
import { compareFlipsCsv, foldTrace, lagsByLines, readTraceFile, selectFlips, type Truth } from '../support/oracle/index.ts';
import { Visits } from '../support/visits.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TRACE = join(ROOT, 'test/fixtures/traces/incident-1.jsonl.zst');
const choice = await findBrowser();
const skip = 'skip' in choice ? choice.skip : undefined;
/** The three Pods of checkout fail their probes at once, and recover 6 s later (incident-1.truth.jsonl). */
const OUTAGE = { from: '2026-11-23T16:20:00Z', to: '2026-11-23T16:21:00Z' };

describe.skipIf(skip !== undefined)(
  `a real incident, imported and looked at${skip === undefined ? '' : ` (skipped: ${skip})`}`,
  { timeout: 60_000 },
  () => {
    let folder: string;
    let server: ChildProcess;
    let base: string;
    let browser: Browser;
    let truth: Truth;
    const visits = new Visits();

    beforeAll(async () => {
      if ('skip' in choice) return;
      folder = mkdtempSync(join(tmpdir(), 'flipbook-e2e-'));
      const db = join(folder, 'flipbook.db');
      const command = join(ROOT, 'src/main.ts');
      const imported = spawnSync(process.execPath, [command, 'import', TRACE, '--db', db, '--cluster', 'prod'], {
        encoding: 'utf8',
      });
      expect(imported.stderr + imported.stdout).toMatch(/637 lines/);
      expect(imported.status).toBe(0);
      server = spawn(process.execPath, [command, 'serve', '--db', db, '--listen', '127.0.0.1:0'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      base = await printedUrl(server);
      truth = foldTrace(readTraceFile(TRACE));
      browser = await launchBrowser(choice);
    }, 60_000);

    afterAll(async () => {
      await browser?.close();
      if (server) {
        const ended = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGTERM');
        expect(await ended).toBe(0);
      }
      if (folder) rmSync(folder, { recursive: true });
    });

    afterEach(async () => {
      expect(await visits.end()).toEqual([]);
    });

    const visit = (query: string) => visits.visit(browser, base, query);

    /** The flip table: instant, Pod, address, from and to, ready and not ready after. */
    async function shownFlips(page: Page): Promise<string[]> {
      await page.locator('#flips tbody tr').first().waitFor();
      return page.locator('#flips tbody tr').evaluateAll((rows) =>
        rows.map((row) => {
          const cells = [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim() ?? '');
          const [, pod, address, , change, , ready, notReady] = cells;
          const states = change?.split('→').map((state: string) => state.trim().replace(/^\W+/, ''));
          return [row.querySelector('time')?.getAttribute('datetime'), pod, address, ...(states ?? []), ready, notReady].join(
            ' ',
          );
        }),
      );
    }

    const words: Record<string, string> = { notReady: 'not ready' };
    const told = (service: string, from?: string, to?: string) =>
      selectFlips(truth, {
        namespace: 'store',
        service,
        source: 'endpoints',
        ...(from ? { from: Date.parse(from) } : {}),
        ...(to ? { to: Date.parse(to) } : {}),
      }).map((flip) =>
        [
          new Date(flip.at).toISOString(),
          flip.backend.podName,
          flip.backend.address,
          words[flip.from] ?? flip.from,
          words[flip.to] ?? flip.to,
          flip.after.ready,
          flip.after.notReady,
        ].join(' '),
      );

    it('lists the Services with the states that the trace ends in, and leads to a timeline', async () => {
      const page = await visit('');
      const rows = page.locator('#services tbody tr');
      await rows.first().waitFor();
      const text = (await rows.allInnerTexts()).map((row) => row.replace(/\s+/g, ' '));
      expect(text).toHaveLength(6);
      expect(text.find((row) => row.includes('checkout'))).toMatch(/ok .*checkout.* 3 \/ 3/);
      expect(text.find((row) => row.includes('legacy'))).toMatch(/degraded .*legacy.* 1 \/ 2/);
      await page.getByRole('link', { name: /checkout/ }).click();
      await page.locator('#facts').waitFor();
      expect(new URL(page.url()).searchParams.get('service')).toBe('store/checkout');
    });

    it('shows every flip of a Service as the trace tells it, and the same after a reload', async () => {
      for (const service of ['checkout', 'cart', 'legacy']) {
        const page = await visit(`?service=store/${service}`);
        expect(await shownFlips(page)).toEqual(told(service));
        await page.reload();
        expect(await shownFlips(page)).toEqual(told(service));
      }
    });

    it('shows the outage: its flips, its length, and no ready colour while nothing was ready', async () => {
      const page = await visit(`?service=store/checkout&from=${OUTAGE.from}&to=${OUTAGE.to}`);
      expect(await shownFlips(page)).toEqual(told('checkout', OUTAGE.from, OUTAGE.to));
      const flips = selectFlips(truth, {
        namespace: 'store',
        service: 'checkout',
        source: 'endpoints',
        from: Date.parse(OUTAGE.from),
      });
      const begin = flips.findLast((flip) => flip.after.ready === 0 && flip.to === 'notReady')?.at ?? 0;
      const end = flips.find((flip) => flip.at > begin && flip.after.ready > 0)?.at ?? 0;
      expect(end - begin).toBeGreaterThan(1_000);
      const facts = await page.locator('#facts').innerText();
      expect(facts).toMatch(/Zero ready\s+\d+s in 2 windows, first 16:20:05/);
      expect(facts).toMatch(/Least ready\s+0 of/);
      // Pixels of the lanes in the colour of ready (light theme), in the column of an instant.
      const readyPixels = (at: number) =>
        page.evaluate<number>(`(() => {
          const canvas = document.querySelector('#lanes-canvas');
          const { from, to, plotLeft, plotWidth } = document.querySelector('.plot').dataset;
          const x = Number(plotLeft) + ((${at} - from) / (to - from)) * plotWidth;
          const ratio = canvas.width / canvas.clientWidth;
          const { data } = canvas.getContext('2d').getImageData(Math.round(x * ratio), 0, 1, canvas.height);
          const isReady = (i) => [0x13, 0x68, 0xa8].every((value, k) => Math.abs(data[i + k] - value) < 12);
          return Array.from({ length: data.length / 4 }, (_, i) => isReady(4 * i)).filter(Boolean).length;
        })()`);
      expect(await readyPixels(begin - 2_000)).toBeGreaterThan(20);
      expect(await readyPixels((begin + end) / 2)).toBe(0);
    });

    it('tells why on the lanes and on the selected segment', async () => {
      const page = await visit('?service=store/checkout');
      await page.locator('#flips tbody tr').first().waitFor();
      const cells = page.getByRole('gridcell', { name: /not ready .* node node-1 stopped reporting \(observed\)$/ });
      await cells.first().waitFor();
      expect(await cells.count()).toBe(1);
      await cells.first().press('Enter');
      await page.locator('#drawer').getByText('NodeNotReady').waitFor();
      const began = Date.parse(new URL(page.url()).searchParams.get('segment') ?? '');
      const flipsThen = selectFlips(truth, {
        namespace: 'store',
        service: 'checkout',
        source: 'endpoints',
        from: began,
        to: began + 1,
      });
      const lags = lagsByLines(readTraceFile(TRACE), flipsThen);
      expect(await page.locator('#drawer').innerText()).toContain(`Lag\n${lags[0]}ms after its Pod`);
      const filtered = page.locator('#flips tbody tr');
      await page.locator('#drawer').getByRole('button', { name: 'NodeNotReady' }).click();
      await expect.poll(() => filtered.count()).toBe(1);
      expect(await filtered.first().innerText()).toContain('node node-1 stopped reporting');
    });

    it('exports as CSV exactly what the trace tells', async () => {
      const page = await visit('?service=store/checkout');
      await page.locator('#facts').waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: /csv/i }).first().click(),
      ]);
      const chunks: Buffer[] = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
      const csv = Buffer.concat(chunks).toString();
      expect(compareFlipsCsv(truth, { namespace: 'store', service: 'checkout', source: 'endpoints' }, csv)).toEqual([]);
    });

    it('tells a time before the recording as such, not as an empty Service', async () => {
      const page = await visit('?service=store/checkout&tab=state&at=2026-11-23T12:00:00Z');
      await page
        .getByText(/nothing was recorded/i)
        .first()
        .waitFor();
    });
  },
);

/** The address that a starting server prints for people. */
function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it printed its address`)));
    if (!child.stdout) return reject(new Error('the server has no output'));
    createInterface(child.stdout).on('line', (line) => {
      const url = /http:\/\/\S+/.exec(line)?.[0];
      if (url) resolve(url.replace(/\/$/, ''));
    });
  });
}
