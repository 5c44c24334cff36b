/** Makes all projections again from the log. */
import type { EventStore, Position } from '../store/event-store.ts';
import { Projector } from './projector.ts';

export interface RebuildProgress {
  readonly position: number;
  readonly lastPosition: number;
}

export interface RebuildSummary {
  readonly events: number;
  readonly flips: number;
}

const PAGE = 1_000;

/**
 * Empties the projections and makes them again, in one transaction: until it ends, and if it fails, readers see the old ones.
 *
 * @throws CorruptLogError when a version that is needed cannot be read
 */
export function rebuild(store: EventStore, onProgress?: (progress: RebuildProgress) => void): RebuildSummary {
  return store.write((log) => {
    const horizon = Math.max(0, ...log.horizons().map(({ position }) => position));
    const projector = new Projector(horizon as Position);
    let settled = horizon === 0;
    const lastPosition = log.lastPosition();
    let events = 0;
    let flips = 0;
    log.clearProjections();
    for (let after = 0 as Position; ; ) {
      const page = log.events({ after, limit: PAGE });
      for (const event of page) {
        if (!settled && event.position > horizon) {
          log.settleAtHorizon();
          settled = true;
        }
        flips += projector.project(log, event);
        after = event.position;
      }
      events += page.length;
      onProgress?.({ position: after, lastPosition });
      if (page.length < PAGE) {
        if (!settled) log.settleAtHorizon();
        return { events, flips };
      }
    }
  });
}
