/** One open watch, which a test may also play by hand. */
import type { ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { type ResourceName, resourceNamed } from '../../../src/domain/resources.ts';
import type { ClusterHistory, HistoryEvent } from './history.ts';
import { concerns } from './history.ts';

export class WatchAnswer {
  readonly resource: ResourceName;
  readonly namespace: string | undefined;
  /** The version that was asked for. */
  readonly from: number;
  readonly #response: ServerResponse;
  readonly #history: ClusterHistory;
  readonly #unfollow: () => void;
  #frozen = false;
  /** What is not sent yet, while the watch lags. */
  #held: Buffer[] | undefined;

  /**
   * @param from the version that was asked for: nothing up to it is sent, even when it lies in the future (k/k#107457)
   */
  constructor(
    response: ServerResponse,
    history: ClusterHistory,
    resource: ResourceName,
    namespace: string | undefined,
    from = 0,
  ) {
    this.#response = response;
    this.#history = history;
    this.resource = resource;
    this.namespace = namespace;
    this.from = from;
    this.#unfollow = history.follow((event) => {
      if (event.revision > from && concerns(event, resource, namespace)) this.event(event);
    });
    response.on('close', () => this.#unfollow());
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
  }

  get open(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  event({ type, object }: Pick<HistoryEvent, 'type' | 'object'>): void {
    this.line({ type, object });
  }

  bookmark(version = this.#history.revision, annotations?: Record<string, unknown>): void {
    const { kind, apiVersion } = resourceNamed(this.resource);
    const metadata = { resourceVersion: String(version), ...(annotations ? { annotations } : {}) };
    this.line({ type: 'BOOKMARK', object: { kind, apiVersion, metadata } });
  }

  error(code: number, reason: string, message: string): void {
    this.line({
      type: 'ERROR',
      object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
    });
  }

  line(value: unknown): void {
    this.raw(`${JSON.stringify(value)}\n`);
  }

  raw(bytes: string | Uint8Array): void {
    if (this.#held) this.#held.push(Buffer.from(bytes));
    else if (!this.#frozen && this.open) this.#response.write(bytes);
  }

  /** Sends nothing until {@link release}, as a server whose watch cache lags behind its store. */
  hold(): void {
    this.#held ??= [];
  }

  /** Sends what was held back, at once and in order. */
  release(): void {
    const held = Buffer.concat(this.#held ?? []);
    this.#held = undefined;
    if (held.length > 0) this.raw(held);
  }

  /** Sends nothing from now on, and does not say so. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Sends bytes even though the watch is frozen. */
  trickle(bytes: string): void {
    if (this.open) this.#response.write(bytes);
  }

  /** As at a timeout, a shutdown, or the eviction of a slow reader. */
  end(): void {
    this.#unfollow();
    if (this.open) this.#response.end();
  }

  /** Breaks the connection. */
  reset(): void {
    this.#unfollow();
    const { socket } = this.#response;
    // TLS has no reset of its own.
    if (socket instanceof TLSSocket) socket.destroy();
    else socket?.resetAndDestroy();
  }
}
