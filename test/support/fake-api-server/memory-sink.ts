/** A recorder that only remembers: for tests of what a stream hands over. */
import { type StreamKey, streamName } from '../../../src/domain/resources.ts';
import type { BatchSink, Cursor, ReceivedObject, StreamBatch } from '../../../src/domain/stream-batch.ts';

export class MemorySink implements BatchSink {
  readonly batches: StreamBatch[] = [];
  /** Set: the next commits throw it. */
  failure: Error | undefined;
  readonly #cursors = new Map<string, Cursor>();
  #waiting: (() => void)[] = [];

  commit(batch: StreamBatch): void {
    if (this.failure) {
      this.#wake();
      throw this.failure;
    }
    this.batches.push(batch);
    const name = streamName(batch.stream);
    if (batch.kind === 'snapshot') this.#cursors.set(name, { resourceVersion: batch.resourceVersion, provenAt: batch.at });
    if (batch.kind === 'changes') this.#cursors.set(name, { resourceVersion: batch.cursor, provenAt: batch.provenAt });
    this.#wake();
  }

  cursor(stream: StreamKey): Cursor | undefined {
    return this.#cursors.get(streamName(stream));
  }

  /** As `unknown: cart; gone: shop`: which objects differ from what the batches told. */
  disagreement(stream: StreamKey, objects: readonly ReceivedObject[]): string | undefined {
    const known = this.#known(stream);
    const unknown = objects.filter(({ uid }) => !known.has(uid));
    const changed = objects.filter(
      ({ uid, resourceVersion }) => known.has(uid) && known.get(uid)?.resourceVersion !== resourceVersion,
    );
    for (const { uid } of objects) known.delete(uid);
    const said = Object.entries({ unknown, changed, gone: [...known.values()] })
      .filter(([, each]) => each.length > 0)
      .map(([what, each]) => `${what}: ${each.map(({ name }) => name).join(', ')}`);
    return said.length === 0 ? undefined : said.join('; ');
  }

  #known(stream: StreamKey): Map<string, ReceivedObject> {
    const known = new Map<string, ReceivedObject>();
    for (const batch of this.batches.filter((each) => streamName(each.stream) === streamName(stream))) {
      if (batch.kind === 'snapshot') {
        known.clear();
        for (const object of batch.objects) known.set(object.uid, object);
      } else if (batch.kind === 'changes') {
        for (const { type, object } of batch.changes) {
          if (type === 'DELETED') known.delete(object.uid);
          else known.set(object.uid, object);
        }
      }
    }
    return known;
  }

  /** Resolves once the condition holds; looked at after every commit. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The first batch that fits, once there is one. */
  async first<Kind extends StreamBatch['kind']>(
    kind: Kind,
    fits: (batch: StreamBatch & { kind: Kind }) => boolean = () => true,
  ): Promise<StreamBatch & { kind: Kind }> {
    const find = () =>
      this.batches.find(
        (each): each is StreamBatch & { kind: Kind } => each.kind === kind && fits(each as StreamBatch & { kind: Kind }),
      );
    await this.until(() => find() !== undefined);
    return find() as StreamBatch & { kind: Kind };
  }

  /** Every change in order, as `ADDED cart 1001`. */
  changes(stream?: StreamKey): string[] {
    return this.batches
      .filter((each) => each.kind === 'changes' && (stream === undefined || streamName(each.stream) === streamName(stream)))
      .flatMap((each) => (each.kind === 'changes' ? each.changes : []))
      .map(({ type, object }) => `${type} ${object.name} ${object.resourceVersion}`);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
