/** Why a backend flipped: evidence in, cause out. */
import type { Service } from '../objects.ts';
import { type Cause, lessSure, observed, UNKNOWN } from './cause.ts';
import { type Evidence, POD_BACK_MS, type Version, type Versions } from './evidence.ts';
import { isKeptByHand, type Known } from './expected.ts';
import { isDeleting, isTerminal, type Pod, selects } from './objects.ts';
import { arrival } from './rules/arrival.ts';
import { completion, departure } from './rules/departure.ts';
import { editedByHand, editedOver, listRemoved } from './rules/edited.ts';
import { asFarAsKnown, notReady } from './rules/not-ready.ts';
import { ready } from './rules/ready.ts';
import { portsChange, serviceAlone, serviceChange } from './rules/service.ts';
import { truncated } from './rules/truncated.ts';
import { withoutPod } from './rules/without-pod.ts';
import { type Turn, turnOf } from './turn.ts';

/** A controller that took longer than this worked off something else in between: the link is then implied, no longer shown. */
const PROMPT_MS = 60_000;
/** A list written by a controller so long after a change knows of the change. */
const SEEN_MS = 5_000;

/**
 * The cause of one flip. Rules are asked in the order of how directly they show: the Service's own change, a list kept by
 * hand, the turn of the Pod, and what is left where nothing turned. The first that answers is the cause. A flip that a relist
 * revealed is never told with more than `inferred`.
 */
export function explain(evidence: Evidence): Cause {
  const cause = causeOf(evidence);
  return evidence.flip.origin === 'watch' ? cause : lessSure(cause);
}

function causeOf(evidence: Evidence): Cause {
  const turn = turnOf(evidence);
  if (turn?.of === 'service') {
    const cause = serviceChange(turn.version, turn.before, turn.after);
    if (cause !== undefined) return cause;
  }
  if (keptByHand(evidence)) return editedByHand(evidence);
  const ofPod = turn?.of === 'pod' ? turn : undefined;
  const prompt = ofPod && !isStale(evidence, ofPod) ? podTurn(evidence, ofPod) : undefined;
  return (
    prompt ??
    portsChange(evidence) ??
    truncated(evidence) ??
    editedOver(evidence) ??
    (ofPod && podTurn(evidence, ofPod)) ??
    serviceAlone(evidence) ??
    listRemoved(evidence) ??
    withoutPod(evidence) ??
    firstSeen(evidence) ??
    (ofPod && !isStale(evidence, ofPod) ? following(evidence, ofPod, UNKNOWN) : UNKNOWN)
  );
}

/** Whether the list's version before the flip, written by a controller, came when the turn had long been to see. */
function isStale({ flip, list }: Evidence, { version }: Turn): boolean {
  return list.before !== undefined && version.position < flip.position && version.at < list.before.at - SEEN_MS;
}

/** No selector, or no Service and no Pod at all: then nobody but its writer knows why the list changed. */
function keptByHand({ flip, service, list }: Evidence): boolean {
  const last = service.findLast(({ position }) => position < flip.position) ?? service[0];
  if (last !== undefined) return isKeptByHand(last.object);
  return flip.backend.pod === undefined && (list.after?.editors.length ?? 0) > 0;
}

type PodTurn = Turn & { readonly of: 'pod' };

function podTurn(evidence: Evidence, turn: PodTurn): Cause | undefined {
  const { version } = turn;
  const cause = podCause(evidence, turn);
  if (cause === undefined) return undefined;
  const isPrompt = evidence.flip.at - version.at <= PROMPT_MS;
  return following(evidence, turn, asFarAsKnown(isPrompt ? cause : lessSure(cause), version));
}

/** A flip that follows a turn of the Pod lags it, whether or not the reason of the turn is known. */
function following({ flip }: Evidence, { version, isDoubtful }: PodTurn, cause: Cause): Cause {
  const isKnown = flip.origin === 'watch' && version.origin === 'watch' && isDoubtful !== true;
  return isKnown ? { ...cause, lagMs: flip.at - version.at } : cause;
}

function podCause(evidence: Evidence, turn: PodTurn): Cause | undefined {
  const { flip } = evidence;
  const { version, before, after, service } = turn;
  if (before === 'unknown' || after === 'unknown') return undefined;
  if (after === 'absent') return leaving(evidence, version);
  if (before === 'absent') return flip.from === 'absent' ? arrival(evidence, version) : undefined;
  if (flip.to === 'absent' || flip.from === 'absent') {
    const labels = labelsChanged(version, before, after, service);
    if (labels !== undefined) return labels;
  }
  if (isTerminal(after) && !isTerminal(before)) return completion(version);
  if (isDeleting(after)) return leaving(evidence, version);
  if (flip.from === 'absent') return arrival(evidence, version);
  const change = { evidence, version, before, after };
  return flip.to === 'ready' ? ready(change) : notReady(change);
}

/** By the first version that shows the Pod going: a Pod goes from slices in several steps, all for one reason. */
function leaving(evidence: Evidence, version: Version<Pod>): Cause | undefined {
  const isGoing = ({ object }: Version<Pod>) => isDeleting(object) || isTerminal(object);
  const first = firstThat(evidence.pod, version, isGoing);
  const told = (isTerminal(first.object) ? completion(first) : undefined) ?? departure(evidence, first);
  // It was going already where the evidence begins: what had been done to it may lie before.
  const cause = first.at <= evidence.flip.at - POD_BACK_MS ? lessSure(told) : told;
  const isStillListed = evidence.flip.to !== 'absent' && cause.name === 'PodDeleted';
  return isStillListed
    ? { ...cause, name: 'PodTerminating', detail: `Pod ${first.object.metadata.name} is being deleted` }
    : cause;
}

/** The first of the versions up to `last` that all hold. `last` itself, if no version before it does. */
function firstThat(versions: Versions<Pod>, last: Version<Pod>, holds: (version: Version<Pod>) => boolean): Version<Pod> {
  let index = versions.indexOf(last);
  while (index > 0 && holds(versions[index - 1] as Version<Pod>)) index--;
  return versions[index] ?? last;
}

function labelsChanged(version: Version<Pod>, before: Pod, after: Pod, service: Known<Service>): Cause | undefined {
  if (service === 'absent' || service === 'unknown') return undefined;
  const selector = service.spec?.selector;
  const [matched, matches] = [before, after].map(({ metadata }) => selects(selector, metadata.labels));
  if (matched === matches) return undefined;
  const changes = Object.keys(selector ?? {}).flatMap((key) => {
    const [from, to] = [before.metadata.labels?.[key], after.metadata.labels?.[key]];
    return from === to ? [] : `${key}=${from ?? 'none'} → ${key}=${to ?? 'none'}`;
  });
  return observed('LabelsChanged', `labels changed: ${changes.join(', ')}`, [version]);
}

/** A backend that a relist found, with a Pod of which nothing is known either from before. */
function firstSeen({ flip, pod }: Evidence): Cause | undefined {
  if (flip.from !== 'absent') return undefined;
  const [first] = pod;
  if (first === undefined ? flip.origin !== 'relist' : first.origin === 'watch') return undefined;
  return {
    name: 'FirstSeen',
    detail: 'nothing is known of it from before',
    confidence: 'unknown',
    evidence: first ? [first.position] : [],
  };
}
