/** Builds the page once, before any test file runs: several need it, and side by side they would build over each other. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ROOT = new URL('../../', import.meta.url);

export default async function setup(): Promise<void> {
  // `npm test` has built it from the present sources; a single test file is not to wait for it each time.
  if (existsSync(new URL('web/dist/index.html', ROOT))) return;
  await build({ configFile: fileURLToPath(new URL('vite.config.ts', ROOT)), logLevel: 'warn' });
}
