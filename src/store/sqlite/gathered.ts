/**
 * Rows that a transaction would write again and again, and that nothing reads meanwhile: how many deltas stand on a body, a
 * backend's newest flip, a stream's cursor. Each is written once, before the transaction ends or someone does read it. Of a
 * large import, which is one transaction, that spares three statements an event.
 */
import type { Cursor } from '../../domain/stream-batch.ts';
import type { StreamId } from '../event-store.ts';
import type { Statements } from './statements.ts';

/** Rows gathered at most: they are written when there are more. */
const MAX_ROWS = 10_000;

export class Gathered {
  readonly #sql: Statements;
  /** By position of the body. */
  readonly #deltas = new Map<number, number>();
  /** Position of the newest flip, by backend. */
  readonly #flips = new Map<number, number>();
  readonly #cursors = new Map<StreamId, Cursor & { readonly epoch: number }>();

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** To be called for every delta that is stored. */
  delta(base: number): void {
    this.#deltas.set(base, (this.#deltas.get(base) ?? 0) + 1);
    if (this.#deltas.size > MAX_ROWS) this.#writeDeltas();
  }

  /** To be called for every flip of a backend that has a row. */
  flip(backend: number, position: number): void {
    this.#flips.set(backend, position);
    if (this.#flips.size > MAX_ROWS) this.#writeFlips();
  }

  cursor(stream: StreamId, epoch: number, { resourceVersion, provenAt }: Cursor): void {
    this.#cursors.set(stream, { epoch, resourceVersion, provenAt });
  }

  /** To be called before any of these rows is read or changed otherwise, and before the transaction ends. */
  write(): void {
    this.writeCursors();
    this.#writeFlips();
    this.#writeDeltas();
  }

  writeCursors(): void {
    for (const [stream, { epoch, resourceVersion, provenAt }] of this.#cursors) {
      this.#sql.run(
        `INSERT INTO cursor (stream_id, epoch, resource_version, proven_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (stream_id) DO UPDATE
         SET epoch = excluded.epoch, resource_version = excluded.resource_version, proven_at = excluded.proven_at`,
        stream,
        epoch,
        resourceVersion,
        provenAt,
      );
    }
    this.#cursors.clear();
  }

  /** After a transaction was rolled back. */
  forget(): void {
    this.#cursors.clear();
    this.#flips.clear();
    this.#deltas.clear();
  }

  #writeFlips(): void {
    for (const [backend, position] of this.#flips) {
      this.#sql.run('UPDATE backend SET last_position = ? WHERE backend_id = ?', position, backend);
    }
    this.#flips.clear();
  }

  #writeDeltas(): void {
    for (const [base, deltas] of this.#deltas) {
      this.#sql.run(
        'INSERT INTO footing (position, deltas) VALUES (?, ?) ON CONFLICT DO UPDATE SET deltas = deltas + excluded.deltas',
        base,
        deltas,
      );
    }
    this.#deltas.clear();
  }
}
