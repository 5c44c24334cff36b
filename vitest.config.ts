import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['./test/support/watch-statements.ts'],
    globalSetup: ['./test/support/global-setup.ts'],
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    // Two cores: more workers only make the browser tests wait.
    maxWorkers: 2,
    // What is awaited comes; how fast is not what a test is about.
    expect: { poll: { timeout: 15_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
