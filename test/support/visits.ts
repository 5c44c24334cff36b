/** Pages opened in a browser by one test, and what must never happen on them. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export class Visits {
  /** Errors and warnings on the console, dialogs, violations of the content security policy, requests to another host. */
  readonly surprises: string[] = [];
  readonly #open: Page[] = [];

  /** @param base of the server that the page is from: `http://127.0.0.1:1234` */
  async visit(browser: Browser, base: string, query: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1_440, height: 900 }, ...options });
    const page = await context.newPage();
    this.#open.push(page);
    page.on('console', (message) => {
      // The browser's advice about reading pixels back is for these tests, not for the page.
      const told = message.type() === 'error' || message.type() === 'warning';
      if (told && !message.text().startsWith('Canvas2D: Multiple readback')) this.surprises.push(message.text());
    });
    page.on('pageerror', (error) => this.surprises.push(String(error)));
    page.on('dialog', (dialog) => this.surprises.push(`dialog: ${dialog.message()}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(base)) this.surprises.push(`request to ${request.url()}`);
    });
    await page.goto(`${base}/${query}`);
    return page;
  }

  /** Closes the pages. @returns the surprises, which are then forgotten */
  async end(): Promise<string[]> {
    for (const page of this.#open.splice(0)) await page.context().close();
    return this.surprises.splice(0);
  }
}
