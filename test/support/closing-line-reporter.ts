/** Ends a run with one plain line, `N passed, N failed, N skipped`, that a script can read. */
import type { Reporter, TestModule } from 'vitest/node';

export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let broken = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++;
      // A file that could not be loaded, or whose hooks failed, has failed though none of its tests did.
      if (module.state() === 'failed' && module.errors().length > 0) broken++;
    }
    const { passed, failed, skipped, pending } = count;
    console.log(`\n${passed} passed, ${failed + broken} failed, ${skipped + pending} skipped`);
  }
}
