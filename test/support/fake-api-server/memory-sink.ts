/** A recorder that only remembers: for tests of what a stream hands over. */
import { type StreamKey, streamName } from '../../../src/domain/resources.ts';
import type { BatchSink, Cursor, StreamBatch } from '../../../src/domain/stream-batch.ts';

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
