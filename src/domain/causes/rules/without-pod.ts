/** What is left to go by where the Pod itself is not recorded: v1 Events about it, and its node. */
import { type Cause, inferred, lowerFirst } from '../cause.ts';
import { between, type Evidence, LOOK_AHEAD_MS } from '../evidence.ts';
import { isTrue } from '../objects.ts';

const BEFORE_MS = 60_000;

export function withoutPod(evidence: Evidence): Cause | undefined {
  const { flip, pod } = evidence;
  const uid = flip.backend.pod?.uid;
  if (!uid || pod.length > 0 || flip.from === 'absent') return undefined;
  const notes = between(evidence.notes(uid), flip.at - BEFORE_MS, flip.at + LOOK_AHEAD_MS);
  const last = (wanted: (reason: string, message: string) => boolean) =>
    notes.findLast((note) => wanted(note.reason, note.message));
  if (flip.to === 'notReady') {
    const liveness = last((reason, message) => reason === 'Killing' && /failed liveness probe/i.test(message));
    if (liveness) return inferred('LivenessProbeFailed', lowerFirst(liveness.message), [liveness]);
    const node =
      last((reason) => reason === 'NodeNotReady') ??
      evidence.node.findLast(({ at, object }) => at >= flip.at - BEFORE_MS && !isTrue(object, 'Ready'));
    if (node) return inferred('NodeNotReady', `node ${flip.backend.node ?? ''} is not ready`, [node]);
    const probe = last((reason, message) => reason === 'Unhealthy' && /readiness probe (failed|errored)/i.test(message));
    return probe && inferred('ReadinessProbeFailed', lowerFirst(probe.message), [probe]);
  }
  const evicted = last(
    (reason, message) =>
      reason === 'Preempted' || reason === 'Evicted' || (reason === 'TaintManagerEviction' && message.startsWith('Marking')),
  );
  return evicted && inferred('Evicted', lowerFirst(evicted.message), [evicted]);
}
