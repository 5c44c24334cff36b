/** All streams of a cluster. */
import type { Log } from '../domain/log.ts';
import { RESOURCES, type Resource, type StreamKey } from '../domain/resources.ts';
import type { BatchSink } from '../domain/stream-batch.ts';
import { AddressListParser } from './address-list-parser.ts';
import type { Client } from './client.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { DEFAULT_SETTINGS, type WatchSettings } from './settings.ts';
import { type ConfirmCluster, Stream, type StreamStatus, type WatchObserver } from './stream.ts';

export interface WatchOptions {
  readonly client: Pick<Client, 'connect'>;
  readonly sink: BatchSink;
  readonly log: Log;
  /** Empty or absent: all namespaces. Nodes are watched cluster-wide in any case. */
  readonly namespaces?: readonly string[];
  /** Default: all eight. */
  readonly resources?: readonly Resource[];
  readonly settings?: Partial<WatchSettings>;
  readonly observer?: WatchObserver;
  /** Absent: the address is trusted to stay the cluster's. */
  readonly confirmCluster?: ConfirmCluster | undefined;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export interface Watcher {
  /** In the order of the resources. */
  status(): readonly StreamStatus[];
  /** No request is made afterwards; resolves when every stream is quiet. */
  stop(): Promise<void>;
}

/**
 * Starts a stream for each resource (and namespace). They share nothing: one that is forbidden, not served or broken leaves
 * the others alone. Nothing is thrown later; `status` and the ledger tell.
 *
 * @throws what the sink throws when it is asked for a cursor.
 */
export function startWatching(options: WatchOptions): Watcher {
  const { client, sink, log, clock = SYSTEM_CLOCK, random = Math.random, observer = {}, confirmCluster } = options;
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const keys = streamsOf(options.resources ?? RESOURCES, options.namespaces ?? []);
  const parser = new AddressListParser();
  const shared = { sink, clock, random, log, settings, observer, confirmCluster, parser };
  const streams = keys.map((key) => new Stream(key, { transport: client.connect(), ...shared }));
  const stop = async () => {
    await Promise.all(streams.map((stream) => stream.stop()));
  };
  try {
    for (const stream of streams) stream.start();
  } catch (error) {
    void stop();
    throw error;
  }
  return { status: () => streams.map((stream) => stream.status), stop };
}

/** The streams of some resources: one for each, or one for each namespace where the resource has namespaces. */
export function streamsOf(resources: readonly Resource[], namespaces: readonly string[]): StreamKey[] {
  const distinct = [...new Set(namespaces)];
  return resources.flatMap(({ name, namespaced }): StreamKey[] =>
    namespaced && distinct.length > 0 ? distinct.map((namespace) => ({ resource: name, namespace })) : [{ resource: name }],
  );
}
