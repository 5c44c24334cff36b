/** What is kept of a ReplicaSet and a Deployment: what tells a rollout from a scale-down. */
import { conditions, labelSelector, metadata } from './common.ts';
import { fields, type Keep, list, number, text, words } from './keep.ts';

const REVISION = ['deployment.kubernetes.io/revision'];

const image = list(fields({ name: text, image: text }));

const spec = fields({
  replicas: number,
  selector: labelSelector,
  template: fields({ spec: fields({ initContainers: image, containers: image }) }),
});

const replicas = {
  replicas: number,
  updatedReplicas: number,
  readyReplicas: number,
  availableReplicas: number,
  unavailableReplicas: number,
  terminatingReplicas: number,
};

export const keepOfReplicaSet: Keep = fields({
  kind: text,
  apiVersion: text,
  metadata: metadata({ annotations: words(REVISION) }),
  spec,
  status: fields(replicas),
});

export const keepOfDeployment: Keep = fields({
  kind: text,
  apiVersion: text,
  metadata: metadata({ annotations: words(REVISION) }),
  spec,
  status: fields({ ...replicas, conditions }),
});
