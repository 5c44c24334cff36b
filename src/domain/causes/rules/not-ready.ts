/** Why a listed Pod stopped being ready. */
import { type Cause, inferred, lessSure, lowerFirst, observed } from '../cause.ts';
import { type Evidence, type Note, type Version, versionAt } from '../evidence.ts';
import {
  type ContainerStatus,
  conditionOf,
  containersOf,
  isTrue,
  type Node,
  openGates,
  type Pod,
  type Termination,
} from '../objects.ts';
import { mentions } from '../workload.ts';

/** One change of a Pod. */
export interface PodChange {
  readonly evidence: Evidence;
  /** The version after the change. */
  readonly version: Version<Pod>;
  readonly before: Pod;
  readonly after: Pod;
}

type Rule = (change: PodChange) => Cause | undefined;

/** By how much each proves: what ended a container, the gate or the node that says so itself, then the probe. */
const RULES: readonly Rule[] = [containerEnded, readinessGate, nodeLost, readinessProbe];

export function notReady(change: PodChange): Cause | undefined {
  for (const rule of RULES) {
    const cause = rule(change);
    if (cause !== undefined) return cause;
  }
  return undefined;
}

/** How long before a container was seen to have ended its killing may have been announced: a grace period and a little more. */
const KILLING_MS = 90_000;

function containerEnded({ evidence, version, before, after }: PodChange): Cause | undefined {
  const ended = containersOf(after).flatMap(({ container, status }) => {
    const previous = containersOf(before).find((each) => each.container.name === container.name)?.status;
    const how = status && endedSince(previous, status);
    return how ? { name: container.name ?? '', how } : [];
  });
  const [first] = ended.toSorted((a, b) => severity(b.how) - severity(a.how));
  if (first === undefined) return undefined;
  const { name, how } = first;
  const notes = evidence.notes(version.uid).filter(({ at }) => at >= version.at - KILLING_MS);
  const killing = notes.findLast(({ reason, message }) => reason === 'Killing' && mentions(message, name));
  const exit = `exit ${how.exitCode ?? 'unknown'}`;
  if (killing !== undefined && /failed liveness probe/i.test(killing.message)) {
    const failed = notes.findLast(isFailure('Liveness'));
    const words = failed ? sentence(failed) : 'liveness probe failed';
    return observed('LivenessProbeFailed', `${words}; container ${name} ended (${exit})`, [failed, killing, version]);
  }
  const liveness = notes.findLast(isFailure('Liveness'));
  if (
    killing === undefined &&
    liveness !== undefined &&
    (how.exitCode === 137 || how.exitCode === 143) &&
    how.reason !== 'OOMKilled'
  ) {
    return inferred('LivenessProbeFailed', `${sentence(liveness)}; container ${name} ended (${exit})`, [liveness, version]);
  }
  const backOff = notes.find(({ reason, at }) => reason === 'BackOff' && at >= version.at);
  return observed('ContainerCrashed', `container ${name} ${how.reason ?? 'ended'} (${exit})`, [version, backOff]);
}

/** How a container ended between two versions of its status; `undefined` when it did not. */
function endedSince(before: ContainerStatus | undefined, after: ContainerStatus): Termination | undefined {
  const terminated = after.state?.terminated;
  const restarted = (after.restartCount ?? 0) > (before?.restartCount ?? 0);
  if (terminated !== undefined) return before?.state?.terminated === undefined || restarted ? terminated : undefined;
  return restarted ? (after.lastState?.terminated ?? {}) : undefined;
}

/** Of several containers that ended at once, the one that failed tells more than one that was stopped along with it. */
function severity({ exitCode, reason }: Termination): number {
  return reason === 'OOMKilled' ? 2 : exitCode !== 0 ? 1 : 0;
}

/** KEP-580 "Pod Readiness++": Ready is False while a condition named in `spec.readinessGates` is not True. */
function readinessGate({ version, before, after }: PodChange): Cause | undefined {
  const wasOpen = openGates(before);
  const [gate] = openGates(after).filter((each) => !wasOpen.includes(each));
  if (gate === undefined) return undefined;
  const condition = conditionOf(after, gate);
  const why = [condition?.reason, condition?.message].filter((word) => word !== undefined && word !== '').join(': ');
  return observed('ReadinessGateFailed', `readiness gate ${gate} is ${condition?.status ?? 'gone'}${why ? ` (${why})` : ''}`, [
    version,
  ]);
}

