/** The versions that objects had over a window. */
import type { Version } from '../domain/causes/index.ts';
import type { KubeObject } from '../domain/objects.ts';
import type { ResourceName } from '../domain/resources.ts';
import { type EpochMs, epochMs } from '../domain/time.ts';
import type { ClusterId, ObjectEvent } from '../store/event-store.ts';
import { storedVersions } from './causes/stored-version.ts';
import type { LogView } from './log-view.ts';

export interface ObjectsOf {
  readonly clusterId: ClusterId;
  readonly resource: ResourceName;
  readonly namespace: string;
}

export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/**
 * The versions of the object with this name, whichever its uid, by position: the one in force at `from`, if it existed, and
 * those with from < at < to.
 */
export function versionsOf<T extends KubeObject>(
  view: LogView,
  objects: ObjectsOf & { readonly name: string },
  span: Span,
): readonly Version<T>[] {
  return storedVersions<T>(view.reader, eventsOf(view, objects, span));
}

/** The same for every object of a resource in a namespace, by name. */
export function versionsIn<T extends KubeObject>(
  view: LogView,
  objects: ObjectsOf,
  span: Span,
): ReadonlyMap<string, readonly Version<T>[]> {
  const events = eventsOf(view, { ...objects, name: { prefix: '' } }, span);
  const byName = Map.groupBy(events, ({ object }) => object.name);
  return new Map([...byName].map(([name, ofName]) => [name, storedVersions<T>(view.reader, ofName)]));
}

function eventsOf(
  { reader, asOf }: LogView,
  objects: ObjectsOf & { readonly name: string | { readonly prefix: string } },
  { from, to }: Span,
): ObjectEvent[] {
  // The store's spans include their end, an instant of one millisecond.
  return reader.versions({ ...objects, from, to: epochMs(to - 1), asOf });
}
