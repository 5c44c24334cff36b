/** What the Pods of a namespace said over a window. */
import type { Pod, Version } from '../domain/causes/index.ts';
import { type EpochMs, epochMs } from '../domain/time.ts';
import type { ClusterId } from '../store/event-store.ts';
import type { PodStep } from './disagreement-fold.ts';
import type { ReadinessStep } from './lag.ts';
import type { LogView } from './log-view.ts';
import { podFacts } from './pod-readiness.ts';
import { type Span, versionsIn } from './versions.ts';

interface PodVersion extends PodStep {
  /** Seen being made. */
  readonly born: boolean;
}

/** The versions of one Pod, oldest first. */
export type PodVersions = readonly PodVersion[];

/** By uid: for each Pod the version in force at the span's begin, and those inside it. */
export function podVersionsIn(
  view: LogView,
  { clusterId, namespace }: { readonly clusterId: ClusterId; readonly namespace: string },
  span: Span,
): ReadonlyMap<string, PodVersions> {
  const pods = new Map<string, PodVersion[]>();
  for (const ofName of versionsIn<Pod>(view, { clusterId, resource: 'v1/pods', namespace }, span).values()) {
    for (const version of ofName) {
      const versions = pods.get(version.uid) ?? [];
      pods.set(version.uid, versions);
      versions.push(podVersion(version));
    }
  }
  return pods;
}

function podVersion({ uid, at, position, type, origin, object }: Version<Pod>): PodVersion {
  const watched = origin === 'watch';
  const facts = type === 'DELETED' ? {} : { facts: podFacts(object) };
  return { position, at, uid, name: object.metadata.name, ...facts, watched, born: watched && type === 'ADDED' };
}

/**
 * What a Pod says at an instant, told with the version since which it says so, as far back as it was watched without a gap.
 *
 * @param knownFrom from when on all versions are known
 */
export function inForce(versions: PodVersions, at: EpochMs, knownFrom: EpochMs): PodStep | undefined {
  const index = versions.findLastIndex((version) => version.at <= at);
  const present = versions[index];
  if (present?.facts === undefined) return undefined;
  let first = index;
  const said = (version: PodVersion | undefined) => version?.facts?.ready;
  while (first > 0 && said(versions[first - 1]) === present.facts.ready && (versions[first - 1] as PodVersion).at >= knownFrom)
    first--;
  const since = versions[first] as PodVersion;
  const watched = since.at >= knownFrom && since.watched && (first > 0 || since.born);
  return { ...present, at: epochMs(Math.max(since.at, knownFrom)), position: since.position, watched };
}

/** Its readiness over time, from the last version before `from` on. */
export function readinessOf(versions: PodVersions, from: EpochMs): ReadinessStep[] {
  const first = Math.max(
    0,
    versions.findLastIndex((version) => version.at < from),
  );
  return versions.slice(first).flatMap(({ position, at, facts, watched }) => {
    if (facts === undefined) return [];
    const { ready, transitionAt } = facts;
    return { position, at, ready, watched, ...(transitionAt === undefined ? {} : { transitionAt }) };
  });
}
