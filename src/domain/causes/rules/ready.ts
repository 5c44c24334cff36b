/** Why a listed Pod became ready. */
import { type Cause, inferred, observed } from '../cause.ts';
import { type Evidence, type Version, versionAt } from '../evidence.ts';
import { type ContainerStatus, conditionOf, containersOf, isTrue, openGates, type Pod } from '../objects.ts';
import { markedByNodeController, type PodChange } from './not-ready.ts';

type Rule = (change: PodChange) => Cause | undefined;

const RULES: readonly Rule[] = [nodeBack, readinessGate, containerRestarted, readinessProbe, containersStarted];

export function ready(change: PodChange): Cause | undefined {
  for (const rule of RULES) {
    const cause = rule(change);
    if (cause !== undefined) return cause;
  }
  return undefined;
}

/** What the node controller marked not ready, the kubelet marks ready again once it reports. */
function nodeBack({ evidence, version, before }: PodChange): Cause | undefined {
  if (!markedByNodeController(before)) return undefined;
  const name = before.spec?.nodeName ?? evidence.flip.backend.node ?? '';
  const back = nodeTurn(evidence, version);
  const words = `node ${name} is ready again`;
  return back ? observed('NodeReady', words, [back, version]) : inferred('NodeReady', words, [version]);
}

/** The version in which the node was ready again, after one in which it was not. */
function nodeTurn(evidence: Evidence, version: Version<Pod>) {
  const { node } = evidence;
  const isUp = (index: number) => isTrue(node[index]?.object, 'Ready');
  const inForce = versionAt(node, version.at);
  let index = inForce ? node.indexOf(inForce) : -1;
  if (index < 0 || !isUp(index)) index = node.findIndex((each, i) => each.at > version.at && isUp(i));
  while (index > 0 && isUp(index - 1)) index--;
  return index > 0 ? node[index] : undefined;
}

function readinessGate({ version, before, after }: PodChange): Cause | undefined {
  const [gate] = openGates(before).filter((each) => !openGates(after).includes(each));
  if (gate === undefined) return undefined;
  const reason = conditionOf(after, gate)?.reason;
  return observed('ReadinessGatePassed', `readiness gate ${gate} is True${reason ? ` (${reason})` : ''}`, [version]);
}

/** A container that is ready now and was started again since the Pod was last ready, or came up only after it had ended before. */
function containerRestarted({ evidence, version, before, after }: PodChange): Cause | undefined {
  const earlier = evidence.pod.filter(({ position, uid }) => position < version.position && uid === version.uid);
  const lastReady = earlier.findLast(({ object }) => isTrue(object, 'Ready'))?.object;
  for (const { container, status } of containersOf(after)) {
    if (status?.ready !== true) continue;
    const then = lastReady && statusOf(lastReady, container.name);
    const previous = statusOf(before, container.name);
    const wasDown = previous?.state?.running === undefined && (previous?.restartCount ?? 0) + (status.restartCount ?? 0) > 0;
    const again = then
      ? (status.restartCount ?? 0) > (then.restartCount ?? 0)
      : wasDown || ((status.restartCount ?? 0) > 0 && previous?.ready === false);
    if (!again) continue;
    const end = status.lastState?.terminated ?? previous?.state?.terminated ?? previous?.lastState?.terminated;
    const after_ = end ? ` after ${end.reason ?? 'its end'} (exit ${end.exitCode ?? 'unknown'})` : '';
    const ended = earlier.findLast(({ object }) => statusOf(object, container.name)?.state?.terminated !== undefined);
    return observed('ContainerRestarted', `container ${container.name} restarted${after_}`, [ended, version]);
  }
  return undefined;
}

function statusOf(pod: Pod, name: string | undefined): ContainerStatus | undefined {
  return containersOf(pod).find(({ container }) => container.name === name)?.status;
}

/** A container with a readiness probe is ready once the probe passes; kubelets send no Event of that. */
function readinessProbe({ version, before, after }: PodChange): Cause | undefined {
  const passed = becameReady(before, after).filter(({ container }) => container.readinessProbe !== undefined);
  const [first] = passed;
  if (first === undefined) return undefined;
  const which = containersOf(after).length > 1 ? ` of container ${first.container.name}` : '';
  return observed('ReadinessProbePassed', `readiness probe${which} passed`, [version]);
}

/** Without a probe a container is ready while it runs. */
function containersStarted({ evidence, version, before, after }: PodChange): Cause | undefined {
  const names = (of: ReturnType<typeof becameReady>) => of.map(({ container }) => container.name).join(', ');
  const came = becameReady(before, after);
  const started = came.filter(({ container }) => statusOf(before, container.name)?.state?.running === undefined);
  if (started.length > 0) return observed('PodStarted', `containers started: ${names(started)}`, [version]);
  // Of a Pod that is known from its beginning and was never ready, nothing else is to be said.
  const [first] = evidence.pod;
  const isFirstTime =
    first?.type === 'ADDED' &&
    !evidence.pod.some(({ position, object }) => position < version.position && isTrue(object, 'Ready'));
  return came.length > 0 && isFirstTime ? inferred('PodStarted', `containers started: ${names(came)}`, [version]) : undefined;
}

function becameReady(before: Pod, after: Pod) {
  return containersOf(after).filter(
    ({ container, status }) => status?.ready === true && statusOf(before, container.name)?.ready !== true,
  );
}
