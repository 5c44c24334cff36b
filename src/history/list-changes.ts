/** What the log tells of a Service's address lists over a window, part by part. */
import type { Source } from '../domain/backends.ts';
import type { ListChange } from '../store/event-store.ts';
import type { WindowPart } from './gaps.ts';
import type { LogView } from './log-view.ts';
import type { SeenService } from './resolve.ts';

/** The changes in one part; its start belongs to it, its end does not. */
export interface ChangesOfPart {
  readonly part: WindowPart;
  readonly changes: readonly ListChange[];
}

export function listChanges(
  { reader, asOf }: LogView,
  { record }: SeenService,
  source: Source,
  parts: readonly WindowPart[],
): ChangesOfPart[] {
  return parts.map((part) => {
    const { from, to } = part;
    return { part, changes: record ? reader.listChanges({ serviceId: record.id, source, from, to, asOf }) : [] };
  });
}
