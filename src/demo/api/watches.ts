/** Watches of the demo API server: one streamed answer each, a line of JSON for every change. */
import type { Resource, ResourceName } from '../../domain/resources.ts';
import { type ClusterState, type StateChange, VersionTooOldError } from '../cluster-state.ts';
import type { CollectionPath, WatchQuery } from './request.ts';
import { expired } from './status.ts';

/** Where a watch writes. `write` gets whole lines; `end` closes the answer cleanly. */
export interface WatchSink {
  write(line: string): void;
  /** Bytes written but not yet taken by the client. */
  pendingBytes(): number;
  end(): void;
}

/** As a real API server: about every minute (cacher.go, `defaultBookmarkFrequency`). */
export const BOOKMARK_EVERY_MS = 60_000;
/** … and once more shortly before the watch times out. */
const BOOKMARK_BEFORE_END_MS = 2_000;
/** Without `timeoutSeconds` a watch ends after 30 to 60 minutes (kube-apiserver `--min-request-timeout` 1800). */
const MIN_TIMEOUT_S = 1_800;
/** A client that lets this much pile up is cut off without a word, as a real API server does with slow readers. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024;

/**
 * Starts a watch and feeds it until it times out or `stop` is called.
 *
 * A version that was forgotten is told the way a real server's watch cache tells it: HTTP 200, one ERROR line, the end.
 * A version from the future is accepted in silence, as there too.
 *
 * @param bookmarkEveryMs How often a watch that asks for bookmarks gets one.
 * @returns A function that ends the watch without touching the sink; for a client that went away.
 */
export function startWatch(
  state: ClusterState,
  path: CollectionPath,
  query: WatchQuery,
  sink: WatchSink,
  bookmarkEveryMs = BOOKMARK_EVERY_MS,
): () => void {
  const { resource, namespace } = path;
  const concerns = (change: StateChange) =>
    change.resource === resource.name && (namespace === undefined || change.namespace === namespace);

  const timers: NodeJS.Timeout[] = [];
  let unsubscribe = () => {};
  const stop = () => {
    unsubscribe();
    for (const timer of timers) clearTimeout(timer);
  };
  const end = () => {
    stop();
    sink.end();
  };

  if (query.resourceVersion === undefined || query.sendInitialEvents) {
    for (const { object, json } of state.list(resource.name)) {
      if (namespace === undefined || object.metadata.namespace === namespace) sink.write(line('ADDED', json));
    }
    if (query.sendInitialEvents) sink.write(bookmark(resource, state.version, true));
  } else {
    try {
      for (const change of state.changesSince(resource.name, versionNumber(query.resourceVersion))) {
        if (concerns(change)) sink.write(line(change.type, change.json));
      }
    } catch (error) {
      if (!(error instanceof VersionTooOldError)) throw error;
      sink.write(line('ERROR', JSON.stringify(expired(error.message).status)));
      sink.end();
      return () => {};
    }
  }

  // Nothing can be written between the lines above and this: the state changes only between turns of the event loop.
  unsubscribe = state.subscribe((change) => {
    if (!concerns(change)) return;
    sink.write(line(change.type, change.json));
    if (sink.pendingBytes() > MAX_PENDING_BYTES) end();
  });

  const timeoutMs = 1_000 * (query.timeoutSeconds ?? MIN_TIMEOUT_S * (1 + Math.random()));
  timers.push(setTimeout(end, Math.min(timeoutMs, 2 ** 31 - 1)));
  if (query.bookmarks && resource.watchCache) {
    const send = () => sink.write(bookmark(resource, state.version, false));
    timers.push(setInterval(send, bookmarkEveryMs));
    if (timeoutMs > BOOKMARK_BEFORE_END_MS)
      timers.push(setTimeout(send, Math.min(timeoutMs - BOOKMARK_BEFORE_END_MS, 2 ** 31 - 1)));
  }
  return stop;
}

/** Versions of the demo are small; a larger one than Number can hold is from the future in any case. */
function versionNumber(text: string): number {
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

function line(type: StateChange['type'] | 'ERROR' | 'BOOKMARK', json: string): string {
  return `{"type":"${type}","object":${json}}\n`;
}

/** The fields that Go writes of an empty object of each kind (seen on a 1.36 server). */
const EMPTY: Readonly<Record<ResourceName, string>> = {
  'v1/endpoints': '',
  'discovery.k8s.io/v1/endpointslices': ',"addressType":"","endpoints":null,"ports":null',
  'v1/services': ',"spec":{},"status":{"loadBalancer":{}}',
  'v1/pods': ',"spec":{"containers":null},"status":{}',
  'v1/nodes':
    ',"spec":{},"status":{"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","kubeletVersion":"","kubeProxyVersion":"","operatingSystem":"","architecture":""}}',
  'v1/events':
    ',"involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,"eventTime":null,"reportingComponent":"","reportingInstance":""',
  'apps/v1/replicasets':
    ',"spec":{"replicas":0,"selector":null,"template":{"metadata":{},"spec":{"containers":null}}},"status":{"replicas":0}',
  'apps/v1/deployments':
    ',"spec":{"replicas":0,"selector":null,"template":{"metadata":{},"spec":{"containers":null}},"strategy":{}},"status":{}',
};

function bookmark(resource: Resource, version: number, initialEventsEnd: boolean): string {
  const metadata = {
    resourceVersion: String(version),
    ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
  };
  const head = `{"kind":"${resource.kind}","apiVersion":"${resource.apiVersion}","metadata":${JSON.stringify(metadata)}`;
  return line('BOOKMARK', `${head}${EMPTY[resource.name]}}`);
}
