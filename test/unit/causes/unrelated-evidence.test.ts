/** Property: what has nothing to do with a flip never changes what is told of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Evidence, explain, LOOK_AHEAD_MS, LOOK_BACK_MS, type Version, within } from '../../../src/domain/causes/index.ts';
import type { KubeObject } from '../../../src/domain/objects.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { at, type PendingFlip, POD_UID, pod, Story } from '../../support/cause-evidence.ts';

const WEB = { selector: { app: 'web' }, ports: [{ port: 80 }] };

/** One story a cause, each ending with its flip. */
const STORIES: Record<string, (story: Story) => PendingFlip> = {
  ReadinessProbeFailed: (story) => {
    story
      .withPod(-60, pod())
      .says(-1, POD_UID, 'Unhealthy', 'Readiness probe failed: x')
      .withPod(0, pod({ ready: false }));
    return story.flip(0.02, 'ready', 'notReady');
  },
  ContainerCrashed: (story) => {
    const containers = [{ ready: false, state: { exitCode: 137, reason: 'OOMKilled' } }];
    story.withPod(-60, pod()).withPod(0, pod({ ready: false, containers }));
    return story.flip(0.02, 'ready', 'notReady');
  },
  NodeNotReady: (story) => {
    story
      .withPod(-60, pod())
      .withNode(-60, 'True')
      .withNode(-0.1, 'Unknown')
      .withPod(0, pod({ ready: false, containersReady: true }));
    return story.flip(0.02, 'ready', 'notReady');
  },
  Rollout: (story) => {
    story.withPod(-60, pod()).withDeployment(-60, 3).withReplicaSet(-60, 'web-a', 1, 3, 3).withReplicaSet(-2, 'web-b', 2, 1, 1);
    story.withReplicaSet(-0.1, 'web-a', 1, 2, 3).withPod(0, pod({ deleting: true }));
    return story.flip(0.02, 'ready', 'absent');
  },
  PodDeleted: (story) => {
    story
      .withPod(-60, pod())
      .withDeployment(-60, 3)
      .withReplicaSet(-60, 'web-a', 1, 3, 3)
      .withPod(0, pod({ deleting: true }));
    return story.flip(0.02, 'ready', 'absent');
  },
  ScaledUp: (story) => {
    story
      .withDeployment(-60, 3)
      .withReplicaSet(-60, 'web-a', 1, 3, 3)
      .withDeployment(-6, 5)
      .withReplicaSet(-5.1, 'web-a', 1, 5, 3);
    story.withPod(-5, pod({ pending: true, ready: false })).withPod(0, pod({ ready: false }));
    return story.flip(0.02, 'absent', 'notReady');
  },
  unknown: (story) => {
    story.withPod(-60, pod());
    return story.flip(0, 'ready', 'notReady');
  },
};

/** Something that happens around the flip and has nothing to do with it. Positions lie between those of the story. */
interface Noise {
  readonly seconds: number;
  readonly kind: 'note' | 'note of another' | 'service labels' | 'node labels' | 'pod again' | 'other pod' | 'old note';
}

const noise = fc.record({
  seconds: fc.double({ min: -120, max: 9, noNaN: true }),
  kind: fc.constantFrom<Noise['kind']>(
    'note',
    'note of another',
    'service labels',
    'node labels',
    'pod again',
    'other pod',
    'old note',
  ),
});

const byTime = <T extends { at: number; position: number }>(items: readonly T[]) =>
  items.toSorted((a, b) => a.at - b.at || a.position - b.position);

/** The same object once more, as it stood, with a label that nobody looks at. */
function again<T extends KubeObject>(versions: readonly Version<T>[], { seconds }: Noise, n: number): Version<T>[] {
  const last = versions.findLast((version) => version.at <= at(seconds));
  if (last === undefined) return [];
  const { metadata } = last.object;
  const object = { ...last.object, metadata: { ...metadata, labels: { ...metadata.labels, [`noise-${n}`]: 'x' } } };
  return [{ ...last, object, type: 'MODIFIED', at: at(seconds), position: last.position + (n + 1) / 1_000 }];
}

function withNoise(evidence: Evidence, noises: readonly Noise[]): Evidence {
  const of = (...kinds: Noise['kind'][]) => noises.filter(({ kind }) => kinds.includes(kind));
  const notes = of('note', 'old note').map(({ seconds, kind }, n) => ({
    position: 1_000 + n,
    at: epochMs(at(seconds) - (kind === 'old note' ? 20 * 60_000 : 0)),
    reason: kind === 'old note' ? 'Unhealthy' : 'Pulled',
    message: kind === 'old note' ? 'Liveness probe failed: long ago' : 'Container image "web" already present on machine',
  }));
  const others = of('note of another').map(({ seconds }, n) => ({
    position: 2_000 + n,
    at: at(seconds),
    reason: 'SuccessfulDelete',
    message: `Deleted pod: web-1${n}`,
  }));
  const span = [evidence.flip.at - LOOK_BACK_MS, evidence.flip.at + LOOK_AHEAD_MS] as const;
  const otherPods = of('other pod').map(
    ({ seconds }, n): Version<ReturnType<typeof pod>> => ({
      position: 3_000 + n,
      at: at(seconds),
      type: 'ADDED',
      origin: 'watch',
      uid: `uid-other-${n}`,
      object: pod({ uid: `uid-other-${n}`, labels: { app: 'web' } }),
    }),
  );
  return {
    ...evidence,
    service: byTime([...evidence.service, ...of('service labels').flatMap((each, n) => again(evidence.service, each, n))]),
    node: byTime([...evidence.node, ...of('node labels').flatMap((each, n) => again(evidence.node, each, n))]),
    pod: byTime([...evidence.pod, ...of('pod again').flatMap((each, n) => again(evidence.pod, each, n))]),
    successors: [...evidence.successors, ...otherPods],
    notes: (uid) => {
      const own = evidence.notes(uid);
      return within(byTime([...own, ...(uid === POD_UID ? notes : uid === 'uid-web-a' ? others : [])]), ...span).filter(
        (note) => note.at >= span[0],
      );
    },
  };
}

test.each(Object.entries(STORIES))('%s', (name, tell) => {
  const story = new Story().withService(-600, WEB);
  const evidence = story.evidence(tell(story));
  const told = explain(evidence);
  expect(told.name).toBe(name);
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 12 }), (noises) => {
      const { evidence: _, ...same } = explain(withNoise(evidence, noises));
      const { evidence: __, ...before } = told;
      expect(same).toEqual(before);
    }),
    { numRuns: 200 },
  );
});
