/** Whether a complete state comes from a store that was restored from a backup. */
import { compareResourceVersions } from '../domain/resources.ts';
import type { SnapshotBatch } from '../domain/stream-batch.ts';
import type { LogWriter, StreamRecord } from '../store/event-store.ts';

/**
 * Versions only grow, so a complete state that is older than what the log knows comes from another past than the log's,
 * also when the stream asked for it for another reason (a 410, and a restore before the relist was answered). Were it of
 * the same epoch, what is true now would be taken for a repeat of what was.
 *
 * @returns what shows it, for people; `undefined` when nothing does
 */
export function storeWentBack(log: LogWriter, stream: StreamRecord, batch: SnapshotBatch): string | undefined {
  const { id, clusterId, epoch, cursor, key } = stream;
  if (cursor === undefined) return undefined;
  if (compareResourceVersions(batch.resourceVersion, cursor.resourceVersion) < 0) {
    return `the store went back: it is at version ${batch.resourceVersion}, and was at ${cursor.resourceVersion}`;
  }
  for (const { namespace, name, resourceVersion } of batch.objects) {
    const last = log.lastEvent({ clusterId, resource: key.resource, namespace, name });
    // Another stream over the same objects may be further than this one.
    if (last?.streamId !== id || last.epoch !== epoch) continue;
    if (compareResourceVersions(resourceVersion, last.resourceVersion) < 0) {
      const object = namespace === '' ? name : `${namespace}/${name}`;
      return `the store went back: ${object} is at version ${resourceVersion}, and was at ${last.resourceVersion}`;
    }
  }
  return undefined;
}
