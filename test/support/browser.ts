/** A real Chromium for tests, kept off the network. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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
  readonly env?: Readonly<Record<string, string>>;
  /** Folder of shared libraries for a machine that lacks them. */
  readonly libraries?: string;
}

/** The browser to use, or the reason why there is none. An installed one goes before the one that npm brings (Linux on x64 only). */
export async function findBrowser(): Promise<BrowserChoice | { readonly skip: string }> {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    return existsSync(named) ? { executablePath: named, args: QUIET_FLAGS } : { skip: `CHROMIUM_PATH names no file: ${named}` };
  }
  const installed = INSTALLED.find((path) => existsSync(path));
  if (installed) return { executablePath: installed, args: QUIET_FLAGS };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { skip: `no Chromium found on ${process.platform}/${process.arch}: set CHROMIUM_PATH to run the browser tests` };
  }
  try {
    return await unpackedBrowser();
  } catch (error) {
    return { skip: `the packed Chromium cannot be unpacked: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** @throws when the browser that was found does not start. */
export async function launchBrowser({ executablePath, args, env, libraries }: BrowserChoice): Promise<Browser> {
  const launch = (more: Record<string, string>) =>
    playwright.launch({ executablePath, args: [...args], headless: true, env: { ...process.env, ...env, ...more } });
  try {
    return await launch({});
  } catch (error) {
    // A fresh Debian has no NSS, for one. The machine's own libraries go first, where they are there.
    const missing = error instanceof Error && /error while loading shared libraries/.test(error.message);
    if (!missing || libraries === undefined) throw error;
    return launch({ LD_LIBRARY_PATH: [libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') });
  }
}

/**
 * Unpacks the browser that npm brings, once a version: into a folder of its own that gets its final name only when it
 * is whole, because several test files may do this at the same time.
 *
 * The package's own flags are left aside: they run everything in one process, which ends with the first context, and
 * turn off web security, which the tests are there to see working.
 */
async function unpackedBrowser(): Promise<BrowserChoice> {
  const packed = new URL('../', import.meta.resolve('@sparticuz/chromium'));
  const { version } = JSON.parse(await readFile(new URL('package.json', packed), 'utf8')) as { version: string };
  const home = join(tmpdir(), `flipbook-chromium-${version}-${process.getuid?.() ?? 0}`);
  if (!existsSync(home)) {
    const part = await mkdtemp(`${home}.`);
    const archives = ['chromium.br', 'fonts.tar.br', 'al2023.tar.br'];
    await unpackInto(
      part,
      archives.map((file) => fileURLToPath(new URL(`bin/${file}`, packed))),
    );
    try {
      await rename(part, home);
    } catch {
      // Another test file was first; what it made is the same.
      await rm(part, { recursive: true });
    }
  }
  const fonts = join(home, 'fontconfig');
  await mkdir(fonts, { recursive: true });
  await writeFile(
    join(fonts, 'fonts.conf'),
    `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig><dir>${join(home, 'fonts')}</dir><dir>/usr/share/fonts</dir><cachedir>${join(home, 'fonts-cache')}</cachedir></fontconfig>\n`,
  );
  return {
    executablePath: join(home, 'chromium'),
    args: [...QUIET_FLAGS, '--no-zygote'],
    env: { FONTCONFIG_PATH: fonts },
    libraries: join(home, 'al2023', 'lib'),
  };
}

/** In a process of its own, because the package unpacks into the folder for temporary files and nowhere else. */
async function unpackInto(folder: string, archives: readonly string[]): Promise<void> {
  const program = `import { inflate } from '@sparticuz/chromium'; await Promise.all(process.argv.slice(1).map((file) => inflate(file)));`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, ...archives], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: folder },
  });
}
