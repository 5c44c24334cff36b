import { defineConfig } from 'vite';

/** The page: `web/` → `web/dist`, which the server serves. Relative addresses, so that it works under any prefix. */
export default defineConfig({
  root: 'web',
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: false,
    // A strict content security policy allows no data: addresses, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `vite` alone: the page with a recorder's API behind it.
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
