/** v1 Events, in the words that explain flips. */
import type { KubeObject, ObjectReference } from '../objects.ts';
import { type EpochMs, epochMs, parseRfc3339 } from '../time.ts';

/** v1 Event, as it is stored. */
export interface KubeEvent extends KubeObject {
  readonly involvedObject?: ObjectReference;
  readonly reason?: string;
  readonly message?: string;
  readonly series?: { readonly lastObservedTime?: string };
  readonly firstTimestamp?: string;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
}

/** What is worth finding again quickly. Others (Scheduled, Pulled, Started …) are most of all Events and explain no flip. */
const REASONS: ReadonlySet<string> = new Set([
  'Unhealthy',
  'Killing',
  'BackOff',
  'NodeNotReady',
  'Preempted',
  'Evicted',
  'TaintManagerEviction',
  'ScalingReplicaSet',
  'SuccessfulCreate',
  'SuccessfulDelete',
]);

/** uids are 36 characters; nodes' Events carry names. Anything longer is nobody's uid. */
const UID_LENGTH = 253;

/** What a v1 Event says, and of whom; `undefined` when it explains no flip. */
export function noteOf(event: KubeEvent): { about: string; reason: string; message: string } | undefined {
  const { reason, message } = event;
  const about = event.involvedObject?.uid;
  if (reason === undefined || !REASONS.has(reason) || !about || about.length > UID_LENGTH) return undefined;
  return { about, reason, message: (message ?? '').slice(0, 1_024) };
}

/** When it happened, as far as it says so itself: what its last occurrence was stamped with, in whole seconds. */
export function saidAt({ series, lastTimestamp, eventTime, firstTimestamp }: KubeEvent): EpochMs | undefined {
  for (const text of [series?.lastObservedTime, lastTimestamp, eventTime, firstTimestamp]) {
    const at = text ? parseRfc3339(text) : undefined;
    if (at !== undefined) return epochMs(at);
  }
  return undefined;
}
