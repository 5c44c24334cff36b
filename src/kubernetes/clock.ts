/** Time as the streams need it: one clock to write down, one to wait by. */
import { type EpochMs, epochMs } from '../domain/time.ts';

export interface Clock {
  /** The time of day. It may step. */
  now(): EpochMs;
  /** Milliseconds since some beginning; never steps. */
  uptime(): number;
  /** Calls `wake` once, when `uptime` is reached. The answer cancels it. */
  wakeAt(uptime: number, wake: () => void): () => void;
}

/** Longest wait of setTimeout; a longer one is cut, and the caller is woken early and waits again. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const SYSTEM_CLOCK: Clock = {
  now: () => epochMs(Date.now()),
  uptime: () => performance.now(),
  wakeAt: (uptime, wake) => {
    const timer = setTimeout(wake, Math.min(MAX_TIMEOUT_MS, Math.max(0, Math.ceil(uptime - performance.now()))));
    return () => clearTimeout(timer);
  },
};
