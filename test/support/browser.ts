/** A real Chromium for tests, kept off the network. */
import { existsSync } from 'node:fs';
import { type Browser, chromium as playwright } from 'playwright-core';

const QUIET_FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--no-default-browser-check',
  '--no-sandbox',
  '--disable-gpu',
  '--hide-scrollbars',
];

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

export interface BrowserChoice {
  readonly executablePath: string;
  readonly args: readonly string[];
}

/** The browser to use, or the reason why there is none. An installed one goes before the one that npm brings (Linux on x64 only). */
export async function findBrowser(): Promise<BrowserChoice | { readonly skip: string }> {
  const named = process.env.CHROMIUM_PATH;
  if (named)
    return existsSync(named) ? { executablePath: named, args: QUIET_FLAGS } : { skip: `CHROMIUM_PATH names no file: ${named}` };
  const installed = INSTALLED.find((path) => existsSync(path));
  if (installed) return { executablePath: installed, args: QUIET_FLAGS };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { skip: `no Chromium found on ${process.platform}/${process.arch}: set CHROMIUM_PATH to run the browser tests` };
  }
  try {
    const { default: packed } = await import('@sparticuz/chromium');
    packed.setGraphicsMode = false;
    // Its own flags are left aside: they run everything in one process, which ends with the first context, and turn
    // off web security, which the tests are there to see working.
    return { executablePath: await packed.executablePath(), args: [...QUIET_FLAGS, '--no-zygote'] };
  } catch (error) {
    return { skip: `the packed Chromium cannot be used: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** @throws when the browser that was found does not start. */
export async function launchBrowser(choice: BrowserChoice): Promise<Browser> {
  return playwright.launch({ executablePath: choice.executablePath, args: [...choice.args], headless: true });
}
