/** The process kills itself, as hard as from outside, right before its n-th SQL statement: FLIPBOOK_TEST_DIE_AT_STEP. */
import { isMainThread } from 'node:worker_threads';
import { beforeEveryStep } from './sqlite-steps.ts';

let left = Number(process.env.FLIPBOOK_TEST_DIE_AT_STEP);
if (isMainThread && left > 0) {
  beforeEveryStep(() => {
    if (--left === 0) process.kill(process.pid, 'SIGKILL');
  });
}
