/** What a kubelet writes into a Pod's status. Each function edits a draft. */
import type { EpochMs } from '../../domain/time.ts';
import {
  type Condition,
  type ContainerState,
  type ContainerStatus,
  kubeTime,
  noteWrite,
  type Pod,
  setCondition,
} from '../objects.ts';

/** The container has started and has not been found ready yet. */
export function setStarted(
  pod: Pod,
  address: { readonly hostIP: string; readonly podIP: string },
  containerID: string,
  at: EpochMs,
): void {
  const [container] = pod.spec.containers;
  const conditions = pod.status.conditions ?? [];
  setCondition(conditions, 'Initialized', 'True', at, undefined);
  pod.status = {
    phase: 'Running',
    conditions,
    hostIP: address.hostIP,
    podIP: address.podIP,
    podIPs: [{ ip: address.podIP }],
    startTime: kubeTime(at),
    containerStatuses: [
      {
        name: container?.name ?? '',
        state: { running: { startedAt: kubeTime(at) } },
        lastState: {},
        ready: false,
        restartCount: 0,
        image: container?.image ?? '',
        imageID: 'sha256:0',
        containerID,
        started: true,
      },
    ],
    qosClass: pod.status.qosClass,
  };
  setReady(pod, false, at);
}

export function setReady(pod: Pod, ready: boolean, at: EpochMs): void {
  const [status] = pod.status.containerStatuses ?? [];
  if (status === undefined) return;
  status.ready = ready;
  const conditions: Condition[] = pod.status.conditions ?? [];
  const why = ready ? undefined : { reason: 'ContainersNotReady', message: `containers with unready status: [${status.name}]` };
  for (const type of ['ContainersReady', 'Ready']) setCondition(conditions, type, ready ? 'True' : 'False', at, why);
  pod.status.conditions = conditions;
  noteWrite(pod, 'kubelet', at, { subresource: 'status', fields: { 'f:status': {} } });
}

/** The container has ended; what comes of it (a restart, a back-off, the end of the Pod) is told later. */
export function setTerminated(pod: Pod, exitCode: number, reason: string, at: EpochMs): void {
  const [status] = pod.status.containerStatuses ?? [];
  if (status === undefined) return;
  const startedAt = status.state.running?.startedAt ?? kubeTime(at);
  status.state = { terminated: { exitCode, reason, startedAt, finishedAt: kubeTime(at), ...containerID(status) } };
  status.started = false;
  setReady(pod, false, at);
}

/** The ended container waits for its next start. */
export function setWaiting(pod: Pod, waiting: NonNullable<ContainerState['waiting']>, at: EpochMs): void {
  const [status] = pod.status.containerStatuses ?? [];
  if (status === undefined) return;
  if (status.state.terminated) status.lastState = { terminated: status.state.terminated };
  status.state = { waiting };
  setReady(pod, false, at);
}

/** A new container runs in place of the ended one. */
export function setRestarted(pod: Pod, newContainerID: string, at: EpochMs): void {
  const [status] = pod.status.containerStatuses ?? [];
  if (status === undefined) return;
  if (status.state.terminated) status.lastState = { terminated: status.state.terminated };
  status.state = { running: { startedAt: kubeTime(at) } };
  status.restartCount++;
  status.containerID = newContainerID;
  status.started = true;
  setReady(pod, false, at);
}

function containerID({ containerID }: ContainerStatus): { containerID?: string } {
  return containerID === undefined ? {} : { containerID };
}
