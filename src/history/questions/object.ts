/** One object exactly as it was at one instant: its stored bytes. */
import { resourceNamed } from '../../domain/resources.ts';
import { formatTime, MAX_INSTANT } from '../../domain/time.ts';
import type { EventReader } from '../../store/event-store.ts';
import { coverageAt } from '../gaps.ts';
import { HistoryShedError, NotFoundError, type ObjectAnswer, type ObjectQuestion } from '../history.ts';
import { horizonOf, knownOf, viewLog, whyShed } from '../log-view.ts';
import { latestInstant, resolveCluster } from '../resolve.ts';
import { gapAnswer } from '../to-answer.ts';

/** In a gap the object is the one last known, and `coverage` says so. */
export function objectAnswer(reader: EventReader, question: ObjectQuestion): ObjectAnswer {
  const view = viewLog(reader, question.asOf);
  const { resource, namespace, name } = question;
  const { asOf } = view;
  const thing = `${resourceNamed(resource).kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
  const cluster = resolveCluster(view, question.cluster, thing, ({ id }) => {
    return reader.objectAt({ clusterId: id, resource, namespace, name, at: MAX_INSTANT, asOf }) !== undefined;
  });
  const at = question.at ?? latestInstant(view, [cluster], [resource], namespace);
  const horizon = horizonOf(view, cluster.id);
  if (horizon !== undefined && at < horizon.at) {
    throw new HistoryShedError(`${thing} is not known at ${formatTime(at)}: ${whyShed(horizon)}`);
  }
  const { status, gap } = coverageAt(knownOf(view, cluster.id, resource, namespace), at);
  const event = reader.objectAt({ clusterId: cluster.id, resource, namespace, name, at, asOf });
  if (event === undefined || event.type === 'DELETED') {
    throw new NotFoundError(`${thing} ${absence(status, event !== undefined)} at ${formatTime(at)}`);
  }
  return {
    // A copy: engines may hand out views of larger buffers, which would travel whole between threads.
    body: Uint8Array.from(reader.body(event)),
    at: event.at,
    position: event.position,
    resourceVersion: event.resourceVersion,
    coverage: status,
    askedAt: at,
    asOf,
    ...(gap ? { gap: gapAnswer(gap) } : {}),
  };
}

function absence(status: string, wasDeleted: boolean): string {
  if (status === 'before-recording') return 'is not known: nothing was recorded yet';
  if (status === 'gap')
    return `is not known: last known ${wasDeleted ? 'as deleted' : 'not to exist'}, in a gap of the recording,`;
  return wasDeleted ? 'did not exist any more' : 'did not exist yet';
}
