/** Parts that several kinds of object share. */
import { fields, flag, type Keep, list, number, text, words } from './keep.ts';

/**
 * Everything of ObjectMeta that explains readiness. Never `annotations` (they hold whole manifests, with env values, under
 * `kubectl.kubernetes.io/last-applied-configuration`), `managedFields`, or `resourceVersion` (the event carries it, and it
 * changes with every write of a field that is not kept).
 */
export function metadata(more: { readonly labels?: Keep; readonly annotations?: Keep } = {}): Keep {
  return fields({
    name: text,
    namespace: text,
    uid: text,
    creationTimestamp: text,
    deletionTimestamp: text,
    deletionGracePeriodSeconds: number,
    labels: more.labels ?? words(),
    ...(more.annotations ? { annotations: more.annotations } : {}),
    ownerReferences: list(fields({ apiVersion: text, kind: text, name: text, uid: text, controller: flag })),
  });
}

/**
 * Conditions without the times that only say that someone looked again: `lastHeartbeatTime` of a Node (every five
 * minutes, even when nothing changed), `lastProbeTime` of a Pod, `lastUpdateTime` of a Deployment.
 */
export const conditions = list(fields({ type: text, status: text, reason: text, message: text, lastTransitionTime: text }));

const expressions = list(fields({ key: text, operator: text, values: list(text) }));

/** LabelSelector of apps/v1. */
export const labelSelector = fields({ matchLabels: words(), matchExpressions: expressions });
