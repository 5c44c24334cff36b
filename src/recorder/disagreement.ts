/** Whether the log knows what there was: a complete state at a stream's cursor that differs proves that something was lost. */
import { compareResourceVersions } from '../domain/resources.ts';
import type { ReceivedObject } from '../domain/stream-batch.ts';
import type { LogWriter, ObjectEvent, StreamRecord } from '../store/event-store.ts';

type Named = Pick<ReceivedObject, 'namespace' | 'name'>;

/**
 * Compares what the log knows to exist with `listed`, all objects of the stream at exactly its cursor. An object is the same
 * when its version is, or its stored body: of a reduced object a version that changed nothing of that is no event. Versions
 * of another epoch prove nothing, so there bodies decide alone.
 *
 * Another stream over the same objects (all namespaces, one namespace) may have told what happened after the cursor of this
 * one. An object of which it did is left out: the state at the cursor is not in question then.
 *
 * @returns what differs, for people: `at version 1005 the cluster differs from the log: 1 unknown, such as store/cart; 2 gone`
 */
export function disagreement(log: LogWriter, stream: StreamRecord, listed: readonly ReceivedObject[]): string | undefined {
  const { key, clusterId, epoch, cursor } = stream;
  if (cursor === undefined) return undefined;
  const mayBeLater = (event: ObjectEvent) =>
    event.streamId !== stream.id &&
    (event.epoch !== epoch ||
      // An inferred deletion carries the last version that was seen, not its own.
      (event.type === 'DELETED' && event.origin === 'relist') ||
      compareResourceVersions(event.resourceVersion, cursor.resourceVersion) > 0);
  const isSame = (event: ObjectEvent, { resourceVersion, body }: ReceivedObject) =>
    (event.epoch === epoch && event.resourceVersion === resourceVersion) || log.hasBody(event, body);

  const known = new Map(log.liveObjects({ clusterId, ...key }).map((event) => [event.object.uid, event]));
  const unknown = new Tally('unknown');
  const changed = new Tally('changed');
  const gone = new Tally('gone');
  for (const object of listed) {
    const event = known.get(object.uid);
    if (event !== undefined) {
      known.delete(object.uid);
      if (!isSame(event, object) && !mayBeLater(event)) changed.add(object);
      continue;
    }
    const { namespace, name } = object;
    const last = log.lastEvent({ clusterId, resource: key.resource, namespace, name });
    if (last === undefined || !mayBeLater(last)) unknown.add(object);
  }
  for (const event of known.values()) if (!mayBeLater(event)) gone.add(event.object);

  const differences = [unknown, changed, gone].filter(({ count }) => count > 0);
  if (differences.length === 0) return undefined;
  const counts = differences.map(({ count, what, example }, index) =>
    index === 0 ? `${count} ${what}, such as ${example}` : `${count} ${what}`,
  );
  return `at version ${cursor.resourceVersion} the cluster differs from the log: ${counts.join('; ')}`;
}

class Tally {
  readonly what: string;
  count = 0;
  example = '';

  constructor(what: string) {
    this.what = what;
  }

  add({ namespace, name }: Named): void {
    if (this.count++ === 0) this.example = namespace === '' ? name : `${namespace}/${name}`;
  }
}
