/** Addresses that leave and enter a v1 Endpoints object only because it holds at most 1,000 of them. */

import type { KubeObject } from '../../objects.ts';
import { type Cause, inferred, observed } from '../cause.ts';
import { type Evidence, type Version, versionAt } from '../evidence.ts';
import { expectedState, type Known } from '../expected.ts';

/** A version computed so shortly after a change may not know of it yet. */
const LAG_MS = 1_000;

/**
 * The endpoints controller cuts the object at 1,000 addresses and says so in an annotation; ready ones are kept first
 * (kubernetes pkg/controller/endpoint/endpoints_controller.go truncateEndpoints). Slices list all.
 *
 * - out: the version is cut, and the Pod still belongs to the Service;
 * - in: the version before was cut, and the Pod belonged to the Service then already.
 */
export function truncated(evidence: Evidence): Cause | undefined {
  const { flip, list } = evidence;
  if (flip.source !== 'endpoints') return undefined;
  const [cut, other] = flip.to === 'absent' ? [list.after, list.before] : flip.from === 'absent' ? [list.before, list.after] : [];
  if (cut?.truncated !== true) return undefined;
  const belongs = belongsAt(evidence, flip.to === 'absent' ? flip.at : cut.at - LAG_MS);
  if (belongs === false || (belongs === undefined && evidence.flippedInSlices !== false)) return undefined;
  const went = flip.to === 'absent' ? 'left' : 'entered';
  const detail = `${went} Endpoints, which holds at most 1,000 addresses; the Pod belonged to the Service all along`;
  const isSure = evidence.flippedInSlices === false || belongs === true;
  return (isSure ? observed : inferred)('Truncated', detail, [cut, other, { position: flip.position }]);
}

function belongsAt({ flip, service, pod }: Evidence, at: number): boolean | undefined {
  const state = expectedState(flip.source, known(service, at), known(pod, at));
  return state === undefined ? undefined : state !== 'absent';
}

function known<T extends KubeObject>(versions: readonly Version<T>[], at: number): Known<T> {
  const version = versionAt(versions, at as Version['at']);
  if (version !== undefined) return version.type === 'DELETED' ? 'absent' : version.object;
  const [first] = versions;
  return first?.type === 'ADDED' && first.origin !== 'snapshot' ? 'absent' : 'unknown';
}
