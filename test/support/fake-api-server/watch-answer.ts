/** One open watch, which a test may also play by hand. */
import type { ServerResponse } from 'node:http';
import { type ResourceName, resourceNamed } from '../../../src/domain/resources.ts';
import type { ClusterHistory, HistoryEvent } from './history.ts';
import { concerns } from './history.ts';

export class WatchAnswer {
  readonly resource: ResourceName;
  readonly namespace: string | undefined;
  readonly #response: ServerResponse;
  readonly #history: ClusterHistory;
  readonly #unfollow: () => void;
  #frozen = false;

  constructor(response: ServerResponse, history: ClusterHistory, resource: ResourceName, namespace: string | undefined) {
    this.#response = response;
    this.#history = history;
    this.resource = resource;
    this.namespace = namespace;
    this.#unfollow = history.follow((event) => {
      if (concerns(event, resource, namespace)) this.event(event);
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
    if (!this.#frozen && this.open) this.#response.write(bytes);
  }

  /** Sends nothing from now on, and does not say so. */
  freeze(): void {
    this.#frozen = true;
  }

  /** As at a timeout, a shutdown, or the eviction of a slow reader. */
  end(): void {
    this.#unfollow();
    if (this.open) this.#response.end();
  }

  /** Breaks the connection. */
  reset(): void {
    this.#unfollow();
    this.#response.socket?.resetAndDestroy();
  }
}
