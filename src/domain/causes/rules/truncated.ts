/** Addresses that leave and enter a v1 Endpoints object only because it holds at most 1,000 of them. */

import type { KubeObject } from '../../objects.ts';
import { type Cause, inferred, observed } from '../cause.ts';
import { type Evidence, lastIndexAt, type Versions } from '../evidence.ts';
import { expectedState } from '../expected.ts';
import { known, knownBefore } from '../turn.ts';

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
  const standing = <T extends KubeObject>(versions: Versions<T>) => {
    return known(versions[lastIndexAt(versions, at)] ?? knownBefore(versions, at));
  };
  const state = expectedState(flip.source, standing(service), standing(pod));
  return state === undefined ? undefined : state !== 'absent';
}
