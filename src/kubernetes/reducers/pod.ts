/** What is kept of a Pod: what makes it ready or not, and what ended a container. Never env, volumes, args or annotations. */
import { conditions, metadata } from './common.ts';
import { fields, flag, type Keep, list, number, numberOrText, presence, text } from './keep.ts';

/** Without the query: people write tokens there (`/healthz?token=…`). */
const pathAlone: Keep = (value) => (typeof value === 'string' ? value.replace(/[?#].*$/s, '') : undefined);

/** What is probed, where and how often. Not `exec.command`, `httpGet.httpHeaders` or `httpGet.host`: they may hold secrets. */
const probe = fields({
  httpGet: fields({ path: pathAlone, port: numberOrText, scheme: text }),
  tcpSocket: fields({ port: numberOrText }),
  grpc: fields({ port: number, service: text }),
  exec: presence,
  initialDelaySeconds: number,
  periodSeconds: number,
  timeoutSeconds: number,
  successThreshold: number,
  failureThreshold: number,
});

const container = fields({
  name: text,
  image: text,
  // On an init container: `Always` makes it a sidecar, which counts for readiness.
  restartPolicy: text,
  ports: list(fields({ name: text, containerPort: number, protocol: text })),
  readinessProbe: probe,
});

/** Not `message`: for a terminated container it is the container's own output (terminationMessagePolicy), for a waiting one free text. */
const containerState = fields({
  waiting: fields({ reason: text }),
  running: fields({ startedAt: text }),
  terminated: fields({ exitCode: number, signal: number, reason: text, startedAt: text, finishedAt: text }),
});

const containerStatuses = list(
  fields({ name: text, ready: flag, started: flag, restartCount: number, state: containerState, lastState: containerState }),
);

export const keepOfPod: Keep = fields({
  kind: text,
  apiVersion: text,
  metadata: metadata(),
  spec: fields({
    nodeName: text,
    readinessGates: list(fields({ conditionType: text })),
    initContainers: list(container),
    containers: list(container),
  }),
  status: fields({
    phase: text,
    reason: text,
    message: text,
    startTime: text,
    podIPs: list(fields({ ip: text })),
    conditions,
    initContainerStatuses: containerStatuses,
    containerStatuses,
  }),
});