/**
 * The node controller marks the Pods of a node that is not ready: it sets their condition Ready to False and leaves
 * ContainersReady as it was (kubernetes pkg/controller/util/node MarkPodsNotReady). No kubelet writes that.
 */
function nodeLost({ evidence, version, after }: PodChange): Cause | undefined {
  if (!markedByNodeController(after)) return undefined;
  const name = after.spec?.nodeName ?? evidence.flip.backend.node ?? '';
  const note = evidence
    .notes(version.uid)
    .findLast(({ reason, at }) => reason === 'NodeNotReady' && at >= version.at - KILLING_MS);
  const node = nodeAround(evidence, version);
  const ready = conditionOf(node?.object, 'Ready');
  const isDown = ready !== undefined && ready.status !== 'True';
  const words =
    isDown && ready.status === 'False'
      ? `node ${name} is not ready${ready.reason ? `: ${ready.reason}` : ''}`
      : `node ${name} stopped reporting`;
  if (isDown || note !== undefined)
    return observed('NodeNotReady', isDown ? words : `node ${name} is not ready`, [isDown ? node : undefined, version, note]);
  return inferred('NodeNotReady', `node ${name} is not ready`, [version]);
}

export function markedByNodeController(pod: Pod): boolean {
  return conditionOf(pod, 'Ready')?.status === 'False' && isTrue(pod, 'ContainersReady') && openGates(pod).length === 0;
}

/** The node's version in force, or the one that says what the Pod's does already and was received a little later. */
export function nodeAround(evidence: Evidence, { at }: { readonly at: number }): Version<Node> | undefined {
  const inForce = versionAt(evidence.node, at as Version['at']);
  if (conditionOf(inForce?.object, 'Ready')?.status !== 'True') return inForce;
  return evidence.node.find((each) => each.at > at && !isTrue(each.object, 'Ready')) ?? inForce;
}

/**
 * A container that runs on and is not ready: its readiness probe fails (kubernetes pkg/kubelet/prober: the result of the
 * probe is what makes a running container ready).
 */
function readinessProbe({ evidence, version, before, after }: PodChange): Cause | undefined {
  if (isTrue(after, 'ContainersReady')) return undefined;
  const failing = containersOf(after).filter(({ container, status }) => {
    const previous = containersOf(before).find((each) => each.container.name === container.name)?.status;
    return status?.ready === false && status.state?.running !== undefined && previous?.ready !== false;
  });
  const [first] = failing;
  const note = probeNote(evidence, version, first?.container.readinessProbe);
  if (first === undefined) return undefined;
  const which = containersOf(after).length > 1 ? ` of container ${first.container.name}` : '';
  if (note !== undefined) return observed('ReadinessProbeFailed', sentence(note, which), [note, version]);
  if (first.container.readinessProbe === undefined) return undefined;
  return inferred('ReadinessProbeFailed', `readiness probe${which} failed`, [version]);
}

/** The last failure before the Pod stopped being ready, or the first one after. Failures come once a period. */
function probeNote(
  evidence: Evidence,
  version: Version<Pod>,
  probe: { periodSeconds?: number; failureThreshold?: number } | undefined,
) {
  const span = Math.max(60_000, 2_000 * (probe?.periodSeconds ?? 10) * (probe?.failureThreshold ?? 3));
  const notes = evidence.notes(version.uid).filter(isFailure('Readiness'));
  return notes.findLast(({ at }) => at <= version.at && at >= version.at - span) ?? notes.find(({ at }) => at > version.at);
}

/** What the kubelet calls them (kubernetes pkg/kubelet/prober/prober.go, `%s probe failed: %s` and `errored`). */
function isFailure(probe: 'Readiness' | 'Liveness'): (note: Note) => boolean {
  return ({ reason, message }) => reason === 'Unhealthy' && new RegExp(`\\b${probe} probe (failed|errored)`, 'i').test(message);
}

/** `readiness probe failed: HTTP probe failed with statuscode: 503` */
function sentence({ message }: Note, which = ''): string {
  const own = message.replace(/^\(combined from similar events\): /, '');
  return lowerFirst(own.replace(/^(\w+ probe)/, `$1${which}`));
}

/** A cause that is told of a Pod version that a gap may hide changes before. */
export function asFarAsKnown(cause: Cause, { origin }: Version<Pod>): Cause {
  return origin === 'watch' ? cause : lessSure(cause);
}
