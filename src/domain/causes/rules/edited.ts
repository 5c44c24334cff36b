/** Address lists that people, or programs other than the controllers, write. */
import { type Cause, inferred, observed } from '../cause.ts';
import { type Evidence, type ListVersion, LOOK_AHEAD_MS } from '../evidence.ts';

/** What a mirrored slice shows follows the Endpoints object within this (the mirroring controller works in batches). */
const MIRRORING_MS = 30_000;

/** A Service without a selector: whoever wrote its list changed it. */
export function editedByHand(evidence: Evidence): Cause {
  const { flip, list } = evidence;
  const shown = { position: flip.position };
  const own = list.after;
  if (own !== undefined && own.editors.length > 0) return observed('EndpointsEdited', words(evidence, own), [shown]);
  const mirrored = evidence.mirrored;
  if (flip.source === 'endpointslices' && mirrored !== undefined && Math.abs(mirrored.at - flip.at) <= MIRRORING_MS) {
    return observed('EndpointsEdited', words(evidence, mirrored), [mirrored, shown]);
  }
  return inferred('EndpointsEdited', `${thing(evidence)} edited: the Service has no selector`, [shown]);
}

/** A Service with a selector, whose Pods and Service do not explain the flip: a version that no controller wrote does. */
export function editedOver(evidence: Evidence): Cause | undefined {
  const { flip, list } = evidence;
  const shown = { position: flip.position };
  if (list.after !== undefined && list.after.editors.length > 0) {
    return observed('EndpointsEdited', words(evidence, list.after), [shown]);
  }
  if (list.before !== undefined && list.before.editors.length > 0) {
    return inferred('EndpointsEdited', `${words(evidence, list.before)}, and put back by its controller`, [list.before, shown]);
  }
  return undefined;
}

/** The whole list was taken away, or came back, while the Service stayed. */
export function listRemoved(evidence: Evidence): Cause | undefined {
  const { flip, list } = evidence;
  const shown = { position: flip.position };
  if (flip.to === 'absent' && list.after?.listed === false) {
    return inferred('EndpointsEdited', `${thing(evidence)} deleted`, [shown]);
  }
  const back = list.before?.listed === false && list.before.at >= flip.at - 3 * LOOK_AHEAD_MS;
  return flip.from === 'absent' && back
    ? inferred('EndpointsEdited', `${thing(evidence)} deleted, and made again by its controller`, [list.before, shown])
    : undefined;
}

function words(evidence: Evidence, { editors }: ListVersion): string {
  return `${thing(evidence)} edited by ${editors.join(', ')}`;
}

function thing({ flip, list }: Evidence): string {
  return flip.source === 'endpoints' || (list.after?.editors ?? []).length === 0 ? 'Endpoints' : 'EndpointSlice';
}
