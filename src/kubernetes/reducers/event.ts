/** What is kept of a v1 Event: the words of a probe failure, Killing, BackOff, ScalingReplicaSet, and whom they are about. */
import { metadata } from './common.ts';
import { fields, type Keep, number, text } from './keep.ts';

/** `fieldPath` names the container: `spec.containers{cart}`. */
const involvedObject = fields({ kind: text, apiVersion: text, namespace: text, name: text, uid: text, fieldPath: text });

export const keepOfEvent: Keep = fields({
  kind: text,
  apiVersion: text,
  metadata: metadata({ labels: () => undefined }),
  involvedObject,
  reason: text,
  message: text,
  type: text,
  source: fields({ component: text, host: text }),
  reportingComponent: text,
  // Old events count in `count`, those written through events.k8s.io/v1 in `series`.
  count: number,
  series: fields({ count: number, lastObservedTime: text }),
  firstTimestamp: text,
  lastTimestamp: text,
  eventTime: text,
});
