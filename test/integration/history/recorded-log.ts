/** A log written by the real recorder into a real store, told as a short story of batches. */
import type { Source } from '../../../src/domain/backends.ts';
import type { ResourceName, StreamKey } from '../../../src/domain/resources.ts';
import type { ChangeType, EndReason } from '../../../src/domain/stream-batch.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { localHistory } from '../../../src/history/local-history.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { openStore } from '../../../src/store/sqlite/store.ts';
import { newLogFile } from '../../support/log-folder.ts';
import { type AddressSketch, type ObjectSketch, received, sliceOf, subsetsOf } from '../../support/objects.ts';

export const ENDPOINTS = 'v1/endpoints';
export const SLICES = 'discovery.k8s.io/v1/endpointslices';
export const SERVICES = 'v1/services';
export const RESOURCE: Record<Source, ResourceName> = { endpoints: ENDPOINTS, endpointslices: SLICES };

/** Instants of the stories: 2026-11-23T16:00:00Z and some milliseconds. */
export const START = Date.UTC(2026, 10, 23, 16);
export const at = (ms: number) => epochMs(START + ms);
export const text = (ms: number) => new Date(START + ms).toISOString();

type Sketch = Omit<ObjectSketch, 'uid' | 'version'> & { uid?: string };

export const endpoints = (name: string, addresses: readonly AddressSketch[], port?: number): Sketch => ({
  name,
  body: subsetsOf(addresses, port),
});
export const slice = (name: string, service: string, addresses: readonly AddressSketch[]): Sketch => ({
  name,
  labels: { 'kubernetes.io/service-name': service },
  body: sliceOf(addresses),
});

const EXPIRED: EndReason = { code: 'expired', detail: '410 Expired: too old resource version' };

/** Opens a new log. Times are milliseconds after {@link START}. */
export function recordedLog(clusterName = 'test') {
  const file = newLogFile();
  const store = openStore(file);
  let version = 100;
  const clusterOf = (name: string) => {
    const recorder = new Recorder({ store, cluster: { uid: `uid-${name}`, name }, times: 'given' });
    const make = (key: StreamKey, sketch: Sketch) =>
      received(key.resource, { uid: `uid-of-${sketch.name}`, ...sketch, version: ++version });
    const keyOf = (stream: ResourceName | StreamKey): StreamKey => (typeof stream === 'string' ? { resource: stream } : stream);
    return {
      /** A complete state: the first one, or a relist. */
      snapshot(ms: number, stream: ResourceName | StreamKey, objects: readonly Sketch[] = [], reason = EXPIRED) {
        const key = keyOf(stream);
        const made = objects.map((each) => make(key, each));
        recorder.commit({ kind: 'snapshot', stream: key, at: at(ms), resourceVersion: String(++version), objects: made, reason });
      },
      /** One change, proven up to its own instant. */
      change(ms: number, stream: ResourceName | StreamKey, type: ChangeType, sketch: Sketch) {
        const key = keyOf(stream);
        const changes = [{ type, object: make(key, sketch) }];
        recorder.commit({ kind: 'changes', stream: key, at: at(ms), changes, cursor: String(version), provenAt: at(ms) });
      },
      /** Nothing changed up to this instant. */
      prove(ms: number, stream: ResourceName | StreamKey) {
        const key = keyOf(stream);
        recorder.commit({ kind: 'changes', stream: key, at: at(ms), changes: [], cursor: String(++version), provenAt: at(ms) });
      },
      interrupt(ms: number, stream: ResourceName | StreamKey, reason: EndReason = EXPIRED) {
        recorder.commit({ kind: 'interrupted', stream: keyOf(stream), at: at(ms), reason });
      },
    };
  };
  const history = localHistory(store.reader);
  return { file, store, reader: store.reader, history, clusterOf, ...clusterOf(clusterName) };
}
