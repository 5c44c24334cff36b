/** What is kept of a Node: whether its Pods can be ready, and where it stands. */
import { conditions, metadata } from './common.ts';
import { fields, flag, type Keep, list, text, words } from './keep.ts';

const LABELS = ['kubernetes.io/hostname', 'topology.kubernetes.io/region', 'topology.kubernetes.io/zone'];

export const keepOfNode: Keep = fields({
  kind: text,
  apiVersion: text,
  metadata: metadata({ labels: words(LABELS) }),
  spec: fields({
    unschedulable: flag,
    taints: list(fields({ key: text, value: text, effect: text, timeAdded: text })),
  }),
  status: fields({ conditions }),
});
